"""The delimiter and the header, found in the first 64 KB."""

import io

import pytest

from foreman_core.errors import Refused
from foreman_core.models import SourceRow
from foreman_core.reading import Table, open_table


def opened(text: str, delimiter: str | None = None) -> Table:
    return open_table(io.BytesIO(text.encode()), delimiter=delimiter)


def refusal(text: str, delimiter: str | None = None) -> Refused:
    with pytest.raises(Refused) as refused:
        opened(text, delimiter)
    return refused.value


@pytest.mark.parametrize(("delimiter", "form"), [(",", "csv"), (";", "csv"), ("\t", "tsv"), ("|", "csv")])
def test_four_delimiters_are_found(delimiter: str, form: str) -> None:
    table = opened(f"id{delimiter}name\n1{delimiter}Ada\n")
    assert (table.delimiter, table.format, table.columns, table.quote) == (
        delimiter,
        form,
        ("id", "name"),
        '"',
    )


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),  # decimal commas
        ("name,notes\nAda,a;b;c\nGrace,d\n", ","),  # a list in a cell
        ('"Smith, J";city\n"Doe, A";Rome\n', ";"),  # in quotes it is text
        ("id;name, first\n1;Ada\n2;Grace\n", ";"),  # the header alone would not tell
        ('id|"a\n,,,,b"\n1|"x\n,,,,y"\n', "|"),  # lines that are no records
        ("name\nAda\n", ","),  # one column
        ("name\nLovelace, Ada\nHopper, Grace\n", ","),
        ("a,b\n", ","),  # a header only
    ],
)
def test_several_records_decide(text: str, delimiter: str) -> None:
    assert opened(text).delimiter == delimiter


def test_ragged_rows_do_not_hide_the_delimiter() -> None:
    assert opened("a;b;c\n1;2\n1;2;3;4\n1,1;2;3\n").delimiter == ";"


def test_what_comes_after_64_kb_does_not_count() -> None:
    assert opened("a;b\n" + "1;2\n" * 20_000 + "1,2,3,4\n" * 100_000).delimiter == ";"


@pytest.mark.parametrize(("given", "meant"), [(":", ":"), ("tab", "\t"), ("\\t", "\t"), ("\t", "\t")])
def test_a_given_delimiter_is_used(given: str, meant: str) -> None:
    assert opened(f"a,b{meant}c\n", given).columns == ("a,b", "c")


@pytest.mark.parametrize("given", ["", ",,", '"', "\n", " "])
def test_a_delimiter_is_one_character(given: str) -> None:
    assert refusal("a,b\n", given).code == "not-a-table"


def test_blank_lines_before_the_header_are_passed_over() -> None:
    table = opened("\n ,\nid,name\n1,Ada\n")
    assert (table.header_line, table.columns) == (3, ("id", "name"))
    assert list(table.rows) == [SourceRow(1, 4, ("1", "Ada"))]


def test_columns_stay_as_they_are_written() -> None:
    assert opened(' id ,"first\nname",,\n').columns == (" id ", "first\nname", "", "")


def test_a_header_without_rows_is_a_table() -> None:
    assert list(opened("id,name\n").rows) == []


@pytest.mark.parametrize("header", ["id,name,id", "id, id", "a,b,b,a"])
def test_a_name_that_is_there_twice_is_refused(header: str) -> None:
    assert refusal(header + "\n1,2,3\n").code == "duplicate-header"


def test_names_that_differ_in_case_are_two_names() -> None:
    assert opened("id,ID\n").columns == ("id", "ID")


@pytest.mark.parametrize(
    "first", ["C-1,Ada,ada@example.com", "C-1,2024-01-31", "C-1,31/01/2024", "1,2,3", "17"]
)
def test_a_first_line_of_values_is_no_header(first: str) -> None:
    error = refusal(first + "\n")
    assert error.code == "no-header"
    assert "line 1" in error.message


def test_a_number_among_names_is_a_name() -> None:
    assert opened("id,2023,2024\n").columns == ("id", "2023", "2024")


def test_a_header_whose_quote_is_open_is_refused() -> None:
    assert refusal('id,"name\n1,Ada\n').code == "no-header"


def test_a_million_columns_are_refused() -> None:
    assert refusal("a" + "," * 999_000 + "\n").code == "too-large"


@pytest.mark.parametrize(
    "title",
    [
        "Customers as of 2024-01-31\n",
        "Customers\n\n",
        "Customers,,,\nof 2024,,,\n",
        "Report:;Customers\n",
        "\n\nExport\n",
    ],
)
def test_the_header_is_found_below_titles(title: str) -> None:
    table = opened(f"{title}id,name,city,country\n1,Ada,London,GB\n2,Joan,Boston,US\n")
    assert table.columns == ("id", "name", "city", "country")
    assert table.header_line == title.count("\n") + 1
    assert [row.line for row in table.rows if isinstance(row, SourceRow)] == [
        table.header_line + 1,
        table.header_line + 2,
    ]


def test_a_title_does_not_hide_the_delimiter() -> None:
    rows = "".join(f"{number};Ada;1,5;GB\n" for number in range(5))
    table = opened(f"Customers, all of them\nid;name;size;country\n{rows}")
    assert (table.delimiter, table.header_line) == (";", 2)


def test_a_short_header_is_a_header() -> None:
    assert opened("id,name\n1,Ada,London\n2,Joan,Boston\n").columns == ("id", "name")


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;;;"])
def test_a_line_that_declares_the_delimiter_is_believed(line: str) -> None:
    table = opened(f"{line}\r\nid;a,b,c\r\n1;2,3,4\r\n")
    assert (table.delimiter, table.columns, table.header_line) == (";", ("id", "a,b,c"), 2)
    assert list(table.rows) == [SourceRow(1, 3, ("1", "2,3,4"))]


def test_without_a_header_columns_are_numbered() -> None:
    table = open_table(io.BytesIO(b"1,Ada,GB\n2,Joan\n3,Grace,US\n"), header=False)
    assert (table.columns, table.header_line) == (("column_1", "column_2", "column_3"), 0)
    assert next(table.rows) == SourceRow(1, 1, ("1", "Ada", "GB"))


def test_lists_in_a_column_are_no_columns() -> None:
    rows = "".join(f"{number},Ada,a|b|c|d|e\n" for number in range(9))
    assert opened(f"id,name,tags\n{rows}").delimiter == ","
