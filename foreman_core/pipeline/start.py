"""The doors: a file's event, a request to import, an approved plan. Each is recorded before it is started."""

from pathlib import PurePosixPath

import attrs

from foreman_core.errors import Conflict, Refused
from foreman_core.identity import job_id
from foreman_core.ledger import Ledger
from foreman_core.models import Job, JobState, Mode, Moment, Options, Source
from foreman_core.pipeline.approval import release
from foreman_core.pipeline.options import DEFAULTS
from foreman_core.storage import Files
from foreman_core.workflow import Workflow

SUBMITTED = "submitted/"


def receive(
    ledger: Ledger,
    workflow: Workflow,
    *,
    bucket: str,
    key: str,
    version_id: str,
    sequencer: str | None,
    record_type: str,
) -> Job:
    """Make the job of a dropped file, and start it. The same event again finds both done.

    An event that comes after that of a later version of its object gives a cancelled job.
    """
    source = Source(
        bucket=bucket, key=key, version_id=version_id, name=PurePosixPath(key).name, sequencer=sequencer
    )
    job = ledger.create(_new(ledger, source, record_type=record_type, mode="load"))
    ledger.see_version(attrs.evolve(job, source=source))  # the finder, who knows no order, may have made it
    if job.state is JobState.RECEIVED:
        workflow.start(job, "ingest")
    return job


def start_import(
    ledger: Ledger,
    workflow: Workflow,
    files: Files,
    *,
    key: str,
    version_id: str,
    name: str,
    mode: str,
    again: bool,
    options: Options,
    record_type: str,
) -> Job:
    """Make the job of a submitted file, and start it. The same request again finds both done.

    Refused when the object is not one that was submitted, is gone, or when there is no such mode.
    """
    if not key.startswith(SUBMITTED):
        raise Refused(
            "bad-request", f"key: {key!r} does not start with {SUBMITTED!r}; upload the file there."
        )
    if mode not in ("load", "plan"):
        raise Refused("bad-request", f"mode: {mode!r} is neither 'load' nor 'plan'.")
    size = files.size(key, version_id=version_id)
    source = Source(bucket=files.bucket, key=key, version_id=version_id, name=name, bytes=size)
    new = _new(ledger, source, record_type=record_type, mode=mode, again=again, options=options)
    job = ledger.create(new)
    if job.state is JobState.RECEIVED:
        workflow.start(job, "ingest")
    return job


def approve_plan(ledger: Ledger, workflow: Workflow, *, job_id: str) -> Job:
    """Let a planned job load exactly its plan. The same request again changes nothing.

    An execution that waits for this goes on; for a plan that nobody waits for, another one is started.

    Refused(`not-found`) when there is no such job, Conflict when it is not planned.
    """
    job = ledger.job(job_id)
    if job.state is not JobState.PLANNED:
        raise Conflict("state-changed", f"Job {job_id} is {job.state}: only a plan can be approved.")
    if job.stops_at_plan:
        mode = job.mode if job.undoes is not None else "load"
        new = {"mode": mode, "dry_run": False, "awaits_approval": False, "attempt": job.attempt + 1}
        job = ledger.record(job, "approved", **new, restarts=0)
    elif job.awaits_approval:
        job = ledger.record(job, "approved", awaits_approval=False)
    if not release(workflow, job):
        workflow.resume(job)
    return job


def _new(
    ledger: Ledger,
    source: Source,
    *,
    record_type: str,
    mode: Mode,
    again: bool = False,
    options: Options = DEFAULTS,
) -> Job:
    now = ledger.now()
    return Job(
        id=job_id(bucket=source.bucket, key=source.key, version_id=source.version_id),
        state=JobState.RECEIVED,
        mode=mode,
        record_type=record_type,
        source=source,
        created_at=now,
        updated_at=now,
        again=again,
        options=options,
        timeline=(Moment(state=JobState.RECEIVED, at=now),),
    )
