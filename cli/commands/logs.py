"""`logs`: what the functions of the local stack say."""

import json
from collections.abc import Mapping
from typing import Final

import click

from cli._command import command
from cli._screen import say
from cli._target import LOCAL, find
from cli._text import note
from local import logs as local_logs

SHOWN_APART: Final = ("timestamp", "function", "level", "event")
STYLES: Final = {"error": "bold red", "critical": "bold red", "warning": "yellow"}


@command("logs", examples=["./foreman logs", "./foreman logs -f", "./foreman logs --job JOB_ID --json"])
@click.option("-f", "--follow", is_flag=True, help="Go on printing what is logged from now on, until Ctrl-C.")
@click.option("--job", metavar="ID", help="Only what the functions say of this job.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document per line, and nothing else.")
def logs(*, follow: bool, job: str | None, as_json: bool) -> int:
    """Print what the functions of the local stack log: events with keys, never a value of a row.

    On AWS the same lines are in CloudWatch Logs, one log group per function.
    """
    find(LOCAL)
    told = 0
    for entry in local_logs.read(job=job, follow=follow):
        told += 1
        if as_json:
            click.echo(json.dumps(entry, ensure_ascii=True, default=str))
        else:
            say(line(entry), STYLES.get(str(entry.get("level")), ""))
    if not told:
        note(f"Nothing is logged of {job} yet." if job else "Nothing is logged yet.")
    return 0


def line(entry: Mapping[str, object]) -> str:
    """A log entry on one line: time, function, level if it matters, event, and the other keys."""
    level = str(entry.get("level", "info"))
    parts = [
        str(entry.get("timestamp", ""))[:23].ljust(23),
        str(entry.get("function", "")).ljust(10),
        *([] if level in {"info", "debug"} else [level.upper()]),
        str(entry.get("event", "")),
        *(
            f"{key}={_short(value)}"
            for key, value in entry.items()
            if key not in SHOWN_APART and value is not None
        ),
    ]
    return " ".join(parts).rstrip()


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
