"""Which file is this? Its hash, whether it is the latest version still, whether it is known already."""

import hashlib
from typing import Final

import attrs

from foreman_core.errors import Refused
from foreman_core.file_events import INCOMING
from foreman_core.identity import job_id as id_of
from foreman_core.ledger import Ledger
from foreman_core.models import Job, JobState, Options, Reason, Source
from foreman_core.pipeline.options import DEFAULTS, from_metadata
from foreman_core.pipeline.outcome import refused
from foreman_core.storage import Files

BLOCK: Final = 1024 * 1024
GAVE_UP: Final = {JobState.FAILED, JobState.CANCELLED, JobState.UNDONE, JobState.NEEDS_REVIEW}
"""Who rests like this lets another job have the same content: with the question answered, for one."""


def ingest(ledger: Ledger, files: Files, job_id: str) -> Job | None:
    """Identify a job's file. The job when it goes on; None when it has ended: the ledger says why."""
    job = ledger.job(job_id)
    if job.state not in (JobState.RECEIVED, JobState.VALIDATING):
        return None
    if cancel_if_superseded(ledger, files, job):
        return None
    try:
        source, options = _identify(files, job)
    except Refused as refusal:
        refused(ledger, job, refusal)
        return None
    owner = _claim(ledger, attrs.evolve(job, source=source, options=options))
    if owner != job.id:
        ledger.transition(
            job.id,
            JobState.CANCELLED,
            source=source,
            options=options,
            duplicate_of=owner,
            reason=Reason(
                code="duplicate-file",
                message=f"The same content came with {owner} already; nothing was done. "
                "To load it once more, submit it with --again.",
            ),
        )
        return None
    return ledger.transition(job.id, JobState.VALIDATING, source=source, options=options)


def cancel_if_superseded(ledger: Ledger, files: Files, job: Job) -> bool:
    """Cancel a job whose object has a later version by now; True when that is so.

    The ledger knows the versions whose events came, also one that is gone again; S3 knows those whose events
    may be lost, and can tell the order of two that the finder found.
    """
    later = ledger.superseded_by(job) or _followed_by(files, job)
    if later is None:
        return False
    message = f"A later version of this object has been dropped; {later} reads that one."
    ledger.transition(job.id, JobState.CANCELLED, reason=Reason(code="superseded", message=message))
    return True


def _followed_by(files: Files, job: Job) -> str | None:
    """The job of the latest version that the bucket has of a dropped file, if that is another one."""
    if job.undoes is not None or not job.source.key.startswith(INCOMING):
        return None
    version_id = files.latest_version(job.source.key)
    if version_id is None or version_id == job.source.version_id:
        return None
    return id_of(bucket=files.bucket, key=job.source.key, version_id=version_id)


def _identify(files: Files, job: Job) -> tuple[Source, Options]:
    """What the object is, and how it is read: as the request said, or else as the object itself says."""
    digest, size = hashlib.sha256(), 0
    stream, metadata = files.open_described(job.source.key, version_id=job.source.version_id)
    options = from_metadata(metadata) if job.options == DEFAULTS else job.options
    while block := stream.read(BLOCK):
        digest.update(block)
        size += len(block)
    return attrs.evolve(job.source, bytes=size, sha256=digest.hexdigest()), options


def _claim(ledger: Ledger, job: Job) -> str:
    """The job that owns this content; one that only plans does not ask."""
    if job.mode == "plan" or job.source.sha256 is None:
        return job.id
    return ledger.claim_file(
        job, job.source.sha256, release=lambda owner: owner.state in GAVE_UP, force=job.again
    )
