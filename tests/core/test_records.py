"""The records table: what is written, and on what condition."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from foreman_core.errors import Conflict, Refused, Unavailable
from foreman_core.identity import content_hash
from foreman_core.items import from_item
from foreman_core.models import Value
from foreman_core.pacing import Pace
from foreman_core.records import ROUNDS, Origin, Records, Write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ORIGIN = Origin(job_id="job-1", row=1, line=2, file="a.csv")


@pytest.fixture
def records(dynamodb: "DynamoDBClient", records_table: str) -> Records:
    return Records(dynamodb, records_table, "thing")


def write(
    record_id: str, version: int | None = None, origin: Origin | None = ORIGIN, **values: Value
) -> Write:
    return Write(id=record_id, values={"id": record_id, **values}, expected_version=version, origin=origin)


def outcomes(records: Records, *writes: Write) -> list[tuple[str, int | None]]:
    return [(written.outcome, written.version) for written in records.write(writes)]


def test_a_new_record_starts_at_version_one_and_remembers_its_row(records: Records) -> None:
    values: dict[str, Value] = {"name": "Ünal", "size": 1.5, "tags": ["a", "b"], "on": True}
    assert outcomes(records, write("a", None, ORIGIN, **values)) == [("applied", 1)]
    stored = records.get("a")
    assert stored is not None
    assert stored.values == {"id": "a", **values}
    assert (stored.version, stored.origin) == (1, ORIGIN)
    assert stored.content_hash == content_hash(stored.values)
    assert stored.created_at == stored.updated_at


def test_an_update_needs_the_expected_version_and_replaces_the_whole_record(records: Records) -> None:
    records.write([write("a", colour="red", size=1)])
    second = attrs.evolve(ORIGIN, job_id="job-2")
    assert outcomes(records, write("a", 1, second, colour="blue")) == [("applied", 2)]
    stored = records.get("a")
    assert stored is not None
    assert (stored.values, stored.version, stored.origin) == ({"id": "a", "colour": "blue"}, 2, second)


@pytest.mark.parametrize("seen", [None, 1, 3])
def test_a_write_from_another_version_is_a_conflict_and_changes_nothing(
    records: Records, seen: int | None
) -> None:
    records.write([write("a", colour="red")])
    records.write([write("a", 1, colour="blue")])
    before = records.get("a")
    other = attrs.evolve(ORIGIN, job_id="job-9")
    assert outcomes(records, write("a", seen, other, colour="green")) == [("conflict", 2)]
    assert records.get("a") == before


def test_a_write_to_a_record_that_is_gone_is_a_conflict(records: Records) -> None:
    assert outcomes(records, write("a", 1)) == [("conflict", None)]
    assert records.get("a") is None


def test_the_same_write_again_is_recognised(records: Records) -> None:
    for number, first in enumerate([write("a", colour="red"), write("a", 1, colour="blue")], 1):
        assert outcomes(records, first) == [("applied", number)]
        assert outcomes(records, first) == [("already_applied", number)]


class Resent:
    """A client whose answers to writes are lost: the SDK sends each again, as it is."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._client, name)

    def batch_execute_statement(self, **given: Any) -> Any:  # noqa: ANN401
        self._client.batch_execute_statement(**given)
        return self._client.batch_execute_statement(**given)


def test_a_single_edit_whose_answer_is_lost_is_recognised_when_it_is_sent_again(
    dynamodb: "DynamoDBClient", records_table: str
) -> None:
    client: Any = Resent(dynamodb)
    records = Records(client, records_table, "thing")
    assert outcomes(records, write("a", origin=None, colour="red")) == [("already_applied", 1)]
    assert outcomes(records, write("a", 1, None, colour="blue")) == [("already_applied", 2)]
    assert records.delete("a", 2).values == {"id": "a", "colour": "blue"}
    assert records.get("a") is None


def test_two_single_edits_with_the_same_content_are_not_the_same_edit(records: Records) -> None:
    for outcome in ("applied", "conflict"):
        assert outcomes(records, write("a", origin=None, colour="red")) == [(outcome, 1)]


