"""A block of a delimited file as a frame of texts, where it is certain that it says what RFC 4180 says."""

import csv
from typing import Final

import polars as pl

from foreman_core.reading.records import is_proper

_BOM: Final = b"\xef\xbb\xbf"

_MOST_ODD: Final = 0.1
"""The share of lines of another width up to which a block is worth reading without them."""


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


def evened(block: bytes, delimiter: str, width: int) -> tuple[bytes, list[tuple[int, str]]] | None:
    """A block with blank rows in place of the lines that have not `width` cells, and these lines by their
    place; None when there are none, or too many, or when a line is not certainly a record of its own.
    """
    if b"\0" in block or block.count(b"\r") != block.count(b"\r\n"):
        return None
    try:
        lines = block.decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError:
        return None
    texts = pl.Series(lines)
    odd = texts.str.count_matches(delimiter, literal=True) != width - 1
    if b'"' in block:
        quoted: list[int] = texts.str.contains('"', literal=True).arg_true().to_list()
        if not all(is_proper(lines[place], delimiter) for place in quoted):
            return None
        odd = odd.scatter(quoted, [_cells(lines[place], delimiter) != width for place in quoted])
    places: list[int] = odd.arg_true().to_list()
    if not 0 < len(places) <= _MOST_ODD * len(lines):
        return None
    taken_out = [(place, lines[place]) for place in places]
    for place, line in taken_out:
        lines[place] = delimiter * (width - 1) + ("\r" if line.endswith("\r") else "")
    return "\n".join([*lines, ""]).encode(), taken_out


def _cells(line: str, delimiter: str) -> int:
    """How many cells a proper record has."""
    return len(next(csv.reader([line], delimiter=delimiter, strict=True)))


def _are_proper(block: bytes, frame: pl.DataFrame, delimiter: str) -> bool:
    """Whether the lines of the rows that have a quote in a cell keep the rules of quoting."""
    has_quote = frame.select(pl.any_horizontal(pl.all().str.contains('"', literal=True))).to_series()
    lines = block.split(b"\n")
    rows: list[int] = has_quote.arg_true().to_list()
    return all(is_proper(lines[row].decode(), delimiter) for row in rows)


def _total(frame: pl.DataFrame, counted: pl.Expr) -> int:
    return sum(frame.select(counted.cast(pl.Int64).sum()).row(0))
