"""The records table: batched reads, and writes that happen only while a record has the expected version."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar
from uuid import uuid4

import cattrs
import structlog
from attrs import Factory, asdict, field, frozen

from foreman_core.errors import Conflict, Refused, Unavailable
from foreman_core.identity import content_hash
from foreman_core.items import Attribute, from_item, to_attribute, to_item
from foreman_core.models import Value
from foreman_core.pacing import Pace

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READ_BATCH: Final = 100
"""Keys that BatchGetItem takes:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""

WRITE_BATCH: Final = 25
"""Statements that BatchExecuteStatement takes:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html"""

ROUNDS: Final = 8
"""Rounds of a batch whose rest is throttled; full jitter under a doubled wait, 6 s at most in all."""

FIRST_WAIT_S: Final = 0.025

MOVED: Final = {"DuplicateItem", "ConditionalCheckFailed"}
"""What a statement answers when the record is not in the state that it is conditional on."""

PASSING: Final = {
    "InternalServerError",
    "ItemCollectionSizeLimitExceeded",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "ThrottlingError",
    "TransactionConflict",
}

THROTTLED: Final = {"ProvisionedThroughputExceeded", "RequestLimitExceeded", "ThrottlingError"}
"""Those of them that say that the table takes no more just now."""

SCAN_ROWS: Final = 500
SCAN_PAGES: Final = 40
"""A page of records looks at 20,000 records at most, so that it stays within AppSync's 30 s."""

Outcome = Literal["applied", "already_applied", "conflict", "rejected"]
T = TypeVar("T")


@frozen(kw_only=True)
class Origin:
    """Where a record's content came from: a row of a job's file. A single edit has none."""

    job_id: str
    row: int
    line: int
    file: str


@frozen(kw_only=True)
class LastLoad:
    """The last write of a record that a job made: of which row, and which version it gave the record."""

    job_id: str
    row: int
    version: int


@frozen(kw_only=True)
class StoredRecord:
    """A record as the table holds it; times are ISO 8601 in UTC.

    A tombstone has `deleted_at` and no values: of a deleted record its key and its version stay, so that no
    later record with this key ever has a version that the deleted one had. `created_at` is when the key was
    first used. A single edit has no origin; then `edited_load` says which load it came after, and `edit` is
    the edit's own mark.
    """

    id: str
    values: Mapping[str, Value]
    version: int
    content_hash: str
    origin: Origin | None
    created_at: str
    updated_at: str
    deleted_at: str | None = None
    edited_load: LastLoad | None = None
    edit: str | None = None

    @property
    def last_load(self) -> LastLoad | None:
        """The last write of a job that is known, by itself or below a single edit."""
        if self.origin is None:
            return self.edited_load
        return LastLoad(job_id=self.origin.job_id, row=self.origin.row, version=self.version)


def _mark_of(write: "Write") -> str | None:
    """What tells a single edit apart from all others; the row of a job needs no mark."""
    return uuid4().hex if write.origin is None else None


@frozen(kw_only=True)
class Write:
    """The whole record to be, on condition of the version it has now (None: the key was never used).

    Without `values` the record is deleted. A single edit, which has no origin, hands on the `last_load` of
    the record that it saw, and has a mark, by which it is known again.
    """

    id: str
    values: Mapping[str, Value] | None
    expected_version: int | None
    origin: Origin | None
    last_load: LastLoad | None = None
    edit: str | None = field(init=False, default=Factory(_mark_of, takes_self=True))

    @property
    def version(self) -> int:
        """The version that the record has afterwards."""
        return (self.expected_version or 0) + 1


@frozen(kw_only=True)
class Written:
    """What came of one Write."""

    id: str
    outcome: Outcome
    version: int | None
    message: str | None = None


@frozen(kw_only=True)
class RecordPage:
    """Records, and where the next page starts (None: there is none)."""

    records: Sequence[StoredRecord]
    next_token: str | None


