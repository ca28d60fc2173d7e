"""Subscriptions, and what has been told to them, in the ledger's table.

pk                   sk                 holds
SUBSCRIPTIONS        SUBSCRIPTION#<s>   a subscription
SUBSCRIPTION#<s>     ENTRY#<n>          the n-th notice for its digest
SUBSCRIPTION#<s>     DIGEST#<n>         a digest that is made up and not on its way yet, by its last entry
NOTICE#<notice>      SUBSCRIPTION#<s>   the notice has been delivered, or is an entry
NOTICE#<notice>      TOPIC              the notice is on the topic of its outcome
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

import cattrs
import orjson
from attrs import evolve, frozen

from foreman_core.errors import Refused, Unavailable
from foreman_core.items import from_item, to_item
from foreman_core.ledger_table import NEW, LedgerTable
from foreman_core.notices.message import OUTCOMES, Outcome

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Channel = Literal["mail", "webhook"]
Digest = Literal["off", "hourly", "daily"]

_LIST: Final = "SUBSCRIPTIONS"
_RACES: Final = 8
"""How often an entry is tried anew when another one took its number."""


@frozen(kw_only=True)
class Failure:
    """A delivery that did not get through: when, what happened, and the number of the attempt from 1."""

    at: str
    what: str
    attempt: int


@frozen(kw_only=True)
class Subscription:
    """Who is told of which ends. `customer` None stands for all of them; `address` is a mail
    address or a URL.

    `secret` is the ciphertext of a webhook's secret. `entries` counts the notices for its digest, and
    `digested` says how many of these are in digests that have been made up.
    """

    id: str
    channel: Channel
    address: str
    created_at: str
    customer: str | None = None
    on: tuple[Outcome, ...] = OUTCOMES
    digest: Digest = "off"
    secret: str | None = None
    entries: int = 0
    digested: int = 0
    delivered_at: str | None = None
    failure: Failure | None = None

    def wants(self, data: Mapping[str, Any]) -> bool:
        """Whether a notice's data are for it."""
        return data["outcome"] in self.on and self.customer in (None, data["customer"])


@frozen(kw_only=True)
class Span:
    """The entries of one digest, both ends included."""

    first: int
    last: int


