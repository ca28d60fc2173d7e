"""What the functions and containers of a stack have said: the same calls on AWS and on the emulator."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

import orjson
from attrs import field, frozen

from cli._target import Target

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

POLL_SECONDS: Final = 1.0
MOST_EVENTS: Final = 10_000
"""Events in one answer; the emulator gives no token for the next ones."""

OVERLAP_MS: Final = 30_000
"""Lines do not become readable in the order of their times: so far back is looked again."""


@frozen(kw_only=True)
class Asked:
    """Which lines: of this job (None: of all), from a time on, and, with `follow`, also those to come."""

    since: datetime
    job: str | None = None
    follow: bool = False


def read(
    target: Target, asked: Asked, *, sleep: Callable[[float], None] = time.sleep
) -> Iterator[dict[str, Any]]:
    """The functions' and containers' log lines in the order of their time; with `follow` without an end.

    Each is what the function or container wrote, and at least `function` and `timestamp`.
    """
    stack = target.name.rpartition("/")[2]  # Pulumi's whole name of a stack begins with its organisation
    prefixes = (f"/aws/lambda/foreman-{stack}-", f"/foreman/{stack}/containers-")
    readers = [_Reader(target.client("logs"), prefix, asked) for prefix in prefixes]
    while True:
        new = [line for reader in readers for line in reader.new_lines()]
        yield from sorted(new, key=lambda line: str(line["timestamp"]))
        if not asked.follow:
            return
        sleep(POLL_SECONDS)


@frozen
class _Reader:
    """Reads on in every log group from where it was; what was read already is told by its place."""

    client: "CloudWatchLogsClient"
    prefix: str
    """What the names of the log groups begin with; the rest is a handler's module or a container's name."""
    asked: Asked
    _starts: dict[str, int] = field(init=False, factory=dict[str, int])
    _told: dict[str, dict[tuple[str, ...], int]] = field(
        init=False, factory=dict[str, dict[tuple[str, ...], int]]
    )

    def new_lines(self) -> Iterator[dict[str, Any]]:
        """Every line that was written as JSON since the last time; the platform's own are left out."""
        for name in self._groups():
            for event in self._new_events(name):
                line = _parsed(event["message"])
                if line is not None and self.asked.job in (None, line.get("job_id")):
                    yield {
                        "timestamp": _iso(event["timestamp"]),
                        "function": name.removeprefix(self.prefix),
                        **line,
                    }

    def _groups(self) -> Iterator[str]:
        """The log groups of the stack's functions; those of a stack whose name goes on after ours are not."""
        pages = self.client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=self.prefix)
        for page in pages:
            for group in page["logGroups"]:
                name = group.get("logGroupName", "")
                if "-" not in name.removeprefix(self.prefix):  # the name of a module has none
                    yield name

    def _new_events(self, group: str) -> Iterator[Mapping[str, Any]]:
        told = self._told.setdefault(group, {})
        start = self._starts.get(group, _milliseconds(self.asked.since))
        latest = start
        for event in self._events(group, start):
            latest = max(latest, event["timestamp"])
            place = (event["logStreamName"], str(event["timestamp"]), event["message"])
            if place not in told:
                told[place] = event["timestamp"]
                yield event
        self._starts[group] = max(start, latest - OVERLAP_MS)
        for place in [place for place, at in told.items() if at < self._starts[group]]:
            del told[place]

    def _events(self, group: str, start: int) -> Iterator[Mapping[str, Any]]:
        """All events from a time on. The emulator names no next page: the last moment of a full one is asked
        for again, since a part of it may be missing.
        """
        more: dict[str, Any] = {"startTime": start}
        if self.asked.job is not None:
            more["filterPattern"] = f'"{self.asked.job}"'
        while True:
            answer = self.client.filter_log_events(logGroupName=group, limit=MOST_EVENTS, **more)
            page = cast("Mapping[str, Any]", answer)
            events: list[Mapping[str, Any]] = page["events"]
            yield from events
            if page.get("nextToken"):
                more["nextToken"] = page["nextToken"]
            elif "nextToken" not in more and len(events) == MOST_EVENTS:
                more["startTime"] = max(events[-1]["timestamp"], more["startTime"] + 1)
            else:
                return


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parsed(message: str) -> dict[str, Any] | None:
    try:
        line: object = orjson.loads(message)
    except ValueError:
        return None
    return cast("dict[str, Any]", line) if isinstance(line, dict) else None
