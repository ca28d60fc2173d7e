"""One record type = one schema file: a Table Schema with Foreman's own keys under `x-foreman`."""

from collections.abc import Callable
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
    "Schemas",
    "find_schema",
    "load_schema",
]

Schemas = Callable[[str], RecordSchema]
"""A schema by its record type's name: `find_schema`, or a cache before it."""

# The parser (cattrs, YAML) is imported on first use: whoever is handed a schema starts without it.


def load_schema(path: Path) -> RecordSchema:
    """Read one schema file. Refused: `unknown-schema` when absent, `bad-schema` with place and reason."""
    from foreman_core.schema.load import load  # noqa: PLC0415

    return load(path)


def find_schema(name_or_path: str) -> RecordSchema:
    """A schema by its name (`customer`: one of the shipped files) or by the path of its file."""
    from foreman_core.schema.load import find  # noqa: PLC0415

    return find(name_or_path)