class Records:
    """The records of one type in the records table."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        record_type: str,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        pace: Pace | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """Writes are sent at this pace, which learns from what is throttled; `ticks` gives seconds."""
        self._client = client
        self._table = table
        self._type = record_type
        self._clock = clock
        self._sleep = sleep
        self._pace = pace or Pace()
        self._ticks = ticks

    def get(self, record_id: str) -> StoredRecord | None:
        """One record as it is now, or None."""
        stored = self.trace(record_id)
        return None if stored is None or stored.deleted_at else stored

    def trace(self, record_id: str) -> StoredRecord | None:
        """What the table has of this id: the record, its tombstone, or None when it was never used."""
        answer = self._client.get_item(TableName=self._table, Key=self._key(record_id), ConsistentRead=True)
        return self._stored(answer["Item"]) if "Item" in answer else None

    def get_many(self, ids: Iterable[str]) -> dict[str, StoredRecord]:
        """The records of these ids that exist, as they are now, by id."""
        return {key: record for key, record in self.trace_many(ids).items() if not record.deleted_at}

    def trace_many(self, ids: Iterable[str]) -> dict[str, StoredRecord]:
        """The records and tombstones of these ids, as they are now, by id."""
        found: dict[str, StoredRecord] = {}
        for batch in _batches(list(dict.fromkeys(ids)), READ_BATCH):
            keys: list[Any] = [self._key(record_id) for record_id in batch]
            for wait in self._waits("reading records"):
                answer = self._client.batch_get_item(
                    RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}}
                )
                for item in answer["Responses"].get(self._table, []):
                    record = self._stored(item)
                    found[record.id] = record
                keys = list(answer["UnprocessedKeys"].get(self._table, {"Keys": []})["Keys"])
                if not keys:
                    break
                wait()
        return found

    def write(self, writes: Sequence[Write]) -> list[Written]:
        """Write each record if it still has its expected version; the answers are in the order of `writes`.

        A record that this very write has changed already (its answer was lost) is `already_applied`.
        """
        outcomes: dict[str, Written] = {}
        for batch in _batches(writes, WRITE_BATCH):
            moved = self._execute(batch, outcomes)
            if moved:
                stored = self.trace_many(write.id for write in moved)
                outcomes |= {write.id: _judge(write, stored.get(write.id)) for write in moved}
        return [outcomes[write.id] for write in writes]

    def page(self, where: Mapping[str, Any], *, limit: int, token: str | None = None) -> RecordPage:
        """At most `limit` records that meet `where`, in no order, and where the next page starts.

        `where` is field -> operator -> value (eq, begins_with, contains, ge, le), and `_job` -> job id. The
        table is searched from end to end, so a page can be short, even empty, and still have a next one.
        """
        found: list[StoredRecord] = []
        start: dict[str, Any] = {} if token is None else {"ExclusiveStartKey": {"pk": {"S": token}}}
        for _ in range(SCAN_PAGES):
            answer = self._client.scan(
                TableName=self._table,
                Limit=SCAN_ROWS,
                **_filter(self._type, where),
                **start,
            )
            found += map(self._stored, answer["Items"])
            if len(found) > limit:
                return RecordPage(records=found[:limit], next_token=f"{self._type}#{found[limit - 1].id}")
            if "LastEvaluatedKey" not in answer:
                return RecordPage(records=found, next_token=None)
            last = answer["LastEvaluatedKey"]
            start = {"ExclusiveStartKey": last}
            token = from_item(last)["pk"]
        return RecordPage(records=found, next_token=token)

    def delete(self, record_id: str, expected_version: int) -> StoredRecord:
        """Delete a record that has this version, and give back what it was; its tombstone stays.

        Refused(`not-found`) when there is none, Conflict(`version`) when it has changed.
        """
        stored = self.get(record_id)
        if stored is None:
            raise not_found(record_id)
        write = Write(
            id=record_id,
            values=None,
            expected_version=expected_version,
            origin=None,
            last_load=stored.last_load,
        )
        (written,) = self.write([write])
        if written.outcome == "conflict":
            raise moved(record_id, written.version or stored.version)
        return stored

    def _execute(self, batch: Sequence[Write], outcomes: dict[str, Written]) -> list[Write]:
        """Run one batch, settle what is clear, and give back the writes whose record had moved."""
        now = _iso(self._clock())
        left, moved = (
            [(write, as_statement(self._table, self._type, write, now)) for write in batch],
            list[Write](),
        )
        for wait in self._waits("writing records"):
            answer = self._send([statement for _, statement in left])
            again: list[tuple[Write, Any]] = []
            for (write, statement), response in zip(left, answer["Responses"], strict=True):
                error = response.get("Error")
                code = "" if error is None else error.get("Code", "unknown")
                if error is None:
                    outcomes[write.id] = Written(id=write.id, outcome="applied", version=write.version)
                elif code in MOVED:
                    moved.append(write)
                elif code in PASSING:
                    again.append((write, statement))
                elif code == "ValidationError":
                    outcomes[write.id] = _unstorable(write)
                else:
                    raise Unavailable("write-failed", f"DynamoDB answered {code} to a write.")
            if not again:
                return moved
            left = again
            wait()
        raise AssertionError("unreachable: the last wait raises")

    def _send(self, statements: Sequence[Any]) -> Any:  # noqa: ANN401 - the stubs' TypedDict is not a run-time name
        """Send one batch when its turn has come."""
        wait = self._pace.wait(len(statements), self._ticks())
        if wait:
            self._sleep(wait)
        answer = self._client.batch_execute_statement(Statements=statements)
        codes = [response.get("Error", {}).get("Code") for response in answer["Responses"]]
        throttled = sum(code in THROTTLED for code in codes)
        if throttled:
            self._pace.throttled(self._ticks())
            structlog.get_logger().info("writes_throttled", count=throttled, record_type=self._type)
        return answer

    def _waits(self, doing: str) -> Iterator[Callable[[], None]]:
        """One round after another, each with the wait that ends it; the last one raises Unavailable."""
        for attempt in range(ROUNDS):
            longest = FIRST_WAIT_S * 2**attempt
            yield lambda longest=longest: self._sleep(random.uniform(0, longest))  # noqa: S311 - jitter
        raise Unavailable("throttled", f"DynamoDB stayed too busy while {doing}.")

    def _key(self, record_id: str) -> dict[str, dict[str, str]]:
        return {"pk": {"S": f"{self._type}#{record_id}"}}

    def _stored(self, item: Mapping[str, Any]) -> StoredRecord:
        return stored_record(from_item(item))


def as_statement(table: str, record_type: str, write: Write, now: str) -> Any:  # noqa: ANN401 - as above
    """The conditional statement that is a write, in DynamoDB's JSON; `now` is when."""
    changing: dict[str, Attribute] = {
        "version": {"N": str(write.version)},
        "origin": _origin_attribute(write.origin),
        "updated_at": {"S": now},
    }
    if write.values is None:
        changing["deleted_at"] = {"S": now}
    else:
        changing["data"] = {"M": to_item(write.values)}
        changing["content_hash"] = {"S": content_hash(write.values)}
    if write.edit is not None:
        changing["edit"] = {"S": write.edit}
    if write.last_load is not None:
        changing["edited_load"] = to_attribute(asdict(write.last_load))
    key = {"S": f"{record_type}#{write.id}"}
    if write.expected_version is None:
        changing |= {"id": {"S": write.id}, "record_type": {"S": record_type}, "created_at": {"S": now}}
        return {
            "Statement": _insert(table, tuple(changing)),
            "Parameters": [key, *changing.values()],
        }
    return {
        "Statement": _update(table, tuple(changing), is_deletion=write.values is None),
        "Parameters": [*changing.values(), key, {"N": str(write.expected_version)}],
    }


