"""GraphQL: records, singly and in pages, and the ways to write them."""

import gc
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from foreman_core.pacing import Pace
from foreman_core.pipeline import edit
from foreman_core.records import Records
from foreman_core.schema import RecordSchema
from foreman_core.schema.graphql import record_fields
from handlers import _clients
from handlers._resolver import Arguments, Field, Identity, resolver
from handlers._schemas import schema_of
from handlers._settings import load

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 500

_PACE = Pace()
"""How fast this process writes: what it has learned of the table outlives a request."""


@frozen
class Settings:
    """The function's environment."""

    records_table: str
    record_type: str


def _fields(_: Identity) -> Mapping[str, Field]:
    """The functions behind the fields, by the names that the schema gives them."""
    settings = load(Settings)
    schema = schema_of(settings.record_type)
    records = Records(_clients.dynamodb(), settings.records_table, schema.name, pace=_PACE)
    answers: list[Field] = [
        lambda given: _one(records, schema, given),
        lambda given: _page(records, schema, given),
        lambda given: {"outcomes": edit.upsert(records, schema, **given["input"])},
        lambda given: edit.document(schema, edit.create(records, schema, given["input"])),
        lambda given: edit.document(schema, _update(records, schema, given)),
        lambda given: edit.document(schema, records.delete(given["id"], given["expected_version"])),
    ]
    names = [name for _, name in record_fields(schema)]
    return dict(zip(names, answers, strict=True))


def _one(records: Records, schema: RecordSchema, given: Arguments) -> dict[str, Any] | None:
    stored = records.get(given["id"])
    return None if stored is None else edit.document(schema, stored)


def _page(records: Records, schema: RecordSchema, given: Arguments) -> dict[str, Any]:
    limit = min(max(given.get("limit") or DEFAULT_LIMIT, 1), LARGEST_LIMIT)
    page = records.page(given.get("filter") or {}, limit=limit, token=given.get("nextToken"))
    return {
        "items": [edit.document(schema, stored) for stored in page.records],
        "nextToken": page.next_token,
    }


def _update(records: Records, schema: RecordSchema, given: Arguments) -> Any:  # noqa: ANN401
    return edit.update(
        records,
        schema,
        record_id=given["id"],
        expected_version=given["expected_version"],
        values=given["input"],
    )


def _job_of(given: Arguments) -> object:
    """The job whose rows are written; of a single edit none."""
    return given.get("input", {}).get("job_id")


handler = resolver("records", _fields, job_of=_job_of)

# what is loaded by now stays; looking through it again and again would take as long as writing the rows
gc.freeze()
