"""Step: find what a job has to undo."""

from attrs import frozen

from foreman_core.ledger import Ledger
from foreman_core.pipeline.undo import prepare_undo
from foreman_core.storage import Files
from handlers import _clients
from handlers._settings import load
from handlers._step import Answer, Event, step
from handlers._ways import WaySettings


@frozen
class Settings(WaySettings):
    """The function's environment."""

    ledger_table: str
    intake_bucket: str


@step("undo")
def handler(event: Event) -> Answer:
    """`{"job_id"}` → `{"job_id", "next": "function" | "map" | "worker" | "stop", "chunks_key"}`."""
    settings = load(Settings)
    job = prepare_undo(
        Ledger(_clients.dynamodb(), settings.ledger_table),
        Files(_clients.s3(), settings.intake_bucket),
        event["job_id"],
    )
    return {
        "job_id": event["job_id"],
        "next": settings.ways().of(job) if job else "stop",
        "chunks_key": job.chunks_key if job else None,
    }
