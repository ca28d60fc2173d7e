"""Writers stay close to what a table takes, and few of their rows are throttled."""

import pytest

from benchmarks.ceiling import run


@pytest.mark.parametrize(("ceiling", "writers"), [(4_000, 4), (4_000, 10), (40_000, 16), (40_000, 40)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_writers_stay_close_to_the_ceiling(ceiling: int, writers: int, seed: int) -> None:
    found = run(ceiling, writers, seed=seed)
    assert found.of_ceiling >= 0.95
    assert found.throttled < 0.01
