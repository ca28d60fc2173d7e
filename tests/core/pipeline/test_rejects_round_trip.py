"""A rejects file that is put right and sent back."""

import csv
import io
from collections import Counter

import pytest

from foreman_core.models import Issue
from foreman_core.pipeline.check import CheckReport, check
from foreman_core.pipeline.outputs import RejectsWriter
from foreman_core.schema import Constraints, Field, RecordSchema, find_schema
from tests._accepted import Accepted
from tests._damage import KINDS, PLACES, damaged

HEADER = "customer_id,first_name,last_name,email,phone,country,postal_code,signup_date,plan\n"
ROW = "C-1,Ada,'=Test,nobody,+49 30 23125123,DE,10117,2024-01-31,free\n"


def test_cells_that_were_escaped_for_spreadsheets_come_back_as_they_were() -> None:
    schema = find_schema("customer")
    out = io.BytesIO()
    rejects = RejectsWriter(out, job_id="job-1")
    check(
        io.BytesIO((HEADER + ROW).encode()),
        name="a.csv",
        schema=schema,
        on_table=rejects.begin,
        on_rejected=rejects.write,
    )
    assert b",'+49 30 23125123," in out.getvalue()
    assert b",''=Test," in out.getvalue()

    put_right = out.getvalue().replace(b"nobody", b"ada@example.com")
    accepted = Accepted()
    report = check(io.BytesIO(put_right), name="rejects.csv", schema=schema, on_accepted=accepted)
    assert (report.counts.read, report.counts.accepted) == (1, 1)
    assert accepted.rows[0]["phone"] == "+493023125123"
    assert accepted.rows[0]["last_name"] == "'=Test"


def test_other_files_keep_such_marks() -> None:
    accepted = Accepted()
    body = (HEADER + ROW.replace("nobody", "ada@example.com")).encode()
    check(io.BytesIO(body), name="a.csv", schema=find_schema("customer"), on_accepted=accepted)
    assert accepted.rows[0]["last_name"] == "'=Test"


LENIENT = RecordSchema(
    name="t",
    plural="ts",
    fields=(
        Field(name="id", constraints=Constraints(required=True, unique=True)),
        Field(name="b"),
        Field(name="c"),
    ),
    primary_key="id",
    version="sha256:0",
)


def rejected(content: bytes, schema: RecordSchema = LENIENT) -> tuple[bytes, CheckReport, list[Issue]]:
    """The rejects file of a file, and what was said of it."""
    out, issues = io.BytesIO(), list[Issue]()
    writer = RejectsWriter(out, job_id="job-1")
    report = check(
        io.BytesIO(content),
        name="a.csv",
        schema=schema,
        on_table=writer.begin,
        on_rejected=writer.write,
        on_issue=issues.append,
    )
    return out.getvalue(), report, issues


FAULTS = {
    "missing-cell": b"1,x\n",
    "extra-cell": b"1,x,y,z\n",
    "quote": b'1,"x" y,z\n',
    "encoding": b"1,x\xff,y\n",
    "unique": b"0,other,row\n",
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_row_that_comes_back_unchanged_is_rejected_again(code: str) -> None:
    first, report, _ = rejected(b"id,b,c\n0,x,y\n" + FAULTS[code])
    assert (report.counts.accepted, report.counts.rejected) == (1, 1)
    again, report, issues = rejected(first)
    assert (report.counts.accepted, report.counts.rejected) == (0, 1)
    assert [issue.code for issue in issues] == [code]
    third, report, _ = rejected(again)
    assert (report.counts.accepted, report.counts.rejected) == (0, 1)
    assert third.splitlines()[0] == first.splitlines()[0]


def test_a_row_whose_columns_were_moved_is_still_unchanged() -> None:
    first, _, _ = rejected(b"id,b,c\n1,=x\n")
    rows = list(csv.reader(io.StringIO(first.decode("utf-8-sig"), newline="")))
    moved = io.StringIO()
    csv.writer(moved).writerows([row[::-1] for row in rows])
    assert rejected(moved.getvalue().encode())[1].counts.rejected == 1


def test_a_file_that_a_spreadsheet_has_made_even_is_still_unchanged() -> None:
    first, _, _ = rejected(b"id,b,c\n1,x\n2,x,y,z,\n3,x,y,,z\n")
    rows = list(csv.reader(io.StringIO(first.decode("utf-8-sig"), newline="")))
    width = max(map(len, rows)) + 1
    even = io.StringIO()
    csv.writer(even).writerows([[*row, *[""] * (width - len(row))] for row in rows])
    assert rejected(even.getvalue().encode())[1].counts.rejected == 3


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"1,x,,", b"1,x,y,"), (b"1,x,,", b"2,x,,")],
)
def test_a_row_that_was_put_right_is_accepted(old: bytes, new: bytes) -> None:
    first, _, _ = rejected(b"id,b,c\n1,x\n")
    assert old in first
    assert rejected(first.replace(old, new))[1].counts.accepted == 1


def test_a_row_that_is_right_as_it_is_goes_through_without_its_errors() -> None:
    first, _, _ = rejected(b"id,b,c\n1,x\n")
    head, row = first.splitlines()
    assert rejected(head + b"\n" + row[: row.rindex(b"job-1,") + 6] + b"\n")[1].counts.accepted == 1


@pytest.mark.parametrize("kind", KINDS)
def test_no_damage_is_healed_by_sending_its_rejects_back(kind: str) -> None:
    customer = find_schema("customer")
    for place in PLACES:
        for seed in range(5):
            first, before, issues = rejected(damaged(kind, place, seed).content, customer)
            if not before.counts.rejected:
                continue
            _, after, again = rejected(first, customer)
            assert after.counts.accepted == 0, (kind, place, seed)
            assert after.counts.rejected == before.counts.rejected
            assert Counter(issue.row for issue in again).keys() == {*range(1, before.counts.rejected + 1)}
            assert issues
