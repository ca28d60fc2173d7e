"""What a job left behind, read as any client would: records through GraphQL, issues from the bucket."""

import csv
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from attrs import frozen
from rich.table import Table

from cli._api import Api
from cli._screen import table
from cli._target import Target
from cli._text import shorten
from foreman_core.schema import RecordSchema
from foreman_core.schema.graphql import record_fields, record_selection

RECORDS_SHOWN: Final = 50
ISSUES_SHOWN: Final = 20
PAGES: Final = 100
"""Pages of records to look through: a filter may leave a page empty."""

LINE_LIMIT: Final = 60
FIELDS_SHOWN: Final = 4


@frozen(kw_only=True)
class Found:
    """The first records of a job; `more` is True when there are others."""

    records: list[Mapping[str, Any]]
    more: bool


def records_of(api: Api, schema: RecordSchema, job_id: str) -> Found:
    """The records that the job wrote last, up to RECORDS_SHOWN, in the order of the file."""
    many = record_fields(schema)[1][1]
    document = f"""query($filter: {schema.type_name}Filter, $token: String) {{
      {many}(filter: $filter, limit: 100, nextToken: $token) {{
        items {{ {record_selection(schema)} }} nextToken
      }}
    }}"""
    records: list[Mapping[str, Any]] = []
    token: str | None = None
    for _ in range(PAGES):
        page = api.ask(document, filter={"_job": job_id}, token=token)[many]
        records += page["items"]
        token = page["nextToken"]
        if token is None or len(records) > RECORDS_SHOWN:
            break
    shown = sorted(records, key=lambda record: record["_meta"]["row"] or 0)[:RECORDS_SHOWN]
    return Found(records=shown, more=token is not None or len(records) > len(shown))


def records_table(schema: RecordSchema, found: Found) -> Table:
    """Key, first fields, version and place in the file of every record."""
    others = [name for name in schema.by_name if name != schema.primary_key]
    names = [schema.primary_key, *others[: FIELDS_SHOWN - 1]]
    rows = [
        [
            *(shorten(str(record.get(name) or ""), LINE_LIMIT) for name in names),
            str(record["_meta"]["version"]),
            str(record["_meta"]["line"] or ""),
        ]
        for record in found.records
    ]
    return table((*names, "version", "line"), rows, numbers=("version", "line"))


def issues_of(target: Target, job_id: str) -> list[dict[str, str]]:
    """The first issues that the job's file has, as `issues.csv` tells them; none without that file."""
    try:
        body = target.s3.get_object(Bucket=target.bucket, Key=f"jobs/{job_id}/issues.csv")["Body"]
    except target.s3.exceptions.NoSuchKey:
        return []
    with body:
        lines = (line.decode("utf-8", "replace") for line in body.iter_lines(keepends=True))
        return list(islice(csv.DictReader(lines), ISSUES_SHOWN))


def issues_table(issues: list[dict[str, str]]) -> Table:
    """Place and reason of every issue."""
    columns = ("row", "line", "field", "code", "message")
    rows = [[shorten(issue.get(name) or "", 2 * LINE_LIMIT) for name in columns] for issue in issues]
    return table(columns, rows, numbers=("row", "line"))
