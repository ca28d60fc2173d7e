"""A writer sends as fast as its rate says, and its rate follows what the table says."""

import pytest

from foreman_core.pacing import DECREASE, FIRST_RATE, INCREASE, PATIENCE_S, Pace


def test_batches_are_as_far_apart_as_the_rate_says() -> None:
    pace = Pace(rate=100)
    assert pace.wait(25, now=0.0) == 0
    assert pace.wait(25, now=0.0) == pytest.approx(0.25)
    assert pace.wait(25, now=0.0) == pytest.approx(0.5)


def test_time_that_was_not_used_is_not_made_up_for() -> None:
    pace = Pace(rate=100)
    pace.wait(25, now=0.0)
    assert pace.wait(25, now=10.0) == 0
    assert pace.wait(25, now=10.0) > 0


def test_the_rate_doubles_every_second_until_the_ceiling_is_known() -> None:
    pace = Pace()
    for second in range(4):
        pace.wait(1, now=float(second))
    assert pace.rate == pytest.approx(FIRST_RATE * 8)


def test_throttling_takes_a_part_away_and_each_second_adds_a_little_of_the_limit() -> None:
    pace = Pace(rate=1000)
    pace.throttled(now=0.0)
    assert pace.rate == pytest.approx(1000 * DECREASE)
    for second in range(1, 4):
        pace.wait(1, now=float(second))
    assert pace.rate == pytest.approx(1000 * (DECREASE + 3 * INCREASE))


def test_throttlings_of_one_excess_count_once() -> None:
    pace = Pace(rate=1000)
    pace.throttled(now=0.0)
    pace.throttled(now=PATIENCE_S / 2)
    assert pace.rate == pytest.approx(1000 * DECREASE)


def test_the_rate_never_comes_to_a_stop() -> None:
    pace = Pace(rate=1)
    for second in range(1, 100):
        pace.throttled(now=float(second))
    assert pace.rate >= 1
