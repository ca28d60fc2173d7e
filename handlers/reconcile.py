"""Step: account for every row, and end the job."""

from attrs import frozen

from foreman_core.ledger import Ledger
from foreman_core.pipeline.outcome import reconcile
from foreman_core.signing import KmsSigner
from foreman_core.storage import Files
from handlers import _clients
from handlers._settings import load
from handlers._step import Answer, Event, step


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    intake_bucket: str
    receipt_key: str


@step("reconcile")
def handler(event: Event) -> Answer:
    """`{"job_id", "attempt"}` → `{"job_id", "state"}`."""
    settings = load(Settings)
    job = reconcile(
        Ledger(_clients.dynamodb(), settings.ledger_table),
        Files(_clients.s3(), settings.intake_bucket),
        KmsSigner(_clients.kms(), settings.receipt_key),
        event["job_id"],
        attempt=event.get("attempt"),
    )
    return {"job_id": job.id, "state": job.state.value}
