"""`jobs` and `job`: what the ledger holds."""

from datetime import UTC, datetime

import click
from attrs import asdict

from cli._account import account, fates_of, title
from cli._audit import read_trail
from cli._command import command, json_option, stack_option
from cli._follow import follow
from cli._job import JobView, exit_code
from cli._screen import say, show, table
from cli._target import find
from cli._text import emit, plural
from cli._timeline import document, shown, timeline
from foreman_core.errors import Refused, Unavailable

FOLLOW_SECONDS = 3600


@command("jobs", examples=["./foreman jobs", "./foreman jobs --limit 5 --json"])
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many jobs to show."
)
@stack_option
@json_option
def jobs(*, limit: int, stack: str, as_json: bool) -> int:
    """List the newest jobs, newest first, with what became of their rows."""
    with find(stack).api() as api:
        found = list(api.jobs(limit))
    if as_json:
        emit({"jobs": [seen.document for seen in found]})
    elif not found:
        say("No jobs yet. Send a file: ./foreman drop sample.csv")
    else:
        show(
            table(
                ("job", "created", "file", "state", "read", "fate of the rows"),
                [_row(seen) for seen in found],
                numbers=("read",),
            )
        )
    return 0


def _row(seen: JobView) -> tuple[str, ...]:
    job = seen.job
    reason = "duplicate file" if seen.is_duplicate else (job.reason.code if job.reason else "")
    return (
        job.id,
        job.created_at[:19].replace("T", " "),
        title(job),
        job.state.replace("_", " "),
        f"{job.counts.read:,}",
        fates_of(job) or reason,
    )


@command(
    "job",
    examples=[
        "./foreman job JOB_ID",
        "./foreman job JOB_ID --follow",
        "./foreman job JOB_ID --audit",
        "./foreman job JOB_ID --json",
    ],
)
@click.argument("job_id", metavar="JOB_ID")
@click.option(
    "-f", "--follow", "following", is_flag=True, help="Wait until the job rests; exit with its outcome."
)
@click.option("--audit", is_flag=True, help="Show who did what and when, and whether that record holds.")
@stack_option
@json_option
def job(*, job_id: str, following: bool, audit: bool, stack: str, as_json: bool) -> int:
    """Show one job: state, account of its rows, reason, times, and what to do next.

    Reading ends with exit code 0 whatever the job's state; with `--follow` the exit code is its outcome. With
    `--audit` it is 3 when the audit trail was changed after it was written.
    """
    with find(stack).api() as api:
        seen = api.job(job_id)
        if seen is None:
            raise Refused("not-found", f"There is no job {job_id}. See which there are: ./foreman jobs")
        if following and not seen.rests:
            seen = follow(api, job_id, timeout=FOLLOW_SECONDS, appear=FOLLOW_SECONDS)
        trail = read_trail(api, seen.job)
        # chunks are counted one by one: of a job that rests, its account says all
        progress = None if seen.rests else api.progress(job_id)
    entries = timeline(seen, trail.events, now=datetime.now(UTC))
    if as_json:
        told = {"audit": trail.document} if audit else {}
        going = {} if progress is None else {"progress": asdict(progress)}
        emit({**seen.document, "history": document(entries), **going, **told})
    else:
        show(account(seen), "", shown(entries))
        if progress is not None and seen.job.chunks:
            chunks = plural(seen.job.chunks, "chunk")
            say(f"{chunks}: {progress.planned:,} planned, {progress.loaded:,} loaded")
        if audit:
            show("", trail.table())
    if audit and trail.fault is not None:
        raise Unavailable("audit", f"The audit trail of {job_id} does not hold: {trail.fault}.")
    return exit_code(seen.job) if following else 0
