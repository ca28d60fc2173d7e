"""Jobs that go on, that stop, and that are found when they stand still."""

from collections.abc import Callable
from datetime import timedelta

import attrs
import pytest

from foreman_core.errors import Conflict, Refused
from foreman_core.models import Job, JobState, Reason
from foreman_core.pipeline.cancel import request_cancel
from foreman_core.pipeline.outcome import fail, notify, reconcile
from foreman_core.pipeline.request_undo import request_undo
from foreman_core.pipeline.retry import request_retry
from foreman_core.pipeline.start import approve_plan
from foreman_core.pipeline.sweep import RESTARTS, Swept, sweep
from tests.core.pipeline._load import Loading, Started, Told, fates

NOW = timedelta(0)


@pytest.fixture
def started() -> Started:
    return Started()


@pytest.fixture
def told() -> Told:
    return Told()


def retry(loading: Loading, started: Started, job: Job) -> Job:
    return request_retry(loading.ledger, started, job_id=job.id)


def cancel(loading: Loading, started: Started, job: Job) -> Job:
    return request_cancel(loading.ledger, started, job_id=job.id)


def swept(
    loading: Loading,
    started: Started,
    told: Told,
    lease: timedelta = NOW,
    go_on: Callable[[], bool] = lambda: True,
) -> Swept:
    return sweep(loading.ledger, loading.files, started, told, go_on=go_on, lease=lease)


def failed(loading: Loading, job: Job, code: str = "internal") -> Job:
    return loading.ledger.transition(job.id, JobState.FAILED, reason=Reason(code=code, message="m"))


def a_file(loading: Loading) -> Job:
    return loading.file({"id": "a", "colour": "red"}, {"id": "b", "colour": "red"})


def in_review(loading: Loading, job: Job) -> Job:
    """A job whose file has left a question open."""
    reason = Reason(code="unmapped-required-field", message="m", command="./foreman map")
    return loading.ledger.transition(job.id, JobState.NEEDS_REVIEW, reason=reason)


def unread(loading: Loading) -> Job:
    """A job that has not got through the reading of its file."""
    return loading.ledger.amend(a_file(loading).id, JobState.VALIDATING, validated=False)


def loading_file(loading: Loading) -> Job:
    """A job that is being loaded, and of which nothing is loaded yet."""
    job = loading.plan(a_file(loading))
    assert job.state is JobState.LOADING
    return job


def test_a_job_that_failed_before_its_plan_begins_at_its_file(loading: Loading, started: Started) -> None:
    job = failed(loading, unread(loading), "too-many-rejects")
    again = retry(loading, started, job)
    assert (again.state, again.attempt, again.reason, again.chunks) == (JobState.RECEIVED, 2, None, 0)
    assert started.starts == [(f"{job.id}-2", "ingest")]


def test_what_was_validated_is_not_validated_again(loading: Loading, started: Started) -> None:
    job = loading.ledger.amend(a_file(loading).id, JobState.VALIDATING, validated=True)
    again = retry(loading, started, failed(loading, job))
    assert (again.validated, again.chunks, again.counts.accepted) == (True, 1, 2)


def test_a_late_seal_makes_no_plan_of_a_job_that_has_begun_anew(loading: Loading) -> None:
    assert loading.plan(unread(loading)).state is JobState.VALIDATING
    half = loading.ledger.amend(a_file(loading).id, JobState.VALIDATING, chunks=2)
    assert loading.plan(half).state is JobState.VALIDATING


def test_a_job_that_has_a_plan_goes_on_with_that_plan(loading: Loading, started: Started) -> None:
    job = loading_file(loading)
    again = retry(loading, started, failed(loading, job))
    assert (again.state, again.plan_id) == (JobState.PLANNED, job.plan_id)
    assert started.starts == [(f"{job.id}-2", "load")]
    done = loading.load(again)
    assert (done.state, fates(done)) == (JobState.SUCCEEDED, {"created": 2})


