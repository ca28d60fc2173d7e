"""Undo: who may ask for it, which job does it, and what becomes of the jobs."""

import attrs
import pytest

from foreman_core.errors import Conflict, Refused
from foreman_core.models import Job, JobState
from foreman_core.pipeline.request_undo import request_undo
from foreman_core.pipeline.start import approve_plan
from foreman_core.pipeline.undo import begin_undo
from tests.core.pipeline._load import Loading, Started, fates, lost


@pytest.fixture
def started() -> Started:
    return Started()


def ask(loading: Loading, started: Started, job: Job, *, dry_run: bool = False) -> Job:
    return request_undo(loading.ledger, started, job_id=job.id, dry_run=dry_run)


def undo(loading: Loading, started: Started, job: Job) -> Job:
    return loading.load(ask(loading, started, job))


def state(loading: Loading, job: Job) -> JobState:
    return loading.ledger.job(job.id).state


def loaded(loading: Loading) -> Job:
    """A job that has updated `a` and created `b`."""
    loading.load(loading.file({"id": "a", "colour": "red"}))
    return loading.load(loading.file({"id": "a", "colour": "blue"}, {"id": "b", "colour": "blue"}))


def test_an_undo_is_a_job_of_its_own_that_names_the_job_it_undoes(loading: Loading, started: Started) -> None:
    job = loaded(loading)
    asked = ask(loading, started, job)
    assert (asked.mode, asked.undoes, asked.state) == ("undo", job.id, JobState.RECEIVED)
    assert asked.id != job.id
    assert started.starts == [(asked.id, "undo")]


def test_records_and_jobs_are_as_they_were(loading: Loading, started: Started) -> None:
    job = loaded(loading)
    done = undo(loading, started, job)
    assert (done.state, fates(done)) == (JobState.SUCCEEDED, {"updated": 1, "deleted": 1})
    assert (loading.values("a"), loading.values("b")) == ({"id": "a", "colour": "red"}, None)
    undone = loading.ledger.job(job.id)
    assert [moment.state for moment in undone.timeline][-3:] == ["succeeded", "undoing", "undone"]


def test_a_job_that_is_undone_stays_so_when_a_step_of_its_undo_comes_late(
    loading: Loading, started: Started
) -> None:
    job = loaded(loading)
    undo(loading, started, job)
    begin_undo(loading.ledger, job.id)
    assert state(loading, job) is JobState.UNDONE


def test_the_same_request_again_is_the_same_job(loading: Loading, started: Started) -> None:
    job = loaded(loading)
    first = ask(loading, started, job)
    assert ask(loading, started, job) == first
    done = loading.load(first)
    assert ask(loading, started, job) == done
    assert started.starts == [(first.id, "undo")]


def test_a_dry_run_stops_at_its_plan_and_changes_no_record(loading: Loading, started: Started) -> None:
    job = loaded(loading)
    seen = loading.plan(ask(loading, started, job, dry_run=True))
    assert (seen.state, fates(seen)) == (JobState.PLANNED, {"updated": 1, "deleted": 1})
    assert seen.plan_id
    assert loading.values("a") == {"id": "a", "colour": "blue"}
    assert state(loading, job) is JobState.SUCCEEDED


def test_the_undo_after_a_dry_run_loads_its_very_plan(loading: Loading, started: Started) -> None:
    job = loaded(loading)
    seen = loading.plan(ask(loading, started, job, dry_run=True))
    asked = ask(loading, started, job)
    assert (asked.id, started.starts[-1]) == (seen.id, (f"{seen.id}-2", "load"))
    done = loading.load(asked)
    assert (done.state, done.plan_id) == (JobState.SUCCEEDED, seen.plan_id)


def test_a_dry_run_can_be_approved_like_any_plan(loading: Loading, started: Started) -> None:
    job = loaded(loading)
    seen = loading.plan(ask(loading, started, job, dry_run=True))
    approved = approve_plan(loading.ledger, started, job_id=seen.id)
    assert (approved.mode, approved.dry_run) == ("undo", False)


def test_another_dry_run_makes_a_plan_of_what_is_true_now(loading: Loading, started: Started) -> None:
    job = loaded(loading)
    first = loading.plan(ask(loading, started, job, dry_run=True))
    loading.edit("b", colour="tan")
    second = loading.plan(ask(loading, started, job, dry_run=True))
    assert (state(loading, first), fates(second)) == (JobState.CANCELLED, {"updated": 1, "kept": 1})


def test_a_dry_run_that_is_not_planned_yet_becomes_the_undo_when_that_is_asked_for(
    loading: Loading, started: Started
) -> None:
    job = loaded(loading)
    seen = ask(loading, started, job, dry_run=True)
    asked = ask(loading, started, job)
    assert (asked.id, asked.dry_run) == (seen.id, False)


