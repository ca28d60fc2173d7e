"""Step: let a plan wait for a person, or give up waiting."""

from attrs import frozen

from foreman_core.ledger import Ledger
from foreman_core.notices import Notices
from foreman_core.pipeline.approval import ask, expire
from foreman_core.workflow import Workflow
from handlers import _clients
from handlers._settings import load
from handlers._step import Answer, Event, step


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    state_machine_arn: str
    topic_arn: str


@step("approval")
def handler(event: Event) -> Answer:
    """`{"job_id", "attempt", "token"}` or `{"job_id", "attempt", "expired": true}` → `{"job_id"}`."""
    settings = load(Settings)
    ledger = Ledger(_clients.dynamodb(), settings.ledger_table)
    job_id, attempt = event["job_id"], event["attempt"]
    if event.get("expired"):
        expire(ledger, job_id, attempt=attempt)
    else:
        workflow = Workflow(_clients.states(), settings.state_machine_arn)
        notices = Notices(_clients.sns(), settings.topic_arn)
        ask(ledger, workflow, notices, job_id, attempt=attempt, token=event["token"])
    return {"job_id": job_id}
