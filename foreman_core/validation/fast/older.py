"""The holders of keys that do not stay in memory."""

from typing import Final

import polars as pl
from attrs import evolve, frozen

from foreman_core.validation.fast.runs import HIGH, PLACE, Run, filter_bits, find, merged, sorted_run
from foreman_core.validation.fast.spilled import Spilled, arrays

LOW, ROW, LINE, PRINT = "low", "row", "line", "print"
STORED: Final = {HIGH: pl.UInt64, LOW: pl.UInt32, ROW: pl.UInt32, LINE: pl.UInt32, PRINT: pl.UInt64}
"""The columns of holders. A row that was not accepted has no `print`."""

_HALF: Final = 1 << 32
_AT_ONCE: Final = 1 << 15
"""Holders that are written at once."""
_WORDS: Final = 5
"""Words of 32 bits that a holder takes beside `high`."""
_GROWTH: Final = 4
"""A run is merged with the younger ones unless it is so many times as large as all of them."""


@frozen
class Budget:
    """What the holders of a key may take in memory: 28 bytes for each of so many rows; about so many bits of
    filters, of which every run has one; and an index of half a bit a row. There are at most so many runs.
    """

    rows: int = 1 << 20
    bits: int = 1 << 28
    runs: int = 8

    def shared(self, keys: int) -> "Budget":
        """What is left for each of so many keys."""
        return evolve(self, rows=self.rows // keys, bits=self.bits // keys)


class Older:
    """Holders on disk: what is known of them in file order, and runs of their keys. 32 bytes a row; 44 while
    all runs are merged.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._facts = Spilled(pl.UInt32)
        self._runs: list[Run] = []

    def __len__(self) -> int:
        return len(self._facts) // _WORDS

    def add(self, holders: pl.DataFrame) -> None:
        """Take these, in file order."""
        keys = holders.select(
            HIGH, pl.int_range(len(self), len(self) + pl.len(), dtype=pl.UInt32).alias(PLACE)
        )
        for part in holders.iter_slices(_AT_ONCE):
            self._facts.append(_packed(part))
        if len(self._runs) == self._budget.runs:
            self._merge(holders.height)
        self._runs.append(sorted_run(keys, self._bits(keys.height)))

    def carried(self, highs: pl.Series) -> pl.DataFrame:
        """The holders of one of these, in file order. Faster when they are sorted."""
        if not self._runs:
            return pl.DataFrame(schema=STORED)
        keys = find(self._runs, highs).sort(PLACE)
        facts = [self._facts.bytes_of(_WORDS, place * _WORDS) for place in keys[PLACE]]
        return _unpacked(keys[HIGH], arrays(facts, pl.UInt32, _WORDS))

    def _merge(self, following: int) -> None:
        """Make one run of the youngest, when one of so many keys will follow."""
        start, younger = len(self._runs) - 2, following + sum(map(len, self._runs[-2:]))
        while start and len(self._runs[start - 1]) <= _GROWTH * younger:
            start -= 1
            younger += len(self._runs[start])
        keys = sum(map(len, self._runs[start:]))
        self._runs[start:] = [merged(self._runs[start:], self._bits(keys))]

    def _bits(self, keys: int) -> int:
        return filter_bits(keys, len(self), self._budget.bits)


def _packed(holders: pl.DataFrame) -> pl.Series:
    """What is known of each beside `high`: five words; the last two, 0 for a row that was not accepted, are
    `print`.
    """
    fingerprint = pl.col(PRINT).fill_null(0)
    words = [pl.col(LOW), pl.col(ROW), pl.col(LINE), fingerprint % _HALF, fingerprint // _HALF]
    return holders.select(pl.concat_arr([word.cast(pl.UInt32) for word in words])).to_series().explode()


def _unpacked(highs: pl.Series, facts: pl.Series) -> pl.DataFrame:
    low, row, line, *halves = (pl.col("facts").arr.get(word) for word in range(_WORDS))
    lower, upper = (half.cast(pl.UInt64) for half in halves)
    fingerprint = lower + upper * _HALF
    return pl.DataFrame([highs, facts.alias("facts")]).select(
        HIGH,
        low.alias(LOW),
        row.alias(ROW),
        line.alias(LINE),
        pl.when(fingerprint > 0).then(fingerprint).alias(PRINT),
    )
