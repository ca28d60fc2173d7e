"""Step: judge every row of a job's file."""

from attrs import frozen

from foreman_core.ledger import Ledger
from foreman_core.pipeline.validate import validate
from foreman_core.remembered import Mappings
from foreman_core.storage import Files
from handlers import _clients
from handlers._schemas import schema_of
from handlers._settings import load
from handlers._step import Answer, Event, step


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    intake_bucket: str
    chunk_rows: int


@step("validate")
def handler(event: Event) -> Answer:
    """`{"job_id"}` → `{"job_id", "next": "map" | "stop", "chunks_key"}`."""
    settings = load(Settings)
    job = validate(
        Ledger(_clients.dynamodb(), settings.ledger_table),
        Files(_clients.s3(), settings.intake_bucket),
        schema_of,
        lambda record_type: Mappings(_clients.dynamodb(), settings.ledger_table, record_type).recall,
        event["job_id"],
        chunk_rows=settings.chunk_rows,
    )
    return {
        "job_id": event["job_id"],
        "next": "map" if job else "stop",
        "chunks_key": job.chunks_key if job else None,
    }
