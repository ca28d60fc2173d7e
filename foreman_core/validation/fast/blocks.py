"""A block of a delimited file as a frame of texts, where it is certain that it says what RFC 4180 says."""

import csv
from typing import Final

import polars as pl
from attrs import frozen

from foreman_core.reading.records import is_proper

_BOM: Final = b"\xef\xbb\xbf"

_MOST_ODD: Final = 0.3
"""The share of odd records up to which a block is worth reading without them."""

_MOST_LINES: Final = 64
"""Lines of a record up to which its end is looked for."""


def frame_of(block: bytes, delimiter: str, width: int) -> pl.DataFrame | None:
    """The cells of whole lines of UTF-8, one line a row, in columns named `0`, `1`, …; None when the lines
    are not certainly records of `width` cells: then they are read one by one.

    It is certain when nothing is left over: every byte of the block is in a cell, or is one of width - 1
    delimiters or the one line end of a row, or is a quote that was taken off. A row that is short or long,
    and a line end in a cell, would not add up.
    """
    if width < 2 or not block.endswith(b"\n") or block.startswith(_BOM) or b"\0" in block:  # noqa: PLR2004
        return None
    has_returns = b"\r" in block
    try:
        frame = pl.read_csv(
            block,
            has_header=False,
            separator=delimiter,
            schema={str(position): pl.String for position in range(width)},
            empty_string_is_null=False,
            missing_columns="raise",
            extra_columns="raise",
        )
    except (pl.exceptions.PolarsError, UnicodeError):
        return None
    rows = frame.height
    returns = block.count(b"\r\n") if has_returns else 0
    if has_returns and returns != block.count(b"\r"):
        return None
    quotes = 0
    if b'"' in block:
        if block.count(b"\n") != rows:
            return None
        inner = _total(frame, pl.all().str.count_matches('"', literal=True))
        if inner and not _are_proper(block, frame, delimiter):
            return None
        quotes = block.count(b'"') - inner
    text = _total(frame, pl.all().str.len_bytes())
    return frame if text + rows * width + returns + quotes == len(block) else None


@frozen
class Odd:
    """A record that is not one line of as many cells as the others: its place among the records of a block,
    the line where it starts, counted from the first of the block, and its text.
    """

    place: int
    start: int
    text: str

    @property
    def more(self) -> int:
        """The lines that it has more than one."""
        return self.text.count("\n")


def evened(block: bytes, delimiter: str, width: int) -> tuple[bytes, list[Odd]] | None:
    """A block with blank rows in place of the records that are odd, and these in order; None when there are
    none, or too many, or when it is not certain where a record ends.
    """
    if b"\0" in block or block.count(b"\r") != block.count(b"\r\n"):
        return None
    try:
        text = block.decode().removesuffix("\n")
    except UnicodeDecodeError:
        return None
    lines = pl.Series([text]).str.split("\n").explode()
    has_quote = lines.str.contains('"', literal=True)
    uneven = (lines.str.count_matches(delimiter, literal=True) != width - 1) & ~has_quote
    found: dict[int, str] = {start: lines[start] for start in uneven.arg_true()}
    inner: set[int] = set()
    for start in has_quote.arg_true():
        if start in inner:
            continue
        record = _record(lines, start, delimiter)
        if record is None:
            return None
        inner.update(range(start + 1, start + 1 + record.count("\n")))
        if "\n" in record or _cells(record, delimiter) != width:
            found[start] = record
    if inner.intersection(found) or not 0 < len(found) <= _MOST_ODD * len(lines):
        return None
    odd, more = list[Odd](), 0
    for start in sorted(found):
        odd.append(Odd(start - more, start, found[start]))
        more += odd[-1].more
    blank = delimiter * (width - 1)
    blanks = [f"{blank}\r" if lines[each.start].endswith("\r") else blank for each in odd]
    even = lines.scatter([each.start for each in odd], blanks)
    if inner:
        even = even.filter(~pl.int_range(len(even), eager=True).is_in(list(inner)))
    return b"".join([even.str.join("\n").item().encode(), b"\n"]), odd


def _record(lines: pl.Series, start: int, delimiter: str) -> str | None:
    """The record that starts on a line, as many lines as it takes for its quotes to be closed; None when they
    are not proper.
    """
    text = ""
    for number, line in enumerate(lines.slice(start, _MOST_LINES)):
        text = f"{text}\n{line}" if number else str(line)
        if is_proper(text, delimiter):
            return text
    return None


def _cells(line: str, delimiter: str) -> int:
    """How many cells a proper record of one line has."""
    return len(next(csv.reader([line], delimiter=delimiter, strict=True)))


def _are_proper(block: bytes, frame: pl.DataFrame, delimiter: str) -> bool:
    """Whether the lines of the rows that have a quote in a cell keep the rules of quoting."""
    has_quote = frame.select(pl.any_horizontal(pl.all().str.contains('"', literal=True))).to_series()
    lines = block.split(b"\n")
    rows: list[int] = has_quote.arg_true().to_list()
    return all(is_proper(lines[row].decode(), delimiter) for row in rows)


def _total(frame: pl.DataFrame, counted: pl.Expr) -> int:
    return sum(frame.select(counted.cast(pl.Int64).sum()).row(0))
