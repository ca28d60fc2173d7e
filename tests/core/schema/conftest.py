"""Two record types that have nothing to do with customers, as files."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foreman_core.errors import Refused
from foreman_core.schema import RecordSchema, load_schema

# every key that a schema file may have
ORDER = """\
$schema: https://datapackage.org/profiles/2.0/tableschema.json
name: purchase_order
title: Purchase order
description: What was ordered, by whom
primaryKey: [number]
uniqueKeys: [[supplier, reference], reference, [number]]
missingValues: ["", "n/a"]
fields:
  - {name: number, type: integer, constraints: {required: true, unique: true, minimum: 1, maximum: 999999}}
  - {name: reference, type: string, constraints: {pattern: '[A-Z]{2}\\d+', minLength: 3, maxLength: 12}}
  - {name: supplier, type: string, format: uuid}
  - name: state
    type: string
    constraints: {required: true, enum: [NO, open, "closed"], unique: true}
    x-foreman: {severity: warning, collision: fill-blank}
  - {name: urgent, type: boolean, trueValues: ["yes"], falseValues: ["no"]}
  - name: ordered
    type: date
    title: Ordered on
    constraints: {minimum: 2000-01-01, maximum: 2099-12-31}
    x-foreman: {formats: [dd/mm/yyyy, yyyymmdd], aliases: [order date]}
  - {name: due, type: date, x-foreman: {blank: clear}}
  - {name: sent, type: datetime, x-foreman: {formats: ["dd.mm.yyyy HH:MM"]}}
  - {name: total, type: number, constraints: {minimum: -1.5, maximum: 1e12}}
  - {name: parts, type: list, delimiter: "|", constraints: {maxLength: 9}}
  - {name: country, type: string, format: country}
  - name: contact
    type: string
    format: phone
    description: Whom to call
    x-foreman: {country-field: country, pii: true, normalise: [trim, nfc]}
  - {name: depot, type: string, format: phone, x-foreman: {default-country: NO, collision: never}}
x-foreman:
  plural: purchase_orders
  on-unknown-column: fail
  max-rejected-percent: 2.5
  rules:
    - before: [ordered, due]
    - {one-of: [contact, depot], severity: warning}
    - required-if: {field: supplier, when: state, is: [open]}
"""

SMALL: dict[str, Any] = {
    "name": "part",
    "primaryKey": "id",
    "fields": [
        {"name": "id", "type": "string", "constraints": {"required": True}},
        {"name": "made", "type": "date"},
        {"name": "sold", "type": "date"},
        {"name": "weight", "type": "number"},
        {"name": "phone", "type": "string", "format": "phone"},
    ],
}


Write = Callable[[str | bytes], Path]
Refusal = Callable[[str | bytes], str]
RefusalWith = Callable[[str, object], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a schema file and give its path."""

    def written(content: str | bytes) -> Path:
        path = tmp_path / "part.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


@pytest.fixture
def refusal(write: Write) -> Refusal:
    """What is said of a file with that content, after its path."""

    def said(content: str | bytes) -> str:
        path = write(content)
        with pytest.raises(Refused) as refused:
            load_schema(path)
        assert refused.value.code == "bad-schema"
        assert "\n" not in refused.value.message
        name, _, reason = refused.value.message.partition(": ")
        assert name == str(path)
        return reason

    return said


@pytest.fixture
def refusal_with(small_with: Callable[[str, object], str], refusal: Refusal) -> RefusalWith:
    """What is said of the small file with a value put at a path; `...` takes the key away."""
    return lambda path, value: refusal(small_with(path, value))


@pytest.fixture
def small_with() -> Callable[[str, object], str]:
    """The small file with a value at a path such as `fields.1.constraints.enum`; JSON is YAML."""

    def changed(path: str, value: object) -> str:
        document = copy.deepcopy(SMALL)
        *steps, last = path.split(".")
        place: Any = document
        for step in steps:
            place = place[int(step)] if step.isdigit() else place.setdefault(step, {})
        if value is ...:
            del place[last]
        elif last.isdigit():
            place.insert(int(last), value)
        else:
            place[last] = value
        return json.dumps(document)

    return changed


@pytest.fixture
def small_text() -> str:
    return json.dumps(SMALL)


@pytest.fixture
def order_text() -> str:
    return ORDER


@pytest.fixture
def order(write: Write) -> RecordSchema:
    return load_schema(write(ORDER))
