"""How a job ends: refused, broken, or accounted for to the last row."""

from collections.abc import Iterable
from itertools import chain, islice
from typing import Any, Final

import attrs
import cattrs

from foreman_core.errors import Corrupted, Moved, Refused, Undecided
from foreman_core.ledger import Ledger
from foreman_core.models import Counts, Job, JobState, PlannedChunk, Reason, RowFault
from foreman_core.notices import Notices
from foreman_core.pipeline.correct import record_correction
from foreman_core.pipeline.receipt import write_receipt
from foreman_core.pipeline.rejects import add_rejects
from foreman_core.pipeline.review import go_on
from foreman_core.pipeline.undo import end_undo
from foreman_core.reading import ACCEPTED
from foreman_core.signing import Signer
from foreman_core.storage import Files, job_key

REPORT = "report.json"
LISTED: Final = 1000
"""So many rows of a kind does the report name. All of them are in the rejects file, those of an undo in the
ledger: a document is written as a whole, and there can be millions.
"""
_DAMAGED: Final = {Corrupted.__name__, "FlexibleChecksumError"}
"""What a step says of damaged bytes: it, or the SDK, which knows the checksum that the object was stored
with.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html"""
_SEND_AGAIN: Final = (
    "The file is damaged where it lies, or on every way from there: send it again under another name."
)


def refused(ledger: Ledger, job: Job, refusal: Refused, **found: Any) -> Job:  # noqa: ANN401
    """Record that a job's file cannot be used, or not until a person has answered a question, and what was
    found out about it.
    """
    if isinstance(refusal, Undecided):
        reason = Reason(code=refusal.code, message=refusal.message, command=go_on(job, refusal))
        return ledger.transition(job.id, JobState.NEEDS_REVIEW, reason=reason, **found)
    message = refusal.message
    if refusal.code == "not-a-table":
        message = f"{message.rstrip('.')}. Accepted are {ACCEPTED}."
    reason = Reason(code=refusal.code, message=message)
    return ledger.transition(job.id, JobState.FAILED, reason=reason, **found)


def reconcile(ledger: Ledger, files: Files, signer: Signer, job_id: str, *, attempt: int | None) -> Job:
    """Add up what became of every row, write the report, what was refused and the receipt, and end the job
    accordingly. That is for its last attempt to do: others may be loading still.
    """
    job = ledger.job(job_id)
    if job.state is not JobState.LOADING or job.is_stale(attempt):
        return job
    chunks = ledger.chunks(job_id)
    counts = account(job.counts, chunks)
    add_rejects(files, job, chunks)
    if job.undoes is None:
        write_receipt(files, signer, job, at=ledger.now(), counts=counts, chunks=chunks)
    record_correction(ledger, files, job, counts, chunks)
    if counts.balances:
        if job.undoes is not None:
            end_undo(ledger, job.undoes)
        clean = not (counts.rejected or counts.conflict or counts.kept)
        state, reason = JobState.SUCCEEDED if clean else JobState.PARTIALLY_SUCCEEDED, None
    else:
        state, reason = _unfinished(job, counts)
    _report(files, job, state=state, counts=counts, chunks=chunks, reason=reason)
    return ledger.transition(job.id, state, counts=counts, reason=reason)


def _unfinished(job: Job, counts: Counts) -> tuple[JobState, Reason]:
    """How a job ends of which rows were not loaded: because somebody stopped it, or because chunks broke."""
    if job.cancelling:
        message = (
            f"The job was cancelled: {counts.pending:,} of {counts.accepted:,} accepted rows are not loaded. "
            f"foreman undo {job.id} puts back what was, foreman retry {job.id} loads the rest."
        )
        return JobState.CANCELLED, Reason(code="cancelled", message=message)
    message = (
        f"{counts.pending:,} of {counts.accepted:,} accepted rows have no confirmed outcome. "
        f"foreman retry {job.id} loads them; rows that are stored already stay as they are."
    )
    return JobState.FAILED, Reason(code="load-incomplete", message=message)


def fail(ledger: Ledger, files: Files, job_id: str, error: str, *, attempt: int | None) -> Job:
    """Record that Foreman broke while it worked on a job. What was loaded until then is counted.

    A job that had ended before stays as it is, and so does one that another attempt is at work on.
    """
    while True:
        job = ledger.job(job_id)
        ended = job.state.is_final or job.state in (JobState.NEEDS_REVIEW, JobState.UNDOING)
        if ended or job.is_stale(attempt):
            return job
        code, what = "internal", f"Foreman broke while the job was {job.state} ({error})."
        if error in _DAMAGED:
            code, what = "corrupted", _SEND_AGAIN
        try:
            return _broke(ledger, files, job, code, what)
        except Moved:  # by a step that was given up, and is at work still
            continue


