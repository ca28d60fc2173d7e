"""The files that are dropped, and what must become of each: as the generator says, not Foreman."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
from attrs import frozen

from benchmarks import customers
from benchmarks.agreement import expected_of
from foreman_core.models import Counts, Job, JobState
from foreman_core.pipeline.check import check
from foreman_core.pipeline.judging import FAST_FROM, Lines
from foreman_core.records import StoredRecord
from foreman_core.schema import find_schema

SAMPLE: Final = 10_000
"""Rows of a file that are compared cell by cell; of smaller files all."""


@frozen(kw_only=True)
class Source:
    """A customer file, and how many of its rows the generator has made bad."""

    path: Path
    rows: int
    rejected: int
    duplicate: int

    @property
    def accepted(self) -> int:
        """The rows that must be loaded."""
        return self.rows - self.rejected - self.duplicate

    @property
    def state(self) -> JobState:
        """How the job must end: a file of which nothing can be loaded is refused as a whole."""
        if not self.accepted:
            return JobState.FAILED
        return JobState.PARTIALLY_SUCCEEDED if self.rejected else JobState.SUCCEEDED

    @property
    def counts(self) -> Counts:
        """The account that the job must have, when none of its records was there before."""
        return Counts(
            read=self.rows,
            accepted=self.accepted,
            rejected=self.rejected,
            duplicate=self.duplicate,
            created=self.accepted,
        )

    def good(self) -> Iterator[tuple[int, list[str]]]:
        """The number and the cells of each row that must be loaded."""
        bad = self._bad()
        with self.path.open(encoding="utf-8", newline="") as stream:
            reader = csv.reader(stream)
            next(reader)
            yield from ((row, cells) for row, cells in enumerate(reader, 1) if row not in bad)

    def _bad(self) -> set[int]:
        with expected_of(self.path).open(encoding="utf-8", newline="") as stream:
            return {int(each["row"]) for each in csv.DictReader(stream)}


def make(path: Path, rows: int, *, seed: int, bad_share: float = 0.02) -> Source:
    """Write a file whose customers are those of its seed only."""
    customers.write(path, rows, seed=seed, bad_share=bad_share)
    with expected_of(path).open(encoding="utf-8", newline="") as stream:
        fates = Counter(each["fate"] for each in csv.DictReader(stream))
    return Source(path=path, rows=rows, rejected=fates["rejected"], duplicate=fates["duplicate"])


def loaded_otherwise(
    job: Job, rows: Sequence[tuple[int, list[str]]], stored: Mapping[str, StoredRecord]
) -> list[str]:
    """What is not as it must be with the records of these rows: each there once, as this row made it."""
    wrong: list[str] = []
    for row, cells in rows:
        record = stored.get(cells[0])
        if record is None:
            wrong.append(f"row {row} of {job.source.name} has no record")
        elif record.version != 1:
            wrong.append(f"the record of row {row} of {job.source.name} has version {record.version}")
        elif record.origin is None or (record.origin.job_id, record.origin.row) != (job.id, row):
            wrong.append(f"the record of row {row} of {job.source.name} comes from elsewhere")
    return wrong


def other_cells(
    name: str, rows: Sequence[tuple[int, list[str]]], stored: Mapping[str, StoredRecord]
) -> list[str]:
    """The rows whose records are not, cell by cell, what the exact engine makes of the rows alone: in the
    load, blocks of them were judged by the fast one.
    """
    numbers = {cells[0]: row for row, cells in rows}
    wrong: list[str] = []
    for values in judged_exactly([cells for _, cells in rows]):
        record = stored.get(values["customer_id"])
        if record is None or dict(record.values) != values:
            wrong.append(f"row {numbers[values['customer_id']]} of {name} is stored otherwise")
    return wrong


def judged_exactly(rows: Sequence[Sequence[str]]) -> Iterator[dict[str, Any]]:
    """What the exact engine makes of good rows, without blanks. ValueError when it does not take all."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(customers.COLUMNS)
    writer.writerows(rows)
    body = text.getvalue().encode()
    if len(body) >= FAST_FROM:
        raise ValueError(f"{len(rows)} rows at once are judged by the fast engine")
    lines: list[bytes] = []
    report = check(
        io.BytesIO(body), name="sample.csv", schema=find_schema("customer"), on_accepted=_collect(lines)
    )
    if report.counts.accepted != len(rows):
        raise ValueError(f"the exact engine accepts {report.counts.accepted} of {len(rows)} good rows")
    for line in b"".join(lines).splitlines():
        values = orjson.loads(line)
        yield {name: value for name, value in values.items() if value is not None and name[0] != "_"}


def _collect(into: list[bytes]) -> Any:  # noqa: ANN401 - what `check` asks for
    def take(lines: Lines) -> None:
        into.append(lines.take(len(lines)))

    return take
