"""Sheets of Excel and OpenDocument: texts as a person sees them."""

import datetime as dt
import io
import zipfile
from contextlib import suppress
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreman_core.errors import Refused
from foreman_core.reading import Table, Unreadable, container, open_table, workbook
from tests.core.reading._workbooks import ods, xls, xlsx

WRITERS: Final = {"xlsx": xlsx, "xls": xls, "ods": ods}
ROWS: Final = [["id", "name", "since"], ["007", "Zoë", dt.date(2024, 1, 31)], ["008", None, None]]


def opened(content: bytes, **how: Any) -> Table:  # noqa: ANN401 - passed on
    return open_table(io.BytesIO(content), **how)


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows if not isinstance(row, Unreadable)]


def refusal(content: bytes, **how: Any) -> Refused:  # noqa: ANN401 - passed on
    with pytest.raises(Refused) as caught:
        list(opened(content, **how).rows)
    return caught.value


@pytest.mark.parametrize("kind", WRITERS)
def test_a_sheet_is_read_as_texts(kind: str) -> None:
    table = opened(WRITERS[kind]({"People": ROWS}))
    assert (table.format, table.columns, table.header_line) == (kind, ("id", "name", "since"), 1)
    assert (table.encoding, table.delimiter, table.quote, table.bom) == (None, None, None, False)
    assert cells(table) == [("007", "Zoë", "2024-01-31"), ("008", "", "")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("00123", "00123"),
        ("1e5", "1e5"),
        ("  two  spaces ", "  two  spaces "),
        (123, "123"),
        (1.5, "1.5"),
        (-0.25, "-0.25"),
        (1e-7, "0.0000001"),
        (1e20, "100000000000000000000"),
        (490301234567, "490301234567"),
        (True, "true"),
        (False, "false"),
        (dt.date(2024, 2, 29), "2024-02-29"),
        (dt.datetime(2024, 2, 29, 23, 5, 6), "2024-02-29T23:05:06"),  # noqa: DTZ001 - sheets have no zones
        (dt.time(10, 5), "10:05:00"),
        (dt.timedelta(hours=30, minutes=4, seconds=5), "30:04:05"),
        ("line\nfeed", "line\nfeed"),
    ],
)
def test_a_value_is_the_text_that_a_person_would_type(value: object, text: str) -> None:
    assert cells(opened(xlsx({"S": [["id", "v"], ["1", value]]}))) == [("1", text)]


plain = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Co", "Cn"]), max_size=9).filter(
    lambda text: not text.startswith(("=", "#"))  # formulas and errors to who writes the workbook
)


@settings(max_examples=30)
@given(st.lists(plain))
def test_texts_come_back_exactly(texts: list[str]) -> None:
    rows = [["id", "text"], *([f"r{number}", text] for number, text in enumerate(texts))]
    found = cells(opened(xlsx({"S": rows})))
    wanted = [text.replace("\r", "\n") for text in texts]
    assert [text if text.strip() else "" for _, text in found] == [
        text if text.strip() else "" for text in wanted
    ]


def test_lines_are_those_of_the_sheet() -> None:
    head: list[list[str | None]] = [["Customers, June"], [], ["id", "name", "city"]]
    rows = [*head, ["1", "Ada", "Rom"], [None, None], ["2", "Joan"], [], [None]]
    found = list(opened(xlsx({"S": rows})).rows)
    assert [(row.row, row.line, row.cells) for row in found if not isinstance(row, Unreadable)] == [
        (1, 4, ("1", "Ada", "Rom")),
        (2, 5, ("", "", "")),
        (3, 6, ("2", "Joan", "")),
    ]


def test_cells_beyond_the_header_stay() -> None:
    assert cells(opened(xlsx({"S": [["id", "name"], ["1", "Ada", None, "x"]]}))) == [("1", "Ada", "", "x")]


def test_a_sheet_without_a_header() -> None:
    table = opened(xlsx({"S": [["1", "Ada"], ["2", "Joan"]]}), header=False)
    assert (table.columns, table.header_line) == (("column_1", "column_2"), 0)
    assert cells(table) == [("1", "Ada"), ("2", "Joan")]


TWO: Final[dict[str, Any]] = {"Empty": [], "June": [["a"], ["1"]], "2": [["b"], ["2"]], "Notes": [["c"]]}


@pytest.mark.parametrize(("sheet", "columns"), [("June", ("a",)), ("2", ("b",)), ("4", ("c",))])
def test_a_sheet_is_chosen_by_name_or_number(sheet: str, columns: tuple[str, ...]) -> None:
    assert opened(xlsx(TWO), sheet=sheet).columns == columns