def _origin_attribute(origin: Origin | None) -> Attribute:
    if origin is None:
        return {"NULL": True}
    texts = {"job_id": {"S": origin.job_id}, "file": {"S": origin.file}}
    return {"M": texts | {"row": {"N": str(origin.row)}, "line": {"N": str(origin.line)}}}


@cache
def _insert(table: str, names: tuple[str, ...]) -> str:
    body = ", ".join(f"'{name}': ?" for name in names)
    return f"INSERT INTO \"{table}\" VALUE {{'pk': ?, {body}}}"


@cache
def _update(table: str, names: tuple[str, ...], *, is_deletion: bool) -> str:
    sets = " ".join(f'SET "{name}" = ?' for name in names)
    removes = " ".join(
        f'REMOVE "{name}"' for name in (("data", "content_hash") if is_deletion else ("deleted_at",))
    )
    return f'UPDATE "{table}" {sets} {removes} WHERE "pk" = ? AND "version" = ?'


def stored_record(plain: Mapping[str, Any]) -> StoredRecord:
    """A record, or a tombstone, from the plain values of its item."""
    origin, edited = plain.get("origin"), plain.get("edited_load")
    return StoredRecord(
        id=plain["id"],
        values=plain.get("data", {}),
        version=plain["version"],
        content_hash=plain.get("content_hash", ""),
        origin=None if origin is None else cattrs.structure(origin, Origin),
        deleted_at=plain.get("deleted_at"),
        edited_load=None if edited is None else cattrs.structure(edited, LastLoad),
        edit=plain.get("edit"),
        created_at=plain["created_at"],
        updated_at=plain["updated_at"],
    )


