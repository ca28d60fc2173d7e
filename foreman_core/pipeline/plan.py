"""Plan: each chunk compared with the live table, sealed under its hash; then the whole plan under one id."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import attrs
import cattrs

from foreman_core.identity import plan_id
from foreman_core.ledger import Ledger
from foreman_core.models import ChunkRef, Counts, Job, JobState, PlanChunkRef, PlannedChunk
from foreman_core.pipeline.approval import Approval, needs_approval
from foreman_core.pipeline.comparing import Comparison
from foreman_core.pipeline.ingest import cancel_if_superseded
from foreman_core.pipeline.outcome import account
from foreman_core.pipeline.undo import begin_undo
from foreman_core.planning import summary
from foreman_core.schema import RecordSchema, Schemas
from foreman_core.storage import Files, job_key

PLAN: Final = "plan.json"
PLAN_CHUNKS: Final = "plan-chunks.json"


def plan_chunk(by: Comparison, ref: ChunkRef) -> PlannedChunk:
    """Compare one chunk with the table, and store what is to be done. Done twice, the first answer counts."""
    job = by.ledger.job(ref.job_id)
    rows, _ = by.plan(job, ref)
    sealed = by.store(job.id, rows)
    chunk = PlannedChunk(index=ref.index, key=sealed.key, sha256=sealed.sha256, of=ref, **summary(rows))
    return by.ledger.put_chunk(job.id, chunk)


def seal_plan(
    ledger: Ledger,
    files: Files,
    schemas: Schemas,
    job_id: str,
    *,
    attempt: int | None,
    approval: Approval,
) -> Job:
    """Make one plan of the chunks, and begin to load it if nothing stands in the way. The job as it then is.

    A job that only plans, or whose plan needs an approval, stops as `planned`; approved later, it comes here
    again with the same plan. So does one whose execution was followed by another: that one goes on with it.
    """
    job = ledger.job(job_id)
    if job.is_stale(attempt):
        return job
    chunks = ledger.chunks(job_id)
    is_complete = _may_be_sealed(job, chunks)
    # after the plan is made: a version that is loaded later finds the records as the plan saw them, and this
    # job finds them changed. Also of a plan that was approved, or is tried again, much later
    if (is_complete or _may_be_loaded(job)) and cancel_if_superseded(ledger, files, job):
        return ledger.job(job_id)
    if is_complete:
        job = _seal(ledger, files, schemas(job.record_type), job, chunks, approval=approval)
    if _may_be_loaded(job):
        if job.undoes is None and job.source.sha256 is not None:
            ledger.claim_file(job, job.source.sha256, release=lambda _: False)
        job = ledger.transition(job_id, JobState.LOADING, counts=account(job.counts, chunks))
    if job.state is JobState.LOADING and job.undoes is not None:
        begin_undo(ledger, job.undoes)
    return job


def _may_be_sealed(job: Job, chunks: Sequence[PlannedChunk]) -> bool:
    """Whether all chunks are planned; not so when a step comes late, and the job has begun anew since."""
    return job.state is JobState.VALIDATING and job.validated and len(chunks) == job.chunks


def _may_be_loaded(job: Job) -> bool:
    return job.state is JobState.PLANNED and job.is_at_work and not job.awaits_approval


def _seal(
    ledger: Ledger,
    files: Files,
    schema: RecordSchema,
    job: Job,
    chunks: tuple[PlannedChunk, ...],
    *,
    approval: Approval,
) -> Job:
    counts = _planned_counts(job, chunks)
    sealed = plan_id(
        chunk_hashes=[chunk.sha256 for chunk in chunks],
        record_type=schema.name,
        schema_version=schema.version,
    )
    refs = [
        PlanChunkRef(job_id=job.id, index=chunk.index, key=chunk.key, sha256=chunk.sha256, rows=chunk.rows)
        for chunk in chunks
    ]
    files.put_json(job_key(job.id, PLAN_CHUNKS), [cattrs.unstructure(ref) for ref in refs])
    files.put_json(
        job_key(job.id, PLAN),
        {
            "plan_id": sealed,
            "job_id": job.id,
            "record_type": schema.name,
            "schema_version": schema.version,
            "chunks": [cattrs.unstructure(ref) for ref in refs],
        },
    )
    changes = sum((Counter(chunk.changes_by_field) for chunk in chunks), Counter[str]())
    return ledger.transition(
        job.id,
        JobState.PLANNED,
        plan_id=sealed,
        counts=counts,
        changes_by_field=dict(changes.most_common()),
        awaits_approval=needs_approval(job, approval),
    )


def _planned_counts(job: Job, chunks: tuple[PlannedChunk, ...]) -> Counts:
    """What the plan would do. An undo has only now found out which rows the undone job has written."""
    planned = sum(chunk.rows for chunk in chunks)
    known = job.counts if job.undoes is None else Counts(read=planned, accepted=planned)
    if planned != known.accepted or len(chunks) != job.chunks:
        raise RuntimeError(
            f"{planned} rows of {len(chunks)} chunks are planned, not {known.accepted} of {job.chunks}"
        )
    partly = sum(chunk.partly for chunk in chunks)
    return attrs.evolve(
        account(known, chunks),
        created=sum(chunk.create for chunk in chunks),
        updated=sum(chunk.update for chunk in chunks) - partly,
        deleted=sum(chunk.delete for chunk in chunks),
        kept=sum(chunk.keep for chunk in chunks) + partly,
        pending=0,
    )
