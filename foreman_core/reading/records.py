"""Records of a delimited file, from its physical lines: RFC 4180, where damage stays local.

A record that breaks the rules of quoting is one bad row, not the end of the file: it ends with its first
physical line, and reading goes on with the next. Python's `csv` in its strict mode cuts the lines; what it
lets pass, and RFC 4180 does not, is found here. See docs/reading.md.
"""

import csv
import io
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from attrs import define, field

from foreman_core.models import IssueCode, SourceRow
from foreman_core.reading.damage import UNDECODABLE, BadLines, decoded, not_in, unreadable
from foreman_core.reading.dialect import QUOTE
from foreman_core.reading.table import Unreadable
from foreman_core.reading.text import RECORD_LIMIT, Encoding

RECORD_LINES: Final = 1024
"""Physical lines of the longest record. A cell of a spreadsheet holds 253 line feeds:
https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d"""

RESCAN_ALLOWANCE: Final = 64 * RECORD_LIMIT
"""Characters read twice to save the lines after an open quote, beyond 16 for each line of the file so far."""

_RESCAN_PER_LINE: Final = 16

_MIN_WIDTH: Final = 3
"""Columns from which on it is no accident that each line of a record has as many delimiters as a row."""

_NOT_CLOSED: Final = (
    'a quote (") is opened and never closed: close it, or write it twice ("") if it belongs to the text'
)
_AFTER_QUOTE: Final = (
    'text follows a closing quote ("): put the whole cell in quotes, and write a quote inside it twice ("")'
)
_SWALLOWS: Final = (
    'a quote (") is opened here and closed in another row: close it, or write it twice ("") if it belongs to '
    "the text"
)
_NOT_QUOTED: Final = (
    'a quote (") stands in a cell that is not in quotes: put the whole cell in quotes, and write a quote '
    'inside it twice ("")'
)
_NUL: Final = "a NUL byte stands in this row: take it out, or export the file again"

# `csv` has one limit for the whole process; its own, 131,072, would refuse cells that RECORD_LIMIT allows
csv.field_size_limit(RECORD_LIMIT)


@cache
def _grammar(delimiter: str) -> re.Pattern[str]:
    """A record of RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180#section-2), matched in linear time."""
    mark = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*+"|[^"\r\n{mark}]*+)'
    return re.compile(rf"{cell}(?:{mark}{cell})*+[\r\n]*")


def is_proper(text: str, delimiter: str) -> bool:
    """Whether a record has quotes only around cells, and twice inside them."""
    return _grammar(delimiter).fullmatch(text) is not None


