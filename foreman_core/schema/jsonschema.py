"""The JSON Schema of a schema file, for editors: made from the same classes that read one.

.venv/bin/python -m foreman_core.schema.jsonschema > schemas/foreman.schema.json
"""

import json
import sys
from types import NoneType, UnionType
from typing import Any, Final, Literal, cast, get_args, get_origin

from attrs import NOTHING, fields

from foreman_core.schema._structure import KEYS, OURS, Condition, Document, RuleDocument
from foreman_core.schema.model import Constraints, Field, Rule

_PRIMITIVES: Final[dict[Any, str]] = {str: "string", bool: "boolean", int: "integer", float: "number"}
_CLASSES: Final[dict[Any, type]] = {
    Field: Field,
    Constraints: Constraints,
    Rule: RuleDocument,
    Condition: Condition,
}

_ABOUT: Final[dict[str, str]] = {
    "name": "A record type: lower-case words joined by underscores. A field: letters, digits, underscores.",
    "primaryKey": "The field by which a record is known: a required string or integer.",
    "uniqueKeys": "Further keys, of one or more fields, that a file may carry once.",
    "missingValues": "How files write a blank.",
    "fields": "The fields of a record, in order.",
    "aliases": "Other headers that stand for the field, compared without case, spaces and punctuation.",
    "formats": "Further ways to write a date beside ISO 8601, such as dd/mm/yyyy.",
    "normalise": "What is done to a text before it is judged and stored.",
    "default-country": "Where a phone number without its country code is at home (ISO 3166-1 alpha-2).",
    "country-field": "The field that says where the phone number of a row is at home.",
    "pii": "Personal data: never logged.",
    "severity": "What a fault does: reject the row, or only be said.",
    "collision": "What a load does where the record has a value already.",
    "blank": "What a blank cell does to a value that the record has: clear removes it.",
    "pattern": "A regular expression that the whole value matches: Python's, without looking around.",
    "on-unknown-column": "What becomes of a column that no field answers to.",
    "max-rejected-percent": "More rejected rows than that, and nothing of the file is loaded.",
    "rules": "Rules over several fields.",
    "plural": "The record type's plural, for GraphQL.",
}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a schema file. What depends on two places at once, only
    `foreman schema check` finds.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Foreman schema file",
        "description": "A Table Schema with keys of Foreman's own under x-foreman: docs/schema-files.md",
        **_object(Document),
        "$defs": {cls.__name__.removesuffix("Document"): _object(cls) for cls in _CLASSES.values()},
    }


def _object(cls: type) -> dict[str, Any]:
    """A class as an object; keys under `x-foreman` are in an object of their own."""
    plain, ours, required = dict[str, Any](), dict[str, Any](), list[str]()
    for attribute in fields(cls):
        written = cast("str", attribute.name)
        key = KEYS.get(cls, {}).get(written, written)
        is_ours, name = key.startswith(OURS), key.removeprefix(OURS)
        described = {"description": _ABOUT[name]} if name in _ABOUT else {}
        (ours if is_ours else plain)[name] = {**_of(attribute.type), **described}
        if attribute.default is NOTHING:
            required.append(name)
    if ours:
        plain["x-foreman"] = {"type": "object", "properties": ours, "additionalProperties": False}
    made: dict[str, Any] = {"type": "object", "properties": plain, "additionalProperties": False}
    return {**made, "required": required} if required else made


def _of(wanted: Any) -> dict[str, Any]:  # noqa: ANN401 - any annotation
    if wanted in _CLASSES:
        return {"$ref": f"#/$defs/{_CLASSES[wanted].__name__.removesuffix('Document')}"}
    if wanted in _PRIMITIVES:
        return {"type": _PRIMITIVES[wanted]}
    arguments = get_args(wanted)
    if get_origin(wanted) is Literal:
        return {"enum": list(arguments)}
    if get_origin(wanted) in {tuple, list}:
        return {"type": "array", "items": _of(arguments[0])}
    if isinstance(wanted, UnionType):
        options = [_of(each) for each in arguments if each is not NoneType]
        return options[0] if len(options) == 1 else {"anyOf": options}
    raise TypeError(f"{wanted} has no JSON Schema")


def main() -> None:
    """Print it."""
    json.dump(json_schema(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
