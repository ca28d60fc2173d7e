"""What undoes a row, given what has become of its record since."""

import attrs
import pytest

from foreman_core.identity import content_hash
from foreman_core.inverse import Undone, invert
from foreman_core.models import PlannedRow, Value
from foreman_core.records import LastLoad, Origin, StoredRecord
from foreman_core.schema import Field, RecordSchema

SCHEMA = RecordSchema(
    name="thing",
    plural="things",
    primary_key="id",
    version="sha256:0",
    fields=(Field(name="id"), Field(name="colour"), Field(name="weight", type="number")),
)
OWN = Origin(job_id="job-1", row=4, line=5, file="a.csv")

CREATED = PlannedRow(row=4, line=5, id="a", disposition="create", after={"id": "a", "colour": "red"})
UPDATED = PlannedRow(
    row=4,
    line=5,
    id="a",
    disposition="update",
    expected_version=6,
    before={"colour": "red", "weight": None},
    after={"id": "a", "colour": "blue", "weight": 2},
)
DELETED = PlannedRow(
    row=4,
    line=5,
    id="a",
    disposition="delete",
    expected_version=6,
    before={"id": "a", "colour": "red", "gone": "x"},
)


def live(version: int, origin: Origin | None = OWN, **values: Value) -> StoredRecord:
    return StoredRecord(
        id="a",
        values={"id": "a", **values},
        version=version,
        content_hash=content_hash(values),
        origin=origin,
        created_at="",
        updated_at="",
    )


def tombstone(version: int, origin: Origin | None = OWN) -> StoredRecord:
    return attrs.evolve(live(version, origin), values={}, deleted_at="2026-01-01T00:00:00Z")


def inverse(row: PlannedRow, now: StoredRecord | None, *, certain: bool = True) -> PlannedRow:
    planned = invert(SCHEMA, Undone(row=row, job_id="job-1", certain=certain), now)
    assert (planned.row, planned.line, planned.id) == (4, 5, "a")
    return planned


def test_a_created_record_is_deleted_and_its_values_are_kept_in_the_plan() -> None:
    planned = inverse(CREATED, live(1, colour="red"))
    assert (planned.disposition, planned.expected_version) == ("delete", 1)
    assert (planned.before, planned.after) == ({"id": "a", "colour": "red"}, None)


def test_a_created_record_that_was_edited_is_kept_whole() -> None:
    planned = inverse(CREATED, live(2, None, colour="tan"))
    assert (planned.disposition, planned.why, planned.kept) == ("unchanged", "edited", ["colour"])


def test_a_created_record_that_was_deleted_since_is_as_it_was() -> None:
    planned = inverse(CREATED, tombstone(2, None))
    assert (planned.disposition, planned.why) == ("unchanged", None)


def test_an_updated_record_gets_exactly_its_former_values() -> None:
    planned = inverse(UPDATED, live(7, colour="blue", weight=2))
    assert (planned.disposition, planned.expected_version) == ("update", 7)
    assert planned.before == {"colour": "blue", "weight": 2}
    assert planned.after == {"id": "a", "colour": "red"}
    assert planned.why is None


def test_fields_that_were_edited_since_are_kept_and_the_others_put_back() -> None:
    planned = inverse(UPDATED, live(8, None, colour="tan", weight=2))
    assert (planned.disposition, planned.expected_version) == ("update", 8)
    assert (planned.before, planned.after) == ({"weight": 2}, {"id": "a", "colour": "tan"})
    assert (planned.why, planned.kept) == ("edited", ["colour"])


def test_an_edit_of_other_fields_survives_an_undo() -> None:
    row = attrs.evolve(UPDATED, before={"colour": "red"}, after={"id": "a", "colour": "blue"})
    planned = inverse(row, live(8, None, colour="blue", weight=9))
    assert planned.after == {"id": "a", "colour": "red", "weight": 9}
    assert planned.why is None


def test_a_record_of_which_every_changed_field_was_edited_stays() -> None:
    planned = inverse(UPDATED, live(8, None, colour="tan", weight=3))
    assert (planned.disposition, planned.why, planned.kept) == ("unchanged", "edited", ["colour", "weight"])


def test_a_record_that_somebody_has_put_back_already_is_unchanged() -> None:
    planned = inverse(UPDATED, live(8, None, colour="red"))
    assert (planned.disposition, planned.why) == ("unchanged", None)


def test_an_updated_record_that_was_deleted_since_is_not_brought_back() -> None:
    planned = inverse(UPDATED, tombstone(8, None))
    assert (planned.disposition, planned.why) == ("unchanged", "deleted")


def test_a_deleted_record_comes_back_on_its_tombstone_without_fields_that_the_schema_has_lost() -> None:
    planned = inverse(DELETED, tombstone(7))
    assert (planned.disposition, planned.expected_version) == ("create", 7)
    assert planned.after == {"id": "a", "colour": "red"}


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (live(8, None, colour="tan"), "recreated"),
        (tombstone(9, None), "deleted"),
        (live(8, None, colour="red", gone="x"), None),
    ],
)
def test_a_deleted_record_that_was_made_anew_is_not_replaced(now: StoredRecord, why: str | None) -> None:
    planned = inverse(DELETED, now)
    assert (planned.disposition, planned.why) == ("unchanged", why)


@pytest.mark.parametrize("row", [CREATED, UPDATED, DELETED])
def test_what_is_gone_without_a_trace_is_not_brought_back(row: PlannedRow) -> None:
    assert inverse(row, None).disposition == "unchanged"


@pytest.mark.parametrize(
    ("now", "disposition", "why"),
    [
        (live(7, colour="blue", weight=2), "update", None),  # written, though it was never confirmed
        (live(6, None, colour="red"), "unchanged", None),  # never written
        (live(7, None, colour="blue", weight=2), "unchanged", "uncertain"),  # an edit of the same version
        (live(9, None, colour="blue", weight=2), "unchanged", "uncertain"),
    ],
)
def test_a_row_of_a_broken_load_is_undone_only_when_the_record_says_that_it_was_written(
    now: StoredRecord, disposition: str, why: str | None
) -> None:
    planned = inverse(UPDATED, now, certain=False)
    assert (planned.disposition, planned.why) == (disposition, why)


def test_an_edited_record_still_knows_the_load_below_the_edit() -> None:
    edited = attrs.evolve(
        live(8, None, colour="tan", weight=2), edited_load=LastLoad(job_id="job-1", row=4, version=7)
    )
    assert inverse(UPDATED, edited, certain=False).kept == ["colour"]


def test_undoing_an_undo_gives_what_the_row_had_written() -> None:
    undo = inverse(UPDATED, live(7, colour="blue", weight=2))
    back = inverse(undo, live(8, colour="red"))
    assert (back.disposition, back.after) == ("update", {**(UPDATED.after or {})})
    removal = inverse(CREATED, live(1, colour="red"))
    again = inverse(removal, tombstone(2))
    assert (again.disposition, again.expected_version, again.after) == ("create", 2, CREATED.after)
