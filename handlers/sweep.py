"""Scheduled: start jobs again that stand still, give those up that never come to an end, and tell of those
whose end nobody has told of.
"""

from datetime import timedelta

from attrs import frozen

from foreman_core.audit import SWEEPER
from foreman_core.errors import Unavailable
from foreman_core.ledger import Ledger
from foreman_core.notices import Notices
from foreman_core.pipeline.sweep import LEASE, sweep
from foreman_core.storage import Files
from foreman_core.workflow import Workflow
from handlers import _clients
from handlers._settings import load
from handlers._step import Answer, Event, GoOn, long_step


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    intake_bucket: str
    state_machine_arn: str
    topic_arn: str


@long_step("sweep")
def handler(event: Event, go_on: GoOn) -> Answer:
    """`{"lease_s"?}` → `{"restarted": [job ids], "given_up": [job ids], "told": [job ids], "whole"}`.

    Unavailable, for an alarm to see it, when there were jobs that it could not deal with; the log names them.
    """
    settings = load(Settings)
    swept = sweep(
        Ledger(_clients.dynamodb(), settings.ledger_table, actor=SWEEPER),
        Files(_clients.s3(), settings.intake_bucket),
        Workflow(_clients.states(), settings.state_machine_arn),
        Notices(_clients.sns(), settings.topic_arn),
        go_on=go_on,
        lease=timedelta(seconds=event.get("lease_s", LEASE.total_seconds())),
    )
    if swept.failed:
        raise Unavailable("not-swept", f"{len(swept.failed)} jobs could not be dealt with; all others were.")
    return {
        "restarted": swept.restarted,
        "given_up": swept.given_up,
        "told": swept.told,
        "whole": swept.whole,
    }
