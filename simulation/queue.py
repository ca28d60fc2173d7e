"""S3's events on their way through SQS to the intake function.

* "Amazon S3 event notifications are designed to be delivered at least once", and not in order:
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
* SQS: "On rare occasions … you might get that message copy again": at least once, in any order:
  https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html
* the poller deletes what the function did not name in batchItemFailures; when the function fails, nothing:
  https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
* after maxReceiveCount receives a message goes to the dead-letter queue:
  https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote_plus

import orjson
from attrs import define

from simulation.functions import FunctionFailed
from simulation.s3 import Version
from simulation.wire import Wire

VISIBILITY_S: Final = 360.0
MOST_RECEIVES: Final = 5
BATCH: Final = 10
"""As `components/intake.py` has them; a test compares."""

Invoke = Callable[[dict[str, Any]], Mapping[str, Any]]


@define
class Message:
    """A message, and how often it was received."""

    id: str
    body: str
    received: int = 0


class Queue:
    """The events of one bucket, the queue and its poller."""

    def __init__(self, wire: Wire, bucket: str, invoke: Invoke) -> None:
        self._wire = wire
        self._bucket = bucket
        self._invoke = invoke
        self._visible: list[Message] = []
        self._sent = 0
        self.dead: list[Message] = []

    def announce(self, version: Version) -> None:
        """Send the event of a new version, if the notification's filter has it: once, or as faults will."""
        if not version.key.startswith("incoming/"):
            return
        now, happens = self._wire.kernel.now, self._wire.faults.happens
        if happens("lost-event", now, weight=2):
            self._wire.note(f"event of {version.key} {version.version_id}  !lost")
            return
        for _ in range(1 + 2 * happens("twice", now, weight=3)):
            delay = 200 if happens("late-event", now, weight=3) else 1
            self.send(version, after=delay * self._wire.random.random())

    def send(self, version: Version, after: float = 0.0) -> None:
        """Put the event of a version into the queue."""
        self._sent += 1
        message = Message(f"m{self._sent}", _event(self._bucket, version))
        self._wire.kernel.spawn(f"queue {message.id}", lambda: self._arrive(message), after=after)

    def redrive(self) -> None:
        """Move the dead letters back, as an operator does when the fault is mended."""
        for message in self.dead:
            message.received = 0
            self._show(message, 0)
        self.dead.clear()

    def _show(self, message: Message, after: float) -> None:
        self._wire.kernel.spawn(f"queue {message.id}", lambda: self._arrive(message), after=after)

    def _arrive(self, message: Message) -> None:
        """Make a message visible; a poller takes it up, with whatever else is there by then."""
        self._visible.append(message)
        self._wire.pause()
        batch, self._visible = self._visible[:BATCH], self._visible[BATCH:]
        if batch:
            self._deliver(batch)

    def _deliver(self, batch: list[Message]) -> None:
        records = [
            {
                "messageId": message.id,
                "body": message.body,
                "attributes": {"ApproximateReceiveCount": str(message.received + 1)},
            }
            for message in batch
        ]
        try:
            answer = self._invoke({"Records": records})
        except FunctionFailed:
            failed = {message.id for message in batch}
        else:
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for message in batch:
            message.received += 1
            again = self._wire.faults.happens("twice", self._wire.kernel.now)
            if message.id not in failed and not again:
                continue
            if message.received >= MOST_RECEIVES:
                self.dead.append(message)
            else:
                self._show(message, VISIBILITY_S * self._wire.random.random())


def _event(bucket: str, version: Version) -> str:
    thing = {
        "key": quote_plus(version.key, safe="/"),
        "size": len(version.body),
        "versionId": version.version_id,
        "sequencer": version.sequencer,
    }
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": bucket}, "object": thing},
    }
    return orjson.dumps({"Records": [record]}).decode()
