"""Step: make one plan of a job's chunks, and say whether it is to be loaded."""

from attrs import frozen

from foreman_core.ledger import Ledger
from foreman_core.pipeline.approval import Approval
from foreman_core.pipeline.plan import PLAN_CHUNKS, seal_plan
from foreman_core.pipeline.ways import gate
from foreman_core.storage import Files, job_key
from handlers import _clients
from handlers._schemas import schema_of
from handlers._settings import load
from handlers._step import Answer, Event, step
from handlers._ways import WaySettings


@frozen
class Settings(WaySettings):
    """The function's environment."""

    ledger_table: str
    intake_bucket: str
    approval: Approval


@step("seal")
def handler(event: Event) -> Answer:
    """`{"job_id", "attempt"}` → `{"job_id", "next", "plan_key"}`, where `next` is what the gate decides."""
    settings = load(Settings)
    attempt = event.get("attempt")
    job = seal_plan(
        Ledger(_clients.dynamodb(), settings.ledger_table),
        Files(_clients.s3(), settings.intake_bucket),
        schema_of,
        event["job_id"],
        attempt=attempt,
        approval=settings.approval,
    )
    return {
        "job_id": job.id,
        "next": gate(job, settings.ways(), attempt=attempt),
        "plan_key": job_key(job.id, PLAN_CHUNKS),
    }
