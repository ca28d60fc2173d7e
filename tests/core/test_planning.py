"""What a load would do, row by row."""

from collections.abc import Mapping

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_core.identity import content_hash
from foreman_core.models import AcceptedRow, PlannedRow, Value
from foreman_core.planning import (
    decode,
    encode,
    merged,
    overwrites,
    plan_rows,
    read_accepted,
    seal,
    summary,
)
from foreman_core.records import StoredRecord
from foreman_core.schema import Field, RecordSchema

SCHEMA = RecordSchema(
    name="thing",
    plural="things",
    primary_key="id",
    version="sha256:0",
    fields=(
        Field(name="id"),
        Field(name="colour"),
        Field(name="weight", type="number"),
        Field(name="maker", collision="fill-blank"),
        Field(name="serial", collision="never"),
        Field(name="note", blank="clear"),
    ),
)


def row(number: int, **values: Value) -> AcceptedRow:
    return AcceptedRow(number, number + 1, {field.name: values.get(field.name) for field in SCHEMA.fields})


def stored(version: int = 3, **values: Value) -> dict[str, StoredRecord]:
    record = StoredRecord(
        id=str(values["id"]),
        values=values,
        version=version,
        content_hash=content_hash(values),
        origin=None,
        created_at="",
        updated_at="",
    )
    return {record.id: record}


def plan(new: AcceptedRow, present: Mapping[str, StoredRecord]) -> PlannedRow:
    (planned,) = plan_rows(SCHEMA, [new], present)
    return planned


def test_a_row_whose_key_nobody_has_creates_a_record_without_its_blanks() -> None:
    planned = plan(row(1, id="a", colour="red"), {})
    assert (planned.disposition, planned.expected_version, planned.before) == ("create", None, None)
    assert planned.after == {"id": "a", "colour": "red"}


def test_a_row_that_changes_nothing_is_unchanged() -> None:
    planned = plan(row(1, id="a", colour="red", weight=1.0), stored(id="a", colour="red", weight=1))
    assert (planned.disposition, planned.expected_version) == ("unchanged", 3)
    assert planned.after is None


def test_an_update_names_the_version_it_saw_and_the_values_it_replaces() -> None:
    planned = plan(row(1, id="a", colour="blue", weight=2.5), stored(id="a", colour="red"))
    assert (planned.disposition, planned.expected_version) == ("update", 3)
    assert planned.before == {"colour": "red", "weight": None}
    assert planned.after == {"id": "a", "colour": "blue", "weight": 2.5}


def test_a_blank_never_wipes_a_value() -> None:
    assert plan(row(1, id="a"), stored(id="a", colour="red")).disposition == "unchanged"


def test_fill_blank_fills_only_blanks_and_never_keeps_out_everything() -> None:
    old: dict[str, Value] = {"id": "a", "maker": "old"}
    assert merged(SCHEMA, old, {"id": "a", "maker": "new", "serial": "s"}) == old
    assert merged(SCHEMA, {"id": "a"}, {"id": "a", "maker": "new"}) == {"id": "a", "maker": "new"}


def test_a_blank_clears_a_value_where_the_schema_says_so_and_the_file_has_the_column() -> None:
    present = stored(id="a", colour="red", note="old")
    new = row(1, id="a")
    (cleared,) = plan_rows(SCHEMA, [new], present, columns={"id", "colour", "note"})
    assert (cleared.before, cleared.after) == ({"note": "old"}, {"id": "a", "colour": "red"})
    (left,) = plan_rows(SCHEMA, [new], present, columns={"id", "colour"})
    assert left.disposition == "unchanged"


def test_a_record_that_was_deleted_is_created_on_the_version_of_its_tombstone() -> None:
    tombstone = attrs.evolve(stored(id="a")["a"], values={}, version=7, deleted_at="2026-01-01T00:00:00Z")
    planned = plan(row(1, id="a", colour="red"), {"a": tombstone})
    assert (planned.disposition, planned.expected_version, planned.before) == ("create", 7, None)
    assert planned.after == {"id": "a", "colour": "red"}