def test_an_undo_that_is_undone_brings_back_records_and_states(loading: Loading, started: Started) -> None:
    job = loaded(loading)
    first = undo(loading, started, job)
    second = undo(loading, started, first)
    assert fates(second) == {"created": 1, "updated": 1}
    assert (loading.values("a"), loading.values("b")) == (
        {"id": "a", "colour": "blue"},
        {"id": "b", "colour": "blue"},
    )
    assert (state(loading, job), state(loading, first)) == (JobState.SUCCEEDED, JobState.UNDONE)
    third = undo(loading, started, second)
    assert (state(loading, job), state(loading, first), state(loading, second)) == (
        JobState.UNDONE,
        JobState.SUCCEEDED,
        JobState.UNDONE,
    )
    assert (loading.values("a"), loading.values("b")) == ({"id": "a", "colour": "red"}, None)
    assert third.undoes == second.id


def test_a_job_whose_undo_was_undone_can_be_undone_again(loading: Loading, started: Started) -> None:
    job = loaded(loading)
    undo(loading, started, undo(loading, started, job))
    again = undo(loading, started, job)
    assert fates(again) == {"updated": 1, "deleted": 1}
    assert (loading.values("a"), loading.values("b")) == ({"id": "a", "colour": "red"}, None)
    assert state(loading, job) is JobState.UNDONE


def test_an_edit_during_the_undo_is_kept(loading: Loading, started: Started) -> None:
    job = loaded(loading)
    loading.api.before = lambda: (loading.edit("a", colour="tan"), loading.edit("b", maker="Edited"))
    done = undo(loading, started, job)
    assert (done.state, fates(done)) == (JobState.PARTIALLY_SUCCEEDED, {"kept": 2})
    assert loading.values("a") == {"id": "a", "colour": "tan"}
    assert loading.values("b") == {"id": "b", "colour": "blue", "maker": "Edited"}


def test_an_undo_whose_answer_was_lost_is_sent_again_and_counted_once(
    loading: Loading, started: Started
) -> None:
    job = loaded(loading)
    loading.api.after = lost
    done = undo(loading, started, job)
    assert fates(done) == {"updated": 1, "deleted": 1}


def test_rows_that_were_not_written_are_not_undone(loading: Loading, started: Started) -> None:
    loading.load(loading.file({"id": "a", "colour": "red"}, {"id": "b", "colour": "red"}))
    loading.api.before = lambda: loading.edit("a", colour="tan")
    job = loading.load(loading.file({"id": "a", "colour": "blue"}, {"id": "b", "colour": "blue"}))
    assert fates(job) == {"updated": 1, "conflict": 1}
    done = undo(loading, started, job)
    assert fates(done) == {"updated": 1}
    assert loading.values("a") == {"id": "a", "colour": "tan"}


def test_rows_that_were_planned_again_are_undone_as_they_were_written(
    loading: Loading, started: Started
) -> None:
    loading.load(loading.file({"id": "a", "colour": "red"}))
    loading.api.before = lambda: loading.edit("a", maker="Edited")
    job = loading.load(loading.file({"id": "a", "colour": "blue"}))
    done = undo(loading, started, job)
    assert fates(done) == {"updated": 1}
    assert loading.values("a") == {"id": "a", "colour": "red", "maker": "Edited"}


def test_an_undo_that_broke_goes_on_and_can_be_undone_as_a_whole(loading: Loading, started: Started) -> None:
    job = loaded(loading)
    broken = loading.plan(ask(loading, started, job))
    loading.mutate(broken)
    loading.ledger.transition(broken.id, JobState.FAILED)
    assert state(loading, job) is JobState.UNDOING
    again = ask(loading, started, job)
    assert (again.id, again.attempt) == (broken.id, 2)
    done = loading.load(again)
    assert (done.state, fates(done)) == (JobState.SUCCEEDED, {"updated": 1, "deleted": 1})
    assert state(loading, job) is JobState.UNDONE
    back = undo(loading, started, done)
    assert (back.state, fates(back)) == (JobState.SUCCEEDED, {"updated": 1, "created": 1})
    assert state(loading, job) is JobState.SUCCEEDED


def test_an_undo_that_broke_before_it_changed_anything_is_made_anew(
    loading: Loading, started: Started
) -> None:
    job = loaded(loading)
    loading.ledger.transition(ask(loading, started, job).id, JobState.FAILED)
    again = undo(loading, started, job)
    assert (again.attempt, fates(again)) == (1, {"updated": 1, "deleted": 1})


def test_only_what_has_ended_can_be_undone(loading: Loading, started: Started) -> None:
    with pytest.raises(Conflict, match="is validating"):
        ask(loading, started, loading.file({"id": "a", "colour": "red"}))
    job = loaded(loading)
    first = undo(loading, started, job)
    loading.plan(ask(loading, started, first))
    with pytest.raises(Conflict, match="being undone itself"):
        ask(loading, started, job)


def test_a_job_that_changed_nothing_has_nothing_to_undo(loading: Loading, started: Started) -> None:
    loading.load(loading.file({"id": "a", "colour": "red"}))
    idle = loading.load(loading.file({"id": "a", "colour": "red"}))
    with pytest.raises(Refused, match="changed no record") as refusal:
        ask(loading, started, idle)
    assert refusal.value.code == "nothing-to-undo"
    planned = loading.plan(attrs.evolve(loading.file({"id": "b", "colour": "red"}, mode="plan")))
    loading.ledger.transition(planned.id, JobState.CANCELLED)
    with pytest.raises(Refused, match="changed no record"):
        ask(loading, started, planned)
