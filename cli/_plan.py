"""A plan read back from the bucket: a line for every row and field that it changes or keeps."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from cli._outputs import replacing
from cli._target import Target
from foreman_core.models import PlannedRow, Value
from foreman_core.pipeline.outputs import escape
from foreman_core.planning import decode

COLUMNS: Final = ("row", "line", "id", "disposition", "field", "before", "after", "why")
Change = tuple[str, ...]


def write_plan(target: Target, job_id: str, path: Path) -> None:
    """Write the plan of a job as CSV, safe to open in a spreadsheet; whole or not at all."""
    with replacing(path) as (out,):
        if out is not None:
            _write(out, planned_rows(target, job_id))


def planned_rows(target: Target, job_id: str) -> Iterator[PlannedRow]:
    """The rows of a job's sealed plan, in the order of its chunks. ValueError when one was changed since."""
    plan: Mapping[str, Any] = json.loads(_read(target, f"jobs/{job_id}/plan.json"))
    for chunk in plan["chunks"]:
        yield from decode(_read(target, chunk["key"]), chunk["sha256"])


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


def _read(target: Target, key: str) -> bytes:
    return target.s3.get_object(Bucket=target.bucket, Key=key)["Body"].read()
