"""A chunk on its way into the table: moved records, lost answers, rows that are refused."""

import csv
import io

import orjson
import pytest

from foreman_core.models import JobState
from foreman_core.pipeline import outcome
from foreman_core.pipeline.judged import REJECTS, judged_by
from foreman_core.pipeline.rejects import add_rejects
from foreman_core.storage import job_key
from tests.core.pipeline._load import Loading, fates, lost


def rejects(loading: Loading, job_id: str) -> list[dict[str, str]]:
    text = loading.files.read(job_key(job_id, REJECTS)).decode("utf-8-sig")
    columns = ["id", "colour", "_row", "_line", "_job", "_errors"]
    return [dict(zip(columns, line, strict=True)) for line in csv.reader(io.StringIO(text))]


def test_rows_are_created_updated_and_left(loading: Loading) -> None:
    loading.load(loading.file({"id": "a", "colour": "red"}, {"id": "b", "colour": "red"}))
    job = loading.load(
        loading.file(
            {"id": "a", "colour": "blue"}, {"id": "b", "colour": "red"}, {"id": "c", "colour": "red"}
        )
    )
    assert (job.state, fates(job)) == (JobState.SUCCEEDED, {"created": 1, "updated": 1, "unchanged": 1})


def test_a_chunk_whose_answer_was_lost_is_sent_again_and_counted_once(loading: Loading) -> None:
    loading.api.after = lost
    job = loading.load(loading.file({"id": "a", "colour": "red"}))
    assert (fates(job), loading.api.requests) == ({"created": 1}, 2)
    stored = loading.records.get("a")
    assert stored is not None
    assert stored.version == 1


def test_a_row_that_was_written_before_an_edit_and_a_lost_answer_is_no_conflict(loading: Loading) -> None:
    def edited_and_lost() -> None:
        loading.edit("a", colour="tan")
        lost()

    loading.api.after = edited_and_lost
    job = loading.load(loading.file({"id": "a", "colour": "red"}))
    assert (job.state, fates(job)) == (JobState.SUCCEEDED, {"created": 1})
    assert loading.values("a") == {"id": "a", "colour": "tan"}


def test_a_record_that_moved_is_planned_once_more_on_its_new_version(loading: Loading) -> None:
    loading.load(loading.file({"id": "a", "colour": "red"}))
    loading.api.before = lambda: loading.edit("a", maker="Edited")
    job = loading.load(loading.file({"id": "a", "colour": "blue"}))
    assert (job.state, fates(job)) == (JobState.SUCCEEDED, {"updated": 1})
    assert loading.values("a") == {"id": "a", "colour": "blue", "maker": "Edited"}
    (chunk,) = loading.ledger.chunks(job.id)
    assert chunk.replanned is not None
    assert chunk.replanned.sha256 != chunk.sha256


def test_a_record_to_which_somebody_did_the_same_since_is_unchanged(loading: Loading) -> None:
    loading.load(loading.file({"id": "a", "colour": "red"}))
    loading.api.before = lambda: loading.edit("a", colour="blue")
    job = loading.load(loading.file({"id": "a", "colour": "blue"}))
    assert (job.state, fates(job)) == (JobState.SUCCEEDED, {"unchanged": 1})


def test_a_row_that_would_overwrite_what_is_newer_is_parked_with_its_own_cells(loading: Loading) -> None:
    loading.load(loading.file({"id": "a", "colour": "red"}))
    loading.api.before = lambda: loading.edit("a", colour="tan")
    job = loading.load(loading.file({"id": "x", "colour": "red"}, {"id": "a", "colour": "blue"}))
    assert (job.state, fates(job)) == (JobState.PARTIALLY_SUCCEEDED, {"created": 1, "conflict": 1})
    assert loading.values("a") == {"id": "a", "colour": "tan"}
    (reject,) = rejects(loading, job.id)
    assert reject == {
        "id": "a",
        "colour": "blue",
        "_row": "2",
        "_line": "3",
        "_job": job.id,
        "_errors": "conflict: The record had version 1 when the plan was made, and has version 2 now.",
    }


def test_the_report_names_the_first_rows_that_are_parked_and_the_rejects_file_all(
    loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "LISTED", 1)
    loading.load(loading.file({"id": "a", "colour": "red"}, {"id": "b", "colour": "red"}))
    loading.api.before = lambda: [loading.edit(key, colour="tan") for key in "ab"]
    job = loading.load(loading.file({"id": "a", "colour": "blue"}, {"id": "b", "colour": "blue"}))
    report = orjson.loads(loading.files.read(job_key(job.id, "report.json")))
    assert [fault["row"] for fault in report["conflicts"]] == [1]
    assert report["counts"]["conflict"] == 2
    assert [reject["_row"] for reject in rejects(loading, job.id)] == ["1", "2"]


def test_a_record_that_moves_a_second_time_is_parked(loading: Loading) -> None:
    loading.load(loading.file({"id": "a", "colour": "red"}))

    def moving() -> None:
        loading.edit("a", maker="First")
        loading.api.after = lambda: setattr(loading.api, "before", lambda: loading.edit("a", maker="Second"))

    loading.api.before = moving
    job = loading.load(loading.file({"id": "a", "colour": "blue"}))
    assert fates(job) == {"conflict": 1}
    assert loading.values("a") == {"id": "a", "colour": "red", "maker": "Second"}


def test_rows_that_were_planned_again_are_recognised_after_a_lost_answer(loading: Loading) -> None:
    loading.load(loading.file({"id": "a", "colour": "red"}))

    def moving() -> None:
        loading.edit("a", maker="Edited")
        loading.api.after = lambda: setattr(loading.api, "after", lost)

    loading.api.before = moving
    job = loading.load(loading.file({"id": "a", "colour": "blue"}))
    assert (fates(job), loading.api.requests) == ({"updated": 1}, 5)
    assert loading.values("a") == {"id": "a", "colour": "blue", "maker": "Edited"}


def test_after_a_break_a_row_that_a_later_load_has_reverted_is_not_written_again(loading: Loading) -> None:
    loading.load(loading.file({"id": "a", "colour": "red"}))
    job = loading.file({"id": "a", "colour": "blue"})
    later = loading.file({"id": "a", "colour": "red"})

    def overtaken_and_lost() -> None:
        loading.api.after = None
        loading.load(later)
        lost()

    loading.api.after = overtaken_and_lost
    ended = loading.load(job)
    assert fates(ended) == {"conflict": 1}
    assert loading.values("a") == {"id": "a", "colour": "red"}


def test_adding_to_the_rejects_file_again_changes_nothing(loading: Loading) -> None:
    loading.load(loading.file({"id": "a", "colour": "red"}))
    loading.api.before = lambda: loading.edit("a", colour="tan")
    job = loading.file({"id": "a", "colour": "blue"})
    loading.files.put(judged_by(job, REJECTS), b"b,,9,10,job,bad\r\n", "text/csv")
    ended = loading.load(job)
    before = loading.files.read(job_key(job.id, REJECTS))
    add_rejects(loading.files, ended, loading.ledger.chunks(job.id))
    assert loading.files.read(job_key(job.id, REJECTS)) == before
    assert [reject["id"] for reject in rejects(loading, job.id)] == ["b", "a"]
