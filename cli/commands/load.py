"""`plan`, `submit` and `drop`: a file on its way through a stack."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
from attrs import asdict

from cli._account import account
from cli._api import Api
from cli._command import command, json_option, stack_option
from cli._errors import DONE
from cli._follow import follow
from cli._job import JobView, exit_code
from cli._outputs import check_outputs
from cli._plan import first_kept, kept_table, write_plan
from cli._reading import Reading, mapping_file_option, reading_options
from cli._screen import show
from cli._send import dropped, submitted
from cli._target import Target, find
from cli._text import emit, note
from foreman_core.errors import Refused
from foreman_core.identity import job_id
from foreman_core.models import JobState, Options
from foreman_core.pipeline.options import DEFAULTS

APPEAR_SECONDS: Final = 120
DIRECT_SECONDS: Final = 30
SEARCHED: Final = 200

file_argument = click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
)
timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=3600,
    show_default=True,
    metavar="SECONDS",
    help="Stop following after this time; the job goes on.",
)
plan_output = click.option(
    "-o",
    "--output",
    metavar="OUT.csv",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the plan: a line per row and field, with the values before and after.",
)


@command(
    "plan",
    examples=[
        "./foreman plan sample.csv",
        "./foreman plan sample.csv -o plan.csv",
        "./foreman plan sample.csv --json",
        "./foreman plan export.csv --mapping columns.yaml --encoding windows-1252",
        "./foreman submit --plan JOB_ID",
    ],
)
@file_argument
@mapping_file_option
@plan_output
@stack_option
@timeout_option
@json_option
@reading_options
def plan(
    *,
    file: Path,
    mapping: Path | None,
    output: Path | None,
    reading: Reading,
    stack: str,
    timeout: float,
    as_json: bool,
) -> int:
    """Dry run against the live table: what a load of FILE would do, row by row, and nothing is stored.

    Prints the counts, how many rows change which field, and the plan's id. `submit --plan` then loads exactly
    that plan. Exit code 1 when rows were rejected.
    """
    target, options = find(stack), reading.options(mapping)
    start = _importing(target, file, options, mode="plan", again=False)
    return _followed(target, start, timeout=timeout, as_json=as_json, output=output)


@command(
    "submit",
    examples=[
        "./foreman submit sample.csv",
        "./foreman submit sample.csv --again",
        "./foreman submit customers.xlsx --sheet 'June 2026'",
        "./foreman submit --plan JOB_ID",
        "./foreman submit sample.csv --json",
    ],
)
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
)
@click.option("--plan", "planned", metavar="ID", help="Load exactly this plan (the job's id, or the plan's).")
@click.option(
    "--again", is_flag=True, help="Load the file also when the same content has been loaded before."
)
@mapping_file_option
@stack_option
@timeout_option
@json_option
@reading_options
def submit(
    *,
    file: Path | None,
    planned: str | None,
    again: bool,
    mapping: Path | None,
    reading: Reading,
    stack: str,
    timeout: float,
    as_json: bool,
) -> int:
    """Load FILE, or exactly the plan that `plan` made, and follow the job to its end.

    The same content is loaded once: a second submit says which job has it, and changes nothing.
    """
    if (file is None) == (not planned):
        raise click.UsageError("Name either a FILE or --plan ID.", click.get_current_context())
    if planned and again:
        raise click.UsageError(
            "--again goes with a FILE: a plan is loaded once.", click.get_current_context()
        )
    options = reading.options(mapping)
    if planned and options != DEFAULTS:
        raise click.UsageError(
            "--mapping, --sheet and the like go with a FILE: a plan has read its file already.",
            click.get_current_context(),
        )
    target = find(stack)
    if file is not None:
        start = _importing(target, file, options, mode="load", again=again)
        return _followed(target, start, timeout=timeout, as_json=as_json)

    def approved(api: Api) -> str:
        return approve(api, str(planned)).job.id

    return _followed(target, approved, timeout=timeout, as_json=as_json)


@command(
    "drop",
    examples=[
        "./foreman drop sample.csv",
        "./foreman drop samples/messy.csv --json",
        "./foreman drop export.csv --encoding windows-1252",
    ],
)
@file_argument
@mapping_file_option
@stack_option
@timeout_option
@json_option
@reading_options
def drop(
    *, file: Path, mapping: Path | None, reading: Reading, stack: str, timeout: float, as_json: bool
) -> int:
    """Put FILE into the intake bucket, as a sender would, and follow the job that this starts.

    How it is read is written on the object, which takes 2 KB of that.
    """
    target, options = find(stack), reading.options(mapping)

    def start(_api: Api) -> str:
        sent = dropped(target, file, options)
        note(f"put s3://{sent.bucket}/{sent.key}")
        return job_id(bucket=sent.bucket, key=sent.key, version_id=sent.version_id)

    return _followed(target, start, appear=APPEAR_SECONDS, timeout=timeout, as_json=as_json)


@command(
    "undo",
    examples=[
        "./foreman undo JOB_ID --dry-run",
        "./foreman undo JOB_ID --dry-run -o undo.csv",
        "./foreman undo JOB_ID",
        "./foreman undo JOB_ID --json",
    ],
)
@click.argument("job", metavar="JOB_ID")
@click.option("--dry-run", is_flag=True, help="Say what would be put back and what kept; change no record.")
@plan_output
@stack_option
@timeout_option
@json_option
def undo(*, job: str, dry_run: bool, output: Path | None, stack: str, timeout: float, as_json: bool) -> int:
    """Put back what a job did: delete what it created, restore what it updated, keep what was edited since.

    The undo is a job of its own; to undo it, name that one. After a dry run the undo does exactly what the
    dry run said. Exit code 1 when something was kept.
    """

    def start(api: Api) -> str:
        return api.undo_job(job, dry_run=dry_run).job.id

    return _followed(find(stack), start, timeout=timeout, as_json=as_json, output=output)


@command("retry", examples=["./foreman retry JOB_ID", "./foreman retry JOB_ID --json"])
@click.argument("job", metavar="JOB_ID")
@stack_option
@timeout_option
@json_option
def retry(*, job: str, stack: str, timeout: float, as_json: bool) -> int:
    """Let a job that failed, was cancelled or stands still go on where it stopped, and follow it to its end.

    Rows that are stored already stay as they are, and a plan that was made is the plan that is loaded. A job
    in review has its file read anew, with what the stack remembers of its columns by now.
    """
    return _followed(find(stack), lambda api: api.retry_job(job).job.id, timeout=timeout, as_json=as_json)


@command("cancel", examples=["./foreman cancel JOB_ID", "./foreman cancel JOB_ID --json"])
@click.argument("job", metavar="JOB_ID")
@stack_option
@timeout_option
@json_option
def cancel(*, job: str, stack: str, timeout: float, as_json: bool) -> int:
    """Stop a job: before anything is stored, or, while it is being loaded, before its next chunk.

    What was loaded by then stays and is accounted for: `undo` puts it back, `retry` loads the rest. Exit code
    0 when the job is cancelled; when it came to its end before that, the code of that end.
    """
    with find(stack).api() as api:
        seen = follow(api, api.cancel_job(job).job.id, timeout=timeout, appear=DIRECT_SECONDS)
    code = finish(seen, as_json=as_json)
    return DONE if seen.job.state is JobState.CANCELLED else code


def _importing(
    target: Target, file: Path, options: Options, *, mode: str, again: bool
) -> Callable[[Api], str]:
    def start(api: Api) -> str:
        sent = submitted(target, file)
        return api.start_import(sent, mode=mode, again=again, options=options).job.id

    return start


def _followed(  # what all do: start, follow, account
    target: Target,
    start: Callable[[Api], str],
    *,
    timeout: float,
    as_json: bool,
    appear: float = DIRECT_SECONDS,
    output: Path | None = None,
) -> int:
    check_outputs([output] if output else [], inputs=[])
    with target.api() as api:
        seen = follow(api, start(api), timeout=timeout, appear=appear)
    if output is not None and seen.job.plan_id is not None:
        write_plan(target, seen.job.id, output)
    kept = first_kept(target, seen.job)
    more = {"kept": [asdict(each) for each in kept]} if seen.job.undoes else {}
    code = finish(seen, as_json=as_json, **more)
    if kept and not as_json:
        show("", kept_table(kept))
    return code


def approve(api: Api, planned: str) -> JobView:
    """Start the load of a plan, named by its job or by its own id."""
    if not planned.startswith("job-"):
        planned = _job_of_plan(api, planned)
    return api.approve_plan(planned)


def _job_of_plan(api: Api, plan_id: str) -> str:
    """The newest job with the plan whose id is, or begins with, `plan_id`."""
    found = [seen.job for seen in api.jobs(SEARCHED) if (seen.job.plan_id or "").startswith(plan_id)]
    plans = {job.plan_id for job in found}
    if not found:
        raise Refused(
            "not-found", f"None of the newest {SEARCHED} jobs has the plan {plan_id}. See: ./foreman jobs"
        )
    if len(plans) > 1:
        raise Refused("ambiguous", f"{len(plans)} plans begin with {plan_id}. Name the job instead.")
    return found[0].id


def finish(seen: JobView, *, as_json: bool, **more: Any) -> int:  # noqa: ANN401 - parts of a JSON document
    """Print a job that rests; give the exit code."""
    if as_json:
        emit({**seen.document, **more})
    else:
        show(account(seen))
    return exit_code(seen.job)
