"""What a person sees: tables on stdout, progress on stderr. Rich lives here."""

import os
import shutil
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli._text import note, on_terminal, safe

PIPE_WIDTH: Final = 160
"""Columns when the output goes to a file or a pipe: wide enough that ids and paths stay whole."""

COUNT_SECONDS: Final = 3.0


def out() -> Console:
    """The console for results."""
    console = Console(highlight=False)
    return (
        console
        if console.is_terminal or "COLUMNS" in os.environ
        else Console(highlight=False, width=PIPE_WIDTH)
    )


def err() -> Console:
    """The console for progress."""
    return Console(stderr=True, highlight=False)


def say(text: str = "", style: str = "") -> None:
    """Print a line of result; never reads markup, never passes control characters on."""
    out().print(Text(safe(text), style=style), soft_wrap=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[str] = ()) -> Table:
    """A plain table; columns named in `numbers` are set to the right, and long cells fold."""
    made = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        made.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        made.add_row(*(Text(safe(cell)) for cell in row))
    return made


def facts(pairs: Mapping[str, str]) -> Table:
    """Names and values, one a line."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs.items():
        made.add_row(name, Text(safe(value)))
    return made


def show(*parts: object) -> None:
    """Print tables and texts to stdout."""
    console = out()
    for part in parts:
        console.print(part)


@contextmanager
def steps() -> Generator[Callable[[str], None]]:
    """A function that tells what is being done: one moving line on a terminal, plain lines elsewhere.

    Of lines that count (`12 resources: …`) a plain one is told every COUNT_SECONDS at most.
    """
    if not on_terminal():
        yield _plain_steps()
        return
    width = shutil.get_terminal_size().columns - 4
    with err().status("…", spinner="dots") as status:
        yield lambda line: status.update(Text(safe(line)[:width]))


def _plain_steps() -> Callable[[str], None]:
    last = 0.0

    def tell(line: str) -> None:
        nonlocal last
        now = time.monotonic()
        if not line[:1].isdigit() or now - last >= COUNT_SECONDS:
            note(line)
            last = now

    return tell
