"""Corrections: a rejects file that comes back loads only its own rows, and brings the account of their job up
to date.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Final

import attrs
from attrs import define, field

from foreman_core.errors import Refused, Unavailable
from foreman_core.ledger import Ledger
from foreman_core.mapping import Decided, Mapping, as_json, from_json
from foreman_core.models import Correction, Counts, Issue, Job, JobState, PlannedChunk, SourceRow
from foreman_core.pipeline.judged import ADMITTED, MAPPING, REJECTS, VERDICTS, judged_by
from foreman_core.pipeline.returned import JOB_COLUMN, ROW_COLUMN
from foreman_core.pipeline.rowset import RowSet
from foreman_core.reading import Table, Unreadable, open_table
from foreman_core.storage import Files, job_key

CORRECTED: Final = "corrected.txt"
"""The rows of the corrected job that a correction has loaded, one a line."""

REFUSED_WHOLE: Final = "no-rows-accepted"
_CORRECTABLE: Final = {JobState.SUCCEEDED, JobState.PARTIALLY_SUCCEEDED}
_RACES: Final = 8
_DIGITS: Final = 12
"""Of the largest number of a row."""


@define
class Correcting:
    """Lets those rows of a rejects file through that its job has rejected and nobody has corrected since."""

    job: Job
    decided: Decided | None
    open: RowSet
    row_at: int
    job_at: int
    admitted: IO[bytes]
    seen: RowSet = field(factory=RowSet)

    def admit(self, row: SourceRow) -> Issue | None:
        """Why a row is not let through; None when it is."""
        cells = [cell.strip() for cell in row.cells]
        number, job_id = (cells[at] if at < len(cells) else "" for at in (self.row_at, self.job_at))
        if not any(cells):
            return None  # blank, which validation says
        if job_id != self.job.id:
            return _not_let_through(row, JOB_COLUMN, f"this file corrects {self.job.id}, not {job_id!r}")
        if not (number.isascii() and number.isdigit() and len(number) <= _DIGITS):
            return _not_let_through(row, ROW_COLUMN, f"{number!r} is no number of a row")
        return self._known(row, int(number))

    def _known(self, row: SourceRow, number: int) -> Issue | None:
        if number in self.seen:
            return _not_let_through(row, ROW_COLUMN, f"row {number} is in this file already")
        if number not in self.open:
            text = f"row {number} of {self.job.id} was not rejected, or has been corrected since"
            return _not_let_through(row, ROW_COLUMN, text)
        self.seen.add(number)
        self.admitted.write(f"{row.row} {number}\n".encode())
        return None


@define
class Corrections:
    """Recognises rejects files of this stack; `corrected` is the job that the file came from."""

    _ledger: Ledger
    _files: Files
    _job: Job
    _admitted: IO[bytes]
    corrected: str | None = None

    def __call__(self, table: Table) -> Correcting | None:
        """What lets the rows of a file through, or None when it is not the rejects file of a job here.

        Refused(`bad-correction`) when its job cannot be corrected, or the numbers of the rows are missing.
        """
        job_id = _named(table)
        found = None if job_id is None else self._ledger.find(job_id)
        if found is None:
            return None
        if ROW_COLUMN not in table.columns:
            raise _bad(f"the column {ROW_COLUMN} is missing, which says which rows these are. Put it back")
        _check_correctable(found, self._job)
        self.corrected = found.id
        return Correcting(
            job=found,
            decided=_decided(self._files, found, table.columns),
            open=_open_rows(self._ledger, self._files, found, but=self._job.id),
            row_at=table.columns.index(ROW_COLUMN),
            job_at=table.columns.index(JOB_COLUMN),
            admitted=self._admitted,
        )


def kept_mapping(mapping: Mapping) -> bytes:
    """How the columns of a job's file were understood, as it is kept for its corrections."""
    decided = Decided(
        columns={match.column: match.field for match in mapping.matches},
        values=mapping.values,
        header=mapping.columns,
    )
    return as_json(decided).encode()


def record_correction(
    ledger: Ledger, files: Files, job: Job, counts: Counts, chunks: Sequence[PlannedChunk]
) -> None:
    """Bring the account of the corrected job up to date with what a correction has loaded. Done again, also
    after a retry that loaded more, it counts every row once.
    """
    if job.corrects is None:
        return
    key = job_key(job.id, CORRECTED)
    others = _loaded_by_others(ledger, files, job.corrects, but=job.id)
    parked = {fault.row for chunk in ledger.chunks(job.corrects) for fault in chunk.conflicts}
    rows = rejected = conflict = 0
    with files.writer(key, "text/plain") as out:
        for row in _loaded_rows(files, job, chunks):
            rows += 1
            if row not in others:
                out.write(f"{row}\n".encode())
                conflict += row in parked
                rejected += row not in parked
    correction = Correction(
        job_id=job.id,
        key=key,
        rejected=rejected,
        conflict=conflict,
        created=counts.created,
        updated=counts.updated,
        unchanged=counts.unchanged,
    )
    _apply(ledger, job.corrects, _without(correction, rows - rejected - conflict))


def toggle_correction(ledger: Ledger, job: Job, *, active: bool) -> None:
    """Take a correction out of the account of its job, since it was undone, or back in."""
    if job.corrects is None:
        return
    for correction in ledger.corrections(job.corrects):
        if correction.job_id == job.id:
            _apply(ledger, job.corrects, attrs.evolve(correction, active=active))


