"""S3's events, through the queue: each new file becomes a job that is started."""

from datetime import datetime
from typing import Any

import structlog
from attrs import frozen
from aws_lambda_powertools.utilities.typing import LambdaContext

from foreman_core.audit import BUCKET
from foreman_core.file_events import FileCreated, Ignored, read_events
from foreman_core.ledger import Ledger
from foreman_core.models import Job
from foreman_core.pipeline.start import receive
from foreman_core.workflow import Workflow
from handlers import _clients, _logging
from handlers._settings import load


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    state_machine_arn: str
    record_type: str


def handler(batch: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Give back the messages that failed, for SQS to deliver again: `{"batchItemFailures": […]}`."""
    _logging.configure("intake")
    settings = load(Settings)
    log = structlog.get_logger().bind(request_id=context.aws_request_id)
    failed: list[dict[str, str]] = []
    for message in batch["Records"]:
        try:
            for event in read_events(message["body"]):
                if isinstance(event, Ignored):
                    log.info("event_ignored", code=event.why)
                    continue
                job = _receive(settings, event)
                log.info("file_received", job_id=job.id, late_s=_late(event.at, job.created_at))
        except Exception:  # one message must not keep the others back
            log.exception("event_failed")
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}


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
