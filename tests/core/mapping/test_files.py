"""Mapping files: written, read back, refused with a reason."""

from pathlib import Path

import pytest

from foreman_core.errors import Refused
from foreman_core.mapping import (
    Decided,
    as_json,
    from_json,
    propose,
    read_decided,
    read_remembered,
    sent_json,
    signature,
    written,
)
from foreman_core.mapping.files import JSON_LIMIT
from foreman_core.models import SourceRow
from foreman_core.schema import find_schema

CUSTOMER = find_schema("customer")
DECIDED = Decided(
    columns={"Tarif": "plan", "NO": None, "2024": "customer_id", "Größe: x": "email"},
    values={"plan": {"Gratis": "free", "no": "pro"}},
    header=("Tarif", "NO", "2024", "Größe: x"),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "columns.yaml"
    path.write_text(written(DECIDED), "utf-8")
    assert read_decided(path) == DECIDED


def test_a_folder_remembers_by_the_columns(tmp_path: Path) -> None:
    (tmp_path / f"{signature(DECIDED.header)}.yaml").write_text(written(DECIDED), "utf-8")
    assert read_remembered(tmp_path, ("2024", "tarif", "no", "Größe x")) == DECIDED
    assert read_remembered(tmp_path, ("2024", "tarif")) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("columns: {a: email}\nvalue: {}", "unknown key 'value'"),
        ("columns: {a: email}\nvalues: [plan]", "values: must be an object"),
        ("columns: {a: email}\nvalues: {plan: x}", "values: plan: must be an object"),
        ("columns: {a: email}\nvalues: {plan: {x: null}}", "each text needs a value"),
        ("columns: {a: [email]}", "must be text: text"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(Refused) as refused:
        read_decided(path)
    assert refused.value.code == "bad-mapping"
    assert said in refused.value.message


def test_a_column_named_columns_is_still_a_column(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("columns: email\n", "utf-8")
    assert read_decided(path).columns == {"columns": "email"}


def test_texts_become_the_values_that_they_stand_for() -> None:
    decided = Decided(values={"plan": {"Gratis": "free"}})
    mapping = propose(["id", "plan"], CUSTOMER, decided)
    assert mapping.translate(SourceRow(1, 2, ("Gratis", " Gratis "))).cells == ("Gratis", "free")
    assert mapping.translate(SourceRow(1, 2, ("Gratis", "gratis"))).cells == ("Gratis", "gratis")
    assert mapping.translate(SourceRow(1, 2, ("x",))).cells == ("x",)


@pytest.mark.parametrize(
    "values", [{"plan": {"x": "gold"}}, {"email": {"x": "a@b.co"}}, {"nothing": {"x": "y"}}]
)
def test_only_fixed_values_are_mapped(values: dict[str, dict[str, str]]) -> None:
    with pytest.raises(Refused, match="values: "):
        propose(["id", "plan"], CUSTOMER, Decided(values=values))


def test_json_of_any_length_is_read_unless_somebody_sent_it() -> None:
    decided = Decided(columns={"Ref": "customer_id"}, header=("Ref", "x" * JSON_LIMIT))
    assert from_json(as_json(decided)) == decided
    with pytest.raises(Refused) as refusal:
        sent_json(as_json(decided))
    assert refusal.value.code == "bad-mapping"
