"""A change of a job is told by whoever made it, and by nobody else."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from structlog.testing import capture_logs

from foreman_core.audit import SWEEPER
from foreman_core.ledger import Ledger
from foreman_core.models import Counts, Job, JobState, Moment, Reason, Source

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AT = "2026-06-01T10:00:00.000Z"
JOB = Job(
    id="job-1",
    state=JobState.RECEIVED,
    mode="load",
    record_type="customer",
    source=Source(
        bucket="intake", key="incoming/ada@example.org.csv", version_id="v", name="ada@example.org"
    ),
    created_at=AT,
    updated_at=AT,
    timeline=(Moment(state=JobState.RECEIVED, at=AT),),
)


@pytest.fixture
def ledger(dynamodb: "DynamoDBClient", ledger_table: str) -> Ledger:
    return Ledger(dynamodb, ledger_table, actor=SWEEPER)


def told(line: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: line[name] for name in names}


def test_a_new_job_is_told_once(ledger: Ledger) -> None:
    with capture_logs() as lines:
        ledger.create(JOB)
        ledger.create(JOB)
    assert [told(line, "event", "job_id", "mode", "record_type", "door") for line in lines] == [
        {
            "event": "job_created",
            "job_id": "job-1",
            "mode": "load",
            "record_type": "customer",
            "door": "sweeper",
        }
    ]


def test_a_transition_is_told_once_with_where_from_and_the_counts(ledger: Ledger) -> None:
    ledger.create(JOB)
    ledger.transition(JOB.id, JobState.VALIDATING)
    reason = Reason(code="no-header", message="a sentence with ada@example.org")
    with capture_logs() as lines:
        ledger.transition(JOB.id, JobState.FAILED, reason=reason, counts=Counts(read=3, rejected=3))
        ledger.transition(JOB.id, JobState.FAILED, reason=reason)
    (line,) = lines
    assert told(line, "event", "was", "state", "code", "counts") == {
        "event": "job_moved",
        "was": "validating",
        "state": "failed",
        "code": "no-header",
        "counts": {"read": 3, "rejected": 3},
    }
    assert line["age_s"] > 0
    assert "ada@example.org" not in str(line)


def test_a_change_within_a_state_is_told_as_what_it_is(ledger: Ledger) -> None:
    job = ledger.create(JOB)
    with capture_logs() as lines:
        ledger.record(job, "restarted", attempt=2, restarts=1)
    assert told(lines[0], "event", "what", "state", "attempt", "restarts", "door") == {
        "event": "job_changed",
        "what": "restarted",
        "state": "received",
        "attempt": 2,
        "restarts": 1,
        "door": "sweeper",
    }


def test_a_failure_that_the_state_machine_recorded_is_told_when_it_is_found(ledger: Ledger) -> None:
    job = ledger.create(JOB)
    moments = (*job.timeline, Moment(state=JobState.FAILED, at=AT))
    natively = {"state": JobState.FAILED, "timeline": moments, "unaudited": True}
    ledger._update({"pk": "JOB#job-1", "sk": "JOB"}, natively)  # pyright: ignore[reportPrivateUsage]
    with capture_logs() as lines:
        ledger.settle(ledger.job(job.id))
        ledger.settle(attrs.evolve(job, unaudited=True))
    assert [told(line, "event", "was", "state") for line in lines] == [
        {"event": "job_moved", "was": "received", "state": "failed"}
    ]
