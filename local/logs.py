"""What the functions of the local stack have said."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import orjson

from local import stack
from local.aws import Aws
from local.errors import LocalError
from local.home import CACHE

PREFIX: Final = "/aws/lambda/"
POLL_SECONDS: Final = 1.0


def read(*, job: str | None, follow: bool, home: Path | None = None) -> Iterator[dict[str, Any]]:
    """The functions' log lines in the order of their time; with `follow`, also those to come, without an end.

    Each is what the function wrote, and at least `function`, `timestamp` and `event`.
    LocalError when the stack does not run.
    """
    running = stack.current(home=home)
    if running is None:
        raise LocalError("stack-down", "The local stack is not running. Start it: ./foreman up")
    logs = Aws(running.endpoint, running.region, CACHE).client("logs")
    told: set[str] = set()
    while True:
        for line in sorted(_lines(logs), key=lambda line: str(line["timestamp"])):
            mark = orjson.dumps(line).decode()
            if mark not in told and (job is None or line.get("job_id") == job):
                yield line
            told.add(mark)
        if not follow:
            return
        time.sleep(POLL_SECONDS)


def _lines(logs: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - a client without stubs
    """Every line that a function wrote as JSON; the platform's own START, END and REPORT are left out."""
    for group in logs.describe_log_groups(logGroupNamePrefix=PREFIX)["logGroups"]:
        name = group["logGroupName"]
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
            for event in page["events"]:
                line = _parsed(event["message"])
                if line is not None:
                    yield {"timestamp": event["timestamp"], "function": name.removeprefix(PREFIX), **line}


def _parsed(message: str) -> dict[str, Any] | None:
    try:
        line: object = orjson.loads(message)
    except ValueError:
        return None
    return cast("dict[str, Any]", line) if isinstance(line, dict) else None
