"""The program that reads one sheet of a workbook, in a process of its own and within limits.

A workbook of five kilobytes can put two cells at opposite ends of a sheet: the library asks for 400 GB, and
what cannot get them is aborted. Others make it panic, which it writes on the standard error. Neither is to
happen to who reads a file. The program has the workbook as its standard input and an `Order` as its argument,
and writes lines of JSON: lists of rows, and last `{"end": true}` or `{"refused": [code, message], "answers":
[[option, value], …]}`, with the answers of an `Undecided` refusal.
"""

import datetime as dt
import resource
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from typing import IO, TYPE_CHECKING, Final

import orjson
import python_calamine
from attrs import frozen
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from foreman_core.errors import Refused, Undecided

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

    Value = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta

_DAMAGED: Final = "the workbook is damaged or was cut off: send it again, or save the sheet as CSV"
_SHOWN_SHEETS: Final = 10
_BATCH: Final = 1024


@frozen
class Order:
    """Which sheet is wanted (None: the only one that has cells), and the limits: bytes and seconds."""

    sheet: str | None
    memory: int
    seconds: int


def main() -> None:
    """Read the sheet of the order within its limits."""
    order = Order(**orjson.loads(sys.argv[1]))
    resource.setrlimit(resource.RLIMIT_AS, (order.memory, order.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (order.seconds, order.seconds))
    sys.stdin.buffer.seek(0)
    out = sys.stdout.buffer
    try:
        for rows in _batches(_texts(sys.stdin.buffer, order.sheet)):
            out.write(orjson.dumps(rows) + b"\n")
        out.write(b'{"end":true}\n')
    except Refused as refused:
        answers = refused.answers if isinstance(refused, Undecided) else ()
        told = {"refused": [refused.code, refused.message], "answers": answers}
        out.write(orjson.dumps(told) + b"\n")


def _batches(rows: Iterator[tuple[str, ...]]) -> Iterator[list[tuple[str, ...]]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _texts(file: IO[bytes], sheet: str | None) -> Iterator[tuple[str, ...]]:
    """The rows of the sheet, without the empty cells at their ends."""
    with _faults():
        book = CalamineWorkbook.from_filelike(file)
    with _faults():
        values: Iterable[Sequence[Value]] = _sheet(book, sheet).iter_rows()
    for row in values:
        yield _trimmed(tuple(map(_text, row)))


@contextmanager
def _faults() -> Generator[None]:
    """What the library says of a workbook that it cannot read, and where it gives up on hostile ones."""
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


def _sheet(workbook: CalamineWorkbook, wanted: str | None) -> "CalamineSheet":
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