def test_several_sheets_are_asked_about() -> None:
    error = refusal(xlsx(TWO))
    assert error.code == "not-a-table"
    assert "3 sheets: 'June', '2', 'Notes'" in error.message
    assert "--sheet" in error.message


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are() -> None:
    assert "'Empty', 'June'" in refusal(xlsx(TWO), sheet="July").message


def test_hidden_and_empty_sheets_are_no_choice() -> None:
    table = opened(xlsx({"Lookup": [["x"]], "Data": ROWS, "Sheet3": []}, hidden=["Lookup"]))
    assert table.columns == ("id", "name", "since")


def test_a_workbook_without_cells_is_empty() -> None:
    assert refusal(xlsx({"S": []})).code == "empty-file"


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_workbook_cut_short_is_refused_or_read(kind: str, part: float) -> None:
    content = WRITERS[kind]({"S": ROWS})
    assert refusal(content[: int(len(content) * part)]).code in {"not-a-table", "empty-file"}


@settings(max_examples=60)
@given(st.sampled_from(list(WRITERS)), st.integers(0, 10**6), st.binary(min_size=1, max_size=4))
def test_a_damaged_workbook_never_crashes(kind: str, place: int, noise: bytes) -> None:
    content = bytearray(WRITERS[kind]({"S": ROWS}))
    place %= len(content)
    content[place : place + len(noise)] = noise
    try:
        list(opened(bytes(content)).rows)
    except Refused as refused:
        assert refused.message  # noqa: PT017 - either is fine, anything else is not


def test_a_large_workbook_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "WORKBOOK_LIMIT", 20_000)
    rows = [["id"], *(["x" * 100] for _ in range(1000))]
    assert refusal(xlsx({"S": rows})).code == "too-large"


def edited(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """A workbook with one of its parts changed."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for part in before.namelist():
            body = before.read(part)
            after.writestr(part, body.replace(old, new) if part == name else body)
    return out.getvalue()


SHEET: Final = "xl/worksheets/sheet1.xml"
SMALL: Final[dict[str, Any]] = {"S": [["id", "name"], ["1", "a"]]}


@pytest.mark.parametrize("far", [b"XFD1048576", b"XFD60000"])
def test_cells_at_opposite_ends_of_a_sheet_end_nobody(far: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    row = far.removeprefix(b"XFD")
    moved = edited(xlsx(SMALL), SHEET, b'<row r="2"', b'<row r="' + row + b'"')
    error = refusal(edited(moved, SHEET, b'r="B2"', b'r="' + far + b'"'))
    assert error.code == "too-large"
    assert "has cells far apart" in error.message
    assert capfd.readouterr() == ("", "")


def test_a_sheet_that_says_it_is_large_is_as_large_as_its_cells() -> None:
    content = edited(xlsx(SMALL), SHEET, b'ref="A1:B2"', b'ref="A1:XFD1048576"')
    assert cells(opened(content)) == [("1", "a")]


def test_deep_markup_and_texts_without_end_are_read_in_bounds() -> None:
    deep = edited(xlsx(SMALL), SHEET, b"</sheetData>", b"<x>" * 1_000_000 + b"</sheetData>")
    assert cells(opened(deep)) == [("1", "a")]
    bomb = b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><'
    entities = edited(xlsx(SMALL), "xl/workbook.xml", b"<workbook", bomb + b"workbook")
    with suppress(Refused):
        assert cells(opened(entities)) == [("1", "a")]


def test_a_row_repeated_without_end_stops_where_sheets_do() -> None:
    rows = b'<table:table-row table:number-rows-repeated="2000000000">'
    table = opened(edited(ods(SMALL), "content.xml", b"<table:table-row>", rows))
    assert sum(1 for _ in table.rows) < 1_048_576 * 2


def test_a_workbook_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SECONDS", 1)
    rows = b'<table:table-row table:number-rows-repeated="2000000000">'
    wide = ods({"S": [[f"c{number}" for number in range(20)]] * 2})
    assert refusal(edited(wide, "content.xml", b"<table:table-row>", rows)).code == "too-large"


def test_what_breaks_without_the_workbooks_fault_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_PROGRAM", "raise SystemExit('no such library')")
    with pytest.raises(RuntimeError, match="no such library"):
        opened(xlsx(SMALL))


def test_options_of_text_do_not_fit_a_workbook() -> None:
    options: list[dict[str, str]] = [{"encoding": "cp1252"}, {"delimiter": ";"}]
    for how in options:
        assert f"--{next(iter(how))}" in refusal(xlsx({"S": ROWS}), **how).message


def test_a_sheet_does_not_fit_text() -> None:
    assert "--sheet" in refusal(b"id,name\n1,Ada\n", sheet="1").message
