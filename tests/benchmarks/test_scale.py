"""The judgement of a scenario notices what is wrong with a record, and the poison is what it says."""

import io
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from benchmarks.scale import poison, sources
from benchmarks.scale.judgement import Judgement
from benchmarks.scale.sources import Source
from foreman_core.errors import Refused, Undecided
from foreman_core.models import Job, JobState
from foreman_core.models import Source as From
from foreman_core.pipeline.check import check
from foreman_core.records import Origin, StoredRecord
from foreman_core.schema import find_schema

JOB = Job(
    id="job-a",
    state=JobState.SUCCEEDED,
    mode="load",
    record_type="customer",
    source=From(bucket="b", key="incoming/a.csv", version_id="1", name="a.csv"),
    created_at="2026-11-26T12:00:00.000Z",
    updated_at="2026-11-26T12:00:00.000Z",
)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return sources.make(tmp_path / "a.csv", 400, seed=1, bad_share=0.2)


def stored(rows: list[tuple[int, list[str]]], **values: str) -> dict[str, StoredRecord]:
    """The records as a right load leaves them, with other values in the first."""
    records = {
        found["customer_id"]: StoredRecord(
            id=found["customer_id"],
            values=found | (values if number == 0 else {}),
            version=1,
            content_hash="",
            origin=Origin(job_id="job-a", row=row, line=row + 1, file="a.csv"),
            created_at="",
            updated_at="",
        )
        for number, ((row, _), found) in enumerate(
            zip(rows, sources.judged_exactly([cells for _, cells in rows]), strict=True)
        )
    }
    assert len(records) == len(rows)
    return records


def test_a_source_knows_the_fate_of_each_row(source: Source) -> None:
    found = check(io.BytesIO(source.path.read_bytes()), name="a.csv", schema=find_schema("customer")).counts
    assert (found.read, found.rejected, found.duplicate) == (400, source.rejected, source.duplicate)
    assert source.counts.balances
    assert len(list(source.good())) == source.accepted
    assert source.state is JobState.PARTIALLY_SUCCEEDED
    assert evolve(source, rejected=400, duplicate=0).state is JobState.FAILED


def test_right_records_have_nothing_against_them(source: Source) -> None:
    rows = list(source.good())
    assert sources.loaded_otherwise(JOB, rows, stored(rows)) == []
    assert sources.other_cells("a.csv", rows, stored(rows)) == []


def test_another_cell_is_noticed(source: Source) -> None:
    rows = list(source.good())
    assert sources.other_cells("a.csv", rows, stored(rows, plan="other")) == [
        f"row {rows[0][0]} of a.csv is stored otherwise"
    ]


@pytest.mark.parametrize(
    "changed", [{"version": 2}, {"origin": None}, {"origin": Origin(job_id="job-b", row=1, line=2, file="a")}]
)
def test_a_record_of_another_write_is_noticed(source: Source, changed: dict[str, Any]) -> None:
    rows = list(source.good())
    records = stored(rows)
    key = rows[0][1][0]
    assert len(sources.loaded_otherwise(JOB, rows, records | {key: evolve(records[key], **changed)})) == 1
    del records[key]
    assert len(sources.loaded_otherwise(JOB, rows, records)) == 1


def test_a_judgement_holds_when_all_of_it_does() -> None:
    judgement = Judgement()
    judgement.expect("loads", 1, 1)
    assert judgement.holds
    judgement.expect_none("wrong rows", [f"row {row}" for row in range(9)])
    assert not judgement.holds
    assert any(line.startswith("FAILS") and "and 4 more" in line for line in judgement.lines())


def ended(file: poison.Poison) -> tuple[str, bool]:
    """Why a file is refused, and whether a person is asked."""
    try:
        report = check(io.BytesIO(file.body), name=file.name, schema=find_schema("customer"))
    except Refused as refused:
        return refused.code, isinstance(refused, Undecided)
    return "no-rows-accepted" if report.counts.accepted == 0 else "", False


@pytest.mark.parametrize("file", list(poison.files()), ids=lambda file: file.name)
def test_poison_is_refused_for_the_reason_that_is_expected(file: poison.Poison) -> None:
    assert ended(file) == (file.code, file.state is JobState.NEEDS_REVIEW)
