"""The queue of deliveries: one message for each subscription, so that none waits for another's endpoint."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any, Final

import orjson
from attrs import field, frozen

from foreman_core.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_WAIT_S: Final = 3600
BATCH: Final = 10
"""Messages that SQS takes at a time:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html"""


@frozen
class Deliveries:
    """The queue, for those who fill it and for the one who empties it."""

    _client: "SQSClient"
    _queue_url: str
    _random: Random = field(factory=Random)

    def send(self, subscription_ids: Sequence[str], told: Mapping[str, Any]) -> None:
        """Queue a document for each of the subscriptions.

        SQS can take some messages of a batch and not others. All are tried; Unavailable when it did not take
        every one.
        """
        refused = list[str]()
        for start in range(0, len(subscription_ids), BATCH):
            bodies = [
                orjson.dumps({"subscription": subscription_id, "document": told}).decode()
                for subscription_id in subscription_ids[start : start + BATCH]
            ]
            answer = self._client.send_message_batch(
                QueueUrl=self._queue_url,
                Entries=[{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)],
            )
            refused += [failure["Code"] for failure in answer.get("Failed", [])]
        if refused:
            counted = f"{len(refused)} of {len(subscription_ids)} deliveries"
            raise Unavailable("not-queued", f"SQS did not take {counted}: {', '.join(sorted({*refused}))}.")

    def postpone(self, receipt_handle: str, *, attempt: int, first_s: int) -> None:
        """Let a message come again after a while: twice as long with every attempt, and by chance between
        half of it and all, so that what failed together does not come back together.
        """
        longest = min(LONGEST_WAIT_S, first_s * 2 ** (attempt - 1))
        wait = self._random.uniform(longest / 2, longest)
        self._client.change_message_visibility(
            QueueUrl=self._queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=round(wait)
        )
