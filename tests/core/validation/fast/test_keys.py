"""The first row that carries a key holds it, however many rows came between and wherever they are kept."""

import subprocess
import sys
from collections.abc import Iterable, Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreman_core.validation.fast.keys import Seen
from foreman_core.validation.fast.older import STORED, Budget

Key = tuple[int, int]
"""The first 64 bits of a key, and the other 32."""

EVERY_BLOCK_TO_DISK = Budget(rows=0, bits=1 << 28, runs=2)
FILTERS_THAT_LET_MOST_PASS = Budget(rows=50, bits=1 << 10, runs=3)
MANY_RUNS = Budget(rows=10, bits=1 << 28, runs=8)
IN_MEMORY = Budget()
BUDGETS = [EVERY_BLOCK_TO_DISK, FILTERS_THAT_LET_MOST_PASS, MANY_RUNS, IN_MEMORY]

# few first halves, so that several keys share one, over more than a page; and the ends of the range
LAST = (1 << 64) - 1
highs = st.sampled_from([0, 1, 2, 1 << 32, (1 << 63) - 1, 1 << 63, LAST]) | st.integers(0, LAST)
keys = st.tuples(highs, st.integers(0, 40))


@st.composite
def files(draw: st.DrawFn) -> list[list[Key | None]]:
    """Blocks of rows by their keys, many of them repeated."""
    pool = draw(st.lists(keys, min_size=1, max_size=300))
    row = st.none() | st.sampled_from(pool)
    return draw(st.lists(st.lists(row, min_size=1, max_size=150), min_size=1, max_size=12))


def frame(block: Sequence[Key | None], first: int) -> pl.DataFrame:
    """The rows of a block: each second is accepted, and its line is twice its number."""
    rows = [
        (None, 0, row, 2 * row, None)
        if key is None
        else (*key, row, 2 * row, None if row % 2 else row << 40 | 7)
        for row, key in enumerate(block, first)
    ]
    return pl.DataFrame(rows, schema=STORED, orient="row")


def holders(rows: Iterable[tuple[int, ...]]) -> dict[Key, tuple[int, ...]]:
    held: dict[Key, tuple[int, ...]] = {}
    for high, low, *rest in rows:
        held.setdefault((high, low), tuple(rest))
    return held


@pytest.mark.parametrize("budget", BUDGETS)
@settings(max_examples=40, deadline=None)
@given(blocks=files())
def test_the_holders_are_those_of_a_dictionary(budget: Budget, blocks: list[list[Key | None]]) -> None:
    seen, everything, first = Seen(budget), list[tuple[int, ...]](), 1
    for block in blocks:
        rows = frame(block, first)
        first += len(block)
        carried = seen.carried(rows["high"])
        wanted = set(rows["high"].drop_nulls())
        expected = holders(row for row in everything if row[0] in wanted)
        assert list(holders(carried.iter_rows()).items()) == list(expected.items())
        assert carried.schema == pl.Schema(STORED)
        assert carried.height == len(expected)
        seen.add(rows)
        everything += rows.drop_nulls("high").iter_rows()


def rows_of(numbers: pl.Series) -> pl.DataFrame:
    """A row for each number, with a key of its own."""
    return pl.DataFrame(
        [
            (numbers.hash(1) if name == "high" else numbers).cast(dtype).alias(name)
            for name, dtype in STORED.items()
        ]
    )


@pytest.mark.parametrize("budget", BUDGETS)
def test_thousands_of_keys_over_many_pages_and_runs_are_all_found(budget: Budget) -> None:
    seen = Seen(budget)
    rows = rows_of(pl.int_range(1, 20_001, dtype=pl.UInt64, eager=True))
    for block in rows.iter_slices(900):
        assert not seen.carried(block["high"]).height
        seen.add(block)
    assert seen.carried(rows["high"].shuffle(seed=1)).equals(rows)
    others = rows_of(pl.int_range(20_001, 40_001, dtype=pl.UInt64, eager=True))
    assert not seen.carried(others["high"]).height


@pytest.mark.parametrize("high", [0, 7, LAST])
def test_keys_that_only_their_other_half_tells_apart_are_all_found(high: int) -> None:
    """They go over several pages."""
    seen = Seen(EVERY_BLOCK_TO_DISK)
    blocks = [
        frame([(high, low) for low in range(first, first + 100)], first) for first in range(1, 500, 100)
    ]
    for block in blocks:
        seen.carried(block["high"])
        seen.add(block)
    assert seen.carried(pl.Series([high], dtype=pl.UInt64)).equals(pl.concat(blocks))


def test_a_key_that_every_row_carries_is_kept_once() -> None:
    seen = Seen(EVERY_BLOCK_TO_DISK)
    for start in range(1, 3000, 100):
        rows = frame([(7, 7)] * 100, start)
        assert seen.carried(rows["high"]).height == min(start - 1, 1)
        seen.add(rows)


def test_rows_that_are_added_unasked_leave_the_key_with_the_first() -> None:
    seen = Seen(EVERY_BLOCK_TO_DISK)
    for start in (1, 3, 5):
        seen.add(frame([(7, 1), (8, 1)], start))
    assert holders(seen.carried(pl.Series([8, 7], dtype=pl.UInt64)).iter_rows()) == {
        (7, 1): (1, 2, None),
        (8, 1): (2, 4, 2 << 40 | 7),
    }


GROWTH = """
import resource
import polars as pl
from foreman_core.validation.fast.keys import Seen
from foreman_core.validation.fast.older import STORED, Budget

seen = Seen(Budget(rows=40_000, bits=1 << 22))
for start in range(0, 3_000_000, 20_000):
    numbers = pl.int_range(start, start + 20_000, dtype=pl.UInt64, eager=True)
    columns = {name: numbers.hash(1) if name == "high" else numbers for name in STORED}
    rows = pl.DataFrame(columns).cast(STORED)
    assert not seen.carried(rows["high"]).height
    seen.add(rows)
    if start == 500_000:
        early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early)
"""


def test_memory_does_not_grow_with_the_rows() -> None:
    """Two and a half million holders would take 70 MB."""
    run = subprocess.run(
        [sys.executable, "-c", GROWTH], check=True, capture_output=True, text=True, timeout=120
    )
    assert int(run.stdout) < 30 << 10
