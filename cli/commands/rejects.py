"""`rejects`: the rows that did not pass, as a file to correct and send again."""

import shutil
from pathlib import Path

import click

from cli._command import command, json_option, stack_option
from cli._errors import DONE
from cli._outputs import check_outputs, replacing
from cli._screen import say
from cli._target import Target, find
from cli._text import emit, plural
from foreman_core.errors import Refused
from foreman_core.models import Job


@command("rejects", examples=["./foreman rejects JOB_ID -o rejects.csv"])
@click.argument("job_id", metavar="JOB_ID")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT.csv",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write them.",
)
@stack_option
@json_option
def rejects(*, job_id: str, output: Path, stack: str, as_json: bool) -> int:
    """Fetch the rejects file of a job: its rows in their own columns, with where they stood and why.

    Correct it in a spreadsheet, sort it, add columns of your own, and send it with `drop` or `submit`: only
    its rows are loaded, and the account of the job is brought up to date.
    """
    check_outputs([output], inputs=[])
    target = find(stack)
    with target.api() as api:
        seen = api.job(job_id)
    if seen is None:
        raise Refused("not-found", f"There is no job {job_id}. See which there are: ./foreman jobs")
    number = seen.job.counts.rejected + seen.job.counts.conflict
    if not number:
        raise Refused("no-rejects", f"Job {job_id} has no rejected rows.")
    _fetch(target, seen.job, output)
    if as_json:
        emit({"job_id": job_id, "rejects": number, "file": str(output)})
    else:
        say(f"{plural(number, 'row')} to correct in {output}. Then: ./foreman submit {output}")
    return DONE


def _fetch(target: Target, job: Job, output: Path) -> None:
    with replacing(output) as (out,):
        body = target.s3.get_object(Bucket=target.bucket, Key=f"jobs/{job.id}/rejects.csv")["Body"]
        if out is not None:
            shutil.copyfileobj(body, out)
