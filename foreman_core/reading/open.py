"""The one door to all formats. What a file is, its bytes say, not its name."""

from typing import Final

from foreman_core.errors import Refused
from foreman_core.reading.container import Workbook, unwrapped
from foreman_core.reading.delimited import open_delimited
from foreman_core.reading.jsonl import is_json_lines, open_json_lines
from foreman_core.reading.table import Digest, Readable, Table
from foreman_core.reading.text import open_text
from foreman_core.reading.workbook import open_workbook

ACCEPTED: Final = (
    "CSV, TSV and their kin, Excel (.xlsx, .xls), OpenDocument (.ods) and JSON Lines, each plain, in gzip "
    "or in zip"
)
"""What `open_table` takes, for people."""


def open_table(
    stream: Readable,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool = True,
    sheet: str | None = None,
) -> Table:
    """An open file: CSV and its kin, JSON Lines, a sheet of a workbook; each as it is, in gzip or in zip.

    Its rows are read as they are asked for. `encoding` and `delimiter` are found out if they are not given;
    without a `header` the columns are `column_1`, `column_2`, …; `sheet` is a name, or a number from 1.

    Refused, here or while the rows are read: `empty-file`, `no-header`, `duplicate-header`, `not-a-table`,
    `too-large`, `unreadable-encoding` (the message names the place and what to do).
    """
    digest = Digest(stream)
    content = unwrapped(digest)
    if isinstance(content, Workbook):
        _refuse("a workbook", encoding=encoding, delimiter=delimiter)
        return open_workbook(content, digest, header=header, sheet=sheet)
    text = open_text(content, encoding)
    if is_json_lines(text.peek()):
        _refuse("a file of JSON Lines", delimiter=delimiter, sheet=sheet, no_header=None if header else "")
        return open_json_lines(text, digest)
    _refuse("a delimited file", sheet=sheet)
    return open_delimited(text, digest, delimiter=delimiter, header=header)


def _refuse(what: str, **given: str | None) -> None:
    for name, value in given.items():
        if value is not None:
            raise Refused("not-a-table", f"{what} takes no --{name.replace('_', '-')}: leave it out")
