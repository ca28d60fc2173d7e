"""Rows of a rejects file that come back: as they first came, or rejected again when nothing was done to them.

Most faults are found again by reading the row again. Those of `MARKED` are not: a row that lacked cells, or
could not be read, is a row like any other once it stands in a rejects file, and the row that took its key
stands in another file. So `_errors` of such a row ends with a mark: the code, and a hash of the cells.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import evolve, frozen

from foreman_core.models import Issue, IssueCode, SourceRow
from foreman_core.pipeline.escaping import unescape
from foreman_core.reading import Unreadable

JOB_COLUMN: Final = "_job"
"""The column that tells a rejects file from any other file."""

ROW_COLUMN: Final = "_row"
"""The column that says which row of its job a row of a rejects file is."""

LINE_COLUMN: Final = "_line"
ERRORS_COLUMN: Final = "_errors"
REJECT_COLUMNS: Final = (ROW_COLUMN, LINE_COLUMN, JOB_COLUMN, ERRORS_COLUMN)

MARKED: Final[tuple[IssueCode, ...]] = (
    "quote",
    "encoding",
    "missing-cell",
    "extra-cell",
    "unique",
)
"""Codes of faults that a row may lose on its way through a rejects file. `conflict` is no fault of its own:
such a row is planned anew."""

_MARK: Final = re.compile(rf"\[({'|'.join(MARKED)}) ([0-9a-f]{{8}})\]\s*")
_MARK_LENGTH: Final = 32
_UNCHANGED: Final = (
    "the row comes back as it was rejected: put it right, or empty its _errors if it is right as it is"
)


def mark(issues: Iterable[Issue], columns: Sequence[str], cells: Sequence[str]) -> str:
    """What `_errors` of a rejected row ends with; empty for a row whose faults are found again."""
    found = {issue.code for issue in issues if issue.severity == "error"}
    code = next((code for code in MARKED if code in found), None)
    return "" if code is None else f" [{code} {_hash(columns, cells)}]"


@frozen
class Returned:
    """How the rows of a file are taken that may be a rejects file. `columns` are those of the file, `known`
    those of the file that was rejected first, where that is at hand: the others were added since.
    """

    columns: tuple[str, ...]
    known: frozenset[str] | None = None

    @property
    def is_rejects(self) -> bool:
        """Whether it is one."""
        return JOB_COLUMN in self.columns

    @property
    def kept(self) -> list[int]:
        """The places of the columns that the first sender's file had."""
        return [
            place
            for place, column in enumerate(self.columns)
            if not self.is_rejects or column not in REJECT_COLUMNS
        ]

    def first(self, row: SourceRow) -> SourceRow:
        """The row without the marks that its cells were escaped with."""
        return evolve(row, cells=tuple(map(unescape, row.cells))) if self.is_rejects else row

    def own(self, cells: Sequence[str]) -> tuple[str, ...]:
        """The cells of the first sender's columns and those beyond the header, of a row from `first`."""
        width = len(self.columns)
        padded = (*cells[:width], *("",) * (width - len(cells)))
        return (*(padded[place] for place in self.kept), *cells[width:])

    def place(self, cells: Sequence[str]) -> dict[str, str]:
        """Where a row of a rejects file stood at first, by ROW_COLUMN, LINE_COLUMN and JOB_COLUMN, as far as
        its file says so.
        """
        if not self.is_rejects:
            return {}
        named = dict(zip(self.columns, cells, strict=False))
        return {name: named[name] for name in (ROW_COLUMN, LINE_COLUMN, JOB_COLUMN) if name in named}

    def taken(self, row: SourceRow) -> SourceRow | Unreadable:
        """The row as it first came, or as one that is rejected again because nothing was done to it."""
        first = self.first(row)
        code = self._unchanged(first)
        if code is None:
            return first
        issue = Issue(
            row=row.row, line=row.line, field=None, column=None, code=code, message=_UNCHANGED, value=None
        )
        return Unreadable(row, issue)

    def _unchanged(self, row: SourceRow) -> IssueCode | None:
        place = self.columns.index(ERRORS_COLUMN) if ERRORS_COLUMN in self.columns else len(row.cells)
        errors = row.cells[place] if place < len(row.cells) else ""
        found = _MARK.fullmatch(errors, max(0, errors.rfind("[", -_MARK_LENGTH)))
        if found is None:
            return None
        own = self.own(row.cells)
        columns = [self.columns[place] for place in self.kept]
        is_same = found[2] in (_hash(columns, own), _hash(columns, self._without_added(columns, own)))
        return next(code for code in MARKED if code == found[1]) if is_same else None

    def _without_added(self, columns: Sequence[str], own: Sequence[str]) -> Sequence[str]:
        """The row's own cells, those of columns blank that the first file did not have."""
        if self.known is None:
            return own
        here = [
            cell if unescape(column) in self.known else "" for column, cell in zip(columns, own, strict=False)
        ]
        return [*here, *own[len(columns) :]]


def _hash(columns: Sequence[str], cells: Sequence[str]) -> str:
    """Of cells under their columns, in whatever order these stand, and whichever of them are blank. Cells
    beyond the columns come last; where a spreadsheet has saved the file, they are under columns without name.
    """
    width = len(columns)
    filled = [(column, cell) for column, cell in zip(columns, cells[:width], strict=True) if cell]
    named = sorted((column, cell) for column, cell in filled if column)
    beyond = [cell for column, cell in filled if not column] + [cell for cell in cells[width:] if cell]
    text = json.dumps([named, beyond]).encode()
    return hashlib.sha256(text).hexdigest()[:8]
