"""Text for people and programs, without Rich: what `check --json` needs must load in milliseconds."""

import json
import os
import sys
import unicodedata
from collections.abc import Mapping

import click

_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\x1b": "\\x1b"}


def safe(text: str) -> str:
    """`text` with control characters made visible: names and cells of a file must not steer the terminal."""
    if text.isprintable():
        return text
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return char.encode("unicode_escape").decode("ascii")
    return char


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters of `text`, made safe; an ellipsis says that there was more."""
    cleaned = safe(text)
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…"


def plural(number: int, noun: str) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def size(number: int) -> str:
    """A number of bytes as people write it: `812 B`, `1.4 MB`."""
    amount = float(number)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1000 or unit == "GB":  # noqa: PLR2004 - decimal units, as file managers show them
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError(unit)


def emit(document: Mapping[str, object] | list[object]) -> None:
    """Print one JSON document to stdout."""
    text = json.dumps(document, indent=2, ensure_ascii=False, default=str)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:  # a terminal without UTF-8, or a file name that is not text
        text = json.dumps(document, indent=2, default=str)
    click.echo(text)


def note(line: str) -> None:
    """Say something about the run, on stderr, so that stdout holds results only."""
    click.echo(safe(line), err=True)


def on_terminal() -> bool:
    """True when progress may be drawn: stderr is a terminal that can move its cursor."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"
