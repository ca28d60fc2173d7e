"""Approval: the state machine waits with a token while a person decides whether a plan is to be loaded."""

from typing import Final, Literal

from foreman_core.errors import Moved, Unavailable
from foreman_core.ledger import Ledger
from foreman_core.models import Job, JobState, Reason
from foreman_core.notices import Notices
from foreman_core.pipeline.outcome import notify
from foreman_core.workflow import Workflow

Approval = Literal["never", "dropped", "always"]
"""Whose plans need it: nobody's, those of files that were dropped into the bucket, those of every file. An
undo was asked for by a person, and needs none.
"""

DROPPED: Final = "incoming/"
_RACES: Final = 8


def needs_approval(job: Job, approval: Approval) -> bool:
    """Whether a job is to wait once its plan is there."""
    if job.stops_at_plan or job.undoes is not None:
        return False
    return approval == "always" or (approval == "dropped" and job.source.key.startswith(DROPPED))


def ask(
    ledger: Ledger, workflow: Workflow, notices: Notices, job_id: str, *, attempt: int, token: str
) -> None:
    """Keep the token with the job, and send the notice that its plan waits. What does not wait any more gets
    its token back at once.

    Who decides changes the job first and then looks for a token; here the token comes first: whatever the
    order, one of the two sees the other.
    """
    for _ in range(_RACES):
        job = ledger.job(job_id)
        if job.is_stale(attempt) or not _waits(job):
            workflow.release(token)
            return
        try:
            ledger.record(job, "approval asked", approval_token=token)
        except Moved:
            continue
        notify(ledger, notices, job_id)
        return
    raise Unavailable("contention", f"Job {job_id} is changed by others all the time.")


def expire(ledger: Ledger, job_id: str, *, attempt: int) -> Job:
    """Cancel a job whose plan nobody has approved in time."""
    job = ledger.job(job_id)
    if job.is_stale(attempt) or not _waits(job):
        return job
    message = f"Nobody approved the plan in time; nothing was loaded. foreman retry {job.id} asks again."
    return ledger.move(job, JobState.CANCELLED, reason=Reason(code="not-approved", message=message))


def release(workflow: Workflow, job: Job) -> bool:
    """Let the execution go on that waits for a decision about a job, which has been recorded; False when none
    waits any more.
    """
    return job.approval_token is not None and workflow.release(job.approval_token)


def _waits(job: Job) -> bool:
    return job.state is JobState.PLANNED and job.is_at_work and job.awaits_approval
