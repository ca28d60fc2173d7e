"""From bytes to blocks of whole physical lines in UTF-8, whatever encoding the file is in.

What cannot be decoded becomes bytes that are no UTF-8 either, so that only its line suffers.
"""

import codecs
from contextlib import suppress
from typing import Final

from attrs import define, field, frozen

from foreman_core.errors import Refused
from foreman_core.reading.table import Readable

RECORD_LIMIT: Final = 1_000_000
"""Bytes (in UTF-8) of the longest line, and of the longest record. A DynamoDB item holds 400 KB:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""

FIRST_BLOCK: Final = 1 << 16
"""Bytes of the first block, which header and delimiter are found in."""

BLOCK: Final = 2 << 20
"""Bytes of the others. With 4 MiB two cores judge a file a tenth faster, and take 65 MB more."""

# mark -> name, codec that reads what follows it. UTF-32 first: its little-endian mark begins with that of
# UTF-16. https://www.unicode.org/faq/utf_bom.html#bom4
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)

_WEB_PAGE: Final = "a web page: was it the answer of a login page?"

# the first bytes of what people send by mistake; letters in lower case, space before them does not count
_MAGIC: Final = (
    (b"%pdf-", "a PDF document: ask for the table behind it"),
    (b"\xfd7zxz", "compressed (xz): unpack it first"),
    (b"(\xb5/\xfd", "compressed (zstd): unpack it first"),
    (b"7z\xbc\xaf", "an archive (7z): unpack it first"),
    (b"par1\x15", "a Parquet file: export it as CSV"),
    (b"sqlite format 3\0", "a database (SQLite): export the table as CSV"),
    (b"\x89png", "an image"),
    (b"gif89a", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"{\\rtf", "a document (RTF): ask for the table behind it"),
    (b"<?xml", "XML: export it as CSV"),
    (b"<!doctype", _WEB_PAGE),
    (b"<html", _WEB_PAGE),
)
_START: Final = 64
"""Bytes that show a mark or a kind of file."""

_DAMAGED: Final = "foreman.damaged"
_NO_UTF_8: Final = 0xFF
"""A byte that UTF-8 never has: https://www.rfc-editor.org/rfc/rfc3629#section-1"""


def _damaged(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeDecodeError):
        return chr(0xDC00 + _NO_UTF_8), error.end
    if isinstance(error, UnicodeEncodeError):
        return bytes([_NO_UTF_8]) * (error.end - error.start), error.end
    raise error


codecs.register_error(_DAMAGED, _damaged)


@frozen
class Encoding:
    """How the bytes are written. `asked` is True when the caller named it."""

    name: str
    bom: bool
    asked: bool


def open_text(stream: Readable, encoding: str | None) -> "Text":
    """The lines of a stream, in UTF-8 unless its mark or the caller says otherwise.

    Refused(`empty-file`), (`not-a-table`) for what is no text, and (`unreadable-encoding`) for an encoding
    that Python does not have or that the mark contradicts.
    """
    start = b""
    while len(start) < _START and (block := stream.read(FIRST_BLOCK)):
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
            return Text(Encoding(name, bom=True, asked=asked is not None), stream, codec, start[len(mark) :])
    name = asked or "utf-8"
    return Text(Encoding(name, bom=False, asked=asked is not None), stream, name, start)


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
class Text:
    """A stream as blocks of whole lines, each with its line end: LF, CRLF or CR."""

    encoding: Encoding
    _stream: Readable
    _codec: str
    _start: bytes
    _decoder: codecs.IncrementalDecoder | None = field(init=False)
    _at_end: bool = False
    _first: bytes = b""
    _rest: bytes = b""
    _size: int = FIRST_BLOCK
    _lines: int = 0

    def __attrs_post_init__(self) -> None:
        """Have UTF-8, which most files are in, pass as it is."""
        is_utf_8 = self._codec == "utf-8"
        self._decoder = None if is_utf_8 else codecs.getincrementaldecoder(self._codec)(_DAMAGED)

    def peek(self) -> bytes:
        """The lines that `take` gives next."""
        self._first = self._first or self.take()
        return self._first

    def take(self) -> bytes:
        """The next lines in UTF-8, up to about `BLOCK` bytes and at least one; empty at the end of the file,
        where the last line may have no end. Refused(`too-large`) names a line beyond `RECORD_LIMIT`.
        """
        if self._first:
            first, self._first = self._first, b""
            return first
        rest = self._rest
        while fresh := self._read():
            rest += fresh
            end = _last_end(rest)
            self._check(rest[:end] if end else rest)
            if end:
                self._rest = rest[end:]
                self._size = BLOCK
                return self._counted(rest[:end])
        self._rest = b""
        self._check(rest)
        return self._counted(rest)

    def _read(self) -> bytes:
        """The next bytes in UTF-8; empty at the end."""
        parts = [self._start] if self._start else []
        length = len(self._start)
        self._start = b""
        while length < self._size and not self._at_end:
            part = self._stream.read(self._size - length)
            self._at_end = not part
            parts.append(part)
            length += len(part)
        block = b"".join(parts)
        if self._decoder is None:
            return block
        try:
            text = self._decoder.decode(block, final=self._at_end)
        except UnicodeError:  # a codec that does not say where
            raise Refused(
                "unreadable-encoding", f"after line {self._lines} the file is not {self.encoding.name}"
            ) from None
        fresh = text.encode("utf-8", _DAMAGED)
        return fresh or (self._read() if block and not self._at_end else b"")

    def _check(self, block: bytes) -> None:
        start = 0
        while len(block) - start > RECORD_LIMIT:
            limit = start + RECORD_LIMIT + 1
            end = block.rfind(b"\n", start, limit) + 1 or block.rfind(b"\r", start, limit) + 1
            if not end:
                line = self._lines + _count(block[:start]) + 1
                raise Refused(
                    "too-large", f"line {line} has more than {RECORD_LIMIT:,} characters: is this a table?"
                )
            start = end

    def _counted(self, block: bytes) -> bytes:
        self._lines += _count(block)
        return block


def _last_end(block: bytes) -> int:
    """Where the last whole line ends. A CR alone only counts where LF is far: it may be half of CRLF, and
    blocks that end with LF are judged faster.
    """
    end = block.rfind(b"\n") + 1
    if len(block) - end > RECORD_LIMIT // 2:
        return max(end, block.rfind(b"\r", 0, -1) + 1)
    return end


def _count(block: bytes) -> int:
    """Line ends of every kind."""
    ends = block.count(b"\n")
    return ends + block.count(b"\r") - block.count(b"\r\n") if b"\r" in block else ends