def _named(table: Table) -> str | None:
    """The job that the first row names."""
    if JOB_COLUMN not in table.columns:
        return None
    at = table.columns.index(JOB_COLUMN)
    names = (cells[at].strip() for cells in table.sample if at < len(cells))
    return next((name for name in names if name), None)


def _check_correctable(corrected: Job, job: Job) -> None:
    if corrected.record_type != job.record_type:
        raise _bad(f"{corrected.id} was a load of {corrected.record_type}, not of {job.record_type}")
    refused_whole = corrected.reason is not None and corrected.reason.code == REFUSED_WHOLE
    if corrected.state not in _CORRECTABLE and not refused_whole:
        raise _bad(f"{corrected.id} is {corrected.state}. Send the whole file, corrected, instead")


def _decided(files: Files, corrected: Job, columns: Sequence[str]) -> Decided | None:
    """How the columns of the corrected job were understood, as far as they are here still."""
    if corrected.judged is None:  # it did not come to that
        return None
    kept = from_json(files.read(judged_by(corrected, MAPPING)).decode())
    here = {name.strip() for name in columns}
    return attrs.evolve(
        kept, columns={name: found for name, found in kept.columns.items() if name.strip() in here}
    )


def _open_rows(ledger: Ledger, files: Files, corrected: Job, *, but: str) -> RowSet:
    rows = RowSet()
    for number in _rejected_rows(files, corrected.id):
        rows.add(number)
    for correction in ledger.corrections(corrected.id):
        if correction.active and correction.job_id != but:
            for number in _numbers(files, correction.key):
                rows.discard(number)
    return rows


def _rejected_rows(files: Files, job_id: str) -> Iterator[int]:
    """The rows that stand in a job's rejects file."""
    table = open_table(files.open(job_key(job_id, REJECTS)), encoding="utf-8", delimiter=",")
    at = table.columns.index(ROW_COLUMN)
    for row in table.rows:
        yield int((row.source if isinstance(row, Unreadable) else row).cells[at])


def _loaded_by_others(ledger: Ledger, files: Files, corrected: str, *, but: str) -> RowSet:
    rows = RowSet()
    for correction in ledger.corrections(corrected):
        if correction.active and correction.job_id != but:
            for number in _numbers(files, correction.key):
                rows.add(number)
    return rows


def _loaded_rows(files: Files, job: Job, chunks: Iterable[PlannedChunk]) -> Iterator[int]:
    """The rows of the corrected job that a correction has loaded: let through, accepted, and stored."""
    left = RowSet()
    for number in _numbers(files, judged_by(job, VERDICTS)):
        left.add(number)
    for chunk in chunks:
        for fault in (*chunk.conflicts, *chunk.rejects):
            left.add(fault.row)
    for line in files.open(judged_by(job, ADMITTED)).iter_lines():
        row, number = map(int, line.split())
        if row not in left:
            yield number


def _numbers(files: Files, key: str) -> Iterator[int]:
    """The first number of each line of an object."""
    return (int(line.split()[0]) for line in files.open(key).iter_lines())


def _without(correction: Correction, doubled: int) -> Correction:
    """A correction less the rows that another one has loaded at the same time: of these the second found
    everything as it wanted it.
    """
    unchanged = min(doubled, correction.unchanged)
    updated = min(doubled - unchanged, correction.updated)
    return attrs.evolve(
        correction,
        unchanged=correction.unchanged - unchanged,
        updated=correction.updated - updated,
        created=correction.created - (doubled - unchanged - updated),
    )


def _apply(ledger: Ledger, corrected: str, correction: Correction) -> None:
    """Put a correction in the place of what its job had loaded before, the difference into the account."""
    for _ in range(_RACES):
        job = ledger.job(corrected)
        before = {known.job_id: known for known in ledger.corrections(corrected)}.get(correction.job_id)
        if before == correction:
            return
        changes = _account(job, before, correction)
        if ledger.put_correction(job, correction, **changes):
            return
    raise Unavailable("contention", f"Job {corrected} is changed by others all the time.")


def _account(job: Job, before: Correction | None, after: Correction) -> dict[str, object]:
    def difference(name: str) -> int:
        was = getattr(before, name) if before is not None and before.active else 0
        return (getattr(after, name) if after.active else 0) - was

    counts = attrs.evolve(
        job.counts,
        rejected=job.counts.rejected - difference("rejected"),
        conflict=job.counts.conflict - difference("conflict"),
        **{
            name: getattr(job.counts, name) + difference(name) for name in ("created", "updated", "unchanged")
        },
    )
    was_active = before is not None and before.active
    number = job.corrections + after.active - was_active
    changes: dict[str, object] = {"counts": counts, "corrections": number}
    return changes | _ending(job, counts)


def _ending(job: Job, counts: Counts) -> dict[str, object]:
    """A job of which nothing is rejected any more has succeeded; one of which something is again has not."""
    clean = not (counts.rejected or counts.conflict)
    if clean and job.state in (JobState.PARTIALLY_SUCCEEDED, JobState.FAILED):
        return {"state": JobState.SUCCEEDED}
    if not clean and job.state is JobState.SUCCEEDED:
        loaded = any(moment.state is JobState.LOADING for moment in job.timeline)
        return {"state": JobState.PARTIALLY_SUCCEEDED if loaded else JobState.FAILED}
    return {}


def _not_let_through(row: SourceRow, column: str, text: str) -> Issue:
    return Issue(row=row.row, line=row.line, field=None, column=column, code="rule", message=text)


def _bad(why: str) -> Refused:
    return Refused("bad-correction", f"This is a rejects file, and cannot be loaded: {why}.")
