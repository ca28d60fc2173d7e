"""Requests made ahead: their answers in order, so many at once, and only as far as somebody asks."""

import threading

import pytest

from foreman_core.ahead import AT_ONCE, ahead

MANY = 3 * AT_ONCE
PATIENCE_S = 10


def double(number: int) -> int:
    return 2 * number


@pytest.mark.parametrize("count", [0, 1, AT_ONCE, AT_ONCE + 1, MANY])
def test_answers_come_in_the_order_of_the_requests(count: int) -> None:
    assert [*ahead(double, range(count))] == [*range(0, 2 * count, 2)]


def test_so_many_are_under_way_at_once_and_no_more_are_made_than_somebody_asks_for() -> None:
    together, seen = threading.Barrier(AT_ONCE), list[int]()

    def request(number: int) -> int:
        seen.append(number)
        if number < AT_ONCE:
            together.wait(PATIENCE_S)
        return number

    answers = ahead(request, range(MANY))
    assert [next(answers) for _ in range(3)] == [0, 1, 2]
    answers.close()
    assert sorted(seen) == [*range(AT_ONCE + 2)]


def test_for_a_handful_there_are_no_threads() -> None:
    assert {*ahead(lambda _: threading.current_thread(), range(AT_ONCE))} == {threading.current_thread()}


def test_an_error_is_raised_when_its_turn_comes() -> None:
    def request(number: int) -> int:
        return 100 // (number - 10)

    answers = ahead(request, range(MANY))
    assert [next(answers) for _ in range(10)] == [100 // (number - 10) for number in range(10)]
    with pytest.raises(ZeroDivisionError):
        next(answers)
