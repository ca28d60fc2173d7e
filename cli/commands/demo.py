"""`demo`: the main job on the embedded default, from a dropped file to records that are read back."""

import json
import shlex
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs
import click
from attrs import frozen

from cli._account import account
from cli._api import Api
from cli._command import command, json_option, port_option
from cli._follow import follow
from cli._job import JobView, exit_code
from cli._paths import PROJECT
from cli._read_back import Found, issues_of, issues_table, records_of, records_table
from cli._screen import say, show, steps
from cli._send import dropped
from cli._target import Target, of_local
from cli._text import emit, note, plural
from foreman_core.errors import Unavailable
from foreman_core.identity import job_id
from foreman_core.schema import RecordSchema, find_schema
from local import stack as local_stack

APPEAR_SECONDS: Final = 120
JOB_SECONDS: Final = 900
LOOK_SECONDS: Final = 2.0


@frozen(kw_only=True)
class Outcome:
    """What the demo shows: the job, and what it left behind."""

    seen: JobView
    schema: RecordSchema
    found: Found
    issues: list[dict[str, str]]

    @property
    def owner(self) -> str:
        """The job whose records are shown: for a duplicate file the earlier one."""
        return self.seen.job.duplicate_of or self.seen.job.id


@command(
    "demo",
    examples=["./foreman demo", "./foreman demo samples/messy.csv --once", "./foreman demo --once --json"],
)
@click.argument(
    "file",
    required=False,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=PROJECT / "sample.csv",
    metavar="[FILE]",
)
@click.option("--once", is_flag=True, help="Exit after the job; stop the stack if this command started it.")
@port_option
@json_option
def demo(*, file: Path, once: bool, port: int | None, as_json: bool) -> int:
    """Run the main job on this machine, from a file to its records.

    Starts the local stack, drops FILE (default: sample.csv) into the bucket, follows the job, and reads the
    records back. Then the stack stays up until Ctrl-C; one that ran before stays up in any case. The exit
    code is the job's: content that was loaded before is recognised, and ends with 0.
    """
    ran_before = local_stack.current() is not None
    with _stack(port) as target:
        began = time.monotonic()
        with target.api() as api:
            outcome = _run(target, api, file)
        taken = time.monotonic() - began
        if as_json:
            emit(_document(outcome, target, taken))
        else:
            _tell(outcome, target, stays=ran_before or not once)
        if not once and not ran_before:
            _stay(target)
    return exit_code(outcome.seen.job)


@contextmanager
def _stack(port: int | None) -> Generator[Target]:
    """The local stack: the one that runs, or one that is started and in the end stopped."""
    running = local_stack.current()
    if running is not None:
        if port not in {None, running.port}:
            note(f"The local stack runs already, on port {running.port}; --port {port} changes nothing.")
        yield of_local(running)
        return
    with _terminated_is_interrupted():
        with steps() as progress:
            running = local_stack.up(port=port, progress=progress)
        try:
            note(f"The local stack is up at {running.endpoint}")
            yield of_local(running)
        finally:
            with steps() as progress:
                local_stack.down(progress=progress)


@contextmanager
def _terminated_is_interrupted() -> Generator[None]:
    """Treat SIGTERM and SIGHUP as Ctrl-C, so that what was started is stopped."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(target: Target, api: Api, file: Path) -> Outcome:
    sent = dropped(target, file)
    note(f"put s3://{sent.bucket}/{sent.key}")
    job = job_id(bucket=sent.bucket, key=sent.key, version_id=sent.version_id)
    seen = follow(api, job, timeout=JOB_SECONDS, appear=APPEAR_SECONDS)
    schema = find_schema(seen.job.record_type)
    owner = seen.job.duplicate_of or seen.job.id
    return Outcome(
        seen=seen,
        schema=schema,
        found=records_of(api, schema, owner),
        issues=issues_of(target, owner) if not seen.is_duplicate else [],
    )


def _document(outcome: Outcome, target: Target, taken: float) -> dict[str, Any]:
    return {
        "job": outcome.seen.document,
        "rows": attrs.asdict(outcome.seen.job.counts),
        "records": outcome.found.records,
        "issues": outcome.issues,
        "stack": target.public(),
        "seconds": round(taken, 2),
    }


def _tell(outcome: Outcome, target: Target, *, stays: bool) -> None:
    say()
    show(account(outcome.seen))
    if outcome.seen.is_duplicate:
        say()
        say(f"This content was loaded before, by {outcome.owner}: nothing is done twice. Its records:")
    if outcome.issues:
        say()
        say(f"What was wrong with rows ({plural(len(outcome.issues), 'issue')} shown)", style="bold")
        show(issues_table(outcome.issues))
    say()
    say(f"Read back through GraphQL: {_amount(outcome)}", style="bold")
    if outcome.found.records:
        show(records_table(outcome.schema, outcome.found))
    say()
    say("Try next, while the stack is up" if stays else "Try next", style="bold")
    for line in _while_up(outcome, target) if stays else _AFTERWARDS:
        say(f"  {line}")


def _amount(outcome: Outcome) -> str:
    found = outcome.found
    if not found.records:
        return "no record was written by this job"
    if found.more:
        return f"the first {len(found.records)} records that {outcome.owner} wrote"
    return f"{plural(len(found.records), 'record')} that {outcome.owner} wrote"


def _while_up(outcome: Outcome, target: Target) -> list[str]:
    key = str(outcome.found.records[0][outcome.schema.primary_key]) if outcome.found.records else None
    one = outcome.schema.type_name[:1].lower() + outcome.schema.type_name[1:]
    record = f"{{ {one}(id: {json.dumps(key)}) {{ _meta {{ version job_id line }} }} }}"
    body = json.dumps({"query": record if key else "{ jobs { items { id } } }"})
    return [
        "./foreman drop samples/messy.csv    a file with one example of each fault",
        "./foreman jobs                      what the ledger holds",
        "./foreman status                    every resource, and how it is realised here",
        f"curl -s {target.output('graphql_url')} -H 'content-type: application/json' \\",
        f'     -H "x-api-key: $(./foreman outputs api_key)" -d {shlex.quote(body)}',
    ]


_AFTERWARDS: Final = (
    "./foreman up                        the stack again, with what it has stored",
    "./foreman drop samples/messy.csv    a file with one example of each fault",
    "./foreman jobs                      what the ledger holds",
)


def _stay(target: Target) -> None:
    """Wait for Ctrl-C, or for the end of the stack."""
    note(f"The stack stays up at {target.endpoint} until Ctrl-C.")
    try:
        while local_stack.current() is not None:
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        return
    raise Unavailable("stack-down", "The local stack has ended. Start it again: ./foreman up")
