"""Scheduled: start jobs again that stand still, and give those up that never come to an end."""

from datetime import timedelta

from attrs import frozen

from foreman_core.audit import SWEEPER
from foreman_core.ledger import Ledger
from foreman_core.notices import Notices
from foreman_core.pipeline.sweep import LEASE, sweep
from foreman_core.storage import Files
from foreman_core.workflow import Workflow
from handlers import _clients
from handlers._settings import load
from handlers._step import Answer, Event, step


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    intake_bucket: str
    state_machine_arn: str
    topic_arn: str


@step("sweep")
def handler(event: Event) -> Answer:
    """`{"lease_s"?}` → `{"restarted": [job ids], "given_up": [job ids]}`."""
    settings = load(Settings)
    swept = sweep(
        Ledger(_clients.dynamodb(), settings.ledger_table, actor=SWEEPER),
        Files(_clients.s3(), settings.intake_bucket),
        Workflow(_clients.states(), settings.state_machine_arn),
        Notices(_clients.sns(), settings.topic_arn),
        lease=timedelta(seconds=event.get("lease_s", LEASE.total_seconds())),
    )
    return {"restarted": list(swept.restarted), "given_up": list(swept.given_up)}
