"""Step: make one plan of a job's chunks, and say whether it is to be loaded."""

from attrs import frozen

from foreman_core.ledger import Ledger
from foreman_core.pipeline.plan import seal_plan
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


@step("seal")
def handler(event: Event) -> Answer:
    """`{"job_id"}` → `{"job_id", "next": "load" | "stop", "plan_key"}`."""
    settings = load(Settings)
    key = seal_plan(
        Ledger(_clients.dynamodb(), settings.ledger_table),
        Files(_clients.s3(), settings.intake_bucket),
        schema_of,
        event["job_id"],
    )
    return {"job_id": event["job_id"], "next": "load" if key else "stop", "plan_key": key}
