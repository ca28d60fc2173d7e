"""The published JSON Schema of a schema file says what the loader says, as far as one place tells."""

import json
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml

from foreman_core.schema.jsonschema import json_schema
from foreman_core.schema.load import SHIPPED, shipped

PUBLISHED: Final = SHIPPED / "foreman.schema.json"
CHECKER: Final[Any] = jsonschema.Draft202012Validator(json_schema())


def document(name: str) -> Any:  # noqa: ANN401 - as YAML has it
    return yaml.safe_load((SHIPPED / f"{name}.yaml").read_text("utf-8"))


def test_the_published_file_is_the_one_that_the_code_makes() -> None:
    remedy = ".venv/bin/python -m foreman_core.schema.jsonschema > schemas/foreman.schema.json"
    assert json.loads(PUBLISHED.read_text("utf-8")) == json_schema(), remedy


def test_it_is_a_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("name", shipped())
def test_shipped_schemas_keep_it(name: str) -> None:
    assert CHECKER.is_valid(document(name))
    assert "foreman.schema.json" in Path(SHIPPED / f"{name}.yaml").read_text("utf-8").splitlines()[0]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("nmae",), "x"),
        (("fields", 0, "type"), "text"),
        (("fields", 0, "constraints", "minlength"), 1),
        (("fields", 0, "constraints", "required"), "yes"),
        (("fields", 0, "x-foreman", "alias"), ["x"]),
        (("fields", 0, "x-foreman", "normalise"), ["trimmed"]),
        (("x-foreman", "on-unknown-column"), "drop"),
        (("x-foreman", "rules"), [{"after": ["a", "b"]}]),
        (("fields",), {}),
        (("primaryKey",), 1),
    ],
)
def test_what_the_loader_refuses_it_refuses(path: tuple[str | int, ...], value: object) -> None:
    wrong = document("customer")
    place = wrong
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert not CHECKER.is_valid(wrong)


@pytest.mark.parametrize("key", ["name", "fields", "primaryKey"])
def test_what_must_be_there_must_be_there(key: str) -> None:
    wrong = document("customer")
    del wrong[key]
    assert not CHECKER.is_valid(wrong)
