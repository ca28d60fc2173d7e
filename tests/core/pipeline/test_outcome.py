"""How a job's end is told, and how a job that rests is left alone."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from foreman_core.errors import Undecided
from foreman_core.ledger import Ledger
from foreman_core.models import Counts, Job, JobState, Mode, Moment, Source
from foreman_core.notices import Notices
from foreman_core.pipeline.outcome import fail, notify, refused
from foreman_core.storage import Files

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


class Told(Notices):
    """The states that were told, instead of a topic; `meanwhile` happens while a notice is on its way."""

    def __init__(self) -> None:
        self.states: list[JobState] = []
        self.meanwhile: list[JobState] = []
        self.ledger: Ledger | None = None

    def send(self, job: Job) -> None:
        self.states.append(job.state)
        while self.meanwhile and self.ledger is not None:
            self.ledger.transition(job.id, self.meanwhile.pop(0))


@pytest.fixture
def ledger(dynamodb: "DynamoDBClient", ledger_table: str) -> Ledger:
    return Ledger(dynamodb, ledger_table)


def a_job(ledger: Ledger, *states: JobState, mode: Mode = "load") -> Job:
    now = ledger.now()
    job = ledger.create(
        Job(
            id="job-1",
            state=JobState.RECEIVED,
            mode=mode,
            record_type="thing",
            source=Source(bucket="b", key="incoming/a.csv", version_id="v", name="a.csv"),
            created_at=now,
            updated_at=now,
            timeline=(Moment(state=JobState.RECEIVED, at=now),),
        )
    )
    for state in states:
        job = ledger.transition(job.id, state)
    return job


PLANNED = (JobState.VALIDATING, JobState.PLANNED)


def test_an_end_is_told_once(ledger: Ledger) -> None:
    job, told = a_job(ledger, JobState.FAILED), Told()
    notify(ledger, told, job.id)
    notify(ledger, told, job.id)
    assert told.states == [JobState.FAILED]


def test_a_notice_of_the_plan_that_comes_late_does_not_tell_of_a_load_that_is_under_way(
    ledger: Ledger,
) -> None:
    job, told = a_job(ledger, *PLANNED, JobState.LOADING), Told()
    notify(ledger, told, job.id)
    assert told.states == []


def test_a_notice_of_the_plan_that_takes_long_does_not_keep_back_that_of_the_end(ledger: Ledger) -> None:
    job, told = a_job(ledger, *PLANNED, mode="plan"), Told()
    told.ledger, told.meanwhile = ledger, [JobState.LOADING, JobState.SUCCEEDED]
    notify(ledger, told, job.id)
    notify(ledger, told, job.id)
    assert told.states == [JobState.PLANNED, JobState.SUCCEEDED]


def test_an_end_whose_time_was_taken_before_the_last_notice_is_told(
    ledger: Ledger, dynamodb: "DynamoDBClient", ledger_table: str
) -> None:
    job, told = a_job(ledger, *PLANNED, mode="plan"), Told()
    earlier = datetime.now(UTC) - timedelta(seconds=1)
    slow = Ledger(dynamodb, ledger_table, clock=lambda: earlier)
    notify(ledger, told, job.id)
    slow.transition(job.id, JobState.FAILED)
    notify(ledger, told, job.id)
    assert told.states == [JobState.PLANNED, JobState.FAILED]


def test_a_job_that_is_being_undone_has_ended_and_cannot_break(ledger: Ledger, s3: "S3Client") -> None:
    job = a_job(ledger, *PLANNED, JobState.LOADING, JobState.SUCCEEDED, JobState.UNDOING)
    assert fail(ledger, Files(s3, "none"), job.id, "Lambda.Unknown", attempt=None) == job


def test_a_job_that_breaks_before_it_loads_claims_nothing_of_its_plan(ledger: Ledger, s3: "S3Client") -> None:
    s3.create_bucket(Bucket="failed", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    counts = Counts(read=3, accepted=2, rejected=1)
    a_job(ledger, JobState.VALIDATING)
    planned = attrs.evolve(counts, created=2)
    ledger.transition("job-1", JobState.PLANNED, counts=planned)
    failed = fail(ledger, Files(s3, "failed"), "job-1", "Lambda.Unknown", attempt=1)
    assert failed.counts == attrs.evolve(counts, pending=2)
    assert failed.reason is not None
    assert "Nothing was stored" in failed.reason.message


class Meanwhile(Files):
    """Files of a bucket; something happens while the first of them is written."""

    happens: Callable[[], object] | None = None

    def put_json(self, key: str, document: Mapping[str, object] | list[Any]) -> None:
        happens, self.happens = self.happens, None
        if happens is not None:
            happens()
        super().put_json(key, document)


@pytest.mark.parametrize("seals", [False, True])
def test_a_job_that_breaks_keeps_the_account_of_a_step_that_was_given_up_and_ends_meanwhile(
    ledger: Ledger, s3: "S3Client", *, seals: bool
) -> None:
    bucket = f"meanwhile-{int(seals)}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    counts = Counts(read=3, accepted=2, rejected=1)
    a_job(ledger, JobState.VALIDATING)

    def late_step() -> None:
        ledger.amend("job-1", JobState.VALIDATING, validated=True, counts=counts)
        if seals:
            ledger.transition("job-1", JobState.PLANNED, counts=attrs.evolve(counts, created=2))

    files = Meanwhile(s3, bucket)
    files.happens = late_step
    failed = fail(ledger, files, "job-1", "Sandbox.Timedout", attempt=1)
    assert (failed.state, failed.counts) == (JobState.FAILED, attrs.evolve(counts, pending=2))


def test_a_question_stays_open_when_its_notice_could_not_be_sent(ledger: Ledger, s3: "S3Client") -> None:
    job = a_job(ledger, JobState.VALIDATING)
    asked = refused(ledger, job, Undecided("not-a-table", "Which sheet?", [("--sheet", "SHEET")]))
    assert asked.state is JobState.NEEDS_REVIEW
    assert fail(ledger, Files(s3, "no-bucket-is-touched"), job.id, "States.Timeout", attempt=None) == asked
