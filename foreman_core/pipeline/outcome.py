"""How a job ends: refused, broken, or accounted for to the last row."""

import attrs
import cattrs

from foreman_core.errors import Refused, Undecided
from foreman_core.ledger import Ledger
from foreman_core.models import Counts, Job, JobState, PlannedChunk, Reason
from foreman_core.notices import Notices
from foreman_core.pipeline.review import go_on
from foreman_core.reading import ACCEPTED
from foreman_core.storage import Files, job_key

REPORT = "report.json"


def refused(ledger: Ledger, job: Job, refusal: Refused, **found: object) -> Job:
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


def reconcile(ledger: Ledger, files: Files, job_id: str) -> Job:
    """Add up what became of every row, write the report, and end the job accordingly."""
    job = ledger.job(job_id)
    if job.state is not JobState.LOADING:
        return job
    chunks = ledger.chunks(job_id)
    counts = account(job.counts, chunks)
    if not counts.balances:
        reason = Reason(
            code="load-incomplete",
            message=f"{counts.pending:,} of {counts.accepted:,} accepted rows have no confirmed outcome. "
            "Send the file again: rows that are stored already stay as they are.",
        )
        return _settle(ledger, files, job, state=JobState.FAILED, counts=counts, chunks=chunks, reason=reason)
    clean = not (counts.rejected or counts.conflict)
    state = JobState.SUCCEEDED if clean else JobState.PARTIALLY_SUCCEEDED
    return _settle(ledger, files, job, state=state, counts=counts, chunks=chunks, reason=None)


def fail(ledger: Ledger, files: Files, job_id: str, error: str) -> Job:
    """Record that Foreman broke while it worked on a job. What was loaded until then is counted."""
    job = ledger.job(job_id)
    if job.state.is_final or job.state is JobState.NEEDS_REVIEW:
        return job
    chunks = ledger.chunks(job_id)
    loading = job.state is JobState.LOADING
    counts = account(job.counts, chunks) if loading else job.counts
    stored = (
        f"{counts.created + counts.updated:,} of {counts.accepted:,} rows were stored before."
        if loading
        else "Nothing was stored."
    )
    message = f"Foreman broke while the job was {job.state} ({error}). {stored} Send the file again later."
    reason = Reason(code="internal", message=message)
    return _settle(ledger, files, job, state=JobState.FAILED, counts=counts, chunks=chunks, reason=reason)


def notify(ledger: Ledger, notices: Notices, job_id: str) -> Job:
    """Send a job's notice, unless that has been done.

    It goes out before that is recorded: after a crash between the two it comes twice, never not at all.
    """
    job = ledger.job(job_id)
    if job.notified_at is None or job.notified_at < job.timeline[-1].at:
        notices.send(job)
        ledger.mark_notified(job_id)
    return job


def account(counts: Counts, chunks: tuple[PlannedChunk, ...]) -> Counts:
    """The counts with what the chunks say; rows without an outcome are `pending`."""
    loaded = [chunk for chunk in chunks if chunk.loaded_at is not None]
    created = sum(chunk.created for chunk in loaded)
    updated = sum(chunk.updated for chunk in loaded)
    unchanged = sum(chunk.unchanged for chunk in chunks)
    conflict = sum(len(chunk.conflicts) for chunk in loaded)
    rejected = sum(len(chunk.rejects) for chunk in loaded)
    return attrs.evolve(
        counts,
        created=created,
        updated=updated,
        unchanged=unchanged,
        conflict=conflict,
        rejected=counts.read - counts.accepted - counts.duplicate - counts.blank + rejected,
        pending=counts.accepted - created - updated - unchanged - conflict - rejected,
    )


def _settle(
    ledger: Ledger,
    files: Files,
    job: Job,
    *,
    state: JobState,
    counts: Counts,
    chunks: tuple[PlannedChunk, ...],
    reason: Reason | None,
) -> Job:
    """Write the report first: a job that has ended always has one."""
    report = {
        "job_id": job.id,
        "state": state,
        "reason": cattrs.unstructure(reason),
        "source": cattrs.unstructure(job.source),
        "plan_id": job.plan_id,
        "counts": cattrs.unstructure(counts),
        "issues_by_code": dict(job.issues_by_code),
        "issues_by_field": dict(job.issues_by_field),
        "conflicts": [cattrs.unstructure(fault) for chunk in chunks for fault in chunk.conflicts],
        "rejected_at_load": [cattrs.unstructure(fault) for chunk in chunks for fault in chunk.rejects],
    }
    files.put_json(job_key(job.id, REPORT), report)
    return ledger.transition(job.id, state, counts=counts, reason=reason)
