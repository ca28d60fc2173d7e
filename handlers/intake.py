"""S3's events, through the queue: each new file becomes a job that is started."""

from datetime import datetime

import structlog
from attrs import frozen

from foreman_core.audit import BUCKET
from foreman_core.file_events import FileCreated, Ignored, read_events
from foreman_core.ledger import Ledger
from foreman_core.models import Job
from foreman_core.pipeline.start import receive
from foreman_core.workflow import Workflow
from handlers import _clients
from handlers._batch import Message, batch
from handlers._settings import load


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    state_machine_arn: str
    record_type: str


@batch("intake")
def handler(message: Message) -> None:
    """One message, which holds some events: the body is S3's document."""
    settings, log = load(Settings), structlog.get_logger()
    for event in read_events(message["body"]):
        if isinstance(event, Ignored):
            log.info("event_ignored", code=event.why)
            continue
        job = _receive(settings, event)
        log.info("file_received", job_id=job.id, late_s=_late(event.at, job.created_at))


def _late(event: str | None, job: str) -> float | None:
    """Seconds from S3's event to the job's record; clocks of two services may differ by some milliseconds.

    None when the event does not say its time: it is measured, and nothing depends on it.
    """
    if event is None:
        return None
    passed = datetime.fromisoformat(job) - datetime.fromisoformat(event)
    return max(round(passed.total_seconds(), 3), 0.0)


def _receive(settings: Settings, created: FileCreated) -> Job:
    return receive(
        Ledger(_clients.dynamodb(), settings.ledger_table, actor=BUCKET),
        Workflow(_clients.states(), settings.state_machine_arn),
        bucket=created.bucket,
        key=created.key,
        version_id=created.version_id,
        sequencer=created.sequencer,
        record_type=settings.record_type,
    )
