"""CSV and TSV: records with the physical line on which each starts.

The records are those of RFC 4180, cut by Python's `csv` in its strict mode. A record that breaks the rules
of quoting is one bad row, not the end of the file: it ends with its first physical line, and reading goes
on with the next.
"""

import csv
from collections.abc import Iterator
from itertools import chain
from typing import Final

from attrs import define, field

from foreman_core.errors import Refused
from foreman_core.models import Issue, SourceRow
from foreman_core.reading.dialect import PREFIX, QUOTE, check_header, detect_delimiter, given_delimiter
from foreman_core.reading.table import Readable, Table, Unreadable, excerpt
from foreman_core.reading.text import RECORD_LIMIT, open_lines

RESCAN_ALLOWANCE: Final = 8 * RECORD_LIMIT
"""Characters read twice to save the lines after an open quote, beyond as many as the file has had so far."""

_NOT_CLOSED: Final = (
    'a quote (") is opened and never closed: close it, or write it twice ("") if it belongs to the text'
)
_AFTER_QUOTE: Final = (
    'text follows a closing quote ("): put the whole cell in quotes, and write a quote inside it twice ("")'
)

# `csv` has one limit for the whole process; its own, 131,072, would refuse cells that RECORD_LIMIT allows
csv.field_size_limit(RECORD_LIMIT)


def open_table(stream: Readable, *, encoding: str | None = None, delimiter: str | None = None) -> Table:
    """An open CSV or TSV file. Its rows are read as they are asked for, in memory that does not grow with
    the file.

    Refused, here or while the rows are read: `empty-file`, `no-header`, `duplicate-header`, `not-a-table`,
    `too-large`, `unreadable-encoding` (the message names the line and what to do).
    """
    mark = None if delimiter is None else given_delimiter(delimiter)
    lines = open_lines(stream, encoding)
    blocks = lines.blocks()
    prefix, at_end = _prefix(blocks)
    if mark is None:
        mark = detect_delimiter(prefix if at_end else _whole_lines(prefix))
    records = Records(chain([prefix], blocks), mark)
    rows = iter(records)
    header = _header(records, rows)
    return Table(
        format="tsv" if mark == "\t" else "csv",
        encoding=lines.encoding.name,
        bom=lines.encoding.bom,
        delimiter=mark,
        quote=QUOTE,
        header_line=header.line,
        columns=header.cells,
        rows=rows,
        digest=lines.digest,
    )


def _prefix(blocks: Iterator[list[str]]) -> tuple[list[str], bool]:
    """The first lines, PREFIX characters or more, and whether that is all."""
    prefix: list[str] = []
    length = 0
    for block in blocks:
        prefix += block
        length += sum(map(len, block))
        if length >= PREFIX:
            return prefix, False
    return prefix, True


def _whole_lines(prefix: list[str]) -> list[str]:
    length = 0
    for count, line in enumerate(prefix):
        length += len(line)
        if length > PREFIX:
            return prefix[: max(count, 1)]
    return prefix


def _header(records: "Records", rows: Iterator[SourceRow | Unreadable]) -> SourceRow:
    for record in rows:
        if isinstance(record, Unreadable):
            raise Refused("no-header", f"line {record.source.line}: {record.issue.message}")
        if any(map(str.strip, record.cells)):
            check_header(record.cells, record.line)
            records.row = 0
            return record
    raise Refused("empty-file", "the file has only blank lines: was its export empty?")


@define
class Records:
    """The records of a delimited file, from its physical lines. `row` counts those given so far.

    What it does with a line never depends on how the stream was cut into blocks.
    """

    _blocks: Iterator[list[str]]
    _delimiter: str
    row: int = 0
    _lines: list[str] = field(factory=list[str])
    _line: int = 1
    _ran_out: bool = False
    _passed: int = 0
    _marked: int = 0
    _rescanned: int = 0

    def __iter__(self) -> Iterator[SourceRow | Unreadable]:
        for block in self._blocks:
            if block:
                self._lines += block
                yield from self._cut(final=False)
        yield from self._cut(final=True)

    def _cut(self, *, final: bool) -> Iterator[SourceRow | Unreadable]:
        """The records of the lines at hand; what the last one leaves open stays for the next block."""
        start = 0
        while start < len(self._lines):
            self._ran_out = False
            base = start
            reader = csv.reader(self._feed(start), delimiter=self._delimiter, quotechar=QUOTE, strict=True)
            try:
                for cells in reader:
                    end = base + reader.line_num
                    if end - start > 1 and self._length(start, end) > RECORD_LIMIT:
                        break
                    self.row += 1
                    yield SourceRow(self.row, self._line + start, tuple(cells))
                    start = end
                else:
                    break
            except csv.Error:
                end = base + reader.line_num
            if self._ran_out and not final and self._length(start, end) <= RECORD_LIMIT:
                break
            yield self._unreadable(start, end)
            start = self._resume(start, end)
        self._drop(start)

    def _feed(self, start: int) -> Iterator[str]:
        for index in range(start, len(self._lines)):
            yield self._lines[index]
        self._ran_out = True

    def _unreadable(self, start: int, end: int) -> Unreadable:
        is_open = self._ran_out or self._length(start, end) > RECORD_LIMIT
        text = self._lines[start].rstrip("\r\n")
        self.row += 1
        source = SourceRow(self.row, self._line + start, (text,))
        issue = Issue(
            row=source.row,
            line=source.line,
            field=None,
            column=None,
            code="quote",
            message=_NOT_CLOSED if is_open else _AFTER_QUOTE,
            value=excerpt(text),
        )
        return Unreadable(source, issue)

    def _resume(self, start: int, end: int) -> int:
        """Where to go on after a record that failed: at its second line, while reading that again is
        affordable.

        Without a limit a hostile file could have every line open a quote, and each read up to RECORD_LIMIT
        ahead.
        """
        again = self._length(start + 1, end)
        self._pass(start + 1)
        if self._rescanned + again > self._passed + RESCAN_ALLOWANCE:
            return end
        self._rescanned += again
        return start + 1

    def _length(self, start: int, end: int) -> int:
        return sum(map(len, self._lines[start:end]))

    def _pass(self, count: int) -> None:
        """Count the characters of the file up to there, each once."""
        self._passed += self._length(self._marked, count)
        self._marked = count

    def _drop(self, count: int) -> None:
        self._pass(count)
        self._marked = 0
        self._line += count
        del self._lines[:count]
