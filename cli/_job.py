"""A job as GraphQL gives it: the document for programs, the `models.Job` for the screens."""

import json
from collections.abc import Mapping
from typing import Any, Final

import cattrs
from attrs import frozen

from cli._errors import DONE, FAILED, PARTLY, REFUSED
from foreman_core.models import Job, JobState

SELECTION: Final = """
id state mode record_type plan_id chunks duplicate_of undoes dry_run awaits_approval created_at updated_at
attempt cancelling corrects corrections audits audit_head
issues_by_code issues_by_field changes_by_field
source { bucket key version_id name bytes sha256 }
counts { read accepted rejected duplicate blank created updated deleted unchanged kept conflict pending }
options { encoding delimiter sheet header mapping }
reason { code message command } timeline { state at } notified_at
"""

DUPLICATE: Final = "duplicate-file"
_OURS: Final = {"corrupted", "internal", "load-incomplete", "stuck"}


@frozen
class JobView:
    """One answer of the API about a job: `document` is what `--json` prints."""

    job: Job
    document: Mapping[str, Any]

    @property
    def rests(self) -> bool:
        """True when nothing more happens without a new request. A load passes through its plan."""
        state = self.job.state
        return state.is_final or state is JobState.NEEDS_REVIEW or waits(self.job)

    @property
    def is_duplicate(self) -> bool:
        """True when the job ended because another one has loaded the same content."""
        return self.job.state is JobState.CANCELLED and self.job.duplicate_of is not None


def waits(job: Job) -> bool:
    """True when a plan is there that is loaded only once somebody says so."""
    return job.state is JobState.PLANNED and (job.stops_at_plan or job.awaits_approval)


def view(answer: Mapping[str, Any]) -> JobView:
    """Read GraphQL's job. AWSJSON travels as text, and numbers beyond 32 bit as Float."""
    document = {name: value for name, value in answer.items() if name != "__typename"}
    for name in ("issues_by_code", "issues_by_field", "changes_by_field"):
        value = document.get(name)
        document[name] = (json.loads(value) if isinstance(value, str) else value) or {}
    source = dict(document["source"])
    source["bytes"] = None if source.get("bytes") is None else int(source["bytes"])
    document["source"] = source
    return JobView(cattrs.structure(document, Job), document)


def exit_code(job: Job) -> int:
    """What the shell learns about a job that has come to rest."""
    codes = {
        JobState.SUCCEEDED: DONE,
        JobState.UNDONE: DONE,
        JobState.PARTIALLY_SUCCEEDED: PARTLY,
        JobState.PLANNED: PARTLY if job.counts.rejected or job.counts.conflict or job.counts.kept else DONE,
        JobState.CANCELLED: _cancelled(job),
        JobState.FAILED: FAILED if job.reason is None or job.reason.code in _OURS else REFUSED,
        JobState.NEEDS_REVIEW: REFUSED,
    }
    return codes.get(job.state, FAILED)


def _cancelled(job: Job) -> int:
    if job.duplicate_of:
        return DONE
    counts = job.counts
    return PARTLY if counts.pending and counts.created + counts.updated + counts.deleted else REFUSED
