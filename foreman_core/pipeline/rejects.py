"""Rows that passed validation and still were not stored join the others in the rejects file."""

import shutil
from collections.abc import Iterable
from typing import Final, get_args

from foreman_core.errors import Refused
from foreman_core.models import Issue, IssueCode, Job, PlannedChunk, RowFault
from foreman_core.pipeline.outputs import RejectsWriter
from foreman_core.reading import Unreadable, open_table
from foreman_core.storage import Files, job_key

REJECTS: Final = "rejects.csv"
VALIDATED: Final = "rejects-validated.csv"
"""What validation rejected, as it was before rows were added: adding them twice gives the same file."""


def add_rejects(files: Files, job: Job, chunks: Iterable[PlannedChunk]) -> None:
    """Add the rows that were in conflict or refused while they were loaded, in their own columns.

    The file is read again for them, which takes as long as it is large, and only when there are such rows. An
    undo has no rows of its own: what it could not put back is in its plan and its report.
    """
    faults = {fault.row: fault for chunk in chunks for fault in (*chunk.conflicts, *chunk.rejects)}
    if not faults or job.undoes is not None:
        return
    before = _validated(files, job)
    table = open_table(
        files.open(job.source.key, version_id=job.source.version_id),
        encoding=job.options.encoding,
        delimiter=job.options.delimiter,
        header=job.options.header,
        sheet=job.options.sheet,
    )
    with files.writer(job_key(job.id, REJECTS), "text/csv") as out:
        shutil.copyfileobj(files.open(before), out)
        rejected = RejectsWriter.after(out, table.columns, job_id=job.id)
        for row in table.rows:
            if not isinstance(row, Unreadable) and row.row in faults:
                rejected.write(row, [_issue(faults.pop(row.row))])
            if not faults:
                break


def _validated(files: Files, job: Job) -> str:
    """The key of what validation rejected; it is set aside once."""
    key = job_key(job.id, VALIDATED)
    try:
        files.open(key).close()
    except Refused:
        with files.writer(key, "text/csv") as copy:
            shutil.copyfileobj(files.open(job_key(job.id, REJECTS)), copy)
    return key


def _issue(fault: RowFault) -> Issue:
    code: IssueCode = next(code for code in get_args(IssueCode) if code == fault.code)
    return Issue(
        row=fault.row,
        line=fault.line,
        field=None,
        column=None,
        code=code,
        message=f"{fault.code}: {fault.message}",
    )
