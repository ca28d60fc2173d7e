"""Rejects files that come back: which rows are let through, and what becomes of their job's account."""

import csv
import io
from collections.abc import Callable, Sequence

import attrs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_core.models import Job, JobState
from foreman_core.pipeline.judged import MAPPING, REJECTS, judged_by
from foreman_core.pipeline.request_undo import request_undo
from foreman_core.pipeline.rowset import RowSet
from foreman_core.schema import Field, RecordSchema
from foreman_core.schema.model import Constraints
from foreman_core.storage import job_key
from tests.core.pipeline._load import SCHEMA, Loading, Started, fates

STRICT = attrs.evolve(
    SCHEMA,
    fields=(
        Field(name="id"),
        Field(name="colour", constraints=Constraints(required=True)),
        Field(name="maker"),
    ),
    max_rejected_percent=70,
)
FILE = b"id,colour,maker\na,red,\nb,,=x\nc,,\n"
REASON = "was not rejected, or has been corrected since"


def judged(loading: Loading, body: bytes, schema: RecordSchema = STRICT) -> Job:
    """A job whose file has been through validation."""
    return loading.judge(body, schema=schema)


def sent(loading: Loading, body: bytes) -> Job:
    """A job that has come to its end."""
    job = judged(loading, body)
    return job if job.state is JobState.FAILED else loading.load(job)


def rejects(loading: Loading, job: Job) -> list[list[str]]:
    """The rejects file of a job, its header first."""
    text = loading.files.read(job_key(job.id, REJECTS)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def corrected(loading: Loading, job: Job, change: Callable[[list[str]], list[str] | None]) -> Job:
    """The correction that is the rejects file with changed rows; None leaves a row out."""
    header, *rows = rejects(loading, job)
    changed = [row for row in map(change, rows) if row is not None]
    return sent(loading, as_csv([header, *changed]))


def coloured(row: list[str]) -> list[str]:
    return [row[0], "blue", *row[2:]]


def messages(loading: Loading, job: Job) -> list[str]:
    return [row[-1].partition(": ")[2] for row in rejects(loading, job)[1:]]


def account(loading: Loading, job: Job) -> tuple[JobState, dict[str, int], int]:
    seen = loading.ledger.job(job.id)
    assert seen.counts.balances
    return seen.state, fates(seen), seen.corrections


def test_a_correction_loads_its_rows_and_its_job_has_succeeded(loading: Loading) -> None:
    job = sent(loading, FILE)
    assert account(loading, job) == (JobState.PARTIALLY_SUCCEEDED, {"created": 1, "rejected": 2}, 0)
    done = corrected(loading, job, coloured)
    assert (done.corrects, done.state, fates(done)) == (job.id, JobState.SUCCEEDED, {"created": 2})
    assert loading.values("b") == {"id": "b", "colour": "blue", "maker": "=x"}
    assert account(loading, job) == (JobState.SUCCEEDED, {"created": 3}, 1)


def test_a_row_that_is_still_wrong_keeps_its_place_in_the_file_it_came_from(loading: Loading) -> None:
    job = sent(loading, FILE)
    done = corrected(loading, job, lambda row: row if row[0] == "b" else coloured(row))
    header, left = rejects(loading, done)
    assert header == ["id", "colour", "maker", "_row", "_line", "_job", "_errors"]
    assert left[:6] == ["b", "", "'=x", "2", "3", job.id]
    last = corrected(loading, done, coloured)
    assert (last.corrects, fates(last)) == (job.id, {"created": 1})
    assert account(loading, job) == (JobState.SUCCEEDED, {"created": 3}, 2)


def test_how_many_rows_are_still_rejected_does_not_stop_a_correction(loading: Loading) -> None:
    job = sent(loading, FILE)
    done = corrected(loading, job, lambda row: row if row[0] == "b" else None)
    assert done.reason is not None
    assert done.reason.code == "no-rows-accepted"
    assert account(loading, job)[1:] == ({"created": 1, "rejected": 2}, 0)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({3: "1"}, f"row 1 of {{job}} {REASON}"),
        ({3: "7"}, f"row 7 of {{job}} {REASON}"),
        ({3: "two"}, "'two' is no number of a row"),
        ({3: "9" * 5000}, "is no number of a row"),
        ({5: "job-0"}, "this file corrects {job}, not 'job-0'"),
    ],
)
def test_a_row_that_is_none_of_the_jobs_rejects_is_rejected_with_the_reason(
    loading: Loading, cells: dict[int, str], why: str
) -> None:
    job = sent(loading, FILE)

    def change(row: list[str]) -> list[str]:
        strange = cells if row[0] == "c" else {}
        return [strange.get(at, cell) for at, cell in enumerate(coloured(row))]

    done = corrected(loading, job, change)
    assert fates(done) == {"created": 1, "rejected": 1}
    assert why.format(job=job.id) in messages(loading, done)[0]
    assert loading.values("c") is None


