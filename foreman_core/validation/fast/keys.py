"""Which keys the blocks before have seen, and in which rows: 28 bytes a row and key, whatever its length."""

from collections.abc import Sequence
from typing import Final

import polars as pl

_SEEDS: Final = (0x5EED_0001, 0x5EED_0002, 0x5EED_0003)
_LOW: Final = (1 << 32) - 1

HIGH, LOW, ROW, LINE, PRINT = "high", "low", "row", "line", "print"
_STORED: Final = {HIGH: pl.UInt64, LOW: pl.UInt32, ROW: pl.UInt32, LINE: pl.UInt32, PRINT: pl.UInt64}


def high(key: int) -> str:
    """The name of the column that has the first 64 bits that the keys of a block are known by."""
    return f"{HIGH}{key}"


def low(key: int) -> str:
    """The name of the column that has the other 32."""
    return f"{LOW}{key}"


def identity(text: pl.Expr, key: int) -> tuple[pl.Expr, pl.Expr]:
    """Both columns for a key's text; null for no key.

    By 96 bits two different keys are the same in one of 10^14 files of ten million rows.
    """
    rest = (text.hash(_SEEDS[1]) & _LOW).cast(pl.UInt32)
    return pl.when(text.is_not_null()).then(text.hash(_SEEDS[0])).alias(high(key)), rest.alias(low(key))


def is_repeated(key: int) -> pl.Expr:
    """Whether another row of the block has the same key."""
    return pl.col(high(key)).is_duplicated() & pl.col(high(key)).is_not_null()


def fingerprint() -> pl.Expr:
    """64 bits of all cells of a row."""
    return pl.struct(pl.all()).hash(_SEEDS[2])


def fingerprints(rows: Sequence[Sequence[str]], width: int) -> pl.Series:
    """The same for rows that are not in a frame, also for those of another width."""
    whole = [row if len(row) == width else ("",) * width for row in rows]
    schema = {str(position): pl.String for position in range(width)}
    prints = pl.DataFrame(whole, schema=schema, orient="row").select(fingerprint()).to_series()
    others = [place for place, row in enumerate(rows) if len(row) != width]
    texts = pl.Series(["\0".join(rows[place]) for place in others], dtype=pl.String)
    return prints.scatter(others, texts.hash(_SEEDS[2])) if others else prints


class Seen:
    """The holders of one key. Rows are added a block at a time, in file order."""

    def __init__(self) -> None:
        self._table = pl.DataFrame(schema=_STORED)

    def add(self, rows: pl.DataFrame) -> None:
        """Remember rows that carry a key: columns `high`, `low`, `row`, `line`, and `print` for those that
        were accepted.
        """
        self._table = self._table.vstack(rows.select(*_STORED).drop_nulls(HIGH))

    def carried(self, highs: pl.Series) -> pl.DataFrame:
        """The rows that carry one of these, in file order."""
        wanted = highs.drop_nulls()
        if not len(wanted) or not self._table.height:
            return self._table.clear()
        return self._table.filter(pl.col(HIGH).is_in(wanted.implode()))


def joined(parts: Sequence[pl.Expr]) -> pl.Expr:
    """The texts of a key's parts as one; null when one is blank."""
    return parts[0] if len(parts) == 1 else pl.concat_str(parts, separator="\0")
