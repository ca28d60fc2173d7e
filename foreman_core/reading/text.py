"""From bytes to physical lines: byte order mark, strict decoding, line ends of every kind."""

import codecs
import io
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from attrs import define, field, frozen

from foreman_core.errors import Refused
from foreman_core.reading.table import Digest, Readable

RECORD_LIMIT: Final = 1_000_000
"""Characters of the longest line, and of the longest record. A DynamoDB item holds 400 KB:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""

# mark -> name, codec that reads what follows it. UTF-32 first: its little-endian mark begins with that of
# UTF-16. https://www.unicode.org/faq/utf_bom.html#bom4
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)

_WORKBOOK: Final = "save the sheet as CSV UTF-8"
_WEB_PAGE: Final = "a web page: was it the answer of a login page?"

# the first bytes of what people send by mistake; letters in lower case, space before them does not count
_MAGIC: Final = (
    (b"pk\x03\x04", f"a ZIP archive or an Excel workbook (.xlsx): {_WORKBOOK}"),
    (b"\xd0\xcf\x11\xe0", f"an Excel workbook (.xls): {_WORKBOOK}"),
    (b"%pdf-", "a PDF document: ask for the table behind it"),
    (b"\x1f\x8b", "compressed (gzip): unpack it first"),
    (b"\xfd7zxz", "compressed (xz): unpack it first"),
    (b"(\xb5/\xfd", "compressed (zstd): unpack it first"),
    (b"7z\xbc\xaf", "an archive (7z): unpack it first"),
    (b"par1\x15", "a Parquet file: export it as CSV"),
    (b"sqlite format 3\0", "a database (SQLite): export the table as CSV"),
    (b"\x89png", "an image"),
    (b"gif89a", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"{\\rtf", f"a document (RTF): {_WORKBOOK}"),
    (b"<?xml", "XML: export it as CSV"),
    (b"<!doctype", _WEB_PAGE),
    (b"<html", _WEB_PAGE),
    (b'{"', "JSON: export it as CSV"),
    (b"[{", "JSON: export it as CSV"),
)
_START: Final = 64
"""Bytes that show a mark or a kind of file."""


@frozen
class Encoding:
    """How the bytes are written. `asked` is True when the caller named it."""

    name: str
    bom: bool
    asked: bool


def open_lines(stream: Readable, encoding: str | None) -> "Lines":
    """The lines of a stream, in UTF-8 unless its mark or the caller says otherwise.

    Refused(`empty-file`), (`not-a-table`) for what is no text, and (`unreadable-encoding`) for an encoding
    that Python does not have or that the mark contradicts.
    """
    digest = Digest(stream)
    start = b""
    while len(start) < _START and (block := digest.read()):
        start += block
    if not start:
        raise Refused("empty-file", "the file has no bytes: was its upload cut off?")
    for magic, what in _MAGIC:
        if start[:_START].lower().lstrip().startswith(magic):
            raise Refused("not-a-table", f"the file is {what}")
    asked = None if encoding is None else _codec(encoding)
    for mark, name, codec in _MARKS:
        if start.startswith(mark):
            if asked is not None and not f"{asked}-".startswith(f"{name}-"):
                raise Refused(
                    "unreadable-encoding",
                    f"the file begins with the mark of {name}; leave --encoding {asked} out",
                )
            return Lines(Encoding(name, bom=True, asked=asked is not None), digest, start[len(mark) :], codec)
    name = asked or "utf-8"
    return Lines(Encoding(name, bom=False, asked=asked is not None), digest, start, name)


def _codec(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        with suppress(UnicodeDecodeError):  # which is fine: only what is no text encoding (hex, rot13) is not
            b"ab".decode(encoding)
    except (LookupError, ValueError):
        raise Refused(
            "unreadable-encoding",
            f"there is no encoding {encoding!r}; names are utf-8, cp1252, iso8859-15, utf-16",
        ) from None
    return "utf-8" if name == "utf-8-sig" else name


@define
class Lines:
    """The physical lines of a stream, each with its line end, a block at a time."""

    encoding: Encoding
    digest: Digest
    _start: bytes
    _codec: str
    _count: int = 0
    _pending: list[str] = field(factory=list[str])
    _pending_length: int = 0

    def blocks(self) -> Iterator[list[str]]:
        """The lines, in lists that may be empty. Refused(`unreadable-encoding`, `not-a-table`,
        `too-large`).
        """
        decoder = codecs.getincrementaldecoder(self._codec)()
        block = self._start
        while block:
            yield self._split(self._decode(decoder, block))
            block = self.digest.read()
        yield self._split(self._decode(decoder, b""))
        if self._pending:
            yield self._release()

    def _decode(self, decoder: codecs.IncrementalDecoder, block: bytes) -> str:
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            self._split(error.object[: error.start].decode(self._codec, "replace"))
            raise self._undecodable(error) from None
        except UnicodeError:  # a codec that does not say where
            raise Refused(
                "unreadable-encoding", f"after line {self._count} the file is not {self.encoding.name}"
            ) from None
        if "\0" in text:
            self._split(text[: text.index("\0")])
            raise Refused(
                "not-a-table",
                f"line {self._line} has a NUL byte: this is no text, or UTF-16 without a mark",
            )
        return text

    def _undecodable(self, error: UnicodeDecodeError) -> Refused:
        line, byte = self._line, error.object[error.start]
        name = self.encoding.name
        remedy = (
            f"Is --encoding {name} right?"
            if self.encoding.asked
            else "Save the file as UTF-8, or name its encoding: --encoding cp1252"
        )
        return Refused("unreadable-encoding", f"line {line} is not {name} (byte 0x{byte:02X}). {remedy}")

    def _split(self, text: str) -> list[str]:
        if not text:
            return []
        if self._pending and self._pending[-1].endswith("\r") and not text.startswith("\n"):
            return [*self._release(), *self._split(text)]
        lines = list(io.StringIO(text, newline=""))  # breaks at \n, \r\n and \r, and keeps them
        last = None if lines[-1].endswith("\n") else lines.pop()  # a \r may be the first half of \r\n
        if lines and self._pending:
            lines[0] = "".join((*self._pending, lines[0]))
            self._clear()
        if lines and max(map(len, lines)) > RECORD_LIMIT:
            raise self._too_long(next(i for i, line in enumerate(lines) if len(line) > RECORD_LIMIT))
        self._count += len(lines)
        if last is not None:
            self._keep(last)
        return lines

    def _keep(self, part: str) -> None:
        self._pending.append(part)
        self._pending_length += len(part)
        if self._pending_length > RECORD_LIMIT:
            raise self._too_long()

    def _release(self) -> list[str]:
        line = "".join(self._pending)
        self._clear()
        self._count += 1
        return [line]

    def _clear(self) -> None:
        self._pending.clear()
        self._pending_length = 0

    @property
    def _line(self) -> int:
        """The line that the next character belongs to, which is known not to be a line feed."""
        is_complete = bool(self._pending) and self._pending[-1].endswith("\r")
        return self._count + (2 if is_complete else 1)

    def _too_long(self, passed: int = 0) -> Refused:
        return Refused(
            "too-large",
            f"line {self._count + passed + 1} has more than {RECORD_LIMIT:,} characters: is this a table?",
        )
