"""The timeline of a job."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cli._job import view
from cli._timeline import Entry, timeline
from tests.cli.conftest import JOB_ID, Foreman, Stack, job

DAY = "2026-01-02T"
NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


def moment(state: str, at: str) -> dict[str, str]:
    return {"state": state, "at": f"{DAY}{at}Z"}


def event(what: str, at: str, *, who: str = "foreman", door: str = "workflow", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"at": f"{DAY}{at}Z", "what": what, "who": who, "door": door, **more}


def entries(
    moments: list[dict[str, str]], events: list[dict[str, Any]], notified_at: str | None = None
) -> list[tuple[str, str, float | None, str]]:
    seen = view(job(state=moments[-1]["state"], timeline=moments, notified_at=notified_at))
    return [_plain(entry) for entry in timeline(seen, events, now=NOW)]


def _plain(entry: Entry) -> tuple[str, str, float | None, str]:
    return entry.at.removeprefix(DAY).removesuffix("Z"), entry.what, entry.seconds, entry.more


def test_a_load_has_its_states_with_what_they_took_and_what_was_found() -> None:
    moments = [
        moment("received", "11:00:00.000"),
        moment("planned", "11:00:02.500"),
        moment("loading", "11:00:03.000"),
        moment("partially_succeeded", "11:02:03.000"),
    ]
    events = [
        event("created", "11:00:00.000", to="received", who="s3", door="s3"),
        event("moved", "11:00:02.500", to="planned", counts={"read": 9, "created": 7, "rejected": 2}),
        event("moved", "11:00:03.000", to="loading", counts={"read": 9, "pending": 7}),
        event("moved", "11:02:03.000", to="partially_succeeded", counts={"created": 7, "rejected": 2}),
    ]
    assert entries(moments, events, notified_at=f"{DAY}11:02:04.000Z") == [
        ("11:00:00.000", "received", 2.5, "s3"),
        ("11:00:02.500", "planned", 0.5, "7 to be created, 2 rejected; 1 chunk"),
        ("11:00:03.000", "loading", 120.0, ""),
        ("11:02:03.000", "partially succeeded", None, "7 created, 2 rejected"),
        ("11:02:04.000", "notice sent", None, ""),
    ]


def test_what_is_under_way_has_taken_so_long_by_now() -> None:
    assert entries([moment("received", "11:59:30.000")], []) == [
        ("11:59:30.000", "received, so far", 30.0, "")
    ]


def test_restarts_and_requests_are_where_they_happened_with_who_did_it() -> None:
    moments = [
        moment("received", "11:00:00.000"),
        moment("failed", "11:20:00.000"),
        moment("received", "11:30:00.000"),
    ]
    events = [
        event("restarted", "11:10:00.000", door="sweeper"),
        event("moved", "11:20:00.000", to="failed", reason="stuck", door="sweeper"),
        event("moved", "11:30:00.000", to="received", who="api-key", door="api"),
        event("corrected", "11:40:00.000", by="job-x"),
    ]
    assert entries(moments, events) == [
        ("11:00:00.000", "received", 1200.0, ""),
        ("11:10:00.000", "restarted", None, "the sweeper"),
        ("11:20:00.000", "failed", None, "stuck; the sweeper"),
        ("11:30:00.000", "received, so far", 1800.0, "api-key"),
        ("11:40:00.000", "corrected", None, "by job-x"),
    ]


@pytest.mark.parametrize(
    ("end", "took"),
    [
        ("11:00:00.040", "0.0 s"),
        ("11:00:09.900", "9.9 s"),
        ("11:00:59.000", "59 s"),
        ("11:03:20.000", "3 min 20 s"),
        ("13:05:59.000", "2 h 5 min"),
    ],
)
def test_on_the_screen_it_fits_80_columns(
    foreman: Foreman, stack: Stack, monkeypatch: pytest.MonkeyPatch, end: str, took: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    who = "iam:arn:aws:iam::111122223333:role/a-role-with-a-name-that-goes-on-and-on-and-on"
    received = event("created", "11:00:00.000", to="received", who=who)
    stack.trail = [json.dumps(received)]
    stack.jobs = [job(audits=1, timeline=[moment("received", "11:00:00.000"), moment("succeeded", end)])]
    screen = foreman("job", JOB_ID).out
    assert all(len(line) <= 80 for line in screen.splitlines())
    (line,) = [line for line in screen.splitlines() if "11:00:00" in line and "received" in line]
    assert line.split("   ")[1].strip().startswith(took)


def test_programs_get_the_same(foreman: Foreman, stack: Stack) -> None:
    stack.jobs = [job()]
    document = foreman("job", JOB_ID, "--json").document
    assert document["history"] == [
        {"at": "2026-01-02T03:04:05.000000Z", "what": "received", "seconds": 2.5, "more": ""},
        {"at": "2026-01-02T03:04:07.500000Z", "what": "succeeded", "seconds": None, "more": ""},
    ]
    assert "audit" not in document


def test_of_a_job_under_way_it_is_told_how_far_its_chunks_are(foreman: Foreman, stack: Stack) -> None:
    stack.jobs = [job(state="loading", chunks=1200)]
    stack.progress = {"planned": 1200, "loaded": 37}
    assert foreman("job", JOB_ID).out.splitlines()[-1] == "1,200 chunks: 1,200 planned, 37 loaded"
    assert foreman("job", JOB_ID, "--json").document["progress"] == {"planned": 1200, "loaded": 37}


def test_a_job_that_rests_is_not_asked_how_far_it_is(foreman: Foreman, stack: Stack) -> None:
    stack.jobs = [job()]
    assert "progress" not in foreman("job", JOB_ID, "--json").document
    assert not [request for request in stack.asked if "jobProgress" in request["query"]]
