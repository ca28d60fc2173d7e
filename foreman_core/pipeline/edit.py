"""The record fields of the API: lists of rows from a plan, and single edits. One set of rules for both."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from foreman_core.errors import Conflict, Invalid, Refused
from foreman_core.models import Issue, Value
from foreman_core.records import Origin, Records, StoredRecord, Write, Written, moved, not_found
from foreman_core.schema import RecordSchema
from foreman_core.validation import judge_values

MOST_ROWS: Final = 500
"""Rows that one request may bring; what is more would not fit AppSync's 30 s with certainty."""


def upsert(
    records: Records, schema: RecordSchema, *, job_id: str, file: str, rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, object]]:
    """Write the rows of a plan, each on condition of its `expected_version`; one outcome a row, in order.

    A row brings either its `record`, or as `delete` the key of a record to be deleted.
    Refused(`limit-exceeded`) when there are more than MOST_ROWS.
    """
    if len(rows) > MOST_ROWS:
        raise Refused("limit-exceeded", f"{len(rows)} rows in one request; at most {MOST_ROWS} are allowed.")
    outcomes: dict[int, dict[str, object]] = {}
    writes: dict[int, Write] = {}
    taken: set[str] = set()
    for position, row in enumerate(rows):
        origin = Origin(job_id=job_id, row=row["row"], line=row["line"], file=file)
        try:
            write = _planned(schema, row, origin)
        except Invalid as invalid:
            outcomes[position] = _invalid(row, invalid.issues)
            continue
        if write.id in taken:
            outcomes[position] = _refusal(row, write.id, "The request has a row with this key already.")
            continue
        taken.add(write.id)
        writes[position] = write
    written = records.write(list(writes.values()))
    for position, result in zip(writes, written, strict=True):
        outcomes[position] = _outcome(rows[position], result)
    return [outcomes[position] for position in range(len(rows))]


def create(records: Records, schema: RecordSchema, values: Mapping[str, object]) -> StoredRecord:
    """Store a new record, and give it back. Invalid when it breaks rules, Conflict when its key is taken."""
    write = _write(schema, values, None, None)
    before = records.trace(write.id)
    if before is None:
        return _store(records, write)
    if not before.deleted_at:
        raise moved(write.id, before.version)
    return _store(records, attrs.evolve(write, expected_version=before.version, last_load=before.last_load))


def update(
    records: Records,
    schema: RecordSchema,
    *,
    record_id: str,
    expected_version: int,
    values: Mapping[str, object],
) -> StoredRecord:
    """Change the given fields of a record (None clears one), and give it back as it then is.

    Refused(`not-found`) when there is none, Conflict when it has another version, Invalid when the result
    breaks rules or would have another key.
    """
    stored = records.get(record_id)
    if stored is None:
        raise not_found(record_id)
    if stored.version != expected_version:
        raise moved(record_id, stored.version)
    write = _write(schema, {**stored.values, **values}, expected_version, None)
    if write.id != record_id:
        raise Invalid([_key_change(schema)])
    return _store(records, attrs.evolve(write, last_load=stored.last_load))


def document(schema: RecordSchema, stored: StoredRecord) -> dict[str, object]:
    """A record as GraphQL gives it: every field of the schema, and `_meta`."""
    origin = stored.origin
    return {
        **{field.name: stored.values.get(field.name) for field in schema.fields},
        "_meta": {
            "version": stored.version,
            "content_hash": stored.content_hash,
            "job_id": None if origin is None else origin.job_id,
            "row": None if origin is None else origin.row,
            "line": None if origin is None else origin.line,
            "file": None if origin is None else origin.file,
            "created_at": stored.created_at,
            "updated_at": stored.updated_at,
        },
    }


def _planned(schema: RecordSchema, row: Mapping[str, Any], origin: Origin) -> Write:
    record, deleted, expected = row.get("record"), row.get("delete"), row.get("expected_version")
    if record is not None and deleted is None:
        return _write(schema, record, expected, origin)
    if record is None and deleted is not None:
        return Write(id=deleted, values=None, expected_version=expected, origin=origin)
    raise Invalid([_one_of_two()])


def _write(
    schema: RecordSchema,
    values: Mapping[str, object],
    expected_version: int | None,
    origin: Origin | None,
) -> Write:
    judged = judge_values(schema, {name: value for name, value in values.items() if name in schema.by_name})
    faults = [issue for issue in judged.issues if issue.severity == "error"]
    if faults:
        raise Invalid(faults)
    present: dict[str, Value] = {name: value for name, value in judged.values.items() if value is not None}
    return Write(
        id=str(present[schema.primary_key]), values=present, expected_version=expected_version, origin=origin
    )


def _store(records: Records, write: Write) -> StoredRecord:
    (written,) = records.write([write])
    if written.outcome == "conflict":
        raise Conflict("version", written.message or "The record has changed.")
    if written.outcome == "rejected":
        raise Refused("unstorable", written.message or "The record cannot be stored.")
    stored = records.get(write.id)
    if stored is None:
        raise Conflict("version", "The record was deleted right after it was written.")
    return stored


def _key_change(schema: RecordSchema) -> Issue:
    return Issue(
        row=0,
        line=0,
        field=schema.primary_key,
        column=None,
        code="rule",
        message="The key of a record cannot change. Create a record with the new key, and delete this one.",
    )


def _one_of_two() -> Issue:
    message = "A row has either a record, or the key of one to delete."
    return Issue(row=0, line=0, field=None, column=None, code="rule", message=message)


def _outcome(row: Mapping[str, Any], result: Written) -> dict[str, object]:
    kinds = {"conflict": "Conflict", "rejected": "Refused"}
    return {
        "row": row["row"],
        "id": result.id,
        "outcome": result.outcome,
        "version": result.version,
        "errorType": kinds.get(result.outcome),
        "message": result.message,
    }


def _invalid(row: Mapping[str, Any], issues: Sequence[Issue]) -> dict[str, object]:
    what = "; ".join(f"{issue.field or 'record'}: {issue.code}" for issue in issues)
    return _refusal(row, None, f"The record breaks rules of its schema: {what}.", "ValidationFailed")


def _refusal(
    row: Mapping[str, Any], record_id: str | None, message: str, kind: str = "Refused"
) -> dict[str, object]:
    return {
        "row": row["row"],
        "id": record_id,
        "outcome": "rejected",
        "version": None,
        "errorType": kind,
        "message": message,
    }
