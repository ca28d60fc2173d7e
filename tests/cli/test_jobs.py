"""`jobs` and `job`: the ledger on the screen."""

import pytest

from tests.cli.conftest import EARLIER, JOB_ID, Foreman, Stack, duplicate, job


def test_jobs_are_listed_with_the_fate_of_their_rows(foreman: Foreman, stack: Stack) -> None:
    stack.listed = [job(counts={"read": 3, "created": 2, "rejected": 1}), duplicate()]
    done = foreman("jobs")
    assert done.code == 0
    assert "2 created, 1 rejected" in done.out
    assert "duplicate file" in done.out


def test_as_json_jobs_are_documents(foreman: Foreman, stack: Stack) -> None:
    stack.listed = [job(issues_by_code='{"format": 2}')]
    (document,) = foreman("jobs", "--json").document["jobs"]
    assert document["issues_by_code"] == {"format": 2}
    assert document["source"]["bytes"] == 1234
    assert isinstance(document["source"]["bytes"], int)


def test_more_jobs_than_a_page_holds_are_read_page_by_page(foreman: Foreman, stack: Stack) -> None:
    stack.listed = [job(f"job-{number:026}") for number in range(130)]
    documents = foreman("jobs", "--limit", "120", "--json").document["jobs"]
    assert [document["id"] for document in documents] == [f"job-{number:026}" for number in range(120)]


@pytest.mark.usefixtures("stack")
def test_without_jobs_it_says_how_to_make_one(foreman: Foreman) -> None:
    assert "./foreman drop sample.csv" in foreman("jobs").out


def test_a_job_is_shown_whatever_its_state_with_0(foreman: Foreman, stack: Stack) -> None:
    reason = {"code": "no-header", "message": "The file has no header."}
    stack.jobs = [job(state="failed", reason=reason, issues_by_code='{"format": 2}')]
    done = foreman("job", JOB_ID)
    assert done.code == 0
    assert "The file has no header. (no-header)" in done.out
    assert "nothing of it is stored" in done.out


def test_following_a_job_ends_with_its_outcome(foreman: Foreman, stack: Stack) -> None:
    stack.jobs = [job(state="loading"), job(state="loading"), job(state="partially_succeeded")]
    assert foreman("job", JOB_ID, "-f", "--json").code == 1


def test_a_job_that_is_not_there_is_refused(foreman: Foreman, stack: Stack) -> None:
    stack.jobs = [None]
    done = foreman("job", EARLIER)
    assert (done.code, done.err.partition(":")[0]) == (2, "error (not-found)")


@pytest.mark.parametrize("limit", ["0", "1001", "x"])
def test_the_limit_is_a_number_within_bounds(foreman: Foreman, limit: str) -> None:
    assert foreman("jobs", "--limit", limit).code == 2


def test_the_time_that_a_plan_waited_is_not_counted(foreman: Foreman, stack: Stack) -> None:
    moments = ("received", "00:00"), ("planned", "00:02"), ("loading", "59:00"), ("succeeded", "59:01.500")
    timeline = [{"state": state, "at": f"2026-01-02T03:{at}Z"} for state, at in moments]
    stack.jobs = [job(timeline=timeline)]
    assert "succeeded in 3.5 s" in foreman("job", JOB_ID).out


def test_when_foreman_broke_the_advice_is_to_look_at_the_logs(foreman: Foreman, stack: Stack) -> None:
    stack.jobs = [job(state="failed", reason={"code": "internal", "message": "Foreman broke."})]
    assert f"./foreman logs --job {JOB_ID}" in foreman("job", JOB_ID).out
