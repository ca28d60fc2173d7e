"""`logs`: what the functions and containers of a stack say."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import click

from cli._command import command, stack_option
from cli._logs import Asked, read
from cli._screen import say
from cli._since import Since
from cli._target import find
from cli._text import note

SHOWN_APART: Final = ("timestamp", "function", "level", "event")
FOR_PROGRAMS: Final = ("request_id", "stack", "_aws")
"""Keys of a line that `--json` prints, and that say little to a person."""
STYLES: Final = {"error": "bold red", "critical": "bold red", "warning": "yellow"}


@command(
    "logs",
    examples=[
        "./foreman logs",
        "./foreman logs -f",
        "./foreman logs --job JOB_ID --json",
        "./foreman logs --stack prod --job JOB_ID --since 7d",
    ],
)
@click.option("-f", "--follow", is_flag=True, help="Go on printing what is logged from now on, until Ctrl-C.")
@click.option("--job", metavar="ID", help="Only what they say of this job.")
@click.option(
    "--since",
    type=Since(),
    default="1d",
    show_default=True,
    help="How far back: 30m, 2h, 7d, or a time in ISO 8601 (UTC).",
)
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document per line, and nothing else.")
def logs(*, follow: bool, job: str | None, since: datetime, stack: str, as_json: bool) -> int:
    """Print what the functions and containers of a stack log: events with keys, never a value of a row.

    The lines come from CloudWatch Logs, where each has a log group of its own.
    """
    told = 0
    for entry in read(find(stack), Asked(job=job, since=since, follow=follow)):
        told += 1
        if as_json:
            click.echo(json.dumps(entry, ensure_ascii=True, default=str))
        else:
            say(line(entry, of_job=job), STYLES.get(str(entry.get("level")), ""))
    if not told:
        of = f" of {job}" if job else ""
        note(f"Nothing is logged{of} since {since:%Y-%m-%d %H:%M} UTC. Look further back with --since.")
    return 0


def line(entry: Mapping[str, Any], *, of_job: str | None = None) -> str:
    """A log entry on one line: time, function, level if it matters, event, and the other keys."""
    level = str(entry.get("level", "info"))
    hidden = {*SHOWN_APART, *FOR_PROGRAMS, *_metrics(entry), *(["job_id"] if of_job else [])}
    parts = [
        str(entry.get("timestamp", ""))[:23].ljust(23),
        str(entry.get("function", "")).ljust(10),
        *([] if level in {"info", "debug"} else [level.upper()]),
        str(entry.get("event", "")),
        *(
            f"{key}={_short(value)}"
            for key, value in entry.items()
            if key not in hidden and value not in (None, {}, [])
        ),
    ]
    return " ".join(parts).rstrip()


def _metrics(entry: Mapping[str, Any]) -> list[str]:
    """The keys of a line that are there because it is a metric, too; what they say is in its other keys."""
    directives = entry.get("_aws", {}).get("CloudWatchMetrics", [])
    return [metric["Name"] for directive in directives for metric in directive["Metrics"]]


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
