"""Dead letters: what a queue's consumer has failed with as often as it may, and the way back.

SQS has StartMessageMoveTask for this; the emulator has not, so letters are moved one by one everywhere:
received, sent, and only then deleted. What is moved twice because of that is absorbed by whoever receives it.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote_plus

from attrs import asdict, frozen

from cli._target import Target
from foreman_core.errors import Refused

ENDING: Final = "dead_letter_queue_url"
INTAKE: Final = "intake"
"""The name of the one queue whose output has none in front."""

HIDDEN_S: Final = 60
"""So long nobody else sees the letters that are being looked at or moved."""
AT_ONCE: Final = 10
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html"""


@frozen(kw_only=True)
class Queue:
    """A queue of the stack, and where its dead letters are."""

    name: str
    url: str
    letters_url: str


@frozen(kw_only=True)
class Letter:
    """A message that was not got on with. `about` names files, jobs or subscriptions: never what is in
    them.
    """

    queue: str
    id: str
    sent_at: str | None
    received: int
    about: str
    receipt: str
    body: str

    def document(self) -> dict[str, Any]:
        """What may be shown of it."""
        shown = asdict(self)
        del shown["receipt"], shown["body"]
        return shown


def queues(target: Target) -> dict[str, Queue]:
    """The queues of a stack that have dead letters, by name."""
    found: dict[str, Queue] = {}
    for output, letters_url in target.outputs.items():
        if not output.endswith(ENDING):
            continue
        name = output.removesuffix(ENDING).rstrip("_") or INTAKE
        found[name] = Queue(name=name, url=target.output(f"{name}_queue_url"), letters_url=letters_url)
    return found


def letters(sqs: Any, queue: Queue) -> Iterator[Letter]:  # noqa: ANN401 - as `Target.client` says
    """All letters of a queue, each once; they are hidden from others meanwhile."""
    seen: set[str] = set()
    while True:
        answer = sqs.receive_message(
            QueueUrl=queue.letters_url,
            MaxNumberOfMessages=AT_ONCE,
            VisibilityTimeout=HIDDEN_S,
            WaitTimeSeconds=1,
            AttributeNames=["All"],
        )
        new = [message for message in answer.get("Messages", []) if message["MessageId"] not in seen]
        if not new:
            return
        for message in new:
            seen.add(message["MessageId"])
            yield _letter(queue, message)


def show_again(sqs: Any, queue: Queue, letter: Letter) -> None:  # noqa: ANN401 - as above
    """Let others see a letter that was only looked at."""
    sqs.change_message_visibility(
        QueueUrl=queue.letters_url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
    )


def send_back(sqs: Any, queue: Queue, letter: Letter) -> None:  # noqa: ANN401 - as above
    """Put a letter into the queue that it came from."""
    sqs.send_message(QueueUrl=queue.url, MessageBody=letter.body)
    sqs.delete_message(QueueUrl=queue.letters_url, ReceiptHandle=letter.receipt)


def chosen(known: Mapping[str, Queue], name: str | None) -> list[Queue]:
    """The queue of this name, or all. Refused when there is none."""
    if name is None:
        return list(known.values())
    if name not in known:
        raise Refused("no-queue", f"The stack has no queue {name}. It has {', '.join(sorted(known))}.")
    return [known[name]]


def _letter(queue: Queue, message: Mapping[str, Any]) -> Letter:
    attributes: Mapping[str, str] = message.get("Attributes", {})
    sent = attributes.get("SentTimestamp")
    return Letter(
        queue=queue.name,
        id=message["MessageId"],
        sent_at=None if sent is None else _iso(int(sent)),
        received=int(attributes.get("ApproximateReceiveCount", "0")),
        about=about(message["Body"]),
        receipt=message["ReceiptHandle"],
        body=message["Body"],
    )


def about(body: str) -> str:
    """What a message is about, as far as that can be told without quoting it."""
    try:
        document: Any = json.loads(body)
        if "Records" in document:
            return ", ".join(_object(record) for record in document["Records"])
        names = ("job_id", "phase", "subscription_id", "subscription")
        told = [f"{name}={document[name]}" for name in names if isinstance(document.get(name), str)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return "not readable"
    return " ".join(told) or "not known"


def _object(record: Mapping[str, Any]) -> str:
    return f"s3://{record['s3']['bucket']['name']}/{unquote_plus(record['s3']['object']['key'])}"


def _iso(milliseconds: int) -> str:
    return (
        datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    )
