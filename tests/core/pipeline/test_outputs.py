"""What a check writes: accepted rows, issues, rejects."""

import csv
import io
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_core.models import AcceptedRow, Issue, SourceRow
from foreman_core.pipeline.escaping import escape, unescape
from foreman_core.pipeline.judging import ListedLines
from foreman_core.pipeline.outputs import AcceptedWriter, IssuesWriter, RejectsWriter
from foreman_core.reading import open_table
from foreman_core.validation.accepted import accepted_line


def issue(message: str, *, column: str | None = None, value: str | None = None) -> Issue:
    return Issue(
        row=3,
        line=4,
        field="email",
        column=column,
        code="format",
        severity="error",
        message=message,
        value=value,
    )


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_an_accepted_row_is_a_line_of_json_without_blanks() -> None:
    out = io.BytesIO()
    row = AcceptedRow(3, 4, {"id": "1", "n": 0, "b": False, "x": None, "l": ["ä"]})
    AcceptedWriter(out).write(ListedLines([accepted_line(row)]))
    assert out.getvalue() == '{"id":"1","n":0,"b":false,"l":["ä"],"_row":3,"_line":4}\n'.encode()


def test_the_position_is_where_the_next_row_begins() -> None:
    out = io.BytesIO()
    writer = AcceptedWriter(out)
    assert writer.position == 0
    cuts = [0]
    rows = [AcceptedRow(row, row + 1, {"name": "Zoë" * row, "note": "a\nb"}) for row in range(1, 6)]
    lines = ListedLines([accepted_line(row) for row in rows])
    for count in (1, 2, None):
        writer.write(lines, count)
        cuts.append(writer.position)
    assert len(lines) == 0
    assert cuts[-1] == len(out.getvalue())
    parts = [out.getvalue()[start:end].splitlines() for start, end in pairwise(cuts)]
    assert [[json.loads(line)["_row"] for line in part] for part in parts] == [[1], [2, 3], [4, 5]]


def test_issues_are_a_table() -> None:
    out = io.BytesIO()
    writer = IssuesWriter(out)
    writer.write(issue('is wrong, "really"', column="E-mail", value="=1+1\n"))
    writer.write(issue("is wrong"))
    assert out.getvalue().startswith(b"row,line,field,column,code,severity,message,value\r\n")
    assert table(out.getvalue())[1:] == [
        ["3", "4", "email", "E-mail", "format", "error", 'is wrong, "really"', "=1+1\n"],
        ["3", "4", "email", "", "format", "error", "is wrong", ""],
    ]


def rejects(columns: list[str], *cells: str) -> list[list[str]]:
    out = io.BytesIO()
    writer = RejectsWriter(out, columns, job_id="job-1")
    writer.write(SourceRow(3, 4, cells), (issue("is wrong", column="E-mail"), issue("is late")))
    assert out.getvalue().startswith(b"\xef\xbb\xbf")
    assert out.getvalue().endswith(b"\r\n")
    return table(out.getvalue())


def test_rejects_have_the_original_columns_then_ours() -> None:
    assert rejects(["id", "E-mail"], "7", "ada@") == [
        ["id", "E-mail", "_row", "_line", "_job", "_errors"],
        ["7", "ada@", "3", "4", "job-1", "E-mail: is wrong; email: is late"],
    ]


def test_cells_that_are_missing_are_blank() -> None:
    assert rejects(["id", "E-mail", "n"], "7")[1][:4] == ["7", "", "", "3"]


def test_cells_too_many_are_kept_behind_ours() -> None:
    assert rejects(["id"], "7", "x", "=y")[1] == [
        "7",
        "3",
        "4",
        "job-1",
        "E-mail: is wrong; email: is late",
        "x",
        "'=y",
    ]


def test_rows_added_later_to_rejects_of_rejects_stand_in_the_first_senders_columns() -> None:
    columns = ["id", "'=n", "_row", "_line", "_job", "_errors"]
    out = io.BytesIO()
    RejectsWriter(out, columns, job_id="job-2")
    later = RejectsWriter.after(out, columns, job_id="job-2")
    later.write(SourceRow(1, 2, ("7", "'=x", "3", "4", "job-1", "")), ())
    assert table(out.getvalue()) == [
        ["id", "'=n", "_row", "_line", "_job", "_errors"],
        ["7", "'=x", "3", "4", "job-1", ""],
    ]


def test_columns_may_come_when_the_file_is_open() -> None:
    out = io.BytesIO()
    writer = RejectsWriter(out, job_id="job-1")
    with pytest.raises(ValueError, match="begin"):
        writer.write(SourceRow(1, 2, ("7",)), ())
    writer.begin(open_table(io.BytesIO(b"id;=name\n")))
    writer.write(SourceRow(1, 2, ("7", "x")), ())
    assert table(out.getvalue())[0] == ["id", "'=name", "_row", "_line", "_job", "_errors"]


@pytest.mark.parametrize("cell", ["=1+1", "+49 30", "-5", "@x", "\tx", "\rx", "'=x", "'+49", "''-1"])
def test_what_a_spreadsheet_would_run_gets_a_mark(cell: str) -> None:
    assert escape(cell) == "'" + cell
    assert unescape("'" + cell) == cell


@pytest.mark.parametrize("cell", ["", "a", "'", "'a", "''", "5-3", " =1", "1@2", "'s-Gravenhage", "\n="])
def test_everything_else_stays(cell: str) -> None:
    assert escape(cell) == cell
    assert unescape(cell) == cell


@given(st.text("'=+-@\t\ra") | st.text())
def test_the_mark_can_always_be_taken_back(cell: str) -> None:
    assert unescape(escape(cell)) == cell


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=4))
def test_rejected_cells_survive_the_way_to_a_file_and_back(cells: list[str]) -> None:
    out = io.BytesIO()
    writer = RejectsWriter(out, [f"c{number}" for number in range(len(cells))], job_id="j")
    writer.write(SourceRow(1, 2, tuple(cells)), ())
    assert [unescape(cell) for cell in table(out.getvalue())[1]][: len(cells)] == cells