def test_a_request_that_comes_twice_starts_one_execution(loading: Loading, started: Started) -> None:
    job = failed(loading, loading_file(loading))
    assert retry(loading, started, job) == retry(loading, started, job)
    assert len(started.starts) == 1


def test_of_two_requests_at_once_the_later_does_not_count_on_what_it_saw(
    loading: Loading, started: Started
) -> None:
    seen = failed(loading, loading_file(loading))
    cancelled = cancel(loading, started, retry(loading, started, seen))
    with pytest.raises(Conflict, match="has moved on"):
        loading.ledger.move(seen, JobState.PLANNED, attempt=seen.attempt + 1)
    assert loading.ledger.job(seen.id) == cancelled


def test_a_job_that_stands_still_is_started_again_and_one_that_runs_is_not(
    loading: Loading, started: Started
) -> None:
    job = loading_file(loading)
    assert retry(loading, started, job).attempt == 2
    assert retry(loading, started, job).attempt == 2
    assert started.starts == [(f"{job.id}-2", "load")]


def test_a_good_end_is_no_matter_for_a_retry(loading: Loading, started: Started) -> None:
    done = loading.load(a_file(loading))
    with pytest.raises(Conflict, match="nothing to try again"):
        retry(loading, started, done)


def test_a_plan_waits_for_its_approval_not_for_a_retry(loading: Loading, started: Started) -> None:
    planned = loading.plan(loading.file({"id": "a"}, mode="plan"))
    with pytest.raises(Conflict, match="submit --plan"):
        retry(loading, started, planned)
    approved = approve_plan(loading.ledger, started, job_id=planned.id)
    assert approve_plan(loading.ledger, started, job_id=planned.id) == approved
    assert started.starts == [(f"{planned.id}-2", "load")]


@pytest.mark.parametrize("rests", [failed, in_review])
def test_content_that_another_job_has_loaded_since_is_not_loaded_again(
    loading: Loading, started: Started, rests: Callable[[Loading, Job], Job]
) -> None:
    job = rests(loading, a_file(loading))
    other = attrs.evolve(loading.load(a_file(loading)), source=job.source)
    assert job.source.sha256 is not None
    assert loading.ledger.claim_file(other, job.source.sha256, release=lambda _: False) == other.id
    with pytest.raises(Conflict) as conflict:
        retry(loading, started, job)
    assert conflict.value.code == "duplicate-file"
    assert loading.ledger.job(job.id) == job


def test_a_duplicate_was_never_to_be_loaded(loading: Loading, started: Started) -> None:
    job = a_file(loading)
    loading.ledger.transition(job.id, JobState.CANCELLED, duplicate_of="job-0")
    with pytest.raises(Refused) as refusal:
        retry(loading, started, job)
    assert refusal.value.code == "nothing-to-retry"


def test_a_job_that_was_not_loaded_yet_is_cancelled_at_once(loading: Loading, started: Started) -> None:
    job = a_file(loading)
    started.running.add(job.id)
    cancelled = cancel(loading, started, job)
    assert cancelled.state is JobState.CANCELLED
    assert cancelled.reason is not None
    assert cancelled.reason.code == "cancelled"
    assert started.starts == []
    assert cancel(loading, started, job) == cancelled


def test_a_job_whose_execution_was_never_started_gets_one_for_its_notice(
    loading: Loading, started: Started
) -> None:
    job = a_file(loading)
    assert cancel(loading, started, job).state is JobState.CANCELLED
    assert started.starts == [(f"{job.id}-2", "load")]


def test_a_cancel_that_broke_before_its_notice_is_made_good_when_it_is_asked_again(
    loading: Loading, started: Started
) -> None:
    job = a_file(loading)
    loading.ledger.transition(job.id, JobState.CANCELLED, attempt=2)
    cancel(loading, started, job)
    assert started.starts == [(f"{job.id}-2", "load")]


def test_a_planned_job_that_is_cancelled_gets_an_execution_for_its_notice(
    loading: Loading, started: Started
) -> None:
    planned = loading.plan(loading.file({"id": "a"}, mode="plan"))
    assert cancel(loading, started, planned).state is JobState.CANCELLED
    assert started.starts == [(f"{planned.id}-2", "load")]


