"""Which record names the columns: below titles and blank lines, and never one that is data."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from foreman_core.errors import Refused
from foreman_core.models import SourceRow

HEADER_RECORDS: Final = 50
"""Records among which the header is looked for."""

COLUMN_LIMIT: Final = 16_384
"""Columns of a sheet in Excel,
https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d
"""

_LOOKS_LIKE_A_VALUE: Final = re.compile(
    r"[^@\s]+@[^@\s]+\.[a-z]+|\d{4}-\d\d-\d\d.*|\d\d?[./]\d\d?[./]\d{4}", re.IGNORECASE
)
_DAMAGED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)*")


_ENOUGH: Final = 5
"""Rows that are not all damaged in one way while their header is whole."""


def usual_width(widths: Sequence[int]) -> int:
    """How many cells most records have, and of equally many the most; 0 for no records."""
    counted = Counter(widths)
    return max(counted, key=lambda width: (counted[width], width), default=0)


def numbered(width: int) -> tuple[str, ...]:
    """Names of columns that have none of their own."""
    return tuple(f"column_{number}" for number in range(1, width + 1))


def find_header(records: Sequence[SourceRow]) -> SourceRow:
    """The one of the first records that names the columns: the first in which at least half of the cells
    that a row usually has are filled. What stands above it (a title, a date, blank lines) is no row.

    Refused: `empty-file`, and `no-header`, `duplicate-header`, `too-large` when it can't be the names.
    """
    filled = [record for record in records if _filled(record)]
    if not filled:
        raise Refused("empty-file", "the file has only blank lines: was its export empty?")
    width = usual_width([len(record.cells) for record in filled])
    header = next((record for record in filled if 2 * _filled(record) >= width), filled[0])
    check_columns(header.cells, header.line)
    return header


def check_width(header: SourceRow, rows: Sequence[Sequence[str]]) -> None:
    """Refused(`no-header`) when none of the first rows has a cell for each name and no more, and many have as
    many cells as each other: then it is the header that lost a delimiter, has one too many, or was cut short.

    Lines of a single cell say nothing: a text of many lines, of which a quote was lost, has these.
    """
    width = len(header.cells)
    filled = [cells for cells in rows if any(map(str.strip, cells))]
    usual = usual_width([len(cells) for cells in filled if len(cells) > 1])
    is_met = any(len(cells) >= width and not any(cells[width:]) for cells in filled)
    if is_met or sum(len(cells) == usual for cells in filled) < _ENOUGH:
        return
    raise Refused(
        "no-header",
        f"line {header.line} has {width} names of columns, and the rows below it have {usual} cells: is the "
        "header damaged?",
    )


def _filled(record: SourceRow) -> int:
    return sum(map(bool, map(str.strip, record.cells)))


def check_columns(columns: Sequence[str], line: int) -> None:
    """Refused when these names, of `line`, can't be those of columns, as `find_header` says."""
    if len(columns) > COLUMN_LIMIT:
        raise Refused(
            "too-large", f"line {line} has {len(columns):,} columns; more than {COLUMN_LIMIT:,} is no table"
        )
    names = [name for column in columns if (name := column.strip())]
    if any(map(_LOOKS_LIKE_A_VALUE.fullmatch, names)) or all(map(_NUMBER.fullmatch, names)):
        raise Refused(
            "no-header",
            f"line {line} looks like data, not like names of columns: put a line with those first, or say "
            "--no-header",
        )
    damaged = next((name for name in names if _DAMAGED.search(name)), None)
    if damaged is not None:
        raise Refused(
            "no-header",
            f"line {line} names a column {damaged!r}, which has lost a character or has a control character: "
            "put the name right",
        )
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        listed = ", ".join(map(repr, repeated[:5]))
        raise Refused(
            "duplicate-header",
            f"line {line} names more than one column {listed}: give each a name of its own",
        )
