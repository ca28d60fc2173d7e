"""The request to undo a job: which job does it, and whether it is a new one."""

from typing import Final

import attrs

from foreman_core.errors import Conflict, Refused
from foreman_core.identity import undo_id
from foreman_core.ledger import Ledger
from foreman_core.models import Job, JobState, Moment
from foreman_core.pipeline.retry import request_retry
from foreman_core.workflow import Workflow

_ENDED: Final = {JobState.SUCCEEDED, JobState.PARTIALLY_SUCCEEDED, JobState.FAILED}
_OVER: Final = {JobState.FAILED, JobState.CANCELLED}
"""An undo in one of these states stands in the way of no other."""


def request_undo(ledger: Ledger, workflow: Workflow, *, job_id: str, dry_run: bool) -> Job:
    """The job that undoes a job, made and started; the same request again finds it.

    A dry run stops at its plan, which the request without `dry_run` then loads; another dry run makes a new
    plan. An undo that stopped half-way goes on. A job whose undo was undone is in force by the job that did
    that, so that one is undone.
    Refused(`not-found`) when there is no such job, Refused(`nothing-to-undo`) when it has changed
    nothing, Conflict when it is still at work.
    """
    undone = ledger.job(job_id)
    undo = ledger.find(undo_id(undone.id, undone.undos))
    if undo is not None and dry_run and undo.state is JobState.PLANNED and undo.dry_run:
        # who asks for another one knows of it
        undo = ledger.transition(undo.id, JobState.CANCELLED, notified_moments=len(undo.timeline) + 1)
    if undo is not None and undo.state is JobState.UNDONE:
        return request_undo(ledger, workflow, job_id=undo_id(undo.id, undo.undos), dry_run=dry_run)
    if undo is not None and undo.state not in _OVER:
        return _again(ledger, workflow, undo, dry_run=dry_run)
    _check(undone)
    if undo is not None and undone.state is JobState.UNDOING and not dry_run:
        return request_retry(ledger, workflow, job_id=undo.id)
    if undo is not None:
        undone = ledger.amend(undone.id, undone.state, undos=undone.undos + 1)
    undo = ledger.create(_new(ledger, undone, dry_run=dry_run))
    workflow.resume(undo)
    return undo


def _again(ledger: Ledger, workflow: Workflow, undo: Job, *, dry_run: bool) -> Job:
    """The undo that is there already; one that was to stop at its plan goes on when it is asked to."""
    if undo.state is JobState.UNDOING:
        raise Conflict(
            "not-ended", f"The undo {undo.id} is being undone itself. Ask again when that is done."
        )
    if undo.dry_run and not dry_run and not undo.state.is_final:
        planned = undo.state is JobState.PLANNED
        attempt = undo.attempt + 1 if planned else undo.attempt
        undo = ledger.record(undo, "approved", dry_run=False, attempt=attempt, restarts=0)
    if undo.state is JobState.RECEIVED or (undo.state is JobState.PLANNED and not undo.dry_run):
        workflow.resume(undo)
    return undo


def _check(job: Job) -> None:
    if job.state not in _ENDED | {JobState.CANCELLED, JobState.UNDOING}:
        raise Conflict("not-ended", f"Job {job.id} is {job.state}; only what has ended can be undone.")
    counts = job.counts
    changed = counts.created + counts.updated + counts.deleted + counts.kept + counts.pending
    if not changed or all(moment.state is not JobState.LOADING for moment in job.timeline):
        raise Refused("nothing-to-undo", f"Job {job.id} has changed no record.")


def _new(ledger: Ledger, undone: Job, *, dry_run: bool) -> Job:
    now = ledger.now()
    return Job(
        id=undo_id(undone.id, undone.undos),
        state=JobState.RECEIVED,
        mode="undo",
        record_type=undone.record_type,
        source=attrs.evolve(undone.source, sequencer=None),
        created_at=now,
        updated_at=now,
        undoes=undone.id,
        dry_run=dry_run,
        timeline=(Moment(state=JobState.RECEIVED, at=now),),
    )
