"""Sweep: jobs that stand still are found, started again, and after that given up; none is stuck for ever, and
none ends without a notice.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Literal

import structlog
from attrs import field, frozen

from foreman_core.errors import Conflict
from foreman_core.ledger import Ledger
from foreman_core.models import Job, JobState
from foreman_core.notices import Notices
from foreman_core.pipeline import retry
from foreman_core.pipeline.approval import release
from foreman_core.pipeline.outcome import give_up, notify
from foreman_core.storage import Files
from foreman_core.workflow import Workflow

LEASE: Final = timedelta(minutes=2)
"""How long nobody looks at a job after its last change: from its record to its start, and from step to step,
it takes seconds."""

RESTARTS: Final = 2
"""Three executions at most: what fails three times will fail again, and somebody has to look at it."""


POSITION: Final = "sweep"


Deed = Literal["restarted", "given_up", "told", "failed"]


@frozen(kw_only=True)
class Swept:
    """What a sweep did, by the ids of the jobs, and whether it came to the end. `failed` are those that it
    could not deal with.
    """

    restarted: list[str] = field(factory=list[str])
    given_up: list[str] = field(factory=list[str])
    told: list[str] = field(factory=list[str])
    failed: list[str] = field(factory=list[str])
    whole: bool = True


def sweep(
    ledger: Ledger,
    files: Files,
    workflow: Workflow,
    notices: Notices,
    *,
    go_on: Callable[[], bool],
    lease: timedelta = LEASE,
) -> Swept:
    """Start every job again that should be at work and has no execution any more: it was never started, or
    was aborted, timed out or lost. After RESTARTS of them the job fails, with a reason and a notice. A job
    that has ended, and whose execution broke before its notice, has it sent.

    A job that this fails for does not keep the others back. A sweep that stops before the end is gone on with
    by the next one, and so is one that broke down over a job: behind that. Two sweeps at once do no harm: the
    attempt is counted in the ledger before it is started.
    """
    log = structlog.get_logger()
    deeds: dict[Deed, list[str]] = {"restarted": [], "given_up": [], "told": [], "failed": []}
    for watched in ledger.watched(*ledger.position(POSITION)):
        try:
            job = _standing_still(ledger, workflow, watched.job_id, lease)
            if job is not None:
                ledger.keep_position(POSITION, watched.place)
                deeds[_deal_with(ledger, files, workflow, notices, job)].append(job.id)
        except Conflict:
            pass  # somebody else has moved it on
        except Exception:  # one job must not keep the others back
            log.exception("job_not_swept", job_id=watched.job_id)
            deeds["failed"].append(watched.job_id)
        if not go_on():
            ledger.keep_position(POSITION, watched.place)
            return Swept(**deeds, whole=False)
    ledger.keep_position(POSITION)
    return Swept(**deeds)


def _standing_still(ledger: Ledger, workflow: Workflow, job_id: str, lease: timedelta) -> Job | None:
    """The job, if nothing moves it on; what it takes to judge that is put right first."""
    job = ledger.find(job_id)
    if job is None:
        return None
    if job.unaudited:
        job = ledger.settle(job) or ledger.job(job_id)
    if job.state is JobState.PLANNED and not job.awaits_approval:
        release(workflow, job)  # whoever approved it broke before this
    quiet = datetime.fromisoformat(ledger.now()) - datetime.fromisoformat(job.updated_at)
    stands = job.is_watched and quiet >= lease and not workflow.is_running(job)
    return job if stands else None


def _deal_with(ledger: Ledger, files: Files, workflow: Workflow, notices: Notices, job: Job) -> Deed:
    if not job.is_at_work:
        notify(ledger, notices, job.id)
        return "told"
    if job.restarts < RESTARTS:
        retry.go_on(ledger, workflow, job, "restarted", restarts=job.restarts + 1)
        return "restarted"
    give_up(ledger, files, job)
    notify(ledger, notices, job.id)
    return "given_up"
