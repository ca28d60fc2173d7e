"""The rejects file of a job: what validation rejected, and what passed it and still was not stored."""

import shutil
from collections.abc import Iterable
from contextlib import closing
from typing import IO, get_args

from foreman_core.models import Issue, IssueCode, Job, PlannedChunk, RowFault
from foreman_core.pipeline.judged import REJECTS, judged_by, judged_key
from foreman_core.pipeline.outputs import RejectsWriter
from foreman_core.reading import Unreadable, open_table
from foreman_core.storage import Files, job_key


def publish_rejects(files: Files, job_id: str, judged: str) -> None:
    """Put what this reading of a job's file rejects where people look for it."""
    with files.writer(job_key(job_id, REJECTS), "text/csv") as out:
        _copy_rejects(files, judged_key(job_id, judged, REJECTS), out)


def add_rejects(files: Files, job: Job, chunks: Iterable[PlannedChunk]) -> None:
    """Add the rows that were in conflict or refused while they were loaded, in their own columns.

    The file is read again for them, which takes as long as it is large, and only when there are such rows. An
    undo has no rows of its own: what it could not put back is in its plan and its report.
    """
    faults = {fault.row: fault for chunk in chunks for fault in (*chunk.conflicts, *chunk.rejects)}
    if not faults or job.undoes is not None:
        return
    table = open_table(
        files.open(job.source.key, version_id=job.source.version_id),
        encoding=job.options.encoding,
        delimiter=job.options.delimiter,
        header=job.options.header,
        sheet=job.options.sheet,
    )
    with files.writer(job_key(job.id, REJECTS), "text/csv") as out:
        _copy_rejects(files, judged_by(job, REJECTS), out)
        rejected = RejectsWriter.after(out, table.columns, job_id=job.id)
        for row in table.rows:
            if not isinstance(row, Unreadable) and row.row in faults:
                rejected.write(row, [_issue(faults.pop(row.row))])
            if not faults:
                break


def _copy_rejects(files: Files, key: str, out: IO[bytes]) -> None:
    with closing(files.open(key)) as rejects:
        shutil.copyfileobj(rejects, out)


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