@pytest.mark.parametrize("change", [{"job_id": "job-2"}, {"row": 2}])
def test_the_same_content_from_another_row_is_not_the_same_write(
    records: Records, change: dict[str, Any]
) -> None:
    records.write([write("a", colour="red")])
    assert outcomes(records, write("a", None, attrs.evolve(ORIGIN, **change), colour="red")) == [
        ("conflict", 1)
    ]


def test_good_writes_of_a_batch_go_through_beside_bad_ones(records: Records) -> None:
    records.write([write("taken", origin=None)])
    many = [write(f"r{number}") for number in range(60)]
    many[7] = write("taken")
    many[31] = write("large", text="x" * 410_000)
    found = outcomes(records, *many)
    assert found[7] == ("conflict", 1)
    assert found[31] == ("rejected", None)
    assert [found[n] for n in range(60) if n not in (7, 31)] == [("applied", 1)] * 58
    assert len(records.get_many(f"r{number}" for number in range(60))) == 58


def test_more_records_are_read_than_fit_one_request(records: Records) -> None:
    records.write([write(f"r{number}") for number in range(120)])
    found = records.get_many([f"r{number}" for number in range(130)] + ["r1"])
    assert sorted(found) == sorted(f"r{number}" for number in range(120))


def test_a_record_is_deleted_only_as_it_was_seen(records: Records) -> None:
    records.write([write("a", colour="red")])
    with pytest.raises(Conflict, match="version 1 by now"):
        records.delete("a", 2)
    assert records.delete("a", 1).values["colour"] == "red"
    with pytest.raises(Refused, match="no record a"):
        records.delete("a", 1)


def deletion(record_id: str, version: int, origin: Origin | None = ORIGIN) -> Write:
    return Write(id=record_id, values=None, expected_version=version, origin=origin)


def test_of_a_deleted_record_its_key_and_its_version_stay_but_no_value(
    records: Records, dynamodb: "DynamoDBClient", records_table: str
) -> None:
    records.write([write("a", colour="red")])
    records.delete("a", 1)
    found = dynamodb.get_item(TableName=records_table, Key={"pk": {"S": "thing#a"}})
    item = from_item(found.get("Item", {}))
    assert item.pop("deleted_at") == item.pop("updated_at")
    assert set(item) == {"pk", "id", "record_type", "created_at", "version", "origin", "edited_load", "edit"}
    assert (item["version"], item["origin"]) == (2, None)


def test_readers_do_not_see_a_tombstone_and_the_planner_does(records: Records) -> None:
    records.write([write("a", colour="red"), write("b")])
    records.delete("a", 1)
    assert records.get("a") is None
    assert list(records.get_many(["a", "b"])) == ["b"]
    assert [stored.id for stored in records.page({}, limit=10).records] == ["b"]
    trace = records.trace("a")
    assert trace is not None
    assert (trace.values, trace.version, records.trace_many(["a"])) == ({}, 2, {"a": trace})
    assert trace.deleted_at
    assert records.trace("never") is None


def test_a_record_that_comes_again_goes_on_where_its_tombstone_is(records: Records) -> None:
    records.write([write("a", colour="red")])
    records.delete("a", 1)
    assert outcomes(records, write("a", 2, colour="blue")) == [("applied", 3)]
    stored = records.get("a")
    assert stored is not None
    assert (stored.values, stored.version, stored.deleted_at) == ({"id": "a", "colour": "blue"}, 3, None)


@pytest.mark.parametrize("seen", [None, 1])
def test_no_plan_from_before_a_deletion_matches_what_comes_after_it(
    records: Records, seen: int | None
) -> None:
    old = write("a", seen, attrs.evolve(ORIGIN, job_id="job-old"), colour="old")
    records.write([write("a", colour="red")])
    records.delete("a", 1)
    assert outcomes(records, old) == [("conflict", 2)]
    records.write([write("a", 2, colour="blue")])
    assert outcomes(records, old) == [("conflict", 3)]


