"""DynamoDB, as far as Foreman uses it: conditional writes, batches that stay partial, consistent reads.

Each rule with the page of the AWS documentation that it stands for:

* a conditional write is one step, and its loser gets ConditionalCheckFailedException:
  https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.ConditionalUpdate
* "BatchGetItem returns a partial result … the operation returns a value for UnprocessedKeys":
  https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
* "The entire batch must consist of either read statements or write statements"; each statement has its own
  answer, DuplicateItem or ConditionalCheckFailed among them, and the batch is no transaction:
  https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html
* TransactWriteItems is all or nothing, and a ClientRequestToken makes it happen once within ten minutes;
  boto3 puts one in, the same for all its attempts of a call:
  https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
* Query gives items in the order of the sort key:
  https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import define, field, frozen
from botocore.exceptions import ClientError

from simulation.expressions import Item, holds, plain
from simulation.partiql import statement
from simulation.updates import updated
from simulation.wire import Wire, client_error

TOKEN_S: Final = 600.0
MOST_KEYS: Final = 100
MOST_STATEMENTS: Final = 25
FAILED: Final = "ConditionalCheckFailedException"
PASSING: Final = ("ProvisionedThroughputExceeded", "ThrottlingError", "InternalServerError")

Key = tuple[str, str]
Changed = Callable[["Change"], None]


@frozen
class Change:
    """One effective write: what an item was, and what it is. `cause` is what the writer worked for."""

    at: float
    table: str
    key: Key
    before: Item | None
    after: Item | None
    cause: str


@define
class Table:
    """The items of one table by (partition key, sort key), and whether there is a sort key."""

    name: str
    keys: tuple[str, ...]
    items: dict[Key, Item] = field(factory=dict[Key, Item])

    def key(self, item: Item) -> Key:
        """The key of an item."""
        found = [item[name]["S"] for name in self.keys]
        return found[0], found[1] if len(found) > 1 else ""


class ConditionalCheckFailed(ClientError):  # noqa: N818 - boto3's name has none either
    """The class that `client.exceptions` names for a condition that did not hold."""


class TransactionCanceled(ClientError):  # noqa: N818 - as above
    """The class that `client.exceptions` names for a transaction of which a condition did not hold."""


class _Exceptions:
    TransactionCanceledException = TransactionCanceled
    ConditionalCheckFailedException = ConditionalCheckFailed


class DynamoDB:
    """The client's methods, by the names and with the answers of boto3's."""

    exceptions = _Exceptions

    def __init__(self, wire: Wire, tables: Iterable[Table], changed: Changed) -> None:
        self._wire = wire
        self._tables = {table.name: table for table in tables}
        self._changed = changed
        self._tokens: dict[str, float] = {}
        self._transactions = 0

    def get_item(self, **given: Any) -> dict[str, Any]:
        """GetItem. Without ConsistentRead it could be old; Foreman always asks for it, which is checked."""
        table = self._tables[given["TableName"]]
        if not given.get("ConsistentRead"):
            raise AssertionError("an inconsistent read")

        def effect() -> dict[str, Any]:
            item = table.items.get(table.key(given["Key"]))
            return {} if item is None else {"Item": item}

        return self._wire.call("dynamodb", "GetItem", _about(table, given["Key"]), effect, writes=False)

    def put_item(self, **given: Any) -> dict[str, Any]:
        """PutItem."""
        table = self._tables[given["TableName"]]

        def effect() -> dict[str, Any]:
            self._check(table, given["Item"], given, "PutItem")
            self._write(table, table.key(given["Item"]), given["Item"])
            return {}

        return self._wire.call("dynamodb", "PutItem", _about(table, given["Item"]), effect)

    def update_item(self, **given: Any) -> dict[str, Any]:
        """UpdateItem; the answer is that of ReturnValues=ALL_NEW."""
        table = self._tables[given["TableName"]]

        def effect() -> dict[str, Any]:
            self._check(table, given["Key"], given, "UpdateItem")
            return {"Attributes": self._update(table, given)}

        return self._wire.call("dynamodb", "UpdateItem", _about(table, given["Key"]), effect)

    def delete_item(self, **given: Any) -> dict[str, Any]:
        """DeleteItem."""
        table = self._tables[given["TableName"]]

        def effect() -> dict[str, Any]:
            self._check(table, given["Key"], given, "DeleteItem")
            self._write(table, table.key(given["Key"]), None)
            return {}

        return self._wire.call("dynamodb", "DeleteItem", _about(table, given["Key"]), effect)

    def transact_write_items(self, **given: Any) -> dict[str, Any]:
        """TransactWriteItems: Put, Update, Delete and ConditionCheck, all or none."""
        self._transactions += 1
        token = given.get("ClientRequestToken", f"of call {self._transactions}")
        actions = [(verb, asked) for each in given["TransactItems"] for verb, asked in each.items()]

        def effect() -> dict[str, Any]:
            if self._wire.kernel.now - self._tokens.get(token, -TOKEN_S) < TOKEN_S:
                return {}
            reasons = [self._reason(asked) for _, asked in actions]
            if any(reason != "None" for reason in reasons):
                told: Any = {
                    "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
                    "CancellationReasons": [{"Code": reason} for reason in reasons],
                }
                raise TransactionCanceled(told, "TransactWriteItems")
            for verb, asked in actions:
                self._act(verb, asked)
            self._tokens[token] = self._wire.kernel.now
            return {}

        about = " ".join(
            _about(self._tables[asked["TableName"]], asked.get("Key") or asked["Item"])
            for _, asked in actions
        )
        return self._wire.call("dynamodb", "TransactWriteItems", about, effect)

    def query(self, **given: Any) -> dict[str, Any]:
        """Query, of the table or of the index by time; in pages of `Limit`."""
        table = self._tables[given["TableName"]]
        sort = _SORT_KEYS.get(given.get("IndexName", ""), table.keys[-1])
        names, values = given.get("ExpressionAttributeNames", {}), given["ExpressionAttributeValues"]

        def effect() -> dict[str, Any]:
            found = [
                item
                for item in table.items.values()
                if holds(given["KeyConditionExpression"], item, names, values)
            ]
            found.sort(key=lambda item: plain(item[sort]), reverse=not given.get("ScanIndexForward", True))
            kept = [item for item in found if holds(given.get("FilterExpression"), item, names, values)]
            return {"Items": kept[: given.get("Limit")], "Count": len(kept)}

        return self._wire.call("dynamodb", "Query", f"{table.name} {_text(values)}", effect, writes=False)

    def get_paginator(self, operation: str) -> "_Pages":
        """What asks for page after page; here there is one."""
        return _Pages({"query": self.query}[operation])

    def scan(self, **given: Any) -> dict[str, Any]:
        """Scan, in one page."""
        table = self._tables[given["TableName"]]
        names, values = given.get("ExpressionAttributeNames", {}), given.get("ExpressionAttributeValues", {})

        def effect() -> dict[str, Any]:
            found = [table.items[key] for key in sorted(table.items)]
            return {
                "Items": [item for item in found if holds(given.get("FilterExpression"), item, names, values)]
            }

        return self._wire.call("dynamodb", "Scan", table.name, effect, writes=False)

    def batch_get_item(self, **given: Any) -> dict[str, Any]:
        """BatchGetItem; some keys may come back unprocessed."""
        ((name, asked),) = given["RequestItems"].items()
        table, keys = self._tables[name], list(asked["Keys"])
        if len(keys) > MOST_KEYS:
            raise client_error("ValidationException", "BatchGetItem", "too many keys")

        def effect() -> dict[str, Any]:
            done = self._part(keys)
            found = [table.items[table.key(key)] for key in done if table.key(key) in table.items]
            rest = keys[len(done) :]
            return {
                "Responses": {name: found},
                "UnprocessedKeys": {name: {"Keys": rest}} if rest else {},
            }

        return self._wire.call("dynamodb", "BatchGetItem", f"{name} {len(keys)} keys", effect, writes=False)

    def batch_execute_statement(self, **given: Any) -> dict[str, Any]:
        """BatchExecuteStatement with writes; each statement has its own answer."""
        statements: list[Mapping[str, Any]] = given["Statements"]
        if len(statements) > MOST_STATEMENTS:
            raise client_error("ValidationException", "BatchExecuteStatement", "too many statements")

        def effect() -> dict[str, Any]:
            done = len(self._part(statements))
            answers = [self._execute(each) for each in statements[:done]]
            code = self._wire.random.choice(PASSING)
            return {"Responses": [*answers, *({"Error": {"Code": code}} for _ in statements[done:])]}

        about = " ".join(statement(each["Statement"]).bind(each["Parameters"]).key for each in statements)
        return self._wire.call("dynamodb", "BatchExecuteStatement", about, effect)

    def _part(self, whole: list[Any]) -> list[Any]:
        """The whole batch, or its beginning when the table is too busy for the rest."""
        if not self._wire.faults.happens("partial-batch", self._wire.kernel.now, weight=3):
            return whole
        return whole[: self._wire.random.randrange(len(whole))]

    def _execute(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        bound = statement(asked["Statement"]).bind(asked["Parameters"])
        table, key = self._tables[bound.statement.table], (bound.key, "")
        before = table.items.get(key)
        if bound.statement.verb == "INSERT":
            if before is not None:
                return {"Error": {"Code": "DuplicateItem"}}
            self._write(table, key, bound.values)
        elif before is None or not bound.holds(before):
            return {"Error": {"Code": "ConditionalCheckFailed"}}
        else:
            self._write(table, key, bound.changed(before))
        return {}

    def _reason(self, asked: Mapping[str, Any]) -> str:
        table = self._tables[asked["TableName"]]
        item = table.items.get(table.key(asked.get("Key") or asked["Item"]))
        return "None" if _holds(asked, item) else "ConditionalCheckFailed"

    def _act(self, verb: str, asked: Mapping[str, Any]) -> None:
        table = self._tables[asked["TableName"]]
        match verb:
            case "Put":
                self._write(table, table.key(asked["Item"]), asked["Item"])
            case "Delete":
                self._write(table, table.key(asked["Key"]), None)
            case "Update":
                self._update(table, asked)
            case _:
                pass

    def _check(self, table: Table, key: Item, given: Mapping[str, Any], operation: str) -> None:
        if not _holds(given, table.items.get(table.key(key))):
            raise ConditionalCheckFailed({"Error": {"Code": FAILED, "Message": FAILED}}, operation)

    def _update(self, table: Table, given: Mapping[str, Any]) -> dict[str, Any]:
        key = table.key(given["Key"])
        after = updated(
            given["UpdateExpression"],
            {**given["Key"], **table.items.get(key, {})},
            given.get("ExpressionAttributeNames", {}),
            given.get("ExpressionAttributeValues", {}),
        )
        self._write(table, key, after)
        return after

    def _write(self, table: Table, key: Key, after: Item | None) -> None:
        before = table.items.get(key)
        if after is None:
            table.items.pop(key, None)
        else:
            table.items[key] = after
        kernel = self._wire.kernel
        self._changed(Change(kernel.now, table.name, key, before, after, kernel.current.cause))


@frozen
class _Pages:
    """boto3's paginator."""

    _ask: Callable[..., dict[str, Any]]

    def paginate(self, **given: Any) -> Iterator[dict[str, Any]]:
        """All pages."""
        yield self._ask(**given)


_SORT_KEYS: Final[Mapping[str, str]] = {"jobs-by-time": "list_sk", "jobs-at-work": "list_sk"}


def _holds(given: Mapping[str, Any], item: Item | None) -> bool:
    return holds(
        given.get("ConditionExpression"),
        item,
        given.get("ExpressionAttributeNames", {}),
        given.get("ExpressionAttributeValues", {}),
    )


def _about(table: Table, item: Item) -> str:
    return f"{table.name} {' '.join(table.key(item))}".strip()


def _text(values: Mapping[str, Any]) -> str:
    return " ".join(str(value.get("S", "")) for value in values.values())