def test_a_load_that_is_cancelled_accounts_for_what_it_did_not_load(
    loading: Loading, started: Started
) -> None:
    job = loading_file(loading)
    started.running.add(job.id)
    assert cancel(loading, started, job).cancelling
    done = loading.load(job)
    assert (done.state, fates(done)) == (JobState.CANCELLED, {"pending": 2})
    assert done.reason is not None
    assert "2 of 2 accepted rows are not loaded" in done.reason.message
    assert loading.values("a") is None
    rest = loading.load(retry(loading, started, done))
    assert (rest.state, fates(rest), rest.cancelling) == (JobState.SUCCEEDED, {"created": 2}, False)


def test_a_load_without_an_execution_is_accounted_for_by_another(loading: Loading, started: Started) -> None:
    job = loading_file(loading)
    assert cancel(loading, started, job).attempt == 2
    assert started.starts == [(f"{job.id}-2", "load")]


def test_what_has_ended_is_not_cancelled(loading: Loading, started: Started) -> None:
    with pytest.raises(Conflict, match="nothing to cancel"):
        cancel(loading, started, loading.load(a_file(loading)))


def test_a_sweep_starts_again_what_has_no_execution(loading: Loading, started: Started, told: Told) -> None:
    job = loading_file(loading)
    assert swept(loading, started, told) == Swept(restarted=[job.id])
    assert started.starts == [(f"{job.id}-2", "load")]
    assert swept(loading, started, told) == Swept()


def test_a_sweep_lets_an_execution_go_on_that_was_stopped(
    loading: Loading, started: Started, told: Told
) -> None:
    job = loading_file(loading)
    started.stopped.add(job.id)
    assert swept(loading, started, told).restarted == [job.id]
    assert (started.starts, loading.ledger.job(job.id).attempt) == ([], 1)


def test_a_sweep_finishes_an_approval_that_broke_half_way(
    loading: Loading, started: Started, told: Told
) -> None:
    loading.approval = "always"
    job = loading.plan(loading.file({"id": "a"}))
    job = loading.ledger.record(job, "approved", awaits_approval=False, approval_token="t")
    started.running.add(job.id)
    started.waiting.add("t")
    assert swept(loading, started, told).restarted == []
    assert started.released == ["t"]


def test_what_an_earlier_attempt_says_of_a_job_does_not_count(loading: Loading) -> None:
    job = loading_file(loading)
    job = loading.ledger.record(job, "restarted", attempt=2)
    assert fail(loading.ledger, loading.files, job.id, "States.Timeout", attempt=1) == job
    assert reconcile(loading.ledger, loading.files, loading.signer, job.id, attempt=1) == job
    assert fail(loading.ledger, loading.files, job.id, "States.Timeout", attempt=2).state is JobState.FAILED


def test_a_sweep_leaves_alone_what_has_just_moved_what_rests_and_what_has_ended(
    loading: Loading, started: Started, told: Told
) -> None:
    loading_file(loading)
    loading.plan(loading.file({"id": "c"}, mode="plan"))
    loading.load(loading.file({"id": "d"}))
    assert swept(loading, started, told, timedelta(minutes=2)).restarted == []
    assert len(swept(loading, started, told).restarted) == 1


def test_a_job_that_never_comes_to_an_end_fails_with_a_reason_and_a_notice(
    loading: Loading, started: Started, told: Told
) -> None:
    job = loading_file(loading)
    for _ in range(RESTARTS):
        assert swept(loading, started, told).restarted == [job.id]
        started.running.clear()
    assert swept(loading, started, told).given_up == [job.id]
    ended = loading.ledger.job(job.id)
    assert (ended.state, ended.reason and ended.reason.code) == (JobState.FAILED, "stuck")
    assert [seen.id for seen in told.sent] == [job.id]
    assert swept(loading, started, told) == Swept()
    assert loading.load(retry(loading, started, ended)).state is JobState.SUCCEEDED


