"""A whole file: counts that balance, the report, and what is handed on on the way."""

import hashlib
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_core.errors import Refused
from foreman_core.mapping import Decided
from foreman_core.models import Counts, Issue, SourceRow
from foreman_core.pipeline.check import SAMPLE, CheckReport, check
from foreman_core.reading import Table
from foreman_core.schema import Constraints, Field, RecordSchema, find_schema
from tests._accepted import Accepted

CUSTOMER = find_schema("customer")
HEADER = "customer_id,first_name,last_name,E-mail,Country,signup_date,plan,annual_revenue,Shoe size"
CONTENT = f"""{HEADER}
C-1,Ada,Lovelace,ada@example.com,UK,2024-01-31,pro,1200.50,38
C-2,Grace,Hopper,grace@example,US,2024-01-31,Free,,39

C-1,Ada,Lovelace,ada@example.com,UK,2024-01-31,pro,1200.50,38
C-3,"Jo""an",Clarke,joan@example.com,GBR,2024-13-31,gold,-1,40
C-4,"Al"an,Turing,alan@example.com,GB,2024-01-31,pro,5,41
C-2,Grace,Murray,grace@example.com,US,2024-01-31,free,,39
C-5,"Katherine
Coleman",Johnson,kate@example.com,US,2024-01-31,ENTERPRISE,0,42
""".encode()


class Rejected:
    """Keeps what `on_rejected` is called with."""

    def __init__(self) -> None:
        self.rows: list[SourceRow] = []
        self.issues: list[Issue] = []

    def __call__(self, row: SourceRow, issues: tuple[Issue, ...]) -> None:
        self.rows.append(row)
        self.issues += issues


def run(content: bytes, schema: RecordSchema = CUSTOMER, **more: Any) -> CheckReport:  # noqa: ANN401
    return check(io.BytesIO(content), name="some.csv", schema=schema, **more)


def test_every_row_has_one_fate() -> None:
    counts = run(CONTENT).counts
    assert counts == Counts(read=8, accepted=2, rejected=4, duplicate=1, blank=1)


def test_the_document_is_the_one_that_is_promised() -> None:
    document = run(CONTENT).as_json()
    sample = document.pop("sample")
    assert document == {
        "file": {
            "name": "some.csv",
            "bytes": len(CONTENT),
            "sha256": hashlib.sha256(CONTENT).hexdigest(),
            "format": "csv",
            "encoding": "utf-8",
            "bom": False,
            "delimiter": ",",
            "quote": '"',
            "header_line": 1,
            "columns": HEADER.split(","),
        },
        "schema": {"name": "customer", "version": CUSTOMER.version},
        "mapping": [
            {"column": "customer_id", "field": "customer_id", "how": "exact", "score": 1.0},
            {"column": "first_name", "field": "first_name", "how": "exact", "score": 1.0},
            {"column": "last_name", "field": "last_name", "how": "exact", "score": 1.0},
            {"column": "E-mail", "field": "email", "how": "alias", "score": 1.0},
            {"column": "Country", "field": "country", "how": "alias", "score": 1.0},
            {"column": "signup_date", "field": "signup_date", "how": "exact", "score": 1.0},
            {"column": "plan", "field": "plan", "how": "exact", "score": 1.0},
            {"column": "annual_revenue", "field": "annual_revenue", "how": "exact", "score": 1.0},
        ],
        "unmapped": ["Shoe size"],
        "suggestions": [],
        "missing_fields": ["phone", "postal_code", "date_of_birth", "tags"],
        "rows": {"read": 8, "accepted": 2, "rejected": 4, "duplicate": 1, "blank": 1},
        "issues": {
            "total": 6,
            "by_code": {"format": 1, "type": 1, "enum": 1, "minimum": 1, "quote": 1, "unique": 1},
            "by_field": {"email": 1, "signup_date": 1, "plan": 1, "annual_revenue": 1, "customer_id": 1},
        },
    }
    assert [(each["row"], each["line"], each["field"], each["column"], each["code"]) for each in sample] == [
        (2, 3, "email", "E-mail", "format"),
        (5, 6, "signup_date", "signup_date", "type"),
        (5, 6, "plan", "plan", "enum"),
        (5, 6, "annual_revenue", "annual_revenue", "minimum"),
        (6, 7, None, None, "quote"),
        (7, 8, "customer_id", "customer_id", "unique"),
    ]
    assert [list(each) for each in sample] == [
        ["row", "line", "field", "column", "code", "severity", "message", "value"]
    ] * 6
    assert sample[0]["value"] == "grace@example"