@pytest.mark.parametrize(
    ("then", "now", "overwritten"),
    [
        ({"colour": "red"}, {"colour": "red", "weight": 5}, False),  # another field
        ({"colour": "red"}, {"colour": "tan"}, True),  # the very field
        ({"colour": "red"}, {"colour": "blue"}, False),  # the same change
        ({}, {"weight": 1}, False),
        ({}, {"colour": "tan"}, True),
    ],
)
def test_a_row_that_is_planned_again_must_not_overwrite_what_changed_since(
    then: dict[str, Value],
    now: dict[str, Value],
    overwritten: bool,  # noqa: FBT001
) -> None:
    new = row(1, id="a", colour="blue")
    first = plan(new, stored(3, id="a", **then))
    again = plan(new, stored(4, id="a", **now))
    assert overwrites(first, again, {"id": "a", **now}) is overwritten


def test_a_record_that_appeared_since_the_plan_may_be_completed_but_not_changed() -> None:
    new = row(1, id="a", colour="blue")
    created = plan(new, {})
    live: dict[str, Value] = {"id": "a", "maker": "x"}
    assert not overwrites(created, plan(new, stored(1, **live)), live)
    live["colour"] = "red"
    assert overwrites(created, plan(new, stored(1, **live)), live)


def test_a_record_that_was_deleted_since_the_plan_is_not_created_again() -> None:
    new = row(1, id="a", colour="blue")
    update = plan(new, stored(id="a", colour="red"))
    assert overwrites(update, plan(new, {}), {})


def test_a_chunk_is_summed_up_by_disposition_and_changed_field() -> None:
    rows = plan_rows(
        SCHEMA,
        [row(1, id="a", colour="blue", weight=1), row(2, id="b"), row(3, id="c", colour="x"), row(4, id="d")],
        stored(id="a", colour="red") | stored(id="b") | stored(id="c", colour="y"),
    )
    told = summary([*rows, attrs.evolve(rows[1], why="edited"), attrs.evolve(rows[0], why="edited")])
    assert {name: number for name, number in told.items() if number} == {
        "rows": 6,
        "create": 1,
        "update": 3,
        "unchanged": 1,
        "keep": 1,
        "partly": 1,
        "changes_by_field": {"colour": 3, "weight": 2},
    }


def test_values_of_fields_that_the_schema_has_lost_do_not_make_an_update() -> None:
    assert (
        plan(row(1, id="a", colour="red"), stored(id="a", colour="red", gone="x")).disposition == "unchanged"
    )


def test_rows_keep_their_order_and_places() -> None:
    planned = plan_rows(SCHEMA, [row(7, id="b"), row(9, id="a")], stored(id="a"))
    assert [(item.row, item.line, item.id, item.disposition) for item in planned] == [
        (7, 8, "b", "create"),
        (9, 10, "a", "unchanged"),
    ]


cells = st.none() | st.text() | st.floats(allow_nan=False, allow_infinity=False) | st.lists(st.text())


@given(st.lists(st.dictionaries(st.sampled_from(["colour", "weight", "maker"]), cells)))
def test_a_chunk_comes_back_as_it_was_sealed(rows: list[dict[str, Value]]) -> None:
    planned = plan_rows(SCHEMA, [row(n, **{**values, "id": str(n)}) for n, values in enumerate(rows, 1)], {})
    lines = encode(planned)
    assert decode(lines, seal(lines)) == planned


def test_a_chunk_that_was_changed_after_it_was_sealed_is_not_loaded() -> None:
    lines = encode(plan_rows(SCHEMA, [row(1, id="a", colour="red")], {}))
    with pytest.raises(ValueError, match="not the one that was sealed"):
        decode(lines.replace(b"red", b"tan"), seal(lines))


def test_accepted_rows_are_read_with_every_field_of_the_schema() -> None:
    (read,) = read_accepted(b'{"id":"a","weight":1.5,"_row":4,"_line":6}\n', SCHEMA)
    assert (read.row, read.line) == (4, 6)
    assert read.values == {
        "id": "a",
        "colour": None,
        "weight": 1.5,
        "maker": None,
        "serial": None,
        "note": None,
    }
