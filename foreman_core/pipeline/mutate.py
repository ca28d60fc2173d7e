"""Mutate: one sealed chunk through the API into the table."""

from foreman_core.api import GraphQL
from foreman_core.ledger import Ledger
from foreman_core.loading import load_rows
from foreman_core.models import JobState, PlanChunkRef, PlannedChunk
from foreman_core.planning import decode
from foreman_core.schema import Schemas
from foreman_core.storage import Files


def mutate_chunk(
    ledger: Ledger, files: Files, schemas: Schemas, api: GraphQL, ref: PlanChunkRef
) -> PlannedChunk:
    """Carry out one chunk of the plan, and record what came of its rows. Doing it again changes nothing."""
    chunk = ledger.chunk(ref.job_id, ref.index)
    job = ledger.job(ref.job_id)
    if chunk.loaded_at is not None or job.state is not JobState.LOADING:
        return chunk
    rows = decode(files.read(ref.key), ref.sha256)
    loaded = load_rows(api, schemas(job.record_type), job_id=job.id, file=job.source.name, rows=rows)
    ledger.finish_chunk(
        job.id,
        ref.index,
        loaded_at=ledger.now(),
        created=loaded.created,
        updated=loaded.updated,
        conflicts=loaded.conflicts,
        rejects=loaded.rejects,
    )
    return ledger.chunk(job.id, ref.index)
