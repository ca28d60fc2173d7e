"""Who may work on a job, and for how long."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from attrs import define

from foreman_core.leases import Leases

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LENGTH = timedelta(seconds=60)


@define
class Clock:
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def leases(dynamodb: "DynamoDBClient", ledger_table: str, clock: Clock) -> tuple[Leases, Leases]:
    first, second = (
        Leases(dynamodb, ledger_table, worker=name, length=LENGTH, clock=clock) for name in ("a", "b")
    )
    return first, second


def test_one_worker_has_a_job_and_may_renew_its_lease(leases: tuple[Leases, Leases]) -> None:
    first, second = leases
    assert first.take("job-1")
    assert first.take("job-1")
    assert not second.take("job-1")
    assert second.take("job-2")


def test_a_lease_that_is_over_is_anybodys(leases: tuple[Leases, Leases], clock: Clock) -> None:
    first, second = leases
    assert first.take("job-1")
    clock.now += LENGTH
    assert not second.take("job-1")
    clock.now += timedelta(milliseconds=1)
    assert second.take("job-1")
    assert not first.take("job-1")


def test_a_renewed_lease_lasts_from_then_on(leases: tuple[Leases, Leases], clock: Clock) -> None:
    first, second = leases
    assert first.take("job-1")
    clock.now += LENGTH / 2
    assert first.take("job-1")
    clock.now += LENGTH * 3 / 4
    assert not second.take("job-1")


def test_what_is_given_back_is_free_at_once(leases: tuple[Leases, Leases]) -> None:
    first, second = leases
    assert first.take("job-1")
    first.give_back("job-1")
    assert second.take("job-1")


def test_nobody_gives_back_what_is_another_workers(leases: tuple[Leases, Leases], clock: Clock) -> None:
    first, second = leases
    assert first.take("job-1")
    clock.now += LENGTH * 2
    assert second.take("job-1")
    first.give_back("job-1")
    assert not first.take("job-1")
