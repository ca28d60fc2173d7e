"""What a load would do: accepted rows compared with the records as they are now."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import cattrs
import orjson

from foreman_core.identity import content_hash
from foreman_core.models import AcceptedRow, PlannedRow, Value
from foreman_core.records import StoredRecord
from foreman_core.schema import Field, RecordSchema


def plan_rows(
    schema: RecordSchema,
    rows: Iterable[AcceptedRow],
    stored: Mapping[str, StoredRecord],
    *,
    columns: Collection[str] = (),
) -> list[PlannedRow]:
    """The disposition of each row against `stored`, the records and tombstones by id; in the order of `rows`.

    `columns` are the fields that the file has a column for: only there can a blank clear a value.
    """
    return [_plan_row(schema, row, stored.get(str(row.values[schema.primary_key])), columns) for row in rows]


def merged(
    schema: RecordSchema,
    old: Mapping[str, Value],
    new: Mapping[str, Value],
    columns: Collection[str] = (),
) -> dict[str, Value]:
    """The record that results from `new` over `old`: `collision` decides, and of blanks `blank` does."""
    result: dict[str, Value] = {}
    for field in schema.fields:
        before, value = old.get(field.name), new.get(field.name)
        if value is None:
            chosen = None if field.blank == "clear" and field.name in columns else before
        else:
            chosen = value if _takes(field, before) else before
        if chosen is not None:
            result[field.name] = chosen
    return result


def overwrites(planned: PlannedRow, again: PlannedRow, live: Mapping[str, Value]) -> bool:
    """Whether a row that was planned `again` would replace a value that somebody has changed since the plan.

    `live` are the values that the second planning saw. A record that was deleted since counts as changed.
    """
    if planned.before is not None and again.disposition == "create":
        return True
    seen = {**(planned.after or {}), **planned.before} if planned.before is not None else {}
    return any(live.get(name) != seen.get(name) for name in again.before or {})


def read_accepted(lines: bytes, schema: RecordSchema) -> list[AcceptedRow]:
    """The rows of a part of the accepted rows."""
    rows: list[AcceptedRow] = []
    for line in lines.splitlines():
        values: dict[str, Any] = orjson.loads(line)
        row, physical = values.pop("_row"), values.pop("_line")
        rows.append(
            AcceptedRow(row, physical, {field.name: values.get(field.name) for field in schema.fields})
        )
    return rows


def encode(rows: Iterable[PlannedRow]) -> bytes:
    """A plan chunk as JSON Lines; what a row does not have is left out."""
    return b"".join(orjson.dumps(_present(row), option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def decode(lines: bytes, sha256: str) -> list[PlannedRow]:
    """The rows of a plan chunk. ValueError when its content is not what the plan was sealed over."""
    if seal(lines) != sha256:
        raise ValueError("the plan's chunk is not the one that was sealed")
    return [PlannedRow(**orjson.loads(line)) for line in lines.splitlines()]


def seal(lines: bytes) -> str:
    """The hash (sha256, hex) under which a chunk is stored."""
    return hashlib.sha256(lines).hexdigest()


def summary(rows: Sequence[PlannedRow]) -> dict[str, Any]:
    """What a plan chunk says of its rows: how many there are of each kind, which fields updates change."""
    of = Counter(row.disposition for row in rows if row.disposition != "unchanged" or row.why is None)
    changed = Counter(name for row in rows if row.disposition == "update" for name in row.before or {})
    return {
        "rows": len(rows),
        "create": of["create"],
        "update": of["update"],
        "delete": of["delete"],
        "unchanged": of["unchanged"],
        "keep": len(rows) - of.total(),
        "partly": sum(row.disposition != "unchanged" and row.why is not None for row in rows),
        "changes_by_field": dict(changed),
    }


def _present(row: PlannedRow) -> dict[str, Any]:
    return {name: value for name, value in cattrs.unstructure(row).items() if value is not None}


def _plan_row(
    schema: RecordSchema, row: AcceptedRow, stored: StoredRecord | None, columns: Collection[str]
) -> PlannedRow:
    record_id = str(row.values[schema.primary_key])
    if stored is None or stored.deleted_at:
        return PlannedRow(
            row=row.row,
            line=row.line,
            id=record_id,
            disposition="create",
            expected_version=None if stored is None else stored.version,
            after={name: value for name, value in row.values.items() if value is not None},
        )
    after = merged(schema, stored.values, row.values, columns)
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
