"""Files that keep coming are loaded to the last row, and do not pile up, at the ceiling of the table too."""

import pytest
from attrs import evolve

from benchmarks.arrivals import Arrivals, run

HOUR = Arrivals(files_per_hour=10_000, rows=1_000, hours=0.25)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("ceiling", [4_000, 40_000])
def test_ten_thousand_files_an_hour_do_not_pile_up(ceiling: int, seed: int) -> None:
    found = run(evolve(HOUR, ceiling=ceiling), seed=seed)
    assert found.came > 2_200_000
    assert found.written == found.came
    assert found.throttled < 0.05
    assert max(found.backlog) < 30_000
    assert found.seconds[1] < 30


def test_more_than_the_table_takes_piles_up_and_is_not_lost() -> None:
    found = run(evolve(HOUR, ceiling=2_000, hours=0.1))
    assert found.backlog[-1] > 3 * found.backlog[0]
    assert found.written == found.came
    assert found.last > 0.1 * 3600


def test_one_large_file_is_loaded_at_the_ceiling() -> None:
    found = run(Arrivals(files_per_hour=1, rows=1_000_000, hours=0.001, at_once=100))
    assert found.written == found.came == 1_000_000
    assert found.written / found.last > 0.9 * 40_000
    assert found.throttled < 0.05
