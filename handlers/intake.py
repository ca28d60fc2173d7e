"""S3's events, through the queue: each new file becomes a job that is started."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

import orjson
import structlog
from attrs import frozen
from aws_lambda_powertools.utilities.typing import LambdaContext

from foreman_core.audit import BUCKET
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


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Give back the messages that failed, for SQS to deliver again: `{"batchItemFailures": […]}`."""
    _logging.configure("intake")
    settings = load(Settings)
    log = structlog.get_logger().bind(request_id=context.aws_request_id)
    failed: list[dict[str, str]] = []
    for message in event["Records"]:
        try:
            for created in _created(message["body"]):
                job = _receive(settings, created)
                log.info("file_received", job_id=job.id, late_s=_late(created["at"], job.created_at))
        except Exception:  # one message must not keep the others back
            log.exception("event_failed")
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}


def _created(body: str) -> Iterator[dict[str, Any]]:
    """The `s3` parts of a message that tell of new objects, and when they came; S3's test event has none."""
    for record in orjson.loads(body).get("Records", []):
        thing = record["s3"]["object"]
        is_folder = thing["key"].endswith("/") and not thing.get("size")
        if record["eventName"].startswith("ObjectCreated:") and not is_folder:
            yield {**record["s3"], "at": record.get("eventTime")}


def _late(event: str | None, job: str) -> float | None:
    """Seconds from S3's event to the job's record; clocks of two services may differ by some milliseconds.

    None when the event does not say its time: it is measured, and nothing depends on it.
    """
    if event is None:
        return None
    passed = datetime.fromisoformat(job) - datetime.fromisoformat(event)
    return max(round(passed.total_seconds(), 3), 0.0)


def _receive(settings: Settings, created: dict[str, Any]) -> Job:
    thing = created["object"]
    return receive(
        Ledger(_clients.dynamodb(), settings.ledger_table, actor=BUCKET),
        Workflow(_clients.states(), settings.state_machine_arn),
        bucket=created["bucket"]["name"],
        key=unquote_plus(thing["key"]),
        version_id=thing["versionId"],
        sequencer=thing.get("sequencer"),
        record_type=settings.record_type,
    )