def give_up(ledger: Ledger, files: Files, job: Job) -> Job:
    """Record that a job does not come to an end, however often it is started; Conflict when it moved on."""
    what = f"The job was started {job.restarts + 1} times and still stood at {job.state}."
    return _broke(ledger, files, job, "stuck", what)


def _broke(ledger: Ledger, files: Files, job: Job, code: str, what: str) -> Job:
    chunks = ledger.chunks(job.id)
    loading = job.state is JobState.LOADING
    counts = account(job.counts, chunks if loading else ())  # what was only planned has not happened
    stored = (
        f"{stored_rows(counts):,} of {counts.accepted:,} rows were stored before."
        if loading
        else "Nothing was stored."
    )
    reason = Reason(code=code, message=f"{what} {stored} foreman retry {job.id} goes on where it stopped.")
    _report(files, job, state=JobState.FAILED, counts=counts, chunks=chunks, reason=reason)
    return ledger.move(job, JobState.FAILED, counts=counts, reason=reason)


def notify(ledger: Ledger, notices: Notices, job_id: str) -> Job:
    """Send a job's notice, unless that has been done.

    It goes out before that is recorded: after a crash between the two it comes twice, never not at all.
    A job that is under way again, since its plan was approved, will have a notice of its own end; one that
    came to another end meanwhile, since it was cancelled, has a notice of that too.
    """
    while True:
        job = ledger.job(job_id)
        if not job.owes_notice:
            return job
        notices.send(job)
        if ledger.mark_notified(job):
            return job


def account(counts: Counts, chunks: tuple[PlannedChunk, ...]) -> Counts:
    """The counts with what the chunks say; rows without an outcome are `pending`."""
    loaded = [chunk for chunk in chunks if chunk.loaded_at is not None]
    created = sum(chunk.created for chunk in loaded)
    updated = sum(chunk.updated for chunk in loaded)
    deleted = sum(chunk.deleted for chunk in loaded)
    unchanged = sum(chunk.unchanged for chunk in chunks) + sum(chunk.turned_unchanged for chunk in loaded)
    kept = sum(chunk.keep for chunk in chunks) + sum(chunk.kept for chunk in loaded)
    conflict = sum(len(chunk.conflicts) for chunk in loaded)
    rejected = sum(len(chunk.rejects) for chunk in loaded)
    return attrs.evolve(
        counts,
        created=created,
        updated=updated,
        deleted=deleted,
        unchanged=unchanged,
        kept=kept,
        conflict=conflict,
        rejected=counts.read - counts.accepted - counts.duplicate - counts.blank + rejected,
        pending=counts.accepted - created - updated - deleted - unchanged - kept - conflict - rejected,
    )


def stored_rows(counts: Counts) -> int:
    """How many rows have changed a record."""
    return counts.created + counts.updated + counts.deleted


def _report(
    files: Files,
    job: Job,
    *,
    state: JobState,
    counts: Counts,
    chunks: tuple[PlannedChunk, ...],
    reason: Reason | None,
) -> None:
    """Write the report, before the end is recorded: a job that has ended always has one."""
    loading = any(chunk.started_at is not None for chunk in chunks)
    again = [(chunk.index, chunk.replanned) for chunk in chunks if chunk.replanned is not None]
    report = {
        "job_id": job.id,
        "state": state,
        "reason": cattrs.unstructure(reason),
        "source": cattrs.unstructure(job.source),
        "plan_id": job.plan_id,
        "counts": cattrs.unstructure(counts),
        "issues_by_code": dict(job.issues_by_code),
        "issues_by_field": dict(job.issues_by_field),
        "unfinished_chunks": [chunk.index for chunk in chunks if loading and chunk.loaded_at is None],
        "replanned": [{"index": index, **cattrs.unstructure(sealed)} for index, sealed in again],
        "conflicts": _first(chunk.conflicts for chunk in chunks),
        "rejected_at_load": _first(chunk.rejects for chunk in chunks),
    }
    files.put_json(job_key(job.id, REPORT), report)


def _first(faults: Iterable[Iterable[RowFault]]) -> list[Any]:
    return [cattrs.unstructure(fault) for fault in islice(chain.from_iterable(faults), LISTED)]
