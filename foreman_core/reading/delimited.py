"""CSV, TSV and their kin: how such a file is opened, and its rows as records or as blocks of lines."""

import io
from collections.abc import Iterator
from itertools import islice
from typing import Final, Self

from attrs import define

from foreman_core.errors import Refused, Undecided
from foreman_core.models import SourceRow
from foreman_core.reading.damage import decoded, refusal
from foreman_core.reading.dialect import QUOTE, declared_delimiter, detect_delimiter, given_delimiter
from foreman_core.reading.header import HEADER_RECORDS, check_width, find_header, numbered, usual_width
from foreman_core.reading.records import Records
from foreman_core.reading.table import Digest, Table, Unreadable
from foreman_core.reading.text import Encoding, Text

_NUL: Final = "\0"


def open_delimited(text: Text, digest: Digest, *, delimiter: str | None, header: bool) -> Table:
    """An open CSV or TSV file. Its rows are read as they are asked for, in memory that does not grow with
    the file. Without a `header` its columns are `column_1`, `column_2`, ….

    Refused, here or while the rows are read: `empty-file`, `no-header`, `duplicate-header`, `not-a-table`,
    `too-large`, `unreadable-encoding` (the message names the line and what to do).
    """
    mark = None if delimiter is None else given_delimiter(delimiter)
    prefix = _Prefix.of(text, mark)
    start = prefix.named() if header else prefix.unnamed()
    records = Records(prefix.delimiter, text.encoding, width=start.width, line=prefix.line + start.lines)
    delimited = Delimited(start.columns, records, text, prefix.after(start.lines))
    return Table(
        format="tsv" if prefix.delimiter == "\t" else "csv",
        encoding=text.encoding.name,
        bom=text.encoding.bom,
        delimiter=prefix.delimiter,
        quote=QUOTE,
        header_line=start.header_line,
        columns=start.columns,
        rows=delimited.rows(),
        digest=digest,
        sample=start.sample,
        delimited=delimited,
    )


@define
class Delimited:
    """The rows of a delimited file, a block of lines at a time, for who reads them in turn or otherwise."""

    columns: tuple[str, ...]
    _records: Records
    _text: Text
    _first: bytes

    @property
    def delimiter(self) -> str:
        """The character between cells."""
        return self._records.delimiter

    @property
    def row(self) -> int:
        """The data records given so far."""
        return self._records.row

    @property
    def line(self) -> int:
        """The physical line on which the next record starts."""
        return self._records.line

    @property
    def at_boundary(self) -> bool:
        """Whether the next block begins with a new record."""
        return not self._records.is_open

    def take(self) -> bytes:
        """The next whole lines, in UTF-8 but for what could not be decoded; empty at the end of the file."""
        block, self._first = self._first, b""
        return block or self._text.take()

    def read(self, block: bytes, *, final: bool) -> Iterator[SourceRow | Unreadable]:
        """The records of a block, one by one; what is left open waits for the next block to be read.

        Refused(`unreadable-encoding`) when too many lines could not be decoded for damage to be the reason.
        """
        yield from self._records.read(block, final=final)
        if final:
            self._records.judge_encoding()

    def record(self, text: bytes) -> SourceRow | None:
        """The record that a text alone is, whatever was read before; None when it is no row. Its row and its
        line are 1.
        """
        records = Records(self.delimiter, self._text.encoding, width=len(self.columns))
        found = list(records.read(text + b"\n", final=True))
        return found[0] if len(found) == 1 and isinstance(found[0], SourceRow) else None

    def skip(self, rows: int, lines: int) -> None:
        """A block was understood elsewhere: count its rows and lines."""
        self._records.skip(rows, lines)

    def rows(self) -> Iterator[SourceRow | Unreadable]:
        """All records, in file order."""
        while block := self.take():
            yield from self.read(block, final=False)
        yield from self.read(b"", final=True)


@define
class _Start:
    """What comes before the first row: `lines` of them from the prefix on."""

    columns: tuple[str, ...]
    width: int
    header_line: int
    lines: int
    sample: tuple[tuple[str, ...], ...]


@define
class _Prefix:
    """The first lines that are not blank; `line` is the number of the first of them."""

    delimiter: str
    encoding: Encoding
    line: int
    lines: list[bytes]

    @classmethod
    def of(cls, text: Text, delimiter: str | None) -> Self:
        line = 1
        while (block := text.take()) and not block.strip():
            line += len(block.splitlines())
        if not block:
            raise Refused("empty-file", "the file has only blank lines: was its export empty?")
        lines = block.splitlines(keepends=True)  # bytes break at \n, \r\n and \r only
        declared = declared_delimiter(lines[0].decode(errors="replace")) if line == 1 else None
        if declared is not None:
            del lines[0]
            line += 1
        if not lines:
            raise Refused(
                "empty-file", "the file has a line that declares its delimiter, and nothing below it"
            )
        if delimiter is None:
            shown = io.StringIO(b"".join(lines).decode(errors="replace"), newline="")
            delimiter = declared or detect_delimiter(list(shown))
        return cls(delimiter, text.encoding, line, lines)

    def named(self) -> _Start:
        """The columns by the names in the header."""
        found = self._records()
        rows = [record for record, _ in found if isinstance(record, SourceRow)]
        bad = next((record for record, _ in found if isinstance(record, Unreadable)), None)
        if bad is not None and (not rows or bad.source.line < rows[0].line):
            raise self._damaged(bad)
        header = find_header(rows)
        if bad is not None and bad.source.line < header.line:
            raise self._damaged(bad)
        lines = next(following for record, following in found if record is header) - self.line
        sample = tuple(row.cells for row in rows if row.line > header.line)
        check_width(header, sample)
        return _Start(header.cells, len(header.cells), header.line, lines, sample)

    def unnamed(self) -> _Start:
        """The columns by their numbers, as many as the first records usually have."""
        rows = [record for record, _ in self._records() if isinstance(record, SourceRow)]
        width = usual_width([len(row.cells) for row in rows if any(map(str.strip, row.cells))])
        return _Start(numbered(width), width, 0, 0, tuple(row.cells for row in rows))

    def after(self, lines: int) -> bytes:
        """What follows so many lines."""
        return b"".join(self.lines[lines:])

    def _records(self) -> list[tuple[SourceRow | Unreadable, int]]:
        """The first records, each with the number of the line after it."""
        records = Records(self.delimiter, self.encoding, line=self.line)
        found = list(islice(records.read(b"".join(self.lines), final=True), HEADER_RECORDS + 1))
        ends = [_line(record) for record in found[1:]]
        return list(zip(found, [*ends, self.line + len(self.lines)], strict=True))[:HEADER_RECORDS]

    def _damaged(self, bad: Unreadable) -> Refused:
        where = f"line {bad.source.line}: {bad.issue.message}"
        text = "".join(bad.source.cells)
        if 2 * text.count(_NUL) >= len(text) - 2:
            order = "be" if text.startswith(_NUL) else "le"
            likely = f"utf-16-{order}"
            message = f"{where}. It looks like --encoding {likely}"
            return Undecided("unreadable-encoding", message, [("--encoding", likely)])
        if _NUL in text:
            return Refused("not-a-table", f"{where}. Is this text at all?")
        where += " (it is the header, or stands above it)"
        if bad.issue.code != "encoding":
            return Refused("no-header", where)
        return refusal(where, decoded(self.lines[bad.source.line - self.line]), self.encoding)


def _line(record: SourceRow | Unreadable) -> int:
    return record.source.line if isinstance(record, Unreadable) else record.line
