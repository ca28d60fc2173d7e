"""Leases: which worker is at a job, and until when, should it never be heard of again.

pk          sk      holds
JOB#<job>   LEASE   the worker that is at the job, and when its lease ends
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from foreman_core.items import to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Leases:
    """The leases in the ledger's table. Each worker has a name of its own."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        worker: str,
        length: timedelta,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._table = table
        self._worker = worker
        self._length = length
        self._clock = clock

    def take(self, job_id: str) -> bool:
        """Take the lease on a job, or renew it; False when another worker has it. One that is over is
        anybody's.
        """
        now = self._clock()
        item = {
            **_key(job_id),
            "worker": self._worker,
            "until": _text(now + self._length),
            # far behind its end: DynamoDB deletes it within days
            "expires_at": int((now + timedelta(days=1)).timestamp()),
        }
        try:
            self._client.put_item(
                TableName=self._table,
                Item=to_item(item),
                ConditionExpression="attribute_not_exists(pk) OR worker = :own OR #until < :now",
                ExpressionAttributeNames={"#until": "until"},
                ExpressionAttributeValues={":own": {"S": self._worker}, ":now": {"S": _text(now)}},
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def give_back(self, job_id: str) -> None:
        """Let go of a job; a lease that has become another worker's stays that one's."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=to_item(_key(job_id)),
                ConditionExpression="worker = :own",
                ExpressionAttributeValues={":own": {"S": self._worker}},
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise


def _key(job_id: str) -> dict[str, str]:
    return {"pk": f"JOB#{job_id}", "sk": "LEASE"}


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
