"""What the logs say of a change of a job: once, by whoever's change was taken, and without a value of a row.

Jobs and rows are counted by these events (see `handlers/_metrics.py`), so each is counted once.
"""

from datetime import datetime

import structlog

from foreman_core.audit import Actor, shown_counts
from foreman_core.models import Job, JobState


def tell_created(job: Job, actor: Actor) -> None:
    """Say `job_created`."""
    structlog.get_logger().info(
        "job_created", job_id=job.id, record_type=job.record_type, mode=job.mode, door=actor.door
    )


def tell_changed(
    job: Job, after: Job, actor: Actor, what: str, *, was: JobState | None, to: JobState | None
) -> None:
    """Say `job_moved` of a job that has come from a state to another, `job_changed` of one that stays in its
    own. `age_s` is the time since the job was recorded, in seconds.
    """
    structlog.get_logger().info(
        "job_changed" if to is None else "job_moved",
        job_id=job.id,
        attempt=after.attempt,
        restarts=after.restarts,
        record_type=job.record_type,
        mode=job.mode,
        door=actor.door,
        what=what,
        was=was,
        waited=job.approval_token is not None,
        state=to or job.state,
        code=None if after.reason is None else after.reason.code,
        age_s=_between(job.created_at, after.updated_at),
        counts=shown_counts(after.counts),
        issues=dict(after.issues_by_code),
    )


def _between(start: str, end: str) -> float:
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds(), 3)
