"""Sheets of Excel and OpenDocument workbooks, as the texts that a person sees or would type."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain, islice
from typing import IO, Any, Final, cast

import orjson

from foreman_core.errors import Refused, Undecided
from foreman_core.models import SourceRow
from foreman_core.reading.container import Workbook
from foreman_core.reading.header import HEADER_RECORDS, find_header, numbered, usual_width
from foreman_core.reading.table import Digest, Table

MEMORY: Final = 2 << 30
"""Bytes of the process that reads a workbook: twice as many as one of `WORKBOOK_LIMIT` takes."""

SECONDS: Final = 120
"""Of its processor time: ten times as many as such a workbook takes."""

_PROGRAM: Final = (
    "import sys; sys.path[:] = sys.argv[2:]; from foreman_core.reading import sheet; sheet.main()"
)
_BEYOND: Final = (
    "the workbook takes more than {memory:,} MB of memory or {seconds} seconds to read, as one does that is "
    "damaged or has cells far apart: save the sheet as CSV"
)


def open_workbook(workbook: Workbook, digest: Digest, *, header: bool, sheet: str | None) -> Table:
    """An open sheet: the one that is named, by its name or its number from 1, or the only one that has cells.

    Texts are as they stand, numbers the shortest decimals that mean the same, dates and times ISO 8601,
    booleans `true` and `false`, formulas what they last gave. A row's `line` is its number in the sheet.
    Refused as `open_delimited` says; `not-a-table` also when it is not clear which sheet is meant.
    """
    rows = _records(_texts(workbook.file, sheet))
    first = list(islice(rows, HEADER_RECORDS))
    if header:
        found = find_header(first)
        columns, line = found.cells, found.line
        first = first[first.index(found) + 1 :]
    else:
        columns, line = numbered(usual_width([len(row.cells) for row in first if row.cells])), 0
    return Table(
        format=workbook.format,
        encoding=None,
        bom=False,
        delimiter=None,
        quote=None,
        header_line=line,
        columns=columns,
        rows=_numbered(chain(first, rows), len(columns)),
        digest=digest,
        sample=tuple(row.cells for row in first),
    )


def _texts(file: IO[bytes], sheet: str | None) -> Iterator[tuple[str, ...]]:
    """The rows of a sheet, from a process that may die of it."""
    order = orjson.dumps({"sheet": sheet, "memory": MEMORY, "seconds": SECONDS}).decode()
    with (
        file,
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-P", "-c", _PROGRAM, order, *sys.path],
            stdin=file.fileno(),
            stdout=subprocess.PIPE,
            stderr=said,
        ) as process,
    ):
        try:
            yield from _told(process, said)
        finally:
            process.kill()


def _told(process: "subprocess.Popen[bytes]", said: IO[bytes]) -> Iterator[tuple[str, ...]]:
    """The rows that the process tells of. Refused when it says so or has died of a signal; RuntimeError with
    its last words when it broke.
    """
    for line in process.stdout or ():
        told = orjson.loads(line)
        if isinstance(told, list):
            yield from map(tuple[str, ...], cast("list[list[str]]", told))
        elif "refused" in told:
            raise _refusal(told)
        else:
            return
    if process.wait() < 0:
        raise Refused("too-large", _BEYOND.format(memory=MEMORY >> 20, seconds=SECONDS))
    said.seek(0)
    raise RuntimeError(f"the reader of workbooks broke: {said.read().decode(errors='replace')[-2000:]}")


def _refusal(told: dict[str, Any]) -> Refused:
    code, message = told["refused"]
    answers = [(name, value) for name, value in told["answers"]]
    return Undecided(code, message, answers) if answers else Refused(code, message)


def _records(rows: Iterator[tuple[str, ...]]) -> Iterator[SourceRow]:
    """The rows of a sheet up to the last that has a cell."""
    blank = 0
    for number, cells in enumerate(rows, 1):
        if not cells:
            blank += 1
            continue
        yield from (SourceRow(earlier, earlier, ()) for earlier in range(number - blank, number))
        blank = 0
        yield SourceRow(number, number, cells)


def _numbered(records: Iterator[SourceRow], width: int) -> Iterator[SourceRow]:
    """Rows counted from the first one below the header, none shorter than it."""
    for row, record in enumerate(records, 1):
        yield SourceRow(row, record.line, record.cells + ("",) * (width - len(record.cells)))
