"""How a delimited file is written: which character stands between its cells."""

import csv
import math
import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from foreman_core.errors import Refused
from foreman_core.reading.header import usual_width

QUOTE: Final = '"'
DELIMITERS: Final = (",", ";", "\t", "|")

_JUDGED_RECORDS: Final = 100
_NAMED: Final = {"tab": "\t", r"\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}

# Excel reads, and some programs write, a first line that names the delimiter
_DECLARATION: Final = re.compile(r'"?sep=(.)"?[,;\t|]*\r?\n?', re.IGNORECASE)


def given_delimiter(text: str) -> str:
    """The character that a caller names, maybe as `tab`. Refused(`not-a-table`) when it is not one."""
    delimiter = _NAMED.get(text.lower(), text)
    if len(delimiter) != 1 or delimiter in '"\r\n\0 ':
        raise Refused("not-a-table", f"a delimiter is one character such as ; or tab, not {text!r}")
    return delimiter


def declared_delimiter(line: str) -> str | None:
    """The delimiter that a line `sep=;` declares; None for any other line."""
    found = _DECLARATION.fullmatch(line)
    return None if found is None or found[1] in '"\0 ' else found[1]


def detect_delimiter(lines: Sequence[str]) -> str:
    """The delimiter that cuts many records into equally many cells, and the first two if there is a
    choice; a comma where none cuts anything.

    `lines` are the first ones of the file. Quotes are respected, so a delimiter in a quoted cell does not
    count.
    """
    return max(DELIMITERS, key=lambda delimiter: _score(lines, delimiter))  # the first of equal ones


def _score(lines: Iterable[str], delimiter: str) -> float:
    records = csv.reader(lines, delimiter=delimiter, quotechar=QUOTE)
    widths = [len(cells) for cells in islice(records, _JUDGED_RECORDS) if any(map(str.strip, cells))]
    width = usual_width(widths)
    if width <= 1:
        return 0.0
    begins_so = set(widths[:2]) == {width}  # not so where a title stands above the table
    return widths.count(width) / len(widths) * math.log2(width) * (2 if begins_so else 1)
