"""The queue of deliveries: one message for each subscription, so that none waits for another's endpoint."""

from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Any, Final

import orjson
from attrs import field, frozen

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_WAIT_S: Final = 3600


@frozen
class Deliveries:
    """The queue, for those who fill it and for the one who empties it."""

    _client: "SQSClient"
    _queue_url: str
    _random: Random = field(factory=Random)

    def send(self, subscription_id: str, told: Mapping[str, Any]) -> None:
        """Queue a document for a subscription."""
        body = orjson.dumps({"subscription": subscription_id, "document": told}).decode()
        self._client.send_message(QueueUrl=self._queue_url, MessageBody=body)

    def postpone(self, receipt_handle: str, *, attempt: int, first_s: int) -> None:
        """Let a message come again after a while: twice as long with every attempt, and by chance between
        half of it and all, so that what failed together does not come back together.
        """
        longest = min(LONGEST_WAIT_S, first_s * 2 ** (attempt - 1))
        wait = self._random.uniform(longest / 2, longest)
        self._client.change_message_visibility(
            QueueUrl=self._queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=round(wait)
        )
