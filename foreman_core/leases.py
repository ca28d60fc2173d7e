"""Leases: which worker is at a job, and until when, should it never be heard of again.

pk          sk      holds
JOB#<job>   LEASE   the worker that is at the job, and when its lease ends
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

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
        return self._put(
            job_id,
            until=now + self._length,
            condition="attribute_not_exists(pk) OR worker = :own OR #until < :now",
            own={"S": self._worker},
            now={"S": _text(now)},
        )

    def give_back(self, job_id: str) -> None:
        """Let the lease on a job end now; one that has become another worker's stays that one's."""
        over = self._clock() - timedelta(milliseconds=1)
        self._put(job_id, until=over, condition="worker = :own", own={"S": self._worker})

    def _put(self, job_id: str, *, until: datetime, condition: str, **values: Any) -> bool:  # noqa: ANN401
        """Write the lease; False when the condition does not hold."""
        item = {
            **_key(job_id),
            "worker": self._worker,
            "until": _text(until),
            # far behind its end: DynamoDB deletes it within days
            "expires_at": int((until + timedelta(days=1)).timestamp()),
        }
        names: dict[str, Any] = {}
        if "#until" in condition:
            names = {"ExpressionAttributeNames": {"#until": "until"}}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=to_item(item),
                ConditionExpression=condition,
                ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
                **names,
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
                return False
            raise
        return True


def _key(job_id: str) -> dict[str, str]:
    return {"pk": f"JOB#{job_id}", "sk": "LEASE"}


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
