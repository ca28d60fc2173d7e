"""One record type = one schema file: a Table Schema with Foreman's own keys under `x-foreman`."""

from pathlib import Path

from foreman_core.schema.model import (
    DATE_TYPES,
    Before,
    Constraints,
    Field,
    OneOf,
    RecordSchema,
    RequiredIf,
    Rule,
    Scalar,
)

__all__ = [
    "DATE_TYPES",
    "Before",
    "Constraints",
    "Field",
    "OneOf",
    "RecordSchema",
    "RequiredIf",
    "Rule",
    "Scalar",
    "find_schema",
    "load_schema",
]

# The parser (cattrs, YAML) is imported on first use: whoever is handed a schema starts without it.


def load_schema(path: Path) -> RecordSchema:
    """Read one schema file. Refused(`bad-schema`) names the place and the reason; Refused(`unknown-schema`) when it is absent."""
    from foreman_core.schema.load import load  # noqa: PLC0415

    return load(path)


def find_schema(name_or_path: str) -> RecordSchema:
    """A schema by its name (`customer`: one of the shipped files) or by the path of its file."""
    from foreman_core.schema.load import find  # noqa: PLC0415

    return find(name_or_path)
