"""How a delimited file is written: its delimiter, and whether its first record can be a header."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from foreman_core.errors import Refused

QUOTE: Final = '"'
DELIMITERS: Final = (",", ";", "\t", "|")
PREFIX: Final = 1 << 16
"""Characters that the delimiter is judged by."""

COLUMN_LIMIT: Final = 16_384
"""Columns of a sheet in Excel,
https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d
"""

_JUDGED_RECORDS: Final = 100
_NAMED: Final = {"tab": "\t", r"\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
_LOOKS_LIKE_A_VALUE: Final = re.compile(
    r"[^@\s]+@[^@\s]+\.[a-z]+|\d{4}-\d\d-\d\d.*|\d\d?[./]\d\d?[./]\d{4}", re.IGNORECASE
)
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)*")


def given_delimiter(text: str) -> str:
    """The character that a caller names, maybe as `tab`. Refused(`not-a-table`) when it is not one."""
    delimiter = _NAMED.get(text.lower(), text)
    if len(delimiter) != 1 or delimiter in '"\r\n\0 ':
        raise Refused("not-a-table", f"a delimiter is one character such as ; or tab, not {text!r}")
    return delimiter


def detect_delimiter(lines: Sequence[str]) -> str:
    """The delimiter that cuts the most records into as many cells as the first; a comma where none cuts
    anything.

    `lines` are the first ones of the file. Quotes are respected, so a delimiter in a quoted cell does not
    count.
    """
    return max(DELIMITERS, key=lambda delimiter: _score(lines, delimiter))  # the first of equal ones


def _score(lines: Iterable[str], delimiter: str) -> tuple[float, int]:
    records = csv.reader(lines, delimiter=delimiter, quotechar=QUOTE)
    widths = [len(cells) for cells in islice(records, _JUDGED_RECORDS) if any(map(str.strip, cells))]
    if not widths or widths[0] == 1:
        return (0.0, 0)
    return (Counter(widths)[widths[0]] / len(widths), widths[0])


def check_header(columns: Sequence[str], line: int) -> None:
    """Refused(`no-header`, `duplicate-header`, `too-large`) when these cannot be the names of columns."""
    if len(columns) > COLUMN_LIMIT:
        raise Refused(
            "too-large", f"line {line} has {len(columns):,} columns; more than {COLUMN_LIMIT:,} is no table"
        )
    names = [name for column in columns if (name := column.strip())]
    if any(map(_LOOKS_LIKE_A_VALUE.fullmatch, names)) or all(map(_NUMBER.fullmatch, names)):
        raise Refused(
            "no-header",
            f"line {line} looks like data, not like names of columns: put a line with those first",
        )
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        listed = ", ".join(map(repr, repeated[:5]))
        raise Refused(
            "duplicate-header",
            f"line {line} names more than one column {listed}: give each a name of its own",
        )
