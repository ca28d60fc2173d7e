"""Scheduled: make the jobs of files whose events were lost."""

from datetime import timedelta

import structlog
from attrs import frozen

from foreman_core.audit import SWEEPER
from foreman_core.errors import Unavailable
from foreman_core.ledger import Ledger
from foreman_core.pipeline.find_lost import GRACE, find_lost
from foreman_core.pipeline.pausing import GoOn
from foreman_core.storage import Files
from foreman_core.workflow import Workflow
from handlers import _clients
from handlers._settings import load
from handlers._step import Answer, Event, long_step


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    intake_bucket: str
    state_machine_arn: str
    record_type: str


@long_step("find_lost")
def handler(event: Event, go_on: GoOn) -> Answer:
    """`{"grace_s"?}` → `{"jobs": [ids], "looked_at", "whole"}`.

    Unavailable, for an alarm to see it, when there were files that could not become jobs; the log names them.
    """
    settings = load(Settings)
    found = find_lost(
        Ledger(_clients.dynamodb(), settings.ledger_table, actor=SWEEPER),
        Files(_clients.s3(), settings.intake_bucket),
        Workflow(_clients.states(), settings.state_machine_arn),
        record_type=settings.record_type,
        go_on=go_on,
        grace=timedelta(seconds=event.get("grace_s", GRACE.total_seconds())),
    )
    for job_id in found.jobs:
        structlog.get_logger().warning("file_found", job_id=job_id)
    if found.failed:
        raise Unavailable("not-received", f"{len(found.failed)} files could not become jobs; others did.")
    return {"jobs": list(found.jobs), "looked_at": found.looked_at, "whole": found.whole}