def test_a_row_comes_back_once_in_a_file_and_once_at_all(loading: Loading) -> None:
    job = sent(loading, FILE)
    header, first, second = rejects(loading, job)
    doubled = [header, coloured(first), ["z", "blue", *first[2:]], second]
    done = sent(loading, as_csv(doubled))
    assert messages(loading, done)[0] == "row 2 is in this file already"
    again = corrected(loading, job, lambda row: [row[0], "green", *row[2:]])
    assert (fates(again), messages(loading, again)) == (
        {"created": 1, "rejected": 1},
        [f"row 2 of {job.id} {REASON}"],
    )
    assert account(loading, job) == (JobState.SUCCEEDED, {"created": 3}, 2)


def test_the_columns_mean_what_they_meant_in_the_first_file(loading: Loading) -> None:
    job = sent(loading, FILE)
    key = judged_by(job, MAPPING)
    kept = orjson.loads(loading.files.read(key))
    assert kept["columns"] == {"id": "id", "colour": "colour", "maker": "maker"}
    swapped = {"id": "id", "colour": "maker", "maker": "colour"}
    loading.files.put_json(key, {**kept, "columns": swapped})
    corrected(loading, job, lambda row: coloured(row) if row[0] == "b" else None)
    assert loading.values("b") == {"id": "b", "colour": "=x", "maker": "blue"}


def test_a_column_that_was_added_does_not_correct_a_row(loading: Loading) -> None:
    job = sent(loading, b"id,colour,maker\na,red,x\nb,red\n")
    header, row = rejects(loading, job)
    noted = sent(loading, as_csv([["note", *header], ["look at this", *row]]))
    assert (noted.corrects, noted.state, noted.counts.rejected) == (job.id, JobState.FAILED, 1)
    assert sent(loading, loading.files.read(job_key(noted.id, REJECTS))).counts.rejected == 1
    done = sent(loading, as_csv([["note", *header], ["put right", "b", "red", "y", *row[3:]]]))
    assert (done.state, fates(done)) == (JobState.SUCCEEDED, {"created": 1})


def test_a_correction_that_is_undone_leaves_the_account_and_comes_back_with_it(loading: Loading) -> None:
    job, started = sent(loading, FILE), Started()
    done = corrected(loading, job, coloured)
    undo = loading.load(request_undo(loading.ledger, started, job_id=done.id, dry_run=False))
    assert account(loading, job) == (JobState.PARTIALLY_SUCCEEDED, {"created": 1, "rejected": 2}, 0)
    loading.load(request_undo(loading.ledger, started, job_id=undo.id, dry_run=False))
    assert account(loading, job) == (JobState.SUCCEEDED, {"created": 3}, 1)


def test_two_corrections_at_once_count_a_row_once(loading: Loading) -> None:
    job = sent(loading, FILE)
    header, *rows = rejects(loading, job)
    first, second = (
        judged(loading, as_csv([header, *map(coloured, rows), *more])) for more in ([], [[""] * len(header)])
    )
    loading.load(first)
    loading.load(second)
    assert account(loading, job) == (JobState.SUCCEEDED, {"created": 3}, 2)


def test_a_file_of_which_no_row_was_accepted_can_be_corrected(loading: Loading) -> None:
    job = sent(loading, b"id,colour,maker\nb,,\nc,,\n")
    assert account(loading, job) == (JobState.FAILED, {"rejected": 2}, 0)
    corrected(loading, job, coloured)
    assert account(loading, job) == (JobState.SUCCEEDED, {"created": 2}, 1)


def test_a_job_that_loaded_nothing_of_what_it_accepted_is_not_corrected_but_sent_again(
    loading: Loading,
) -> None:
    job = sent(loading, b"id,colour,maker\na,red,\nb,,\nc,,\nd,,\n")
    assert job.reason is not None
    assert job.reason.code == "too-many-rejects"
    done = corrected(loading, job, coloured)
    assert done.reason is not None
    assert done.reason.code == "bad-correction"


def test_without_the_numbers_of_its_rows_a_rejects_file_is_refused(loading: Loading) -> None:
    job = sent(loading, FILE)
    done = sent(loading, as_csv([[*row[:3], *row[4:]] for row in rejects(loading, job)]))
    assert done.reason is not None
    assert (done.reason.code, "the column _row is missing" in done.reason.message) == ("bad-correction", True)


def test_a_rejects_file_of_another_stack_is_a_file_like_any_other(loading: Loading) -> None:
    done = sent(loading, b"id,colour,_row,_line,_job,_errors\na,red,7,8,job-0,x\n")
    assert (done.corrects, fates(done)) == (None, {"created": 1})


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 100)), max_size=50))
def test_a_set_of_rows_is_a_set(steps: list[tuple[bool, int]]) -> None:
    rows, model = RowSet(), set[int]()
    for is_in, row in steps:
        (rows.add if is_in else rows.discard)(row)
        (model.add if is_in else model.discard)(row)
    assert {row for row in range(200) if row in rows} == model
