"""Step: tell how a job ended."""

from attrs import frozen

from foreman_core.ledger import Ledger
from foreman_core.notices import Notices
from foreman_core.pipeline.outcome import notify
from handlers import _clients
from handlers._settings import load
from handlers._step import Answer, Event, step


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    topic_arn: str


@step("notify")
def handler(event: Event) -> Answer:
    """`{"job_id"}` → `{"job_id", "state"}`."""
    settings = load(Settings)
    job = notify(
        Ledger(_clients.dynamodb(), settings.ledger_table),
        Notices(_clients.sns(), settings.topic_arn),
        event["job_id"],
    )
    return {"job_id": job.id, "state": job.state.value}
