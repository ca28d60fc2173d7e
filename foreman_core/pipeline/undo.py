"""Undo: a job whose plan is the inverse of another job's plan, and goes the same way into the table."""

from typing import Final

import attrs
import cattrs

from foreman_core.errors import Conflict, Refused
from foreman_core.identity import undo_id
from foreman_core.inverse import Undone
from foreman_core.ledger import Ledger
from foreman_core.models import ChunkRef, Job, JobState, Moment, PlannedChunk
from foreman_core.pipeline.correct import toggle_correction
from foreman_core.planning import decode
from foreman_core.storage import Files, job_key
from foreman_core.workflow import Workflow

CHUNKS: Final = "chunks.json"

_ENDED: Final = {JobState.SUCCEEDED, JobState.PARTIALLY_SUCCEEDED, JobState.FAILED}
_OVER: Final = {JobState.FAILED, JobState.CANCELLED}
"""An undo in one of these states stands in the way of no other."""


def request_undo(ledger: Ledger, workflow: Workflow, *, job_id: str, dry_run: bool) -> Job:
    """The job that undoes a job, made and started; the same request again finds it.

    A dry run stops at its plan, which the request without `dry_run` then loads; another dry run makes a new
    plan. A job whose undo was undone is in force by the job that did that, so that one is undone.
    Refused(`not-found`) when there is no such job, Refused(`nothing-to-undo`) when it has changed
    nothing, Conflict when it is still at work.
    """
    undone = ledger.job(job_id)
    undo = ledger.find(undo_id(undone.id, undone.undos))
    if undo is not None and dry_run and undo.state is JobState.PLANNED and undo.dry_run:
        undo = ledger.transition(undo.id, JobState.CANCELLED)
    if undo is not None and undo.state is JobState.UNDONE:
        return request_undo(ledger, workflow, job_id=undo_id(undo.id, undo.undos), dry_run=dry_run)
    if undo is not None and undo.state not in _OVER:
        return _again(ledger, workflow, undo, dry_run=dry_run)
    _check(undone)
    if undo is not None:
        undone = ledger.amend(undone.id, undone.state, undos=undone.undos + 1)
    undo = ledger.create(_new(ledger, undone, dry_run=dry_run))
    workflow.resume(undo)
    return undo


def prepare_undo(ledger: Ledger, files: Files, job_id: str) -> str | None:
    """Find the chunks of the undone job. The key of their list, or None when the undo has ended."""
    job = ledger.job(job_id)
    if job.state is JobState.RECEIVED:
        job = ledger.transition(job_id, JobState.VALIDATING)
    if job.state is not JobState.VALIDATING or job.undoes is None:
        return None
    chunks = [chunk for chunk in ledger.chunks(job.undoes) if _may_have_written(chunk)]
    refs = [
        ChunkRef(job_id=job_id, index=chunk.index, key=chunk.key, start=0, end=0, rows=chunk.rows)
        for chunk in chunks
    ]
    key = job_key(job_id, CHUNKS)
    files.put_json(key, [cattrs.unstructure(ref) for ref in refs])
    ledger.amend(job_id, JobState.VALIDATING, chunks=len(refs))
    return key


def _may_have_written(chunk: PlannedChunk) -> bool:
    return chunk.started_at is not None and chunk.create + chunk.update + chunk.delete > 0


def written_rows(files: Files, chunk: PlannedChunk, job_id: str) -> list[Undone]:
    """The rows of a chunk that a job has written, or may have before it broke."""
    rows = decode(files.read(chunk.key), chunk.sha256)
    if chunk.replanned is not None:
        again = decode(files.read(chunk.replanned.key), chunk.replanned.sha256)
        rows = list(({row.row: row for row in rows} | {row.row: row for row in again}).values())
    refused = {fault.row for fault in (*chunk.conflicts, *chunk.rejects)}
    return [
        Undone(row=row, job_id=job_id, certain=chunk.loaded_at is not None)
        for row in rows
        if row.disposition != "unchanged" and row.row not in refused
    ]


def begin_undo(ledger: Ledger, job_id: str) -> None:
    """Record on a job that it is being undone, and what it was before.

    A job that is undone stays so: who asks is a step that was given up, and comes late.
    """
    job = ledger.job(job_id)
    if job.state not in (JobState.UNDOING, JobState.UNDONE):
        ledger.transition(job_id, JobState.UNDOING, done_as=job.state)


def end_undo(ledger: Ledger, job_id: str) -> None:
    """Record on a job that it is undone. Was it an undo, then the job that it had undone is done again."""
    job = ledger.job(job_id)
    if job.state is not JobState.UNDONE:
        begin_undo(ledger, job_id)
        job = ledger.transition(job_id, JobState.UNDONE)
    toggle_correction(ledger, job, active=False)
    if job.undoes is not None:
        _redo(ledger, job.undoes)


def _redo(ledger: Ledger, job_id: str) -> None:
    job = ledger.job(job_id)
    if job.state is JobState.UNDONE and job.done_as is not None:
        job = ledger.transition(job_id, job.done_as)
        toggle_correction(ledger, job, active=True)
    if job.undoes is not None:
        end_undo(ledger, job.undoes)


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
