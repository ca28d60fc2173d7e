"""Undo: a job whose plan is the inverse of another job's plan, and goes the same way into the table."""

from collections.abc import Sequence

import cattrs
import orjson

from foreman_core.inverse import Undone
from foreman_core.ledger import Ledger
from foreman_core.models import ChunkRef, Job, JobState, PlannedChunk
from foreman_core.pipeline.correct import toggle_correction
from foreman_core.planning import decode, seal
from foreman_core.storage import Files, job_key


def prepare_undo(ledger: Ledger, files: Files, job_id: str) -> Job | None:
    """Find the chunks of the undone job, and write their list. The undo, or None when it has ended."""
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
    key = put_chunks(files, job_id, refs)
    return ledger.amend(
        job_id, JobState.VALIDATING, once=["chunks_key"], validated=True, chunks=len(refs), chunks_key=key
    )


def put_chunks(files: Files, job_id: str, refs: Sequence[ChunkRef]) -> str:
    """Write the list of a job's chunks under the hash of its content, and give back the key: whoever makes
    another list does not overwrite this one.
    """
    document = orjson.dumps([cattrs.unstructure(ref) for ref in refs])
    key = job_key(job_id, f"chunks/{seal(document)}.json")
    files.put(key, document, "application/json")
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
