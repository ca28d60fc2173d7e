"""Which keys the blocks before have seen, and in which rows."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from foreman_core.validation.fast.older import LINE, LOW, PRINT, ROW, STORED, Budget, Older
from foreman_core.validation.fast.runs import HIGH

__all__ = [
    "HIGH",
    "LINE",
    "LOW",
    "PRINT",
    "ROW",
    "Seen",
    "fingerprint",
    "fingerprints",
    "high",
    "identity",
    "is_repeated",
    "joined",
    "low",
]

_SEEDS: Final = (0x5EED_0001, 0x5EED_0002, 0x5EED_0003)
_LOW: Final = (1 << 32) - 1


def high(key: int) -> str:
    """The name of the column that has the first 64 bits that the keys of a block are known by."""
    return f"{HIGH}{key}"


def low(key: int) -> str:
    """The name of the column that has the other 32."""
    return f"{LOW}{key}"


def identity(text: pl.Expr, key: int) -> tuple[pl.Expr, pl.Expr]:
    """Both columns for a key's text; null for no key.

    By 96 bits two different keys are the same in one of 10^13 files of a hundred million rows.
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
    """The holders of one key. Rows are added a block at a time, in file order. The latest are in memory, the
    others on disk.
    """

    def __init__(self, budget: Budget | None = None) -> None:
        self._budget = budget or Budget()
        self._recent = pl.DataFrame(schema=STORED)
        self._known = self._recent
        self._older = Older(self._budget)

    def add(self, rows: pl.DataFrame) -> None:
        """Remember rows that carry a key: columns `high`, `low`, `row`, `line`, and `print` for those that
        were accepted. Of rows with the same key the first is kept, for it holds the key; of those before this
        block, where `carried` was asked for its keys.
        """
        fresh = rows.select(*STORED).drop_nulls(HIGH)
        if self._known.height:
            fresh = fresh.join(self._known, on=[HIGH, LOW], how="anti", maintain_order="left")
        if not fresh[HIGH].is_first_distinct().all():
            fresh = fresh.unique([HIGH, LOW], keep="first", maintain_order=True)
        self._recent = self._recent.vstack(fresh)
        if self._recent.height > self._budget.rows:
            self._older.add(self._recent)
            self._recent = self._recent.clear()

    def carried(self, highs: pl.Series) -> pl.DataFrame:
        """The rows that hold a key which starts with one of these, in file order."""
        wanted = highs.drop_nulls().sort()
        wanted = wanted.filter((wanted != wanted.shift(1)).fill_null(value=True))
        recent = self._recent.filter(pl.col(HIGH).is_in(wanted.implode()))
        self._known = self._older.carried(wanted).vstack(recent)
        return self._known


def joined(parts: Sequence[pl.Expr]) -> pl.Expr:
    """The texts of a key's parts as one; null when one is blank."""
    return parts[0] if len(parts) == 1 else pl.concat_str(parts, separator="\0")
