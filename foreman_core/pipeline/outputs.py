"""The files that a check writes: accepted rows, issues, rejects."""

import csv
import re
from collections.abc import Iterable, Sequence
from typing import Final, Protocol, Self

from foreman_core.models import Issue, SourceRow
from foreman_core.pipeline.judging import Lines
from foreman_core.reading import Table

ISSUE_COLUMNS: Final = ("row", "line", "field", "column", "code", "severity", "message", "value")
JOB_COLUMN: Final = "_job"
"""The column that tells a rejects file from any other file."""

ROW_COLUMN: Final = "_row"
"""The column that says which row of its job a row of a rejects file is."""

REJECT_COLUMNS: Final = (ROW_COLUMN, "_line", JOB_COLUMN, "_errors")
BOM: Final = b"\xef\xbb\xbf"

# What a spreadsheet would run, or hides: https://owasp.org/www-community/attacks/CSV_Injection. The marks
# that such a cell has already are counted in, so that `unescape` gives back every cell there is.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")


class Writable(Protocol):
    """A binary file."""

    def write(self, data: bytes, /) -> object:
        """Take these bytes."""
        ...


class AcceptedWriter:
    """Accepted rows as JSON Lines; `position` is where the next begins, in bytes."""

    def __init__(self, out: Writable) -> None:
        self._out = out
        self.position = 0

    def write(self, lines: Lines, count: int | None = None) -> None:
        """Write the next lines, all or so many."""
        text = lines.take(len(lines) if count is None else count)
        self._out.write(text)
        self.position += len(text)


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
    """The rows that were not accepted, as `row line fate`, one a line."""

    def __init__(self, out: Writable) -> None:
        self._out = out

    def write(self, row: SourceRow, fate: str) -> None:
        """Write what became of one row."""
        self._out.write(f"{row.row} {row.line} {fate}\n".encode())


class RejectsWriter:
    """Rejected rows as they came, with where they stood and why, for people and their spreadsheets.

    A row with more cells than the file has columns keeps them, after `_errors`: nothing of it is lost, and
    it is rejected again until it is put right. A record that could not be read stands in the first column
    as it was.
    """

    def __init__(self, out: Writable, columns: Sequence[str] | None = None, *, job_id: str) -> None:
        """Without `columns` the writer waits for `begin`: a file's columns are known once it is open."""
        self._job_id = job_id
        self._columns: Sequence[str] = ()
        self._sent_back = False
        self._out = out
        self._csv = csv.writer(_Utf8(out))
        if columns is not None:
            self._head(columns)

    @classmethod
    def after(cls, out: Writable, columns: Sequence[str], *, job_id: str) -> Self:
        """A writer that goes on where a rejects file of these columns ends."""
        writer = cls(out, job_id=job_id)
        writer._know(columns)
        return writer

    def begin(self, table: Table) -> None:
        """Write the header of the rejects of this table: `check(on_table=rejects.begin)`."""
        self._head(table.columns)

    def write(self, row: SourceRow, issues: Iterable[Issue]) -> None:
        """Write one row with its issues; ValueError before the header."""
        if not self._columns:
            raise ValueError("the columns of the file are not known yet: call begin first")
        width = len(self._columns)
        given = map(unescape, row.cells) if self._sent_back else row.cells
        every = (*given, *("",) * (width - len(row.cells)))
        cells, beyond = every[:width], every[width:]
        errors = "; ".join(
            f"{issue.column or issue.field}: {issue.message}"
            if issue.column or issue.field
            else issue.message
            for issue in issues
        )
        ours = (str(row.row), str(row.line), self._job_id, errors)
        if self._sent_back:
            of_file = dict(zip(self._columns, cells, strict=True))
            ours = tuple(of_file.get(name, own) for name, own in zip(REJECT_COLUMNS, ours, strict=True))
            ours = (*ours[:-1], errors)
            cells = tuple(cell for name, cell in of_file.items() if name not in REJECT_COLUMNS)
        self._csv.writerow(map(escape, (*cells, *ours, *beyond)))

    def _head(self, columns: Sequence[str]) -> None:
        self._know(columns)
        self._out.write(BOM)
        shown = [name for name in columns if not (self._sent_back and name in REJECT_COLUMNS)]
        self._csv.writerow(map(escape, (*shown, *REJECT_COLUMNS)))

    def _know(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._sent_back = JOB_COLUMN in columns


def escape(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: one `'` before what would be one."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescape(cell: str) -> str:
    """The cell that `escape` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


class _Utf8:
    def __init__(self, out: Writable) -> None:
        self._out = out

    def write(self, text: str) -> None:
        self._out.write(text.encode("utf-8", "backslashreplace"))
