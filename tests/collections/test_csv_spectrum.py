"""csv-spectrum (https://github.com/maxogden/csv-spectrum): what is accepted is what its files say."""

import csv
import io
import json
from pathlib import Path
from typing import Final

import pytest

from foreman_core.models import Issue
from foreman_core.pipeline.check import check
from foreman_core.schema import Constraints, Field, RecordSchema
from tests._accepted import Accepted

AS_IT_SAYS: Final = (
    "comma_in_quotes",
    "empty",
    "empty_crlf",
    "escaped_quotes",
    "json",
    "newlines",
    "newlines_crlf",
    "quotes_and_newlines",
    "simple",
    "simple_crlf",
    "utf8",
)
REJECTED: Final = {
    # quotes stand in a cell that is not in quotes, which RFC 4180 does not have, and the degree signs were
    # lost (U+FFFD). The collection expects one row, with another telephone number than its file has
    "location_coordinates": [(1, 2, "quote")],
}


def columns_of(content: bytes) -> list[str]:
    return next(csv.reader(io.StringIO(content.decode())))


def texts(columns: list[str]) -> RecordSchema:
    """Every column is a text, the first one the key."""
    names = [column.lower().replace(" ", "_") for column in columns]
    return RecordSchema(
        name="t",
        plural="ts",
        fields=(Field(name=names[0], constraints=Constraints(required=True)), *map(_text, names[1:])),
        primary_key=names[0],
        version="sha256:0",
    )


def _text(name: str) -> Field:
    return Field(name=name)


def judged(content: bytes) -> tuple[list[dict[str, str]], list[Issue]]:
    columns = columns_of(content)
    schema, accepted, issues = texts(columns), Accepted(), list[Issue]()
    check(io.BytesIO(content), name="a.csv", schema=schema, on_accepted=accepted, on_issue=issues.append)
    names = [field.name for field in schema.fields]
    rows = [
        {column: row.get(name) or "" for column, name in zip(columns, names, strict=True)}
        for row in accepted.rows
    ]
    return rows, issues


def test_every_file_of_the_collection_has_its_outcome_here(collections: Path) -> None:
    found = {file.stem for file in (collections / "csv-spectrum" / "csvs").iterdir()}
    assert found == {*AS_IT_SAYS, *REJECTED}


@pytest.mark.parametrize("name", AS_IT_SAYS)
def test_a_file_is_accepted_as_the_collection_says(name: str, collections: Path) -> None:
    folder = collections / "csv-spectrum"
    rows, issues = judged((folder / "csvs" / f"{name}.csv").read_bytes())
    assert rows == json.loads((folder / "json" / f"{name}.json").read_bytes())
    assert issues == []


@pytest.mark.parametrize("name", REJECTED)
def test_a_row_is_rejected_where_its_place_and_reason_are_named(name: str, collections: Path) -> None:
    rows, issues = judged((collections / "csv-spectrum" / "csvs" / f"{name}.csv").read_bytes())
    assert rows == []
    assert [(issue.row, issue.line, issue.code) for issue in issues] == REJECTED[name]
