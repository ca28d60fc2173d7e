"""How the ledger's items are read and written: one table, every write with its condition."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

import cattrs
from botocore.exceptions import ClientError

from foreman_core.audit import STEPS, Actor
from foreman_core.items import from_item, to_attribute, to_item
from foreman_core.models import JobState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEEP: Final = timedelta(days=400)
"""How long the ledger holds a job: a year and a month, for reports that look back one year."""

NEW: Final = {"ConditionExpression": "attribute_not_exists(pk)"}
_LOST_RACE: Final = {"None", "ConditionalCheckFailed", "TransactionConflict"}
"""Why a transaction may be cancelled without anything being wrong:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html"""

T = TypeVar("T")


class LedgerTable:
    """The table, without a notion of what its items mean."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        actor: Actor = STEPS,
    ) -> None:
        """`actor` is who stands in the audit trail for what is changed."""
        self._client = client
        self._table = table
        self._clock = clock
        self._actor = actor

    def now(self) -> str:
        """The ledger's time: ISO 8601 in UTC, to the millisecond."""
        return self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _items(self, job_id: str, prefix: str) -> Iterator[dict[str, Any]]:
        """A job's items of one kind, in order."""
        return self._under(f"JOB#{job_id}", prefix)

    def _under(self, pk: str, prefix: str) -> Iterator[dict[str, Any]]:
        """The items of a partition whose sort keys begin so, in order."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": {"S": pk}, ":prefix": {"S": prefix}},
            ConsistentRead=True,
        )
        for page in pages:
            yield from map(from_item, page["Items"])

    def _transact(self, writes: Sequence[Mapping[str, Any]]) -> bool:
        """Write all or nothing. False when a condition did not hold, or somebody wrote at the same time."""
        items: Any = list(writes)
        try:
            self._client.transact_write_items(TransactItems=items)
        except self._client.exceptions.TransactionCanceledException as cancelled:
            reasons = cancelled.response.get("CancellationReasons", ())
            if {reason.get("Code") for reason in reasons} <= _LOST_RACE:
                return False
            raise
        return True

    def _expires_at(self) -> int:
        return int((self._clock() + KEEP).timestamp())

    def _get(self, key: Mapping[str, str]) -> dict[str, Any] | None:
        answer = self._client.get_item(TableName=self._table, Key=to_item(key), ConsistentRead=True)
        return from_item(answer["Item"]) if "Item" in answer else None

    def _put(self, values: Mapping[str, object], *, condition: str | None = None, **names: str) -> bool:
        """True when the item was written, False when its condition did not hold."""
        item = to_item({"expires_at": self._expires_at(), **values})
        options: dict[str, Any] = {}
        if condition is not None:
            options["ConditionExpression"] = condition
        if names:
            options["ExpressionAttributeValues"] = {f":{name}": {"S": value} for name, value in names.items()}
        return holds(lambda: self._client.put_item(TableName=self._table, Item=item, **options)) is not None

    def _update(
        self,
        key: Mapping[str, str],
        changes: Mapping[str, object],
        *,
        states: Sequence[JobState] | None = None,
        unless: Sequence[str] = (),
    ) -> dict[str, Any] | None:
        """The item after the update; None when it is not there, in another state, or has one of `unless`."""
        plain: dict[str, object] = cattrs.unstructure(dict(changes))
        sets = [f"#{name} = :{name}" for name in plain]
        values = {f":{name}": to_attribute(value) for name, value in plain.items()}
        condition = " AND ".join(
            ["attribute_exists(pk)", *(f"attribute_not_exists(#{name})" for name in unless)]
        )
        if states is not None:
            values |= {f":in{number}": {"S": state.value} for number, state in enumerate(states)}
            condition += f" AND #state IN ({', '.join(f':in{number}' for number in range(len(states)))})"
        names = {f"#{name}": name for name in [*plain, *unless, *(["state"] if states else [])]}
        answer = holds(
            lambda: self._client.update_item(
                TableName=self._table,
                Key=to_item(key),
                UpdateExpression="SET " + ", ".join(sets),
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        )
        return None if answer is None else from_item(answer.get("Attributes", {}))


def holds(write: Callable[[], T]) -> T | None:
    """What `write` gives back, or None when its condition did not hold."""
    try:
        return write()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
            return None
        raise