def not_found(record_id: str) -> Refused:
    """The error for an id that no record has."""
    return Refused("not-found", f"There is no record {record_id}.")


def moved(record_id: str, version: int) -> Conflict:
    """The error for a record that is no longer as the caller saw it."""
    return Conflict(
        "version", f"Record {record_id} has version {version} by now. Read it again, and repeat the change."
    )


def _judge(write: Write, stored: StoredRecord | None) -> Written:
    if stored is None:
        return Written(
            id=write.id,
            outcome="conflict",
            version=None,
            message="The record was there when the plan was made, and is gone without a trace.",
        )
    if _is_own(write, stored):
        return Written(id=write.id, outcome="already_applied", version=stored.version)
    if stored.deleted_at:
        return Written(
            id=write.id,
            outcome="conflict",
            version=stored.version,
            message="The record has been deleted since the plan.",
        )
    seen = "did not exist" if write.expected_version is None else f"had version {write.expected_version}"
    return Written(
        id=write.id,
        outcome="conflict",
        version=stored.version,
        message=f"The record {seen} when the plan was made, and has version {stored.version} now.",
    )


def _is_own(write: Write, stored: StoredRecord) -> bool:
    """Whether this very write has happened: its answer was lost; the record may have been edited since."""
    if write.origin is None:
        return (stored.edit, stored.version) == (write.edit, write.version)
    if stored.last_load is None:
        return False
    own = LastLoad(job_id=write.origin.job_id, row=write.origin.row, version=write.version)
    if stored.last_load != own:
        return False
    written = None if write.values is None else content_hash(write.values)
    return stored.origin is None or written == (None if stored.deleted_at else stored.content_hash)


def _unstorable(write: Write) -> Written:
    # the message of DynamoDB may quote values
    return Written(
        id=write.id,
        outcome="rejected",
        version=None,
        message="DynamoDB does not take this record: it is larger than 400 KB, or its key longer than 2 KB.",
    )


_COMPARE: Final = {
    "eq": "{} = {}",
    "ge": "{} >= {}",
    "le": "{} <= {}",
    "begins_with": "begins_with({}, {})",
    "contains": "contains({}, {})",
}


def _filter(record_type: str, where: Mapping[str, Any]) -> dict[str, Any]:
    """The filter of a scan; every name and value travels as a placeholder."""
    names = {"#type": "record_type"}
    values = {":type": to_attribute(record_type)}
    terms = ["#type = :type", "attribute_not_exists(deleted_at)"]
    for name, conditions in where.items():
        if conditions is None:
            continue
        if name == "_job":
            names |= {"#origin": "origin", "#job": "job_id"}
            values[":job"] = to_attribute(conditions)
            terms.append("#origin.#job = :job")
            continue
        for operator, value in conditions.items():
            if value is None:
                continue
            number = len(values)
            names |= {"#data": "data", f"#f{number}": name}
            values[f":v{number}"] = to_attribute(value)
            terms.append(_COMPARE[operator].format(f"#data.#f{number}", f":v{number}"))
    return {
        "FilterExpression": " AND ".join(terms),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
