"""Plans that wait for a person, who approves them, cancels them, or never answers."""

from collections.abc import Callable

import attrs
import pytest

from foreman_core.errors import Conflict
from foreman_core.models import Job, JobState
from foreman_core.pipeline.approval import Approval, ask, expire, needs_approval
from foreman_core.pipeline.cancel import request_cancel
from foreman_core.pipeline.retry import request_retry
from foreman_core.pipeline.start import approve_plan
from foreman_core.pipeline.view import job_document
from foreman_core.pipeline.ways import Ways, gate
from tests.core.pipeline._load import Loading, Started, Told

WAYS = Ways(function_bytes=100, function_chunks=2, worker_bytes=1000)
TOKEN = "a token"


@pytest.fixture
def started() -> Started:
    return Started(waiting={TOKEN})


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def waiting(loading: Loading, started: Started, told: Told) -> Job:
    """A job whose execution waits with TOKEN for an approval."""
    loading.approval = "always"
    job = loading.plan(loading.file({"id": "a"}))
    started.running.add(job.id)
    ask(loading.ledger, started, told, job.id, attempt=1, token=TOKEN)
    return loading.ledger.job(job.id)


def test_a_plan_that_needs_an_approval_waits_and_somebody_is_told(
    loading: Loading, waiting: Job, told: Told
) -> None:
    assert (waiting.state, waiting.awaits_approval) == (JobState.PLANNED, True)
    assert gate(waiting, WAYS, attempt=1) == "approve"
    assert [job.id for job in told.sent] == [waiting.id]
    assert loading.seal(waiting, attempt=1).state is JobState.PLANNED


def test_an_approval_releases_the_execution_which_then_loads(
    loading: Loading, started: Started, waiting: Job
) -> None:
    approve_plan(loading.ledger, started, job_id=waiting.id)
    assert (started.released, started.starts) == ([TOKEN], [])
    job = loading.seal(waiting, attempt=1)
    assert (job.state, gate(job, WAYS, attempt=1)) == (JobState.LOADING, "function")
    assert loading.load(job).counts.created == 1


def test_approving_twice_releases_once(loading: Loading, started: Started, waiting: Job) -> None:
    approve_plan(loading.ledger, started, job_id=waiting.id)
    approve_plan(loading.ledger, started, job_id=waiting.id)
    assert started.released == [TOKEN]
    assert loading.ledger.job(waiting.id).attempt == 1


def test_an_approval_that_comes_before_the_question_answers_it(
    loading: Loading, started: Started, told: Told
) -> None:
    loading.approval = "always"
    job = loading.plan(loading.file({"id": "a"}))
    started.running.add(job.id)
    approve_plan(loading.ledger, started, job_id=job.id)
    assert started.released == []
    ask(loading.ledger, started, told, job.id, attempt=1, token=TOKEN)
    assert started.released == [TOKEN]
    assert told.sent == []


def test_a_cancelled_job_lets_its_execution_go_on_to_its_end(
    loading: Loading, started: Started, waiting: Job
) -> None:
    request_cancel(loading.ledger, started, job_id=waiting.id)
    assert started.released == [TOKEN]
    job = loading.seal(waiting, attempt=1)
    assert (job.state, gate(job, WAYS, attempt=1)) == (JobState.CANCELLED, "stop")


def test_a_cancellation_that_broke_half_way_releases_when_it_is_repeated(
    loading: Loading, started: Started, waiting: Job
) -> None:
    loading.ledger.transition(waiting.id, JobState.CANCELLED)
    request_cancel(loading.ledger, started, job_id=waiting.id)
    assert (started.released, started.starts) == ([TOKEN], [])


def test_a_plan_that_nobody_approves_is_cancelled_with_a_reason_and_can_be_asked_again(
    loading: Loading, started: Started, waiting: Job
) -> None:
    job = expire(loading.ledger, waiting.id, attempt=1)
    assert job.reason is not None
    assert (job.state, job.reason.code) == (JobState.CANCELLED, "not-approved")
    assert expire(loading.ledger, waiting.id, attempt=1) == job
    again = request_retry(loading.ledger, started, job_id=job.id)
    assert gate(loading.seal(again, attempt=2), WAYS, attempt=2) == "approve"


def test_what_was_approved_does_not_expire(loading: Loading, started: Started, waiting: Job) -> None:
    approved = approve_plan(loading.ledger, started, job_id=waiting.id)
    assert expire(loading.ledger, waiting.id, attempt=1) == approved


def test_a_retry_does_not_get_round_the_approval(loading: Loading, started: Started, waiting: Job) -> None:
    with pytest.raises(Conflict, match="submit --plan"):
        request_retry(loading.ledger, started, job_id=waiting.id)


def test_the_execution_of_an_earlier_attempt_does_not_wait_and_does_not_load(
    loading: Loading, started: Started, told: Told
) -> None:
    loading.approval = "always"
    job = loading.plan(loading.file({"id": "a"}))
    job = loading.ledger.record(job, "restarted", attempt=2)
    ask(loading.ledger, started, told, job.id, attempt=1, token=TOKEN)
    assert started.released == [TOKEN]
    stale = loading.seal(job, attempt=1)
    assert (stale, gate(stale, WAYS, attempt=1)) == (job, "stop")


def test_the_token_is_nobodys_business(waiting: Job) -> None:
    assert waiting.approval_token == TOKEN
    assert TOKEN not in repr(waiting)
    assert TOKEN not in str(job_document(waiting))


@pytest.mark.parametrize(
    ("approval", "key", "needed"),
    [
        ("never", "incoming/a.csv", False),
        ("dropped", "incoming/a.csv", True),
        ("dropped", "submitted/1/a.csv", False),
        ("always", "submitted/1/a.csv", True),
    ],
)
def test_whose_plans_need_an_approval(
    loading: Loading, approval: Approval, key: str, *, needed: bool
) -> None:
    job = loading.file({"id": "a"})
    job = attrs.evolve(job, source=attrs.evolve(job.source, key=key))
    assert needs_approval(job, approval) is needed
    assert not needs_approval(attrs.evolve(job, mode="plan"), approval)
    assert not needs_approval(attrs.evolve(job, mode="undo", undoes="job-1"), approval)


SIZES: list[tuple[Callable[[Job], Job], str]] = [
    (lambda job: attrs.evolve(job, source=attrs.evolve(job.source, bytes=100)), "function"),
    (lambda job: attrs.evolve(job, source=attrs.evolve(job.source, bytes=101)), "map"),
    (lambda job: attrs.evolve(job, source=attrs.evolve(job.source, bytes=1000)), "worker"),
    # few bytes with many rows, and the other way round
    (lambda job: attrs.evolve(job, validated=True, chunks=3), "map"),
    (lambda job: attrs.evolve(job, validated=True, chunks=2), "function"),
]


@pytest.mark.parametrize(("given", "way"), SIZES)
def test_who_does_a_phase_is_a_question_of_size(
    loading: Loading, given: Callable[[Job], Job], way: str
) -> None:
    job = attrs.evolve(loading.file({"id": "a"}), validated=False, chunks=0)
    assert WAYS.of(given(job)) == way


def test_without_workers_the_largest_file_goes_by_chunks(loading: Loading) -> None:
    job = loading.file({"id": "a"})
    large = attrs.evolve(job, validated=False, source=attrs.evolve(job.source, bytes=10**12))
    assert attrs.evolve(WAYS, worker_bytes=0).of(large) == "map"
