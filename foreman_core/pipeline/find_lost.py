"""Find lost files: the bucket compared with the ledger, for an event can be lost for good.

An event is delivered at least once, says S3, and what is on its way to a function may still be deleted from
the queue: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from attrs import frozen

from foreman_core.file_events import INCOMING, passed_over
from foreman_core.identity import job_id
from foreman_core.ledger import Ledger
from foreman_core.pipeline.start import receive
from foreman_core.storage import Files, Place, Version
from foreman_core.workflow import Workflow

GRACE: Final = timedelta(minutes=10)
"""So long an event may be on its way: S3 delivers them within seconds, sometimes a minute or more, and the
queue tries again for some minutes."""

POSITION: Final = "find-lost"


@frozen(kw_only=True)
class Found:
    """What a run did: how many versions it looked at, the jobs it made, the ids of those that it could not
    make, and whether it came to the end.
    """

    looked_at: int
    jobs: tuple[str, ...]
    whole: bool
    failed: tuple[str, ...] = ()


def find_lost(
    ledger: Ledger,
    files: Files,
    workflow: Workflow,
    *,
    record_type: str,
    go_on: Callable[[], bool],
    grace: timedelta = GRACE,
) -> Found:
    """Let every version under `incoming/` that has no job become one, just as its event would have done.

    A file that was deleted is left alone. A version that another one has followed has a job, too, which says
    so. A version that this fails for does not keep the others back, and is looked at again when the search
    comes round to it. A run that stops before the end is gone on with by the next one.
    """
    log = structlog.get_logger()
    latest = datetime.fromisoformat(ledger.now()) - grace
    looked_at, made, failed = 0, list[str](), list[str]()
    place = ledger.position(POSITION)
    start = Place(*place) if place else None
    while True:
        page = files.versions(INCOMING, after=start)
        wanted = list(_wanted(page.versions, latest))
        looked_at += len(wanted)
        for job, version in _missing(ledger, files, wanted):
            try:
                _receive(ledger, files, workflow, version, record_type)
                made.append(job)
            except Exception:  # one file must not keep the others back
                log.exception("file_not_received", job_id=job)
                failed.append(job)
        start = page.next
        if start is None or not go_on():
            break
    ledger.keep_position(POSITION, *(() if start is None else (start.key, start.version_id)))
    return Found(looked_at=looked_at, jobs=tuple(made), whole=start is None, failed=tuple(failed))


def _wanted(versions: Sequence[Version], latest: datetime) -> Iterator[Version]:
    for version in versions:
        if version.modified <= latest and passed_over(version.key, version.size) is None:
            yield version


def _missing(ledger: Ledger, files: Files, versions: Sequence[Version]) -> Iterator[tuple[str, Version]]:
    """The versions without a job, each with the id that its job is to have."""
    by_job = {
        job_id(bucket=files.bucket, key=version.key, version_id=version.version_id): version
        for version in versions
    }
    for missing in sorted(set(by_job) - ledger.known(by_job)):
        yield missing, by_job[missing]


def _receive(ledger: Ledger, files: Files, workflow: Workflow, version: Version, record_type: str) -> None:
    receive(
        ledger,
        workflow,
        bucket=files.bucket,
        key=version.key,
        version_id=version.version_id,
        sequencer=None,
        record_type=record_type,
    )
