"""The values that travel between the phases: frozen, without I/O."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import takewhile
from typing import Final, Literal

from attrs import field, frozen

Value = str | int | float | bool | list[str] | None
"""A normalised cell: ISO text for dates, a number, a boolean, a list of text, or None for a blank."""

Severity = Literal["error", "warning"]

IssueCode = Literal[
    "required",
    "type",
    "format",
    "enum",
    "minimum",
    "maximum",
    "min-length",
    "max-length",
    "pattern",
    "unique",
    "missing-cell",
    "extra-cell",
    "encoding",
    "quote",
    "rule",
    "conflict",
]


@frozen(kw_only=True)
class Issue:
    """One fault of one row. `row` counts data records from 1; `line` is the physical line it starts on."""

    row: int
    line: int
    field: str | None
    column: str | None
    code: IssueCode
    severity: Severity = "error"
    message: str
    value: str | None = None


@frozen
class SourceRow:
    """A record as read: nothing coerced, nothing trimmed."""

    row: int
    line: int
    cells: tuple[str, ...]


@frozen
class AcceptedRow:
    """A row that passed every rule: `values` holds every field of the schema, in schema order."""

    row: int
    line: int
    values: Mapping[str, Value]


class JobState(StrEnum):
    """Where a job stands; `ledger.TRANSITIONS` says what may follow what."""

    RECEIVED = "received"
    VALIDATING = "validating"
    NEEDS_REVIEW = "needs_review"
    PLANNED = "planned"
    LOADING = "loading"
    SUCCEEDED = "succeeded"
    PARTIALLY_SUCCEEDED = "partially_succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDOING = "undoing"
    UNDONE = "undone"

    @property
    def is_final(self) -> bool:
        """True when nothing more happens without a new request."""
        return self in _FINAL


_FINAL = {
    JobState.SUCCEEDED,
    JobState.PARTIALLY_SUCCEEDED,
    JobState.FAILED,
    JobState.CANCELLED,
    JobState.UNDONE,
}

_AT_WORK = {JobState.RECEIVED, JobState.VALIDATING, JobState.LOADING}

UNDER_WAY: Final = _AT_WORK | {JobState.UNDOING}
"""States that nobody is told of."""

_AFTER_THE_END: Final = _FINAL | {JobState.UNDOING}

Mode = Literal["load", "plan", "undo"]
Disposition = Literal["create", "update", "delete", "unchanged"]
Kept = Literal["edited", "deleted", "recreated", "uncertain"]
"""Why an undo leaves something as it is: what has become of the record since, or that the undone job may not
have written it."""


@frozen(kw_only=True)
class Counts:
    """The account of a job, in rows. `pending` counts accepted rows that have no outcome yet.

    Only an undo has `deleted` and `kept`: rows of which something stays, since it was changed after the job.
    """

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicate: int = 0
    blank: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    kept: int = 0
    conflict: int = 0
    pending: int = 0

    @property
    def balances(self) -> bool:
        """True when every row read has exactly one fate."""
        fates = (
            self.created
            + self.updated
            + self.deleted
            + self.unchanged
            + self.kept
            + self.conflict
            + self.rejected
            + self.duplicate
            + self.blank
        )
        return fates == self.read and self.pending == 0


@frozen(kw_only=True)
class Reason:
    """Why a job ended or rests as it does: a stable code, and what is wrong and what to do in a sentence.
    `command` goes on with it, if there is one that does.
    """

    code: str
    message: str
    command: str | None = None


@frozen(kw_only=True)
class Source:
    """The object a job reads. `sha256` and `bytes` are known once it has been ingested."""

    bucket: str
    key: str
    version_id: str
    name: str
    bytes: int | None = None
    sha256: str | None = None
    sequencer: str | None = None


@frozen(kw_only=True)
class Options:
    """How a file is read, as far as somebody has said it; what is None is found out. `mapping` is what a
    mapping file says, as JSON.
    """

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header: bool = True
    mapping: str | None = None


@frozen(kw_only=True)
class Moment:
    """One entry of a job's timeline; `at` is ISO 8601 in UTC."""

    state: JobState
    at: str