@define
class Records:
    """Cuts lines into records. `row` counts those given so far, `line` is where the next one starts.

    What it does with a line never depends on how the lines came. `width` is the number of columns, 0 while
    it is not known.
    """

    delimiter: str
    encoding: Encoding
    width: int = 0
    row: int = 0
    line: int = 1
    _lines: list[str] = field(factory=list[str])
    _start: int = 0
    _ran_out: bool = False
    _rescanned: int = 0
    _is_tainted: bool = False
    _after_wide: bool = False
    _bad_lines: BadLines = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Nothing is bad yet."""
        self._bad_lines = BadLines(self.encoding)

    @property
    def is_open(self) -> bool:
        """Whether lines wait for the end of their record."""
        return bool(self._lines)

    def skip(self, rows: int, lines: int) -> None:
        """Count what was understood elsewhere; nothing may be open."""
        self.row += rows
        self.line += lines

    def read(self, block: bytes, *, final: bool) -> Iterator[SourceRow | Unreadable]:
        """The records of whole lines in UTF-8. What the last one leaves open waits for the next block; after
        the `final` one nothing does. Refused(`unreadable-encoding`) as `judge_encoding` has it.
        """
        if block:
            self._add(block)
        start = 0
        while start < len(self._lines):
            self._start, self._ran_out = start, False
            base = start
            reader = csv.reader(self._feed(start), delimiter=self.delimiter, quotechar=QUOTE, strict=True)
            fault = _AFTER_QUOTE
            try:
                for cells in reader:
                    end = base + reader.line_num
                    found = self._fault(start, end, cells)
                    if found is not None and found[0] == "quote":
                        fault = found[1]
                        break
                    self.row += 1
                    row = SourceRow(self.row, self.line + start, tuple(cells))
                    yield row if found is None else unreadable(row, *found)
                    self._start = start = end
                else:
                    break
            except csv.Error:
                end = base + reader.line_num
                if self._ran_out and not final and self._may_go_on(start, end):
                    break
                if self._ran_out or self._length(start, end) > RECORD_LIMIT:
                    fault = _NOT_CLOSED
            self.row += 1
            text = self._lines[start].rstrip("\r\n")
            yield unreadable(SourceRow(self.row, self.line + start, (text,)), "quote", fault)
            start = self._resume(start, end)
        self.line += start
        del self._lines[:start]
        self._is_tainted &= bool(self._lines)

    def judge_encoding(self) -> None:
        """Refused(`unreadable-encoding`) when more than one line, and more than one in ten, is not in the
        encoding: then the whole file is in another. It is judged at the end of the file, which is when to
        call this, and when the hundredth of them is found.
        """
        self._bad_lines.judge(self.line - 1)

    def _add(self, block: bytes) -> None:
        try:
            text = block.decode()
        except UnicodeDecodeError:
            text = decoded(block)
            self._is_tainted = True
        lines = list(io.StringIO(text, newline=""))  # breaks at \n, \r\n and \r, and keeps them
        if "\0" in text:
            self._is_tainted = True
            self._narrow(lines)
        else:
            self._after_wide = False
        if self._is_tainted:
            first = self.line + len(self._lines)
            for number, line in enumerate(lines, first):
                if not line.isascii() and (bad := UNDECODABLE.search(line)) and bad[0] != "\0":
                    self._bad_lines.add(number, line)
        self._lines += lines

    def _narrow(self, lines: list[str]) -> None:
        """Take the second half of a line end that is 16 bits wide, as of a row of UTF-16 among others, away
        from the line after it.
        """
        is_wide = self._after_wide
        for index, line in enumerate(lines):
            if is_wide and line.startswith("\0"):
                lines[index] = line[1:]
                is_wide = lines[index] == "\n" or _is_wide(lines[index])
            else:
                is_wide = _is_wide(line)
        self._after_wide = is_wide

    def _feed(self, start: int) -> Iterator[str]:
        for index in range(start, len(self._lines)):
            if index - self._start >= RECORD_LINES:
                break
            yield self._lines[index]
        self._ran_out = True

    def _fault(self, start: int, end: int, cells: list[str]) -> tuple[IssueCode, str] | None:
        """What is wrong with a record that `csv` took: code and message."""
        if end - start == 1:
            text = self._lines[start]
        else:
            if self._length(start, end) > RECORD_LIMIT:
                return "quote", _NOT_CLOSED
            if self._swallows(start, end):
                return "quote", _SWALLOWS
            text = "".join(self._lines[start:end])
        if QUOTE in text and any(QUOTE in cell for cell in cells) and not is_proper(text, self.delimiter):
            return "quote", _NOT_QUOTED
        if self._is_tainted and (bad := UNDECODABLE.search(text)):
            if bad[0] == "\0":
                return "encoding", _NUL
            return "encoding", f"the row {not_in(text, self.encoding)}"
        return None

    def _swallows(self, start: int, end: int) -> bool:
        """Whether each line, its quotes taken as text, has as many cells as a row: two rows with a stray
        quote each, and all between them, are likelier than one cell with so regular a text.
        """
        delimiters = self.width - 1
        return self.width >= _MIN_WIDTH and all(
            line.count(self.delimiter) == delimiters
            for line in self._lines[start:end]
            if line and not line.isspace()
        )

    def _may_go_on(self, start: int, end: int) -> bool:
        return end - start < RECORD_LINES and self._length(start, end) <= RECORD_LIMIT

    def _resume(self, start: int, end: int) -> int:
        """Where to go on after a record that failed: at its second line, while reading that again is
        affordable.

        Without a limit a hostile file could have every line open a quote, and each read up to RECORD_LIMIT
        ahead.
        """
        again = self._length(start + 1, end)
        allowed = RESCAN_ALLOWANCE + _RESCAN_PER_LINE * (self.line + start)
        if self._rescanned + again > allowed:
            return end
        self._rescanned += again
        return start + 1

    def _length(self, start: int, end: int) -> int:
        return sum(map(len, self._lines[start:end]))


def _is_wide(line: str) -> bool:
    """Whether a line is UTF-16, least byte first, but for its line feed."""
    text = line.rstrip("\r\n\0")
    return len(text) > 1 and set(text[1::2]) == {"\0"}
