"""The plain part of a schema file is a Table Schema: another reader of these says the same of each cell.

Where Foreman differs on purpose, `DIFFERENT` says how, and docs/schema-files.md why.
"""

import warnings
from typing import Any, Final

import pytest
import yaml

from foreman_core.schema.load import SHIPPED, shipped
from foreman_core.schema.model import Constraints, Field
from foreman_core.validation.fields import Found, compile_field

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import frictionless

NAMES: Final = {
    "required": "required",
    "min_length": "minLength",
    "max_length": "maxLength",
    "minimum": "minimum",
    "maximum": "maximum",
    "enum": "enum",
    "pattern": "pattern",
}

CELLS: Final = [
    "", "a", "ab", "abc", "abcd", "A", "ä", "0", "1", "-1", "2", "10", "007", "1.5", "-0.5", "1e3", "1.",
    ".5", "+1", "1,5", "1 000", "1_000", "NaN", "INF", "0x1F", "true", "false", "True", "TRUE", "yes",
    "2024-01-31", "2024-02-30", "31/01/2024", "2024-1-31", "2024-01-31T10:00:00Z", "2024-01-31T10:00:00",
    "2024-01-31 10:00:00", "a@example.com", "a@", "https://example.com/a", "example.com",
    "8c1a3f6e-7d0b-4e4a-9d59-0d1f6f1e2a3b", "x-y",
]  # fmt: skip

FIELDS: Final = {
    "string": Field(name="x"),
    "required": Field(name="x", constraints=Constraints(required=True)),
    "lengths": Field(name="x", constraints=Constraints(min_length=2, max_length=3)),
    "enum": Field(name="x", constraints=Constraints(enum=("a", "abc"))),
    "pattern": Field(name="x", constraints=Constraints(pattern="[a-c]+")),
    "email": Field(name="x", format="email"),
    "uri": Field(name="x", format="uri"),
    "uuid": Field(name="x", format="uuid"),
    "number": Field(name="x", type="number"),
    "bounds": Field(name="x", type="number", constraints=Constraints(minimum=0, maximum=2)),
    "integer": Field(name="x", type="integer"),
    "integers": Field(name="x", type="integer", constraints=Constraints(enum=(1, 2))),
    "boolean": Field(name="x", type="boolean"),
    "date": Field(name="x", type="date"),
    "datetime": Field(name="x", type="datetime"),
}

DIFFERENT: Final[dict[tuple[str, str], str]] = {
    ("number", "NaN"): "frictionless",
    ("number", "INF"): "frictionless",
    ("number", "1_000"): "frictionless",
    ("integer", "1_000"): "frictionless",
    ("date", "2024-1-31"): "frictionless",
    ("datetime", "2024-01-31T10:00:00"): "frictionless",
    ("datetime", "2024-01-31 10:00:00"): "frictionless",
}
"""(field, cell) -> who takes it."""


def descriptor(field: Field) -> dict[str, Any]:
    """The field as Table Schema has it."""
    constraints: dict[str, object] = {}
    for name, key in NAMES.items():
        value: object = getattr(field.constraints, name)
        if value is not None:
            constraints[key] = list(field.constraints.enum or ()) if name == "enum" else value
    return {"name": field.name, "type": field.type, "format": field.format, "constraints": constraints}


def foreman_takes(field: Field, cell: str) -> bool:
    found: list[Found] = []
    compile_field(0, field, ("",)).from_cell(cell, found, None)
    return not found


def frictionless_takes(field: Field, cell: str) -> bool:
    schema = frictionless.Schema.from_descriptor({"fields": [descriptor(field)], "missingValues": [""]})
    value, notes = schema.get_field("x").read_cell(cell)
    return not notes and (value is not None or cell == "")


@pytest.mark.parametrize("name", FIELDS)
def test_both_say_the_same_of_a_cell(name: str) -> None:
    said = {
        (name, cell): "foreman" if ours else "frictionless"
        for cell in CELLS
        if (ours := foreman_takes(FIELDS[name], cell)) != frictionless_takes(FIELDS[name], cell)
    }
    assert said == {place: who for place, who in DIFFERENT.items() if place[0] == name}


@pytest.mark.parametrize("name", shipped())
def test_the_plain_part_of_a_shipped_schema_loads(name: str) -> None:
    document = yaml.safe_load((SHIPPED / f"{name}.yaml").read_text("utf-8"))
    for field in document["fields"]:
        if field.get("format") in {"phone", "country"}:
            del field["format"]  # ours
    schema = frictionless.Schema.from_descriptor(document)
    assert schema.primary_key == [document["primaryKey"]]
    assert [field.name for field in schema.fields] == [field["name"] for field in document["fields"]]
