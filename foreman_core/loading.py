"""Carrying out a chunk of the plan through the GraphQL API."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

import orjson
from attrs import field, frozen

from foreman_core.api import GraphQL
from foreman_core.models import PlannedRow, RowFault
from foreman_core.schema import RecordSchema
from foreman_core.schema.graphql import upsert_document, upsert_field

REQUEST_ROWS: Final = 500
"""Rows in one request; they take a second or two of the 30 that AppSync allows."""

REQUEST_BYTES: Final = 900_000
"""Bytes of rows in one request: AppSync takes about 1 MB, and the rest of the request needs room."""


@frozen(kw_only=True)
class Loaded:
    """What came of a chunk's rows; rows that the plan leaves unchanged are not in it.

    `kept` counts updates that leave fields as they were changed since; they are not among `updated`.
    """

    created: int = 0
    updated: int = 0
    deleted: int = 0
    kept: int = 0
    conflicts: list[RowFault] = field(factory=list[RowFault])
    rejects: list[RowFault] = field(factory=list[RowFault])


def load_rows(
    api: GraphQL, schema: RecordSchema, *, job_id: str, file: str, rows: Sequence[PlannedRow]
) -> Loaded:
    """Send every row that creates or updates a record, and account for each answer.

    Raises Unavailable when the API fails or leaves a row unanswered; sending the rows again is safe.
    """
    document = upsert_document(schema)
    done: Counter[str] = Counter()
    conflicts: list[RowFault] = []
    rejects: list[RowFault] = []
    for request in _requests([row for row in rows if row.disposition != "unchanged"]):
        variables = {"input": {"job_id": job_id, "file": file, "rows": [_input(row) for row in request]}}
        answer = api.ask(document, variables)
        outcomes: list[dict[str, Any]] = answer[upsert_field(schema)]["outcomes"]
        answered = {outcome["row"]: outcome for outcome in outcomes}
        for row in request:
            outcome = answered[row.row]
            match outcome["outcome"]:
                case "applied" | "already_applied":
                    done["kept" if row.why else row.disposition] += 1
                case "conflict":
                    conflicts.append(_fault(row, "conflict", outcome))
                case _:
                    rejects.append(_fault(row, "rule", outcome))
    return Loaded(
        created=done["create"],
        updated=done["update"],
        deleted=done["delete"],
        kept=done["kept"],
        conflicts=conflicts,
        rejects=rejects,
    )


def _requests(rows: Sequence[PlannedRow]) -> Iterator[list[PlannedRow]]:
    """The rows in requests that are neither too many nor too large."""
    request: list[PlannedRow] = []
    weight = 0
    for row in rows:
        size = len(orjson.dumps(cast("Mapping[str, object]", row.after)))
        if request and (len(request) == REQUEST_ROWS or weight + size > REQUEST_BYTES):
            yield request
            request, weight = [], 0
        request.append(row)
        weight += size
    if request:
        yield request


def _input(row: PlannedRow) -> dict[str, object]:
    place: dict[str, object] = {"row": row.row, "line": row.line, "expected_version": row.expected_version}
    return place | ({"delete": row.id} if row.disposition == "delete" else {"record": row.after})


def _fault(row: PlannedRow, code: str, outcome: Mapping[str, Any]) -> RowFault:
    return RowFault(row=row.row, line=row.line, code=code, message=outcome["message"] or outcome["outcome"])
