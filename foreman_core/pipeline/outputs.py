"""The files that a check writes: accepted rows, issues, rejects."""

import csv
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, Protocol, Self

from foreman_core.models import Issue, SourceRow
from foreman_core.pipeline.escaping import escape, unescape
from foreman_core.pipeline.judging import Lines
from foreman_core.pipeline.returned import (
    JOB_COLUMN,
    LINE_COLUMN,
    REJECT_COLUMNS,
    ROW_COLUMN,
    Returned,
    mark,
)
from foreman_core.reading import Table

ISSUE_COLUMNS: Final = ("row", "line", "field", "column", "code", "severity", "message", "value")
BOM: Final = b"\xef\xbb\xbf"


class Writable(Protocol):
    """A binary file."""

    def write(self, data: bytes, /) -> object:
        """Take these bytes."""
        ...


class AcceptedWriter:
    """Accepted rows as JSON Lines; the next begins at `position`, in bytes, and `digest` is of all before."""

    def __init__(self, out: Writable) -> None:
        self._out = out
        self.position = 0
        self.digest = hashlib.sha256()

    def write(self, lines: Lines, count: int | None = None) -> None:
        """Write the next lines, all or so many."""
        text = lines.take(len(lines) if count is None else count)
        self._out.write(text)
        self.position += len(text)
        self.digest.update(text)


class IssuesWriter:
    """Issues as CSV (RFC 4180, UTF-8), values as they are: for programs, not for spreadsheets."""

    def __init__(self, out: Writable) -> None:
        self._csv = csv.writer(_Utf8(out))
        self._csv.writerow(ISSUE_COLUMNS)

    def write(self, issue: Issue) -> None:
        """Write one issue."""
        self._csv.writerow(
            (
                issue.row,
                issue.line,
                issue.field,
                issue.column,
                issue.code,
                issue.severity,
                issue.message,
                issue.value,
            )
        )


class VerdictsWriter:
    """The rows that were not accepted, as `row line fate`, one a line; `digest` is of all of them."""

    def __init__(self, out: Writable) -> None:
        self._out = out
        self.digest = hashlib.sha256()

    def write(self, row: SourceRow, fate: str) -> None:
        """Write what became of one row."""
        line = f"{row.row} {row.line} {fate}\n".encode()
        self._out.write(line)
        self.digest.update(line)


class RejectsWriter:
    """Rejected rows as they came, with where they stood and why, for people and their spreadsheets.

    A row with more cells than the file has columns keeps them, after `_errors`: nothing of it is lost, and
    it is rejected again until it is put right. A record that could not be read stands in the first column
    as it was. Rows of a rejects file are written in the columns that the first sender's file had.
    """

    def __init__(self, out: Writable, columns: Sequence[str] | None = None, *, job_id: str) -> None:
        """Without `columns` the writer waits for `begin`: a file's columns are known once it is open."""
        self._job_id = job_id
        self._columns: Sequence[str] = ()
        self._file = Returned(())
        self._out = out
        self._csv = csv.writer(_Utf8(out))
        if columns is not None:
            self._head(columns)

    @classmethod
    def after(cls, out: Writable, columns: Sequence[str], *, job_id: str) -> Self:
        """A writer that goes on where a rejects file of these columns ends."""
        writer = cls(out, job_id=job_id)
        writer._take(columns)
        return writer

    def begin(self, table: Table) -> None:
        """Write the header of the rejects of this table: `check(on_table=rejects.begin)`."""
        self._head(table.columns)

    def write(self, row: SourceRow, issues: Iterable[Issue]) -> None:
        """Write one row with its issues; ValueError before the header."""
        if not self._columns:
            raise ValueError("the columns of the file are not known yet: call begin first")
        width = len(self._columns)
        first = self._file.first(row).cells
        cells = self._file.own(first)
        issues = tuple(issues)
        errors = "; ".join(
            f"{issue.column or issue.field}: {issue.message}"
            if issue.column or issue.field
            else issue.message
            for issue in issues
        )
        here = {ROW_COLUMN: str(row.row), LINE_COLUMN: str(row.line), JOB_COLUMN: self._job_id}
        place = here | self._file.place(first)
        ours = (*place.values(), errors + mark(issues, [*map(escape, self._columns)], cells))
        self._csv.writerow(map(escape, (*cells[:width], *ours, *cells[width:])))

    def _head(self, columns: Sequence[str]) -> None:
        self._take(columns)
        self._out.write(BOM)
        self._csv.writerow(map(escape, (*self._columns, *REJECT_COLUMNS)))

    def _take(self, columns: Sequence[str]) -> None:
        """The columns of a file, which may be a rejects file itself: then its own are left out."""
        self._file = Returned(tuple(columns))
        self._columns = self._file.own([*map(unescape, columns)] if self._file.is_rejects else columns)


class _Utf8:
    def __init__(self, out: Writable) -> None:
        self._out = out

    def write(self, text: str) -> None:
        self._out.write(text.encode("utf-8", "backslashreplace"))