def test_the_document_is_json() -> None:
    assert json.loads(json.dumps(run(CONTENT).as_json())) == run(CONTENT).as_json()


def test_rows_and_issues_are_handed_on_in_file_order() -> None:
    tables: list[Table] = []
    accepted = Accepted()
    issues: list[Issue] = []
    rejected = Rejected()
    run(
        CONTENT,
        on_table=tables.append,
        on_accepted=accepted,
        on_issue=issues.append,
        on_rejected=rejected,
    )
    assert [table.columns for table in tables] == [tuple(HEADER.split(","))]
    assert [(row["_row"], row["_line"], row["first_name"]) for row in accepted.rows] == [
        (1, 2, "Ada"),
        (8, 9, "Katherine Coleman"),
    ]
    assert [row.row for row in rejected.rows] == [2, 5, 6, 7]
    assert rejected.issues == issues
    assert rejected.rows[2].cells == ('C-4,"Al"an,Turing,alan@example.com,GB,2024-01-31,pro,5,41',)


def test_a_warning_is_an_issue_of_an_accepted_row() -> None:
    schema = small(Field(name="n", constraints=Constraints(max_length=1), severity="warning"))
    accepted = Accepted()
    rejected = Rejected()
    report = run(
        b"id,n\n1,ab\n",
        schema,
        on_accepted=accepted,
        on_rejected=rejected,
    )
    assert report.counts == Counts(read=1, accepted=1)
    assert (report.issues, report.sample[0].severity) == (1, "warning")
    assert accepted.rows == [{"id": "1", "n": "ab", "_row": 1, "_line": 2}]
    assert rejected.rows == []


def test_a_file_with_a_header_only_has_no_rows() -> None:
    assert run(HEADER.encode()).counts == Counts()


def test_a_given_mapping_encoding_and_delimiter_are_used() -> None:
    schema = small(Field(name="n"))
    accepted = Accepted()
    report = run(
        "Nr:Größe\n1:ä\n".encode("cp1252"),
        schema,
        decided=Decided(columns={"Nr": "id", "Größe": "n"}),
        encoding="cp1252",
        delimiter=":",
        on_accepted=accepted,
    )
    assert accepted.rows == [{"id": "1", "n": "ä", "_row": 1, "_line": 2}]
    assert [match.how for match in report.mapping.matches] == ["given", "given"]


def test_nothing_is_handed_on_from_a_file_whose_columns_do_not_fit() -> None:
    tables: list[Table] = []
    with pytest.raises(Refused) as refused:
        run(b"name,email\nAda,ada@example.com\n", on_table=tables.append)
    assert refused.value.code == "unmapped-required-field"
    assert tables == []


def test_the_sample_is_short() -> None:
    report = run(b"id,n\n" + b"1,x\n2\n" * 1000, small(Field(name="n", type="integer")))
    assert len(report.sample) == SAMPLE
    assert report.issues == sum(report.issues_by_code.values()) > 2000


def small(*fields: Field) -> RecordSchema:
    return RecordSchema(
        name="t",
        plural="ts",
        fields=(Field(name="id", constraints=Constraints(required=True)), *fields),
        primary_key="id",
        version="sha256:0",
    )


hostile = st.lists(
    st.sampled_from(
        [
            '"',
            '""',
            ",",
            "\n",
            "\r\n",
            "\r",
            "1",
            "2",
            "x",
            "-",
            " ",
            "\x01",
            "\ufffd",
            "é",
            "🦊",
            "2024-01-31",
            "1,x,7\n",
        ]
    ),
    max_size=60,
).map("".join)


@given(hostile)
def test_counts_balance_on_anything(tail: str) -> None:
    schema = small(Field(name="d"), Field(name="n", type="integer"))
    accepted = Accepted()
    rejected = Rejected()
    issues: list[Issue] = []
    report = run(
        f"id,d,n\n0,x,7\n{tail}".encode(),
        schema,
        delimiter=",",
        on_accepted=accepted,
        on_issue=issues.append,
        on_rejected=rejected,
    )
    counts = report.counts
    assert counts.read == counts.accepted + counts.rejected + counts.duplicate + counts.blank
    assert (len(accepted.rows), len(rejected.rows), len(issues)) == (
        counts.accepted,
        counts.rejected,
        report.issues,
    )
    assert {row.row for row in rejected.rows} == {issue.row for issue in issues}
    assert len({row["id"] for row in accepted.rows}) == len(accepted.rows)
