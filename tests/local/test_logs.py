"""Reading the functions' logs."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from local import logs, stack
from local.aws import Aws
from local.errors import LocalError
from local.stack import LocalStack
from tests.local.doubles import always

GROUP = f"{logs.GROUPS}ingest"


class Logs:
    """CloudWatch Logs as the emulator has it: oldest first, at most so many, and no token for more."""

    def __init__(self) -> None:
        self.events: dict[str, list[dict[str, Any]]] = {}

    def write(self, timestamp: int, message: str, *, group: str = GROUP, stream: str = "s") -> None:
        self.events.setdefault(group, []).append(
            {"timestamp": timestamp, "message": message, "logStreamName": stream}
        )

    def tell(self, timestamp: int, **keys: object) -> None:
        self.write(timestamp, orjson.dumps(keys).decode())

    def describe_log_groups(self, *, logGroupNamePrefix: str) -> dict[str, Any]:  # noqa: N803
        names = [name for name in self.events if name.startswith(logGroupNamePrefix)]
        return {"logGroups": [{"logGroupName": name} for name in names]}

    def filter_log_events(self, *, logGroupName: str, startTime: int, limit: int) -> dict[str, Any]:  # noqa: N803
        found = [event for event in self.events[logGroupName] if event["timestamp"] >= startTime]
        return {"events": sorted(found, key=lambda event: event["timestamp"])[:limit]}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Logs:
    """The logs of a stack that runs."""
    client = Logs()
    running = LocalStack(endpoint="http://x", region="r", port=1, pid=1, outputs={}, resources=())
    monkeypatch.setattr(stack, "current", always(running))
    monkeypatch.setattr(Aws, "client", always(client))
    monkeypatch.setattr(logs, "POLL_SECONDS", 0)
    return client


def events(job: str | None = None) -> list[object]:
    return [line["event"] for line in logs.read(job=job, follow=False)]


def test_lines_have_a_function_and_a_time_and_what_was_written(written: Logs) -> None:
    written.tell(1_700_000_000_123, event="done", rows=3)
    assert list(logs.read(job=None, follow=False)) == [
        {"timestamp": "2023-11-14T22:13:20.123Z", "function": "ingest", "event": "done", "rows": 3}
    ]


def test_the_platforms_own_lines_and_other_groups_are_left_out(written: Logs) -> None:
    written.write(1, "START RequestId: 1")
    written.write(2, '"a text"')
    written.write(3, orjson.dumps({"event": "foreign"}).decode(), group="/aws/lambda/another-function")
    written.tell(4, event="ours")
    assert events() == ["ours"]


def test_lines_of_all_functions_are_in_the_order_of_their_time(written: Logs) -> None:
    written.write(1, '{"event": "second", "timestamp": "2026-01-01T00:00:02Z"}')
    written.write(2, '{"event": "first", "timestamp": "2026-01-01T00:00:01Z"}', group=f"{logs.GROUPS}plan")
    assert events() == ["first", "second"]


def test_lines_of_one_job(written: Logs) -> None:
    written.tell(1, event="a", job_id="job-1")
    written.tell(2, event="b", job_id="job-2")
    written.tell(3, event="c")
    assert events("job-2") == ["b"]


def test_more_lines_than_one_answer_holds_are_read(written: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST_EVENTS", 3)
    for number in range(10):
        written.tell(number // 2, event=number)
    assert events() == list(range(10))


def test_following_tells_each_line_once_and_late_ones_too(written: Logs) -> None:
    written.tell(1, event="a")
    following = logs.read(job=None, follow=True)
    assert next(following)["event"] == "a"
    written.tell(1, event="in the same millisecond")
    assert next(following)["event"] == "in the same millisecond"
    written.tell(2, event="b")
    written.tell(3, event="c")
    assert [next(following)["event"], next(following)["event"]] == ["b", "c"]


def test_following_ends_with_the_stack(written: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    written.tell(1, event="a")
    following = logs.read(job=None, follow=True)
    next(following)
    monkeypatch.setattr(stack, "current", always(None))
    with pytest.raises(LocalError, match="is not running") as caught:
        next(following)
    assert caught.value.code == "stack-down"


def test_without_a_stack_there_are_no_logs(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="is not running"):
        next(logs.read(job=None, follow=False, home=tmp_path))
