"""A block of a delimited file as a table of texts, and which of its rows are not certain to be what RFC 4180
says.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

import polars as pl
from attrs import frozen

from foreman_core.reading.records import is_proper

_BOM: Final = b"\xef\xbb\xbf"
_QUOTE: Final = b'"'
_RETURN: Final = b"\r"

_MOST_LONG: Final = 0.3
"""The share of records of several lines up to which a block is worth reading without them."""

_MOST_LINES: Final = 64
"""Lines of a record up to which its end is looked for."""


@frozen
class Long:
    """A record of several lines: its place among the records of a block, the line where it starts, counted
    from the first of the block, and its text.
    """

    place: int
    start: int
    text: bytes

    @property
    def more(self) -> int:
        """The lines that it has more than one."""
        return self.text.count(b"\n")


@frozen
class Block:
    """Records as lines of UTF-8, without their line feeds. In place of each record that is `long` there is a
    row of blanks. `quoted` are the places of lines that have quotes, all of them by the rules.
    """

    lines: list[bytes]
    quoted: Sequence[int]
    long: Sequence[Long]
    has_returns: bool


def block_of(text: bytes, delimiter: str, width: int) -> Block | None:
    """The records of whole lines; None where it is not certain where a record ends."""
    if not text.endswith(b"\n") or text.startswith(_BOM) or b"\0" in text:
        return None
    has_returns = _RETURN in text
    if has_returns and text.count(_RETURN) != text.count(b"\r\n"):
        return None
    lines = text.split(b"\n")
    lines.pop()
    quoted = _with_quotes(text)
    wrong = _improper([lines[place] for place in quoted], delimiter)
    if wrong is None:
        return None
    block = Block(lines, quoted, (), has_returns)
    return _without_long(block, [quoted[each] for each in wrong], delimiter, width) if wrong else block


def _with_quotes(text: bytes) -> list[int]:
    """The places of the lines that have quotes, which are few in most files."""
    quoted: list[int] = []
    place, start, at = 0, 0, text.find(_QUOTE)
    while at >= 0:
        place += text.count(b"\n", start, at)
        quoted.append(place)
        start = text.find(b"\n", at)
        at = text.find(_QUOTE, start)
    return quoted


def _improper(lines: list[bytes], delimiter: str) -> list[int] | None:
    """Which of the lines do not keep the rules of quoting by themselves; None when one is no UTF-8."""
    try:
        texts = pl.Series(lines, dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return None
    return (~texts.str.contains(_grammar(delimiter))).arg_true().to_list()


@cache
def _grammar(delimiter: str) -> str:
    """A record of one line (https://www.rfc-editor.org/rfc/rfc4180#section-2) for Rust's `regex`."""
    mark = f"\\x{ord(delimiter):02x}"
    cell = f'(?:"(?:[^"]|"")*"|[^"{mark}]*)'
    return f"^{cell}(?:{mark}{cell})*$"


def _without_long(block: Block, starts: list[int], delimiter: str, width: int) -> Block | None:
    """The block with blanks in place of the records of several lines that begin at `starts`; None when one of
    them does not come to its end, or when they are too many.
    """
    lines, long, inner = block.lines, list[Long](), set[int]()
    for start in starts:
        if start in inner:
            continue
        text = _record(lines, start, delimiter)
        if text is None:
            return None
        long.append(Long(start - len(inner), start, text))
        inner.update(range(start + 1, start + 1 + long[-1].more))
    if len(long) > _MOST_LONG * len(lines):
        return None
    blank = delimiter.encode() * (width - 1)
    if block.has_returns:
        blank += _RETURN
    for each in long:
        lines[each.start] = blank
    kept = [line for place, line in enumerate(lines) if place not in inner]
    quoted = [place for place, line in enumerate(kept) if _QUOTE in line]
    return Block(kept, quoted, long, block.has_returns)


def _record(lines: list[bytes], start: int, delimiter: str) -> bytes | None:
    """The record that starts on a line, as many lines as it takes for its quotes to be closed; None when they
    are not proper.
    """
    text = lines[start]
    for line in lines[start + 1 : start + _MOST_LINES]:
        text += b"\n" + line
        try:
            if text.count(_QUOTE) % 2 == 0 and is_proper(text.decode(), delimiter):
                return text
        except UnicodeDecodeError:
            return None
    return None


@frozen
class Table:
    """The cells of a block, one line a row, in columns named `0`, `1`, …; `uneven` rows have other cells."""

    cells: pl.DataFrame
    uneven: pl.Series


def table_of(block: Block, delimiter: str, width: int) -> Table | None:
    """What Polars makes of a block; None when not every line is a row of its own to it.

    A row is what RFC 4180 says when every byte of its line is accounted for: it is in a cell, or is one of
    width - 1 delimiters, or ends the line, or is a quote that was taken off. All other rows are uneven.
    """
    if width < 2:  # noqa: PLR2004 - a blank line is a row then
        return None
    lines = block.lines
    names = [str(position) for position in range(width)]
    try:
        cells = pl.read_csv(
            b"\n".join([delimiter.join(names).encode(), *lines, b""]),
            separator=delimiter,
            infer_schema=False,
            empty_string_is_null=False,
            truncate_ragged_lines=True,
        )
    except (pl.exceptions.PolarsError, UnicodeError):
        return None
    if cells.columns != names or cells.height != len(lines):
        return None
    accounted = pl.sum_horizontal(pl.all().str.len_bytes()) + pl.lit(_taken_off(block, cells)) + (width - 1)
    lengths = pl.Series(list(map(len, lines)), dtype=pl.UInt32)
    return Table(cells, cells.select(accounted != lengths).to_series())


def _taken_off(block: Block, cells: pl.DataFrame) -> pl.Series:
    """The bytes of each line that are in no cell, and no delimiters."""
    if block.has_returns:
        ends = pl.Series([line.endswith(_RETURN) for line in block.lines], dtype=pl.UInt32)
    else:
        ends = pl.zeros(len(block.lines), dtype=pl.UInt32, eager=True)
    if not block.quoted:
        return ends
    places = pl.Series(block.quoted, dtype=pl.UInt32)
    outer = pl.Series([block.lines[place].count(_QUOTE) for place in block.quoted], dtype=pl.UInt32)
    inner = cells[places].select(pl.sum_horizontal(pl.all().str.count_matches('"', literal=True))).to_series()
    return ends.scatter(places, ends[places] + outer - inner)