class Subscriptions(LedgerTable):
    """The subscriptions in the ledger's table. What has been told is remembered for `keep`."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        keep: timedelta,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(client, table, clock)
        self._keep = keep

    def put(self, subscription: Subscription) -> None:
        """Record a new subscription; it stays until it is removed."""
        item = {**_key(subscription.id), "expires_at": None, **cattrs.unstructure(subscription)}
        self._put(item, condition="attribute_not_exists(pk)")

    def all(self) -> Iterator[Subscription]:
        """Every subscription, by id."""
        yield from (cattrs.structure(item, Subscription) for item in self._under(_LIST, "SUBSCRIPTION#"))

    def find(self, subscription_id: str) -> Subscription | None:
        """A subscription as it is now; None when there is none."""
        found = self._get(_key(subscription_id))
        return None if found is None else cattrs.structure(found, Subscription)

    def one(self, subscription_id: str) -> Subscription:
        """A subscription as it is now. Refused(`not-found`) when there is none."""
        found = self.find(subscription_id)
        if found is None:
            raise Refused("not-found", f"There is no subscription {subscription_id}.")
        return found

    def remove(self, subscription_id: str) -> Subscription:
        """End a subscription, with what waited for its digest; Refused(`not-found`) when there is none."""
        removed = self.one(subscription_id)
        for kind in ("ENTRY#", "DIGEST#"):
            for item in self._under(_pk(subscription_id), kind):
                self._delete({"pk": item["pk"], "sk": item["sk"]})
        self._delete(_key(subscription_id))
        return removed

    def is_told(self, notice_id: str, to: str) -> bool:
        """Whether a notice has been told: to a subscription, by its id, or to the `TOPIC`."""
        return self._get(_told_key(notice_id, to)) is not None

    def mark_told(self, notice_id: str, to: str) -> None:
        """Remember that a notice has been told."""
        self._put({**_told_key(notice_id, to), "at": self.now(), "expires_at": self._forget_at()})

    def delivered(self, subscription: Subscription) -> None:
        """Show that a delivery got through."""
        self._update(_key(subscription.id), {"delivered_at": self.now(), "failure": None})

    def failed(self, subscription: Subscription, what: str, attempt: int) -> None:
        """Show that a delivery did not get through."""
        failure = Failure(at=self.now(), what=what, attempt=attempt)
        self._update(_key(subscription.id), {"failure": failure})

    def collect(self, subscription: Subscription, told: Mapping[str, Any]) -> None:
        """Number a notice for the next digest, once however often it comes."""
        for _ in range(_RACES):
            if self.is_told(told["id"], subscription.id):
                return
            number = subscription.entries + 1
            if self._transact(self._entry(subscription, number, told)):
                return
            now = self.find(subscription.id)
            if now is None:
                return
            subscription = now
        raise Unavailable("contention", f"Subscription {subscription.id} gets notices all the time.")

    def _entry(
        self, subscription: Subscription, number: int, told: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        at, until = self.now(), self._forget_at()
        mark = {**_told_key(told["id"], subscription.id), "at": at, "expires_at": until}
        entry = {**_entry_key(subscription.id, number), "expires_at": until, "document": _written(told)}
        return [
            {"Put": {"TableName": self._table, "Item": to_item(mark)} | NEW},
            {"Put": {"TableName": self._table, "Item": to_item(entry)} | NEW},
            self._count(subscription.id, "entries", number - 1, number),
        ]

    def seal(self, subscription: Subscription) -> None:
        """Make a digest up of what has come since the last one: it is there, and is in no later one."""
        if subscription.entries == subscription.digested:
            return
        span = Span(first=subscription.digested + 1, last=subscription.entries)
        item = {**_digest_key(subscription.id, span), **cattrs.unstructure(span)}
        item["expires_at"] = self._forget_at()
        self._transact(
            [
                {"Put": {"TableName": self._table, "Item": to_item(item)} | NEW},
                self._count(subscription.id, "digested", span.first - 1, span.last),
            ]
        )

    def sealed(self, subscription: Subscription) -> Iterator[Span]:
        """The digests that are made up and not on their way yet, the oldest first."""
        items = self._under(_pk(subscription.id), "DIGEST#")
        yield from [cattrs.structure(item, Span) for item in items]

    def entries(self, subscription: Subscription, span: Span) -> Iterator[dict[str, Any]]:
        """The documents of a digest's notices, in the order in which they came."""
        first, last = (_entry_key(subscription.id, number) for number in (span.first, span.last))
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=to_item(
                {":pk": first["pk"], ":first": first["sk"], ":last": last["sk"]}
            ),
            ConsistentRead=True,
        )
        for page in pages:
            yield from (orjson.loads(from_item(item)["document"]) for item in page["Items"])

    def sent(self, subscription: Subscription, span: Span) -> None:
        """Forget a digest that is on its way."""
        self._delete(_digest_key(subscription.id, span))

    def _count(self, subscription_id: str, name: str, before: int, after: int) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self._table,
                "Key": to_item(_key(subscription_id)),
                "UpdateExpression": "SET #name = :after",
                "ConditionExpression": "#name = :before",
                "ExpressionAttributeNames": {"#name": name},
                "ExpressionAttributeValues": {":before": {"N": str(before)}, ":after": {"N": str(after)}},
            }
        }

    def _delete(self, key: Mapping[str, str]) -> None:
        self._client.delete_item(TableName=self._table, Key=to_item(key))

    def _forget_at(self) -> int:
        return int((self._clock() + self._keep).timestamp())


def shown(subscription: Subscription) -> dict[str, Any]:
    """A subscription as the API gives it: without its secret, and without how it is kept."""
    document: dict[str, Any] = cattrs.unstructure(evolve(subscription, secret=None))
    del document["entries"], document["digested"]
    return document


def _written(told: Mapping[str, Any]) -> str:
    return orjson.dumps(told).decode()


def _key(subscription_id: str) -> dict[str, str]:
    return {"pk": _LIST, "sk": f"SUBSCRIPTION#{subscription_id}"}


def _pk(subscription_id: str) -> str:
    return f"SUBSCRIPTION#{subscription_id}"


def _told_key(notice_id: str, to: str) -> dict[str, str]:
    return {"pk": f"NOTICE#{notice_id}", "sk": to if to == TOPIC else f"SUBSCRIPTION#{to}"}


TOPIC: Final = "TOPIC"


def _entry_key(subscription_id: str, number: int) -> dict[str, str]:
    return {"pk": _pk(subscription_id), "sk": f"ENTRY#{number:09d}"}


def _digest_key(subscription_id: str, span: Span) -> dict[str, str]:
    return {"pk": _pk(subscription_id), "sk": f"DIGEST#{span.last:09d}"}
