"""The resolver's own rules for rows of a plan, and for single edits above tombstones."""

from collections.abc import Mapping
from typing import Any

import pytest

from foreman_core.errors import Conflict
from foreman_core.pipeline import edit
from tests.core.pipeline._load import SCHEMA, Loading


def upsert(loading: Loading, *rows: Mapping[str, Any]) -> list[tuple[object, object]]:
    placed = [{"row": number, "line": number + 1, **row} for number, row in enumerate(rows, 1)]
    outcomes = edit.upsert(loading.records, SCHEMA, job_id="job-1", file="a.csv", rows=placed)
    return [(outcome["outcome"], outcome["version"]) for outcome in outcomes]


def test_a_row_deletes_the_record_that_it_names(loading: Loading) -> None:
    edit.create(loading.records, SCHEMA, {"id": "a"})
    row = {"delete": "a", "expected_version": 1}
    assert upsert(loading, row) == [("applied", 2)]
    assert upsert(loading, row) == [("already_applied", 2)]
    assert loading.values("a") is None


def test_a_row_does_not_delete_what_has_moved(loading: Loading) -> None:
    edit.create(loading.records, SCHEMA, {"id": "a"})
    loading.edit("a", colour="red")
    assert upsert(loading, {"delete": "a", "expected_version": 1}) == [("conflict", 2)]
    assert loading.values("a") == {"id": "a", "colour": "red"}


@pytest.mark.parametrize("row", [{}, {"record": {"id": "a"}, "delete": "a"}])
def test_a_row_is_either_a_record_or_a_deletion(loading: Loading, row: dict[str, Any]) -> None:
    assert upsert(loading, row) == [("rejected", None)]
    assert loading.records.trace("a") is None


def test_a_key_is_written_once_in_a_request_however_it_is_written(loading: Loading) -> None:
    rows = ({"record": {"id": "a"}}, {"delete": "a", "expected_version": 1})
    assert upsert(loading, *rows) == [("applied", 1), ("rejected", None)]


def test_a_record_is_created_above_the_tombstone_of_its_key(loading: Loading) -> None:
    edit.create(loading.records, SCHEMA, {"id": "a", "colour": "red"})
    with pytest.raises(Conflict, match="version 1"):
        edit.create(loading.records, SCHEMA, {"id": "a"})
    loading.records.delete("a", 1)
    again = edit.create(loading.records, SCHEMA, {"id": "a"})
    assert (again.version, again.values) == (3, {"id": "a"})


def test_edits_remember_the_load_that_they_came_after(loading: Loading) -> None:
    upsert(loading, {"record": {"id": "a"}})
    for colour in ("red", "blue"):
        last = loading.edit("a", colour=colour).last_load
        assert last is not None
        assert (last.job_id, last.row, last.version) == ("job-1", 1, 1)