@frozen(kw_only=True)
class Job:
    """One file on its way, or the undo of a job; the ledger holds it.

    `fields` are those that the file has a column for. An undo names the job that it `undoes`; `dry_run` lets
    it stop at its plan. A job that was undone has counted the undos that are over in `undos`, and knows in
    `done_as` the state to which undoing its undo brings it back.

    `attempt` numbers the executions that the job has had; `restarts` counts those that nobody asked for,
    since somebody last did. `validated` says that the chunks of the file are written, and `chunks_key` where
    the list of them is; `judged` names the reading of the file that counts. `cancelling` says that loading is
    to stop before the next chunk. A corrected rejects file names the job that it `corrects`, and that one
    counts the `corrections` which its account holds. `awaits_approval` says that its plan is loaded only once
    a person has approved it, and `approval_token` lets the execution go on that waits for this. `audits`
    counts the events of the job's audit trail, and `audit_head` is the hash of the last one; `unaudited` says
    that Step Functions by itself has recorded a failure which is not among them yet.
    """

    id: str
    state: JobState
    mode: Mode
    record_type: str
    source: Source
    created_at: str
    updated_at: str
    counts: Counts = Counts()
    again: bool = False
    options: Options = Options()
    plan_id: str | None = None
    chunks: int = 0
    chunks_key: str | None = None
    judged: str | None = None
    reason: Reason | None = None
    duplicate_of: str | None = None
    undoes: str | None = None
    dry_run: bool = False
    undos: int = 0
    done_as: JobState | None = None
    attempt: int = 1
    restarts: int = 0
    validated: bool = False
    cancelling: bool = False
    corrects: str | None = None
    corrections: int = 0
    awaits_approval: bool = False
    approval_token: str | None = field(default=None, repr=False)
    audits: int = 0
    audit_head: str | None = None
    unaudited: bool = False
    fields: tuple[str, ...] = ()
    issues_by_code: Mapping[str, int] = field(factory=dict[str, int])
    issues_by_field: Mapping[str, int] = field(factory=dict[str, int])
    changes_by_field: Mapping[str, int] = field(factory=dict[str, int])
    timeline: tuple[Moment, ...] = ()
    notified_at: str | None = None
    notified_moments: int = 0

    @property
    def stops_at_plan(self) -> bool:
        """True when the job loads its plan only once that is approved."""
        return self.mode == "plan" or self.dry_run

    @property
    def is_at_work(self) -> bool:
        """True when an execution has to be under way: the job moves on without a new request."""
        return self.state in _AT_WORK or (self.state is JobState.PLANNED and not self.stops_at_plan)

    @property
    def owes_notice(self) -> bool:
        """True when the job has come to rest or to its end, and no notice has gone out of that.

        What an undo or a correction makes of a job that has ended, is told of these.
        """
        if self.state in UNDER_WAY or (self.is_at_work and not self.awaits_approval):
            return False
        states = [moment.state for moment in self.timeline]
        since_its_end = len(list(takewhile(_AFTER_THE_END.__contains__, reversed(states)))) - 1
        return self.notified_moments < len(states) - max(since_its_end, 0)

    @property
    def is_watched(self) -> bool:
        """True when something has to happen to the job without a new request, be it only its notice."""
        return self.is_at_work or self.unaudited or self.owes_notice

    def is_stale(self, attempt: int | None) -> bool:
        """True when an execution of this attempt (None: an unknown one) has been followed by another."""
        return attempt is not None and attempt < self.attempt


@frozen(kw_only=True)
class Correction:
    """What a corrected rejects file has loaded of the rows that another job rejected, in rows.

    `key` names the object that lists these rows. `active` is False once the correction was undone.
    """

    job_id: str
    key: str
    rejected: int = 0
    conflict: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    active: bool = True


@frozen(kw_only=True)
class ChunkRef:
    """Where a chunk of rows lies: the bytes [start, end) of one S3 object. The state machine passes this."""

    job_id: str
    index: int
    key: str
    start: int
    end: int
    rows: int


@frozen(kw_only=True)
class PlannedRow:
    """What the plan does with one row.

    `before` holds the values that an update replaces or a deletion removes, `after` the whole record to be;
    both are None for an unchanged row. `expected_version` is None for a key that was never used; a record
    that is created where one was deleted expects the version of its tombstone. In an undo `why` says that
    something stays as it is, and `kept` which fields.
    """

    row: int
    line: int
    id: str
    disposition: Disposition
    expected_version: int | None = None
    before: Mapping[str, Value] | None = None
    after: Mapping[str, Value] | None = None
    kept: Sequence[str] | None = None
    why: Kept | None = None


@frozen(kw_only=True)
class RowFault:
    """A row that passed validation and still was not stored: where it is in the file, and why."""

    row: int
    line: int
    code: str
    message: str


@frozen(kw_only=True)
class Sealed:
    """Planned rows in an object of their own, under the hash of its content."""

    key: str
    sha256: str


@frozen(kw_only=True)
class PlannedChunk:
    """A chunk of the plan: the object that holds it, under the hash of its content, and what came of it.

    `of` is what was planned. Of an undo's rows `keep` stay as they are, and `partly` many of the updates keep
    some fields. `replanned` holds the rows that were planned once more, because their records had changed
    since the plan; `turned_unchanged` of them needed no write then. The loading counts are valid, and `kept`
    counts both kinds of kept rows that came of it, once `loaded_at` is set.
    """

    index: int
    key: str
    sha256: str
    rows: int
    create: int
    update: int
    unchanged: int
    delete: int = 0
    keep: int = 0
    partly: int = 0
    changes_by_field: Mapping[str, int] = field(factory=dict[str, int])
    of: ChunkRef | None = None
    started_at: str | None = None
    replanned: Sealed | None = None
    loaded_at: str | None = None
    created: int = 0
    updated: int = 0
    deleted: int = 0
    kept: int = 0
    turned_unchanged: int = 0
    conflicts: tuple[RowFault, ...] = ()
    rejects: tuple[RowFault, ...] = ()


@frozen(kw_only=True)
class Progress:
    """How many chunks of a job are planned, and how many of these are loaded."""

    planned: int = 0
    loaded: int = 0


@frozen(kw_only=True)
class PlanChunkRef:
    """What the state machine passes to a loading step: which chunk of which job's plan."""

    job_id: str
    index: int
    key: str
    sha256: str
    rows: int
