"""`logs`: what the functions of a stack say, read from CloudWatch Logs."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from cli import _logs
from cli._logs import Asked, read
from cli._target import Target
from tests.cli.conftest import JOB_ID, Foreman
from tests.local.doubles import always

PREFIX = "/aws/lambda/foreman-prod-"
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FIRST = int(START.timestamp() * 1000)
OTHER = "job-bbbbbbbbbbbbbbbbbbbbbbbbbb"


class Pages:
    """The pages of one listing."""

    def __init__(self, names: list[str]) -> None:
        self._names = names

    def paginate(self, *, logGroupNamePrefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        for name in self._names:
            if name.startswith(logGroupNamePrefix):
                yield {"logGroups": [{"logGroupName": name}]}


class Logs:
    """CloudWatch Logs, oldest first. With `tokens` it names the next page: AWS does, the emulator not."""

    def __init__(self, *, tokens: bool) -> None:
        self.tokens = tokens
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[Mapping[str, Any]] = []

    def write(self, at: int, message: str, *, group: str = f"{PREFIX}ingest", stream: str = "s") -> None:
        event = {"timestamp": FIRST + at, "message": message, "logStreamName": stream}
        self.events.setdefault(group, []).append(event)

    def tell(self, at: int, **keys: object) -> None:
        self.write(at, orjson.dumps(keys).decode())

    def get_paginator(self, name: str) -> Pages:
        assert name == "describe_log_groups"
        return Pages(list(self.events))

    def filter_log_events(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3
        self.asked.append(asked)
        term = str(asked.get("filterPattern", "")).strip('"')
        found = sorted(
            (
                event
                for event in self.events[asked["logGroupName"]]
                if event["timestamp"] >= asked["startTime"] and term in event["message"]
            ),
            key=lambda event: event["timestamp"],
        )
        first = int(asked.get("nextToken", "0"))
        last = first + asked["limit"]
        more = {"nextToken": str(last)} if self.tokens and last < len(found) else {}
        return {"events": found[first:last], **more}


@pytest.fixture(params=[True, False], ids=["as on AWS", "as the emulator"])
def written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Logs:
    client = Logs(tokens=request.param)

    def client_of(_target: Target, service: str) -> Logs:
        return {"logs": client}[service]

    monkeypatch.setattr(Target, "client", client_of)
    return client


def target(name: str = "prod") -> Target:
    return Target(name=name, outputs={}, region="eu-central-1")


def lines(
    job: str | None = None, *, follow: bool = False, since: datetime = START
) -> Iterator[dict[str, Any]]:
    return read(target(), Asked(job=job, follow=follow, since=since), sleep=lambda _: None)


def events(job: str | None = None) -> list[object]:
    return [line["event"] for line in lines(job)]


def test_lines_have_a_function_and_a_time_and_what_was_written(written: Logs) -> None:
    written.tell(123, event="done", rows=3)
    assert list(lines()) == [
        {"timestamp": "2026-01-02T03:04:05.123Z", "function": "ingest", "event": "done", "rows": 3}
    ]


@pytest.mark.parametrize("group", ["/aws/lambda/another-function", f"{PREFIX}eu-ingest"])
def test_the_platforms_own_lines_and_those_of_other_stacks_are_left_out(written: Logs, group: str) -> None:
    written.write(1, "START RequestId: 1")
    written.write(2, '"a text"')
    written.write(3, '{"event": "foreign"}', group=group)
    written.tell(4, event="ours")
    assert events() == ["ours"]


def test_a_stack_may_be_named_with_its_organisation(written: Logs) -> None:
    written.tell(1, event="ours")
    assert [line["event"] for line in read(target("acme/foreman/prod"), Asked(since=START))] == ["ours"]


def test_lines_of_all_functions_are_in_the_order_of_their_time(written: Logs) -> None:
    written.write(1, '{"event": "second", "timestamp": "2026-01-01T00:00:02Z"}')
    written.write(2, '{"event": "first", "timestamp": "2026-01-01T00:00:01Z"}', group=f"{PREFIX}plan")
    assert events() == ["first", "second"]


def test_what_containers_say_is_read_too(written: Logs) -> None:
    written.tell(2, event="asked")
    written.write(1, '{"event": "worked"}', group="/foreman/prod/containers-worker")
    written.write(3, '{"event": "foreign"}', group="/foreman/production/containers-worker")
    assert [(line["function"], line["event"]) for line in lines()] == [
        ("worker", "worked"),
        ("ingest", "asked"),
    ]


def test_lines_of_one_job_are_asked_for_and_lines_that_only_name_it_left_out(written: Logs) -> None:
    written.tell(1, event="a", job_id=OTHER)
    written.tell(2, event="b", job_id=JOB_ID)
    written.tell(3, event="c", duplicate_of=JOB_ID)
    assert events(JOB_ID) == ["b"]
    assert written.asked[0]["filterPattern"] == f'"{JOB_ID}"'


def test_lines_before_the_time_are_not_read(written: Logs) -> None:
    written.tell(0, event="old")
    written.tell(2000, event="new")
    assert [line["event"] for line in lines(since=START + timedelta(seconds=1))] == ["new"]


def test_more_lines_than_one_answer_holds_are_read(written: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_logs, "MOST_EVENTS", 3)
    for number in range(10):
        written.tell(number // 2, event=number)
    assert events() == list(range(10))


def test_following_tells_each_line_once_and_late_ones_too(written: Logs) -> None:
    written.tell(1, event="a")
    following = lines(follow=True)
    assert next(following)["event"] == "a"
    written.tell(1, event="in the same millisecond")
    assert next(following)["event"] == "in the same millisecond"
    written.tell(9000, event="b")
    assert next(following)["event"] == "b"
    written.tell(5000, event="earlier, and readable only now")
    written.tell(60_000, event="c")
    assert [next(following)["event"] for _ in range(2)] == ["earlier, and readable only now", "c"]


FAILED = {
    "timestamp": "2026-01-02T03:04:06Z",
    "function": "plan",
    "level": "error",
    "event": "e\x1b[2J",
    "rows": 3,
    "next": None,
}
MEASURED = {
    "timestamp": "2026-01-02T03:04:05.123456Z",
    "function": "plan",
    "level": "info",
    "event": "step_done",
    "job_id": JOB_ID,
    "request_id": "r-1",
    "seconds": 0.5,
    "counts": {},
    "stack": "prod",
    "StepSeconds": 0.5,
    "_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Metrics": [{"Name": "StepSeconds"}]}]},
}


@pytest.fixture
def told(written: Logs, monkeypatch: pytest.MonkeyPatch) -> Logs:
    monkeypatch.setattr("cli.commands.logs.find", always(target()))
    written.tell(0, **MEASURED)
    written.tell(1, **FAILED)
    return written


@pytest.mark.usefixtures("told")
def test_a_line_that_is_a_metric_too_reads_like_any_other(foreman: Foreman) -> None:
    first, second = foreman("logs", "--since", "2026-01-01").out.splitlines()
    assert first == f"2026-01-02T03:04:05.123 plan       step_done job_id={JOB_ID} seconds=0.5"
    assert second == "2026-01-02T03:04:06Z    plan       ERROR e\\x1b[2J rows=3"


@pytest.mark.usefixtures("told")
def test_of_one_job_its_id_is_not_said_again_and_again(foreman: Foreman) -> None:
    done = foreman("logs", "--job", JOB_ID, "--since", "2026-01-02T03:04")
    assert done.out == "2026-01-02T03:04:05.123 plan       step_done seconds=0.5\n"


@pytest.mark.usefixtures("told")
def test_programs_get_the_whole_line(foreman: Foreman) -> None:
    done = foreman("logs", "--stack", "prod", "--job", JOB_ID, "--since", "2026-01-01", "--json")
    assert [json.loads(line) for line in done.out.splitlines()] == [MEASURED]


@pytest.mark.usefixtures("told")
def test_without_a_time_the_last_day_is_read_and_no_logs_are_no_fault(foreman: Foreman) -> None:
    done = foreman("logs", "--job", JOB_ID)
    assert (done.code, done.out) == (0, "")
    since = datetime.now(UTC) - timedelta(days=1)
    assert f"Nothing is logged of {JOB_ID} since {since:%Y-%m-%d %H:}" in done.err


@pytest.mark.parametrize("text", ["yesterday", "5", "2w", "99999999d", "2026-13-01", "-1d"])
def test_a_time_that_is_none_is_refused_with_what_is_accepted(foreman: Foreman, text: str) -> None:
    done = foreman("logs", f"--since={text}")
    assert done.code == 2
    assert "30m, 2h, 7d" in done.err


@pytest.mark.usefixtures("server")
def test_without_a_stack_there_are_no_logs(foreman: Foreman, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.stack.current", lambda: None)
    assert "is not running" in foreman("logs").err
