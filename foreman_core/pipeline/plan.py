"""Plan: each chunk compared with the live table, sealed under its hash; then the whole plan under one id."""

from collections.abc import Callable
from typing import Final

import attrs
import cattrs

from foreman_core.identity import plan_id
from foreman_core.ledger import Ledger
from foreman_core.models import ChunkRef, Job, JobState, PlanChunkRef, PlannedChunk
from foreman_core.pipeline.ingest import cancel_if_superseded
from foreman_core.pipeline.outcome import account
from foreman_core.planning import count, encode, plan_rows, read_accepted, seal
from foreman_core.records import Records
from foreman_core.schema import RecordSchema, Schemas
from foreman_core.storage import Files, job_key

RecordsOf = Callable[[str], Records]
"""The records of a type, by its name."""

PLAN: Final = "plan.json"
PLAN_CHUNKS: Final = "plan-chunks.json"


def plan_chunk(
    ledger: Ledger, files: Files, schemas: Schemas, table: RecordsOf, ref: ChunkRef
) -> PlannedChunk:
    """Compare one chunk with the table, and store what is to be done. Done twice, the first answer counts."""
    record_type = ledger.job(ref.job_id).record_type
    schema, records = schemas(record_type), table(record_type)
    rows = read_accepted(files.read(ref.key, start=ref.start, end=ref.end), schema)
    planned = plan_rows(schema, rows, records.get_many(str(row.values[schema.primary_key]) for row in rows))
    lines = encode(planned)
    sha256 = seal(lines)
    key = job_key(ref.job_id, f"plan/{sha256}.jsonl")
    files.put(key, lines, "application/jsonl")
    chunk = PlannedChunk(
        index=ref.index,
        key=key,
        sha256=sha256,
        rows=len(planned),
        create=count(planned, "create"),
        update=count(planned, "update"),
        unchanged=count(planned, "unchanged"),
    )
    return ledger.put_chunk(ref.job_id, chunk)


def seal_plan(ledger: Ledger, files: Files, schemas: Schemas, job_id: str) -> str | None:
    """Make one plan of the chunks. The key of what is to be loaded, or None when the job stops here.

    A job that only plans stops as `planned`; approved later, it comes here again with the same plan.
    """
    job = ledger.job(job_id)
    if job.state is JobState.VALIDATING and not cancel_if_superseded(ledger, job):
        job = _seal(ledger, files, schemas(job.record_type), job)
    if job.state is JobState.PLANNED and job.mode == "load":
        if job.source.sha256 is not None:
            ledger.claim_file(job, job.source.sha256, release=lambda _: False)
        counts = account(job.counts, ledger.chunks(job_id))
        job = ledger.transition(job_id, JobState.LOADING, counts=counts)
    return job_key(job_id, PLAN_CHUNKS) if job.state is JobState.LOADING else None


def _seal(ledger: Ledger, files: Files, schema: RecordSchema, job: Job) -> Job:
    chunks = ledger.chunks(job.id)
    planned = sum(chunk.rows for chunk in chunks)
    if planned != job.counts.accepted:
        raise RuntimeError(f"{planned} rows are planned, but {job.counts.accepted} were accepted")
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
    counts = attrs.evolve(
        account(job.counts, chunks),
        created=sum(chunk.create for chunk in chunks),
        updated=sum(chunk.update for chunk in chunks),
        pending=0,
    )
    return ledger.transition(job.id, JobState.PLANNED, plan_id=sealed, counts=counts)
