"""Sweep: jobs that stand still are found, started again, and after that given up; none is stuck for ever."""

from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from foreman_core.errors import Conflict
from foreman_core.ledger import Ledger
from foreman_core.models import Job, JobState
from foreman_core.notices import Notices
from foreman_core.pipeline.approval import release
from foreman_core.pipeline.outcome import give_up, notify
from foreman_core.pipeline.retry import go_on
from foreman_core.storage import Files
from foreman_core.workflow import Workflow

LEASE: Final = timedelta(minutes=2)
"""How long nobody looks at a job after its last change: from its record to its start, and from step to step,
it takes seconds."""

RESTARTS: Final = 2
"""Three executions at most: what fails three times will fail again, and somebody has to look at it."""


@frozen(kw_only=True)
class Swept:
    """What a sweep did, by the ids of the jobs."""

    restarted: tuple[str, ...]
    given_up: tuple[str, ...]


def sweep(
    ledger: Ledger, files: Files, workflow: Workflow, notices: Notices, *, lease: timedelta = LEASE
) -> Swept:
    """Start every job again that should be at work and has no execution any more: it was never started, or
    was aborted, timed out or lost. After RESTARTS of them the job fails, with a reason and a notice.

    Two sweeps at once do no harm: the attempt is counted in the ledger before it is started.
    """
    restarted: list[str] = []
    given_up: list[str] = []
    for job_id in ledger.at_work():
        job = ledger.job(job_id)
        if job.unaudited:
            ledger.settle(job)
            notify(ledger, notices, job_id)
        if job.state is JobState.PLANNED and not job.awaits_approval:
            release(workflow, job)  # whoever approved it broke before this
        if not _stands_still(ledger, workflow, job, lease):
            continue
        try:
            if job.restarts < RESTARTS:
                go_on(ledger, workflow, job, "restarted", restarts=job.restarts + 1)
                restarted.append(job_id)
            else:
                give_up(ledger, files, job)
                notify(ledger, notices, job_id)
                given_up.append(job_id)
        except Conflict:  # somebody else has moved it on
            continue
    return Swept(restarted=tuple(restarted), given_up=tuple(given_up))


def _stands_still(ledger: Ledger, workflow: Workflow, job: Job, lease: timedelta) -> bool:
    if not job.is_at_work:
        return False
    quiet = datetime.fromisoformat(ledger.now()) - datetime.fromisoformat(job.updated_at)
    return quiet >= lease and not workflow.is_running(job)
