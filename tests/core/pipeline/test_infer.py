"""A schema proposed from a file: what all values have in common, and never a guess."""

import io
from typing import Any

import pytest

from foreman_core.errors import Refused
from foreman_core.pipeline.infer import Proposal, infer
from foreman_core.reading import open_table


def proposed(columns: dict[str, list[str]], *, key: str | None = None) -> Proposal:
    """A proposal for a file with these columns, each with one cell a row."""
    rows = zip(*columns.values(), strict=True)
    text = "\n".join([";".join(columns), *(";".join(row) for row in rows)])
    return infer(open_table(io.BytesIO(text.encode()), delimiter=";"), name="thing", key=key)


def field_of(cells: list[str], header: str = "x") -> tuple[dict[str, Any], tuple[str, ...]]:
    found = proposed({"id": [f"k{number}" for number in range(len(cells))], header: cells})
    return found.document["fields"][1], found.notes


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "20", ""], "integer"),
        (["1", "2.5"], "number"),
        (["true", "FALSE"], "boolean"),
        (["1", "0"], "boolean"),
        (["2024-01-31", ""], "date"),
        (["2024-01-31T10:00:00Z"], "datetime"),
        (["a@example.com", "b@example.com"], "email"),
        (["https://example.com/a"], "uri"),
        (["8c1a3f6e-7d0b-4e4a-9d59-0d1f6f1e2a3b"], "uuid"),
        (["+49 30 901820"], "phone"),
        (["030 901820"], "string"),
        (["007", "123"], "string"),
        (["12345678901234567890"], "string"),
        (["a", "1"], "string"),
        (["", ""], "string"),
        (["a@example.com", "nobody"], "string"),
    ],
)
def test_a_column_is_the_narrowest_that_all_its_values_are(cells: list[str], kind: str) -> None:
    field, _ = field_of(cells)
    assert field.get("format", field["type"]) == kind


@pytest.mark.parametrize(
    ("cells", "formats"),
    [
        (["31/12/2024", "01/02/2024"], ["dd/mm/yyyy"]),
        (["12/31/2024", "01/02/2024"], ["mm/dd/yyyy"]),
        (["31.12.2024", "2024-12-31"], ["dd.mm.yyyy"]),
    ],
)
def test_day_and_month_are_known_where_the_values_tell(cells: list[str], formats: list[str]) -> None:
    field, _ = field_of(cells)
    assert (field["type"], field["x-foreman"]["formats"]) == ("date", formats)


def test_day_and_month_are_asked_about_where_they_do_not() -> None:
    field, notes = field_of(["01/02/2024", "03/04/2024"])
    assert field["type"] == "string"
    assert any("[dd/mm/yyyy] or [mm/dd/yyyy]" in note for note in notes)


def test_dates_that_contradict_each_other_are_text() -> None:
    assert field_of(["31/12/2024", "12/31/2024"])[0]["type"] == "string"


def test_what_is_said() -> None:
    assert any("leading zeros" in note for note in field_of(["007"])[1])
    assert any("always blank" in note for note in field_of([""])[1])


def test_few_texts_that_come_often_are_an_enum() -> None:
    field, _ = field_of(["on", "off"] * 20)
    assert field["constraints"] == {"required": True, "enum": ["off", "on"]}
    assert "enum" not in field_of(["on", "off"])[0].get("constraints", {})


def test_required_is_what_no_row_lacks() -> None:
    assert "constraints" not in field_of(["a", ""])[0]
    assert field_of(["a", "b"])[0]["constraints"] == {"required": True}


def test_personal_data_is_marked() -> None:
    assert field_of(["Ada"], "First Name")[0]["x-foreman"]["pii"] is True
    assert "pii" not in field_of(["Ada"], "Product")[0]["x-foreman"]


def test_names_are_made_of_headers() -> None:
    headers = ["Kunden-Nr.", "Größe", "grosse", "2024", "山"]
    found = proposed({header: [str(number)] for number, header in enumerate(headers)})
    fields = found.document["fields"]
    assert [field["name"] for field in fields] == ["kunden_nr", "grosse", "grosse_2", "field_4", "field_5"]
    assert [field["x-foreman"].get("aliases") for field in fields] == [
        None,
        ["Größe"],
        None,
        ["2024"],
        ["山"],
    ]


def test_the_key_is_the_first_column_that_can_be() -> None:
    columns = {"a": ["1", "1"], "b": ["x", ""], "c": ["p", "q"], "d": ["r", "s"]}
    assert proposed(columns).document["primaryKey"] == "c"
    assert proposed(columns, key="D").document["primaryKey"] == "d"


@pytest.mark.parametrize(("key", "said"), [(None, "--key"), ("a", "is no key"), ("z", "no column")])
def test_without_a_key_it_is_refused(key: str | None, said: str) -> None:
    with pytest.raises(Refused, match=said):
        proposed({"a": ["1", "1"], "b": ["x", ""]}, key=key)
