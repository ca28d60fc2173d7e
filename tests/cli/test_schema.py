"""`schema`: checked, proposed, turned into templates and GraphQL."""

from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Foreman

ROOT = Path(__file__).parents[2]


def test_shipped_schemas_are_sound(foreman: Foreman) -> None:
    done = foreman("schema", "check", "customer", "order")
    assert (done.code, done.err) == (0, "")
    assert "order: sound. order, 13 fields, key order_id" in done.out


def test_a_wrong_schema_is_named_with_place_and_reason(foreman: Foreman, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    text = (ROOT / "schemas" / "order.yaml").read_text("utf-8")
    wrong.write_text(text.replace("minimum: 1, maximum: 99999999", "minimum: 9, maximum: 1"), "utf-8")
    done = foreman("schema", "check", "customer", str(wrong), "--json")
    assert done.code == 2
    good, bad = done.document["schemas"]
    assert good["schema"]["primary_key"] == "customer_id"
    assert bad["error"]["code"] == "bad-schema"
    assert "fields[1].constraints.minimum: 9 is more than maximum, 1" in bad["error"]["message"]


@pytest.mark.parametrize("file", ["sample.csv", "samples/orders.csv"])
def test_a_proposal_is_sound_and_accepts_its_file(foreman: Foreman, tmp_path: Path, file: str) -> None:
    draft = tmp_path / "draft.yaml"
    assert foreman("schema", "infer", str(ROOT / file), "--name", "draft", "-o", str(draft)).code == 0
    assert foreman("schema", "check", str(draft)).code == 0
    checked = foreman("check", str(ROOT / file), "--schema", str(draft), "--json").document
    assert checked["rows"]["accepted"] == checked["rows"]["read"] > 0
    assert checked["unmapped"] == []


def test_a_proposal_can_be_printed(foreman: Foreman) -> None:
    document = yaml.safe_load(foreman("schema", "infer", str(ROOT / "samples" / "orders.csv")).out)
    types = {field["name"]: field.get("format", field["type"]) for field in document["fields"]}
    assert types["order_number"] == "uuid"
    assert types["supplier_no"] == "integer"
    assert types["buyer"] == "email"
    assert types["due_date"] == "date"


@pytest.mark.parametrize("name", ["customer", "order"])
def test_a_template_with_an_example_can_be_checked(foreman: Foreman, tmp_path: Path, name: str) -> None:
    made = tmp_path / "template.csv"
    assert foreman("schema", "template", name, "--example", "-o", str(made)).code == 0
    assert made.read_bytes().startswith(b"\xef\xbb\xbf")
    checked = foreman("check", str(made), "--schema", name, "--json").document
    assert [match["how"] for match in checked["mapping"]] == ["exact"] * len(checked["mapping"])
    assert set(checked["issues"]["by_code"]) <= {"required"}  # where only a pattern says what is right


def test_graphql_is_that_of_the_record_type(foreman: Foreman) -> None:
    assert "upsertOrders" in foreman("schema", "graphql", "order").out
