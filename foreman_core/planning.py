"""What a load would do: accepted rows compared with the records as they are now."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import cattrs
import orjson

from foreman_core.identity import content_hash
from foreman_core.models import AcceptedRow, PlannedRow, Value
from foreman_core.records import StoredRecord
from foreman_core.schema import Field, RecordSchema


def plan_rows(
    schema: RecordSchema, rows: Iterable[AcceptedRow], stored: Mapping[str, StoredRecord]
) -> list[PlannedRow]:
    """The disposition of each row against `stored`, the present records by id; in the order of `rows`."""
    return [_plan_row(schema, row, stored.get(str(row.values[schema.primary_key]))) for row in rows]


def merged(schema: RecordSchema, old: Mapping[str, Value], new: Mapping[str, Value]) -> dict[str, Value]:
    """The record that results from `new` over `old`: blanks change nothing, and `collision` decides."""
    result: dict[str, Value] = {}
    for field in schema.fields:
        before, value = old.get(field.name), new.get(field.name)
        chosen = value if value is not None and _takes(field, before) else before
        if chosen is not None:
            result[field.name] = chosen
    return result


def read_accepted(lines: bytes, schema: RecordSchema) -> list[AcceptedRow]:
    """The rows of a part of `accepted.jsonl`."""
    rows: list[AcceptedRow] = []
    for line in lines.splitlines():
        values: dict[str, Any] = orjson.loads(line)
        row, physical = values.pop("_row"), values.pop("_line")
        rows.append(
            AcceptedRow(row, physical, {field.name: values.get(field.name) for field in schema.fields})
        )
    return rows


def encode(rows: Iterable[PlannedRow]) -> bytes:
    """A plan chunk as JSON Lines."""
    return b"".join(orjson.dumps(cattrs.unstructure(row), option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def decode(lines: bytes, sha256: str) -> list[PlannedRow]:
    """The rows of a plan chunk. ValueError when its content is not what the plan was sealed over."""
    if seal(lines) != sha256:
        raise ValueError("the plan's chunk is not the one that was sealed")
    return [PlannedRow(**orjson.loads(line)) for line in lines.splitlines()]


def seal(lines: bytes) -> str:
    """The hash (sha256, hex) under which a chunk is stored."""
    return hashlib.sha256(lines).hexdigest()


def count(rows: Sequence[PlannedRow], disposition: str) -> int:
    """How many rows have this disposition."""
    return sum(row.disposition == disposition for row in rows)


def _plan_row(schema: RecordSchema, row: AcceptedRow, stored: StoredRecord | None) -> PlannedRow:
    record_id = str(row.values[schema.primary_key])
    if stored is None:
        after = {name: value for name, value in row.values.items() if value is not None}
        return PlannedRow(row=row.row, line=row.line, id=record_id, disposition="create", after=after)
    after = merged(schema, stored.values, row.values)
    if content_hash(after) == content_hash(_known(schema, stored.values)):
        return PlannedRow(
            row=row.row,
            line=row.line,
            id=record_id,
            disposition="unchanged",
            expected_version=stored.version,
        )
    before = {
        name: stored.values.get(name)
        for name in {**stored.values, **after}
        if stored.values.get(name) != after.get(name)
    }
    return PlannedRow(
        row=row.row,
        line=row.line,
        id=record_id,
        disposition="update",
        expected_version=stored.version,
        before=before,
        after=after,
    )


def _takes(field: Field, old: Value) -> bool:
    """Whether a field that holds `old` takes another value."""
    return field.collision == "overwrite" or (field.collision == "fill-blank" and old is None)


def _known(schema: RecordSchema, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values of fields that the schema still has."""
    return {name: value for name, value in values.items() if name in schema.by_name}
