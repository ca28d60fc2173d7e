"""What the functions of the local stack have said."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

import orjson

from local import stack
from local.aws import Aws
from local.errors import LocalError
from local.home import CACHE
from local.provisioner import PROJECT_NAME, STACK

GROUPS: Final = f"/aws/lambda/{PROJECT_NAME}-{STACK}-"
"""What the names of the functions' log groups begin with; the rest is the name of the handler's module."""

POLL_SECONDS: Final = 1.0
MOST_EVENTS: Final = 10_000
"""Events in one answer; the emulator gives no token for the next ones."""


def read(*, job: str | None, follow: bool, home: Path | None = None) -> Iterator[dict[str, Any]]:
    """The functions' log lines in the order of their time; with `follow`, also those to come, without an end.

    Each is what the function wrote, and at least `function` and `timestamp`; with `job`, those of this job.
    LocalError when the stack does not run, or (with `follow`) no more.
    """
    reader: _Reader | None = None
    while True:
        running = stack.current(home=home)
        if running is None:
            raise LocalError("stack-down", "The local stack is not running. Start it: ./foreman up")
        reader = reader or _Reader(Aws(running.endpoint, running.region, CACHE).client("logs"))
        for line in sorted(reader.new_lines(), key=lambda line: str(line["timestamp"])):
            if job is None or line.get("job_id") == job:
                yield line
        if not follow:
            return
        time.sleep(POLL_SECONDS)


class _Reader:
    """Reads on in every log group from where it was; what was read already is told by its place."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - a client without stubs
        self._client = client
        self._from: dict[str, int] = {}
        self._told: dict[str, set[tuple[str, ...]]] = {}

    def new_lines(self) -> Iterator[dict[str, Any]]:
        """Every line that a function wrote as JSON since the last time; the platform's own are left out."""
        for group in self._client.describe_log_groups(logGroupNamePrefix=GROUPS)["logGroups"]:
            name: str = group["logGroupName"]
            for event in self._new_events(name):
                line = _parsed(event["message"])
                if line is not None:
                    yield {
                        "timestamp": _iso(event["timestamp"]),
                        "function": name.removeprefix(GROUPS),
                        **line,
                    }

    def _new_events(self, group: str) -> Iterator[dict[str, Any]]:
        while True:
            start = self._from.get(group, 0)
            events: list[dict[str, Any]] = self._client.filter_log_events(
                logGroupName=group, startTime=start, limit=MOST_EVENTS
            )["events"]
            told = self._told.get(group, set[tuple[str, ...]]())
            new = [event for event in events if _place(event) not in told]
            yield from new
            if not new:
                return
            # the next answer begins with the last moment of this one: more may come in it
            self._from[group] = events[-1]["timestamp"]
            self._told[group] = {_place(event) for event in events if event["timestamp"] == self._from[group]}
            if len(events) < MOST_EVENTS:
                return


def _place(event: Mapping[str, Any]) -> tuple[str, ...]:
    """What tells an event from others; each run of a function has a stream of its own."""
    return event["logStreamName"], str(event["timestamp"]), event["message"]


def _iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parsed(message: str) -> dict[str, Any] | None:
    try:
        line: object = orjson.loads(message)
    except ValueError:
        return None
    return cast("dict[str, Any]", line) if isinstance(line, dict) else None
