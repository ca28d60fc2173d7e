"""A plan read back from the bucket: a line for every row and field that it changes or keeps."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from attrs import frozen
from rich.table import Table

from cli._outputs import replacing
from cli._screen import table
from cli._target import Target
from foreman_core.models import Job, PlannedRow, Value
from foreman_core.pipeline.escaping import escape
from foreman_core.planning import decode

COLUMNS: Final = ("row", "line", "id", "disposition", "field", "before", "after", "why")
KEPT_SHOWN: Final = 20
Change = tuple[str, ...]


@frozen(kw_only=True)
class Kept:
    """A field, or a whole row (no field), that an undo leaves as it is."""

    row: int
    line: int
    id: str
    field: str | None
    why: str | None


def write_plan(target: Target, job_id: str, path: Path) -> None:
    """Write the plan of a job as CSV, safe to open in a spreadsheet; whole or not at all."""
    with replacing(path) as (out,):
        if out is not None:
            _write(out, planned_rows(target, job_id))


def planned_rows(target: Target, job_id: str) -> Iterator[PlannedRow]:
    """The rows of a job's sealed plan, chunk by chunk; those that were planned again as they were then.

    ValueError when a chunk was changed after it was sealed.
    """
    plan: Mapping[str, Any] = json.loads(_read(target, f"jobs/{job_id}/plan.json"))
    again = {sealed["index"]: sealed for sealed in _report(target, job_id).get("replanned", ())}
    for chunk in plan["chunks"]:
        rows = _decoded(target, chunk)
        if chunk["index"] in again:
            newer = {row.row: row for row in _decoded(target, again[chunk["index"]])}
            rows = [newer.get(row.row, row) for row in rows]
        yield from rows


def first_kept(target: Target, job: Job) -> list[Kept]:
    """What an undo leaves as it was changed since: the first rows and fields, up to KEPT_SHOWN."""
    if not job.undoes or not job.counts.kept or job.plan_id is None:
        return []
    kept = (row for row in planned_rows(target, job.id) if row.why)
    lines = (
        Kept(row=row.row, line=row.line, id=row.id, field=field, why=row.why)
        for row in kept
        for field in row.kept or (None,)
    )
    return list(islice(lines, KEPT_SHOWN))


def kept_table(kept: Iterable[Kept]) -> Table:
    """Where they stand in the file, and what happened to them since."""
    rows = [
        (str(each.row), str(each.line), each.id, each.field or "", f"{each.why} since" if each.why else "")
        for each in kept
    ]
    return table(("row", "line", "kept", "field", "why"), rows, numbers=("row", "line"))


def changes(row: PlannedRow) -> Iterator[Change]:
    """A line for each field that a row changes or keeps as it is; one without a field when there is none."""
    before, after = row.before or {}, row.after or {}
    names = list(after) if row.disposition == "create" else list(before)
    place = (str(row.row), str(row.line), row.id)
    for name in names:
        yield (*place, row.disposition, name, _cell(before.get(name)), _cell(after.get(name)), "")
    for name in row.kept or ():
        yield (*place, "kept", name, "", "", row.why or "")
    if not names and not row.kept:
        yield (*place, "kept" if row.why else row.disposition, "", "", "", row.why or "")


def _write(out: BinaryIO, rows: Iterable[PlannedRow]) -> None:
    text = io.TextIOWrapper(out, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerows(map(escape, change) for change in changes(row))
    text.detach()


def _cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)


def _decoded(target: Target, sealed: Mapping[str, Any]) -> list[PlannedRow]:
    return decode(_read(target, sealed["key"]), sealed["sha256"])


def _report(target: Target, job_id: str) -> Mapping[str, Any]:
    """The report of a job that has ended, or nothing."""
    try:
        return json.loads(_read(target, f"jobs/{job_id}/report.json"))
    except target.s3.exceptions.NoSuchKey:
        return {}


def _read(target: Target, key: str) -> bytes:
    return target.s3.get_object(Bucket=target.bucket, Key=key)["Body"].read()
