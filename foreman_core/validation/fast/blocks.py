"""A block of a delimited file as a frame of texts, where it is certain that it says what RFC 4180 says."""

from typing import Final

import polars as pl

from foreman_core.reading.records import is_proper

_BOM: Final = b"\xef\xbb\xbf"


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


def _are_proper(block: bytes, frame: pl.DataFrame, delimiter: str) -> bool:
    """Whether the lines of the rows that have a quote in a cell keep the rules of quoting."""
    has_quote = frame.select(pl.any_horizontal(pl.all().str.contains('"', literal=True))).to_series()
    lines = block.split(b"\n")
    rows: list[int] = has_quote.arg_true().to_list()
    return all(is_proper(lines[row].decode(), delimiter) for row in rows)


def _total(frame: pl.DataFrame, counted: pl.Expr) -> int:
    return sum(frame.select(counted.cast(pl.Int64).sum()).row(0))