def test_a_deletion_again_is_recognised(records: Records) -> None:
    records.write([write("a", colour="red")])
    assert outcomes(records, deletion("a", 1)) == [("applied", 2)]
    assert outcomes(records, deletion("a", 1)) == [("already_applied", 2)]
    assert outcomes(records, deletion("a", 1, attrs.evolve(ORIGIN, row=2))) == [("conflict", 2)]


def test_a_write_is_recognised_also_when_its_record_was_edited_or_deleted_since(records: Records) -> None:
    first, second = write("a", colour="red"), write("b", colour="red")
    records.write([first, second])
    for key in ("a", "b"):
        seen = records.get(key)
        assert seen is not None
        edit = attrs.evolve(write(key, 1, None, colour="tan"), last_load=seen.last_load)
        assert outcomes(records, edit) == [("applied", 2)]
    records.delete("b", 2)
    assert outcomes(records, first, second) == [("already_applied", 2), ("already_applied", 3)]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, "abc"),
        ({"colour": {"eq": "red"}}, "ac"),
        ({"colour": {"eq": "red"}, "size": {"ge": 2}}, "c"),
        ({"size": {"ge": 1, "le": 2}}, "ab"),
        ({"colour": {"begins_with": "b"}}, "b"),
        ({"tags": {"contains": "x"}}, "a"),
        ({"_job": "job-2"}, "c"),
        ({"size": {"eq": None}, "colour": None}, "abc"),
    ],
)
def test_records_are_found_by_their_values(records: Records, where: Mapping[str, Any], expected: str) -> None:
    records.write(
        [
            write("a", colour="red", size=1, tags=["x", "y"]),
            write("b", colour="blue", size=2),
            write("c", None, attrs.evolve(ORIGIN, job_id="job-2"), colour="red", size=3),
        ]
    )
    assert sorted(stored.id for stored in records.page(where, limit=10).records) == list(expected)


def test_pages_cover_every_record_once(records: Records) -> None:
    records.write([write(f"r{number}") for number in range(25)])
    seen: list[str] = []
    token = None
    for _ in range(3):
        page = records.page({}, limit=10, token=token)
        seen += [stored.id for stored in page.records]
        token = page.next_token
    assert sorted(seen) == sorted(f"r{number}" for number in range(25))
    assert token is None


class Throttled:
    """The real client, whose first answers to some statements of a batch are that it is too busy."""

    def __init__(self, client: "DynamoDBClient", rounds: int) -> None:
        self._client = client
        self.rounds = rounds

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._client, name)

    def batch_execute_statement(self, Statements: list[Any]) -> Mapping[str, Any]:  # noqa: N803
        if self.rounds == 0:
            return self._client.batch_execute_statement(Statements=Statements)
        self.rounds -= 1
        done = self._client.batch_execute_statement(Statements=Statements[:1])["Responses"]
        busy = {"Error": {"Code": "ThrottlingError"}}
        return {"Responses": [*done, *([busy] * (len(Statements) - 1))]}


def throttled(client: "DynamoDBClient", table: str, rounds: int, waits: list[float]) -> Records:
    sleep: Callable[[float], None] = waits.append
    return Records(Throttled(client, rounds), table, "thing", sleep=sleep, pace=Pace(rate=1e9))  # pyright: ignore[reportArgumentType]


def test_what_was_throttled_is_written_later(dynamodb: "DynamoDBClient", records_table: str) -> None:
    waits: list[float] = []
    records = throttled(dynamodb, records_table, 3, waits)
    assert outcomes(records, *(write(f"r{number}") for number in range(5))) == [("applied", 1)] * 5
    assert len(waits) == 3


def test_what_stays_throttled_is_a_failure_not_a_loss(dynamodb: "DynamoDBClient", records_table: str) -> None:
    waits: list[float] = []
    records = throttled(dynamodb, records_table, 99, waits)
    with pytest.raises(Unavailable, match="too busy"):
        records.write([write(f"r{number}") for number in range(20)])
    assert len(waits) == ROUNDS
    again = outcomes(
        Records(dynamodb, records_table, "thing"), *(write(f"r{number}") for number in range(20))
    )
    assert again == [("already_applied", 1)] * ROUNDS + [("applied", 1)] * (20 - ROUNDS)
