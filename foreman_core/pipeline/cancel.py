"""Cancel: a job stops before anything is stored, or, while it is being loaded, before its next chunk."""

from contextlib import suppress
from typing import Final

from foreman_core.errors import Conflict, Moved, Unavailable
from foreman_core.ledger import Ledger
from foreman_core.models import Job, JobState, Reason
from foreman_core.pipeline.approval import release
from foreman_core.pipeline.retry import go_on
from foreman_core.workflow import Workflow

_RACES: Final = 8
"""Times that a job may move on while it is looked at."""


def request_cancel(ledger: Ledger, workflow: Workflow, *, job_id: str) -> Job:
    """Stop a job. What is loaded by then stays, is accounted for, and can be undone or gone on with.

    A job that is being loaded is given back as it is, still loading: the chunks under way are finished, then
    it ends. The same request again changes nothing.
    Refused(`not-found`) when there is no such job, Conflict(`ended`) when it has ended otherwise.
    """
    for _ in range(_RACES):
        with suppress(Moved):
            return _cancel(ledger, workflow, ledger.job(job_id))
    raise Unavailable("contention", f"Job {job_id} is changed by others all the time.")


def _cancel(ledger: Ledger, workflow: Workflow, job: Job) -> Job:
    if job.state is JobState.CANCELLED:
        told = job.notified_moments >= len(job.timeline)
        if not told and not release(workflow, job) and not workflow.is_running(job):
            workflow.resume(job)  # the first request broke before it had the notice sent
        return job
    if job.cancelling:
        return job
    if job.state is JobState.LOADING:
        return _stop_loading(ledger, workflow, job)
    if job.state.is_final or job.state is JobState.UNDOING:
        raise Conflict("ended", f"Job {job.id} is {job.state}; there is nothing to cancel.")
    return _stop(ledger, workflow, job)


def _stop_loading(ledger: Ledger, workflow: Workflow, job: Job) -> Job:
    job = ledger.record(job, "cancel requested", cancelling=True)
    # who finishes it is its execution; where that is gone, another one accounts for what was loaded
    return job if workflow.is_running(job) else go_on(ledger, workflow, job, "restarted", restarts=0)


def _stop(ledger: Ledger, workflow: Workflow, job: Job) -> Job:
    """A job that is under way ends at its next step; for one that has no execution one sends the notice."""
    reason = Reason(code="cancelled", message="The job was cancelled before anything of it was stored.")
    if job.is_at_work and workflow.is_running(job):
        # as it was seen: a step that is yet to come will find it cancelled, and have the notice sent
        job = ledger.move(job, JobState.CANCELLED, reason=reason)
        release(workflow, job)
        return job
    job = ledger.move(job, JobState.CANCELLED, reason=reason, attempt=job.attempt + 1)
    workflow.resume(job)
    return job
