"""Sheets of Excel and OpenDocument workbooks, as the texts that a person sees or would type."""

import datetime as dt
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from foreman_core.errors import Refused, Undecided
from foreman_core.models import SourceRow
from foreman_core.reading.container import Workbook
from foreman_core.reading.header import HEADER_RECORDS, find_header, numbered, usual_width
from foreman_core.reading.table import Digest, Table

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

    Value = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta

_DAMAGED: Final = "the workbook is damaged or was cut off: send it again, or save the sheet as CSV"
_SHOWN_SHEETS: Final = 10


def open_workbook(workbook: Workbook, digest: Digest, *, header: bool, sheet: str | None) -> Table:
    """An open sheet: the one that is named, by its name or its number from 1, or the only one that has cells.

    Texts are as they stand, numbers the shortest decimals that mean the same, dates and times ISO 8601,
    booleans `true` and `false`, formulas what they last gave. A row's `line` is its number in the sheet.
    Refused as `open_delimited` says; `not-a-table` also when it is not clear which sheet is meant.
    """
    book = _opened(workbook)
    with _faults():
        values = _sheet(book, sheet).iter_rows()
    rows = _records(values)
    first = list(islice(rows, HEADER_RECORDS))
    if header:
        found = find_header(first)
        columns, line = _trimmed(found.cells), found.line
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


@contextmanager
def _faults() -> Generator[None]:
    """What the library says of a workbook that it cannot read, and where it gives up on hostile ones."""
    import python_calamine  # noqa: PLC0415 - only workbooks need it

    try:
        yield
    except python_calamine.PasswordError:
        raise Refused("not-a-table", "the workbook has a password: save it without one") from None
    except python_calamine.CalamineError as error:
        raise Refused("not-a-table", f"{_DAMAGED} ({error})") from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # of Rust; it has no name to import
            raise Refused("not-a-table", _DAMAGED) from error
        raise


def _opened(workbook: Workbook) -> "CalamineWorkbook":
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - as above

    with _faults(), workbook.file:
        return CalamineWorkbook.from_filelike(workbook.file)


def _sheet(workbook: "CalamineWorkbook", wanted: str | None) -> "CalamineSheet":
    from python_calamine import SheetTypeEnum, SheetVisibleEnum  # noqa: PLC0415 - as above

    names = workbook.sheet_names
    if wanted is not None:
        name = _named(wanted, names)
    else:
        shown = [
            meta.name
            for meta in workbook.sheets_metadata
            if meta.visible is SheetVisibleEnum.Visible and meta.typ is SheetTypeEnum.WorkSheet
        ]
        with _faults():
            filled = [name for name in shown if workbook.get_sheet_by_name(name).start is not None]
        if not filled:
            raise Refused("empty-file", "no sheet of the workbook has a cell: was its export empty?")
        if len(filled) > 1:
            question = f"the workbook has {_listed(filled)}: say which one with --sheet"
            raise Undecided("not-a-table", question, [("--sheet", "SHEET")])
        name = filled[0]
    with _faults():
        return workbook.get_sheet_by_name(name)


def _named(wanted: str, names: Sequence[str]) -> str:
    if wanted in names:
        return wanted
    if wanted.isascii() and wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1]
    raise Refused("not-a-table", f"the workbook has no sheet {wanted!r}; it has {_listed(names)}")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:_SHOWN_SHEETS]))
    return f"{len(names)} sheets: {shown}{', …' if len(names) > _SHOWN_SHEETS else ''}"


def _records(sheet: "Iterable[list[Value]]") -> Iterator[SourceRow]:
    """The rows of a sheet up to the last that has a cell."""
    blank = 0
    for number, values in enumerate(sheet, 1):
        cells = _trimmed(tuple(map(_text, values)))
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


def _trimmed(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Without the empty cells at the end."""
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _text(value: "Value") -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(value // dt.timedelta(seconds=1), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return value.isoformat()


def _number(value: float) -> str:
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")
