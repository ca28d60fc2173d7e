"""Step: validate, plan and seal a small file in one go."""

from typing import Final

from attrs import frozen

from foreman_core.ledger import Ledger
from foreman_core.models import JobState
from foreman_core.pipeline.approval import Approval
from foreman_core.pipeline.comparing import Comparison
from foreman_core.pipeline.plan import PLAN_CHUNKS
from foreman_core.pipeline.ways import gate
from foreman_core.pipeline.whole import Preparing, prepare
from foreman_core.records import Records
from foreman_core.remembered import Mappings
from foreman_core.storage import Files, job_key
from handlers import _clients
from handlers._schemas import schema_of
from handlers._settings import load
from handlers._step import Answer, Event, GoOn, long_step
from handlers._ways import WaySettings

THREADS: Final = 4
"""Planning a chunk is mostly waiting for answers, and a function has two processors."""


@frozen
class Settings(WaySettings):
    """The function's environment."""

    ledger_table: str
    intake_bucket: str
    records_table: str
    chunk_rows: int
    approval: Approval


@long_step("prepare")
def handler(event: Event, go_on: GoOn) -> Answer:
    """`{"job_id", "attempt"}` → `{"job_id", "next", "chunks_key", "plan_key"}`; `next` is `plan` when there
    are more chunks than this function plans, else what the gate decides.
    """
    settings = load(Settings)
    ways, attempt = settings.ways(), event.get("attempt")
    by = Preparing(
        comparison=Comparison(
            ledger=Ledger(_clients.dynamodb(), settings.ledger_table),
            files=Files(_clients.s3(), settings.intake_bucket),
            schemas=schema_of,
            table=lambda record_type: Records(_clients.dynamodb(), settings.records_table, record_type),
        ),
        recalls=lambda record_type: Mappings(_clients.dynamodb(), settings.ledger_table, record_type).recall,
        chunk_rows=settings.chunk_rows,
        approval=settings.approval,
        threads=THREADS,
    )
    job = prepare(by, event["job_id"], attempt=attempt, go_on=go_on, most_chunks=ways.function_chunks)
    unplanned = job.state is JobState.VALIDATING and not job.is_stale(attempt)
    return {
        "job_id": job.id,
        "next": "plan" if unplanned else gate(job, ways, attempt=attempt),
        "chunks_key": job.chunks_key,
        "plan_key": job_key(job.id, PLAN_CHUNKS),
    }
