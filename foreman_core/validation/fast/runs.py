"""Keys that do not stay in memory: sorted runs on disk, and in memory what tells where a key may be.

The runs are those of a log-structured merge-tree (O'Neil and others, 1996): the young are merged, so that
there are few. The filter of each (Bloom, 1970) spares the disk most of the keys that it does not have.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import polars as pl

from foreman_core.validation.fast.spilled import Spilled, arrays

HIGH, PLACE = "high", "place"
_RUN, _PAGE, _CELL = "run", "page", "cell"
_KEYS: Final = 64
"""Keys of a page, which is read at once: half a kilobyte."""
_AT_ONCE: Final = 1 << 16
"""Keys that are sorted at once."""
_WORD: Final = 1 << 64
_HALF: Final = 1 << 32

_LINE: Final = 512
"""Bits of a filter among which all bits of a key are: a cache line."""
_DRAWS: Final = (0, 1, _LINE)
"""What the three bits of a key are drawn with: the first tells the line, and comes from the upper half."""
_BITS: Final = 16
"""Bits of a filter for each key as long as there is room: it then lets one key in 200 pass by mistake."""
_SHARE: Final = 32
"""Any filter may have one of so many parts of all bits, whatever the others have."""


class Filter:
    """Says of a key that it is certainly not there, or that it may be."""

    def __init__(self, bits: int) -> None:
        lines = -(-bits // _LINE)
        self._bits = pl.repeat(False, lines * _LINE, dtype=pl.Boolean, eager=True)
        self._step = -(-_WORD // (lines * _LINE))

    def add(self, highs: pl.Series) -> None:
        """Let these pass. Faster when they are sorted."""
        for draw in _DRAWS:
            self._bits.scatter(self._places(highs, draw), values=True)

    def passing(self, highs: pl.Series) -> pl.Series:
        """Those that may be there. Faster when they are sorted."""
        for draw in _DRAWS:
            highs = highs.filter(self._bits.gather(self._places(highs, draw)))
        return highs

    def _places(self, highs: pl.Series, draw: int) -> pl.Series:
        places = highs // self._step
        return places - places % _LINE + highs // draw % _LINE if draw else places


def filter_bits(keys: int, of: int, budget: int) -> int:
    """The size of a filter for some of the keys when `budget` bits are for all of them."""
    return max(min(keys * _BITS, max(budget * keys // of, budget // _SHARE)), _LINE)


class Run:
    """Keys sorted by `high`, each with the `place` of what is known of it."""

    def __init__(self, keys: Iterable[pl.DataFrame], bits: int) -> None:
        """Each frame goes on where the one before has ended."""
        self._highs = Spilled(pl.UInt64)
        self._places = Spilled(pl.UInt32)
        self._filter = Filter(bits)
        self._index = pl.concat([self._append(frame) for frame in keys])
        """The upper half of the first key of each page."""

    def __len__(self) -> int:
        return len(self._highs)

    def _append(self, keys: pl.DataFrame) -> pl.Series:
        highs = keys[HIGH]
        firsts = highs.gather_every(_KEYS, -len(self) % _KEYS)
        self._filter.add(highs)
        self._highs.append(highs)
        self._places.append(keys[PLACE])
        return _top(firsts)

    def pages(self, highs: pl.Series) -> pl.DataFrame:
        """Where these keys, which are sorted, are if they are here: `high`, and `page`, of which there may be
        several. Few of those that are not here come back.
        """
        wanted = self._filter.passing(highs)
        first, end = self._bounds(wanted, wanted)
        return pl.select(wanted.alias(HIGH), pl.int_ranges(first, end).alias(_PAGE)).explode(_PAGE)

    def keys_of(self, page: int) -> bytes:
        """The numbers of 64 bits on a page; what the last one lacks is 0."""
        return self._highs.bytes_of(_KEYS, page * _KEYS)

    def place_of(self, index: int) -> bytes:
        """The place of a key, a number of 32 bits, by its index in the run."""
        return self._places.bytes_of(1, index)

    def between(self, first: int, last: int) -> pl.DataFrame:
        """The keys from one number to another, sorted."""
        [start], [end] = self._bounds(*(pl.Series([high], dtype=pl.UInt64) for high in (first, last)))
        bounds = start * _KEYS, min(end * _KEYS, len(self))
        highs, places = self._highs.between(*bounds), self._places.between(*bounds)
        offset, count = _within(highs, first, last)
        return pl.DataFrame({HIGH: highs.slice(offset, count), PLACE: places.slice(offset, count)})

    def _bounds(self, firsts: pl.Series, lasts: pl.Series) -> tuple[pl.Series, pl.Series]:
        """The pages for keys from `firsts` to `lasts`: from one to before the other."""
        start = self._index.search_sorted(_top(firsts), "left").cast(pl.Int64) - 1
        end = self._index.search_sorted(_top(lasts), "right").cast(pl.Int64)
        return start.clip(0), end.clip(1)


def _top(highs: pl.Series) -> pl.Series:
    return (highs // _HALF).cast(pl.UInt32)


def _within(highs: pl.Series, first: int, last: int) -> tuple[int, int]:
    """Where the numbers from one to another start, and how many they are."""
    start = highs.search_sorted(first, "left")
    return start, highs.search_sorted(last, "right") - start


def find(runs: Sequence[Run], highs: pl.Series) -> pl.DataFrame:
    """The keys of the runs that are among these, which are sorted: `high` and `place`."""
    pages = [run.pages(highs) for run in runs]
    cells = [run.keys_of(page) for run, each in zip(runs, pages, strict=True) for page in each[_PAGE]]
    numbers = [number for number, each in enumerate(pages) for _ in range(each.height)]
    found = (
        pl.concat(pages)
        .lazy()
        .with_columns(pl.Series(_RUN, numbers, dtype=pl.UInt32), arrays(cells, pl.UInt64, _KEYS).alias(_CELL))
        .filter(pl.col(_CELL).arr.contains(pl.col(HIGH)))
        .explode(_CELL)
        .with_columns(pl.col(_PAGE) * _KEYS + pl.int_range(pl.len()) % _KEYS)
        .filter(pl.col(_CELL) == pl.col(HIGH))
        .collect()
    )
    lengths = pl.Series([len(run) for run in runs], dtype=pl.Int64).gather(found[_RUN])
    there = found.filter(found[_PAGE] < lengths)
    found_in: zip[tuple[int, int]] = zip(there[_RUN], there[_PAGE], strict=True)
    places = [runs[run].place_of(index) for run, index in found_in]
    return pl.DataFrame({HIGH: there[HIGH], PLACE: arrays(places, pl.UInt32, 1).explode()})


def sorted_run(keys: pl.DataFrame, bits: int) -> Run:
    """A run of keys in any order."""
    parts = (keys.filter(pl.col(HIGH).is_between(*ends)) for ends in _ranges(keys.height))
    return Run((part.sort(HIGH, multithreaded=False) for part in parts), bits)


def merged(runs: Sequence[Run], bits: int) -> Run:
    """One run of all their keys."""
    parts = (pl.concat([run.between(*ends) for run in runs]) for ends in _ranges(sum(map(len, runs))))
    return Run((part.sort(HIGH, multithreaded=False) for part in parts), bits)


def _ranges(keys: int) -> Iterator[tuple[int, int]]:
    """The first and the last number of ranges in which about `_AT_ONCE` of so many keys are."""
    parts = keys // _AT_ONCE + 1
    for part in range(parts):
        yield _WORD * part // parts, _WORD * (part + 1) // parts - 1
