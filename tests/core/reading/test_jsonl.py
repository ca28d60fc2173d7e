"""JSON Lines: objects as rows, and every value as it is written."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_core.errors import Refused
from foreman_core.models import SourceRow
from foreman_core.reading import Table, Unreadable, open_table


def opened(text: str | bytes) -> Table:
    return open_table(io.BytesIO(text if isinstance(text, bytes) else text.encode()))


def cells(text: str) -> list[tuple[str, ...]]:
    return [row.cells for row in opened(text).rows if isinstance(row, SourceRow)]


def unreadable(text: str | bytes) -> Unreadable:
    (found,) = [row for row in opened(text).rows if isinstance(row, Unreadable)]
    return found


def refusal(text: str | bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        list(opened(text).rows)
    return caught.value


def test_keys_are_columns_in_order_of_appearance() -> None:
    table = opened('{"id": "1", "name": "Ada"}\n{"name": "Joan", "id": "2", "city": "Wien"}\n')
    assert (table.format, table.columns, table.header_line) == ("jsonl", ("id", "name", "city"), 0)
    assert (table.encoding, table.delimiter, table.quote) == ("utf-8", None, None)
    assert [row.cells for row in table.rows if isinstance(row, SourceRow)] == [
        ("1", "Ada", ""),
        ("2", "Joan", "Wien"),
    ]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ('"007"', "007"),
        ('"a\\nb"', "a\nb"),
        ("1.10", "1.10"),
        ("1e5", "1e5"),
        ("-0", "-0"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("0." + "1" * 40, "0." + "1" * 40),
        ("9" * 5000, "9" * 5000),
        ("true", "true"),
        ("false", "false"),
        ("null", ""),
        ('["a", "b;c"]', '["a", "b;c"]'),
        ("[1.0]", '["1.0"]'),
        ("[]", "[]"),
    ],
)
def test_a_value_is_as_written(value: str, cell: str) -> None:
    assert cells(f'{{"v": {value}}}') == [(cell,)]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"id": 2, "id": 3}', "quote"),
        ('{"id": {"a": 1}}', "type"),
        ('{"id": [{"a": 1}]}', "type"),
        ('{"id": [true]}', "type"),
        ('{"id": NaN}', "type"),
        ('{"id": 2', "quote"),
        ('{"id": 2} {"id": 3}', "quote"),
        ("[1]", "quote"),
        ("id,name", "quote"),
        ('{"id": "\0"}', "quote"),
        ("[" * 100_000, "quote"),
        ('{"id": ' + '{"a":' * 100_000, "quote"),
    ],
)
def test_a_bad_line_is_one_bad_row(line: str, code: str) -> None:
    text = f'{{"id": 1}}\n{line}\n{{"id": 4}}\n'
    bad = unreadable(text)
    assert (bad.issue.code, bad.source.row, bad.source.line) == (code, 2, 2)
    assert cells(text) == [("1",), ("4",)]


def test_a_line_in_another_encoding_is_one_bad_row() -> None:
    lines = [b'{"id": "%d"}' % number for number in range(30)]
    lines[7] = b'{"id": "Zo\xeb"}'
    bad = unreadable(b"\n".join(lines))
    assert (bad.issue.code, bad.source.line) == ("encoding", 8)
    assert "\ufffd" in bad.source.cells[0]


def test_a_file_in_another_encoding_is_refused() -> None:
    assert refusal(b'{"id": "Zo\xeb"}\n' * 3).code == "unreadable-encoding"


def test_a_new_key_is_a_surplus_cell() -> None:
    head = '{"id": 1}\n' * 100
    rows = cells(head + '{"id": 2, "late": "x"}\n')
    assert rows[-1] == ("2", "x")


def test_blank_lines_and_line_ends() -> None:
    rows = list(opened('{"id": 1}\r\n\r\n{"id": "\u2028"}').rows)
    assert [(row.line, row.cells) for row in rows if isinstance(row, SourceRow)] == [
        (1, ("1",)), (2, ("",)), (3, ("\u2028",)),
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_marks_are_understood(encoding: str) -> None:
    table = opened('{"id": "Zoë"}\n'.encode(encoding))
    assert table.bom
    assert [row.cells for row in table.rows if isinstance(row, SourceRow)] == [("Zoë",)]


@pytest.mark.parametrize("text", ['[{"id": 1}]', "[\n  {\n", "[]"])
def test_an_array_is_refused_with_the_remedy(text: str) -> None:
    assert "one object a line" in refusal(text).message


@pytest.mark.parametrize("text", ["{}", '{"id": \n1}', '{"a": 1, "a": 2}'])
def test_no_columns_no_table(text: str) -> None:
    assert refusal(text).code == "not-a-table"


def test_a_key_too_many_is_refused() -> None:
    assert refusal(json.dumps({f"k{number}": 1 for number in range(20_000)})).code == "too-large"


def test_options_of_tables_do_not_fit() -> None:
    for how in ({"delimiter": ";"}, {"sheet": "1"}, {"header": False}):
        with pytest.raises(Refused, match="leave it out"):
            open_table(io.BytesIO(b'{"id": 1}\n'), **how)  # type: ignore[arg-type]


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.tuples(texts, texts), min_size=1))
def test_texts_come_back_exactly(rows: list[tuple[str, str]]) -> None:
    written = "".join(json.dumps({"a": a, "b": b}, ensure_ascii=len(a) % 2 == 0) + "\n" for a, b in rows)
    assert cells(written) == rows