def test_an_end_that_nobody_has_been_told_of_is_told_by_the_sweep(
    loading: Loading, started: Started, told: Told
) -> None:
    done = loading.load(a_file(loading))
    started.running.add(done.id)
    assert swept(loading, started, told) == Swept()  # its own execution is about to
    started.running.clear()
    assert swept(loading, started, told) == Swept(told=[done.id])
    assert [job.state for job in told.sent] == [JobState.SUCCEEDED]
    assert swept(loading, started, told) == Swept()


def test_an_undo_is_told_of_itself_and_not_of_the_job_that_it_undoes(
    loading: Loading, started: Started, told: Told
) -> None:
    done = loading.load(a_file(loading))
    notify(loading.ledger, told, done.id)
    undo = request_undo(loading.ledger, started, job_id=done.id, dry_run=False)
    loading.load(undo)
    started.running.clear()
    assert loading.ledger.job(done.id).state is JobState.UNDONE
    assert swept(loading, started, told) == Swept(told=[undo.id])


def test_a_job_that_a_sweep_fails_for_does_not_keep_the_others_back(
    loading: Loading, started: Started, told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, good = loading_file(loading), loading_file(loading)
    started.broken.add(bad.id)
    assert swept(loading, started, told) == Swept(restarted=[good.id], failed=[bad.id])
    assert "job_not_swept" in capsys.readouterr().out
    started.broken.clear()
    assert swept(loading, started, told) == Swept(restarted=[bad.id])


def test_a_sweep_that_is_out_of_time_is_gone_on_with_by_the_next(
    loading: Loading, started: Started, told: Told
) -> None:
    jobs = [loading_file(loading).id for _ in range(3)]
    started.broken.add(jobs[0])

    def one() -> Swept:
        return swept(loading, started, told, go_on=lambda: False)

    assert one() == Swept(failed=[jobs[0]], whole=False)
    assert one() == Swept(restarted=[jobs[1]], whole=False)
    assert one() == Swept(restarted=[jobs[2]], whole=False)
    assert one() == Swept()
    assert one() == Swept(failed=[jobs[0]], whole=False)


def test_a_job_that_a_sweep_breaks_down_over_is_passed_over_by_the_next(
    loading: Loading, started: Started, told: Told
) -> None:
    deadly, other = loading_file(loading), loading_file(loading)
    started.deadly.add(deadly.id)
    with pytest.raises(KeyboardInterrupt):
        swept(loading, started, told)
    assert swept(loading, started, told) == Swept(restarted=[other.id])


def test_a_job_in_review_reads_its_file_again_when_it_is_asked_to(loading: Loading, started: Started) -> None:
    job = in_review(loading, unread(loading))
    again = retry(loading, started, job)
    assert (again.state, again.attempt, again.reason, again.chunks) == (JobState.RECEIVED, 2, None, 0)
    assert started.starts == [(f"{job.id}-2", "ingest")]


def test_a_job_in_review_that_is_cancelled_gets_an_execution_for_its_notice(
    loading: Loading, started: Started
) -> None:
    job = in_review(loading, a_file(loading))
    assert cancel(loading, started, job).state is JobState.CANCELLED
    assert started.starts == [(f"{job.id}-2", "load")]


def test_a_job_in_review_is_left_alone_by_sweeps_and_by_steps_that_come_late(
    loading: Loading, started: Started, told: Told
) -> None:
    job = in_review(loading, a_file(loading))
    notify(loading.ledger, told, job.id)
    assert swept(loading, started, told) == Swept()
    with pytest.raises(Conflict, match="is needs_review"):
        loading.ledger.transition(job.id, JobState.VALIDATING)


def test_a_retry_of_a_job_that_is_cancelled_meanwhile_is_told_so(loading: Loading, started: Started) -> None:
    job = in_review(loading, a_file(loading))
    assert cancel(loading, started, job).attempt == 2
    with pytest.raises(Conflict) as conflict:
        loading.ledger.move(job, JobState.RECEIVED, attempt=2)
    assert conflict.value.code == "state-changed"
    assert retry(loading, started, job).attempt == 3
