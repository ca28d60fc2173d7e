"""Retry: a job that failed, was cancelled, needs review or stands still goes on where it stopped."""

from foreman_core.errors import Conflict, Refused
from foreman_core.ledger import Ledger
from foreman_core.models import Counts, Job, JobState
from foreman_core.pipeline.ingest import GAVE_UP
from foreman_core.workflow import Workflow


def request_retry(ledger: Ledger, workflow: Workflow, *, job_id: str) -> Job:
    """Let a job go on, in an execution of its own: from its plan when it has one, else from its file.

    What is done is not done again: rows that are stored stay, and so does the plan. A job that needs review
    has its file read anew, with what is remembered of its columns by now. The same request again
    changes nothing while the job is at work.
    Refused(`not-found`) when there is no such job, Conflict when it waits for an approval, when it has come
    to a good end, when another job has loaded its content since, or when somebody else asked at this moment.
    """
    job = ledger.job(job_id)
    if job.state is JobState.PLANNED and job.awaits_approval and workflow.is_running(job):
        raise _awaits(job)
    if job.is_at_work:
        return job if workflow.is_running(job) else go_on(ledger, workflow, job, "retried", restarts=0)
    match job.state:
        case JobState.FAILED | JobState.CANCELLED | JobState.NEEDS_REVIEW:
            job = _revive(ledger, job)
        case JobState.PLANNED:
            raise _awaits(job)
        case _:
            raise Conflict("nothing-to-retry", f"Job {job.id} is {job.state}: there is nothing to try again.")
    workflow.resume(job)
    return job


def go_on(ledger: Ledger, workflow: Workflow, job: Job, what: str, *, restarts: int) -> Job:
    """Let a job go on whose execution has ended before it; Conflict when it moved on.

    An execution that was stopped from outside or by its time limit goes on itself where Step Functions can do
    that; otherwise the next attempt starts where the job stands.
    """
    job = ledger.record(job, what, restarts=restarts)
    if workflow.redrive(job):
        return job
    job = ledger.record(job, "started anew", attempt=job.attempt + 1)
    workflow.resume(job)
    return job


def _awaits(job: Job) -> Conflict:
    return Conflict("awaits-approval", f"Job {job.id} waits: foreman submit --plan {job.id} loads it.")


def _revive(ledger: Ledger, job: Job) -> Job:
    if job.corrections:
        raise Conflict(
            "corrected", f"Rows of job {job.id} were corrected since: send the file again instead."
        )
    if job.duplicate_of is not None or (job.reason is not None and job.reason.code == "superseded"):
        raise Refused("nothing-to-retry", f"Job {job.id} was not to be loaded: {_why(job)}")
    _claim(ledger, job)
    new: dict[str, object] = {"attempt": job.attempt + 1, "restarts": 0, "reason": None, "cancelling": False}
    if job.plan_id is not None:
        return ledger.move(job, JobState.PLANNED, **new)
    if not job.validated:
        new |= {"counts": Counts(), "issues_by_code": {}, "issues_by_field": {}, "chunks": 0}
    return ledger.move(job, JobState.RECEIVED, **new)


def _claim(ledger: Ledger, job: Job) -> None:
    """A job that gave up has given up its claim on the content too: it is taken back, or the job stays."""
    if job.undoes is not None or job.mode == "plan" or job.source.sha256 is None:
        return
    owner = ledger.claim_file(
        job, job.source.sha256, release=lambda other: other.state in GAVE_UP, force=job.again
    )
    if owner != job.id:
        raise Conflict(
            "duplicate-file", f"The same content came with {owner} since; {job.id} stays as it is."
        )


def _why(job: Job) -> str:
    return "" if job.reason is None else job.reason.message
