"""Step: record that Foreman broke while it worked on a job."""

from attrs import frozen

from foreman_core.ledger import Ledger
from foreman_core.pipeline.outcome import fail
from foreman_core.storage import Files
from handlers import _clients
from handlers._settings import load
from handlers._step import Answer, Event, step


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    intake_bucket: str


@step("fail")
def handler(event: Event) -> Answer:
    """`{"job_id", "attempt", "error": {"Error", "Cause"}}` → `{"job_id", "state"}`. What is told of the error
    is its name.
    """
    settings = load(Settings)
    job = fail(
        Ledger(_clients.dynamodb(), settings.ledger_table),
        Files(_clients.s3(), settings.intake_bucket),
        event["job_id"],
        str(event["error"].get("Error", "unknown error")),
        attempt=event.get("attempt"),
    )
    return {"job_id": job.id, "state": job.state.value}
