"""What is wrong with a schema file, and where; `load` turns it into a refusal."""

import reprlib
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_KINDS: Final[dict[type, str]] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a mapping",
}


class Fault(Exception):  # noqa: N818 - it says what is wrong with a file, not with the program
    """A reason and its place, as a path below the place where it is noticed: `constraints.minLenght`."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(place, reason)
        self.place = place
        self.reason = reason


def join(place: str, inner: str) -> str:
    """`fields[3]` and `name` are `fields[3].name`; `fields` and `[3]` are `fields[3]`."""
    dot = "." if place and inner and not inner.startswith("[") else ""
    return f"{place}{dot}{inner}"


def shown(value: object) -> str:
    """A value as a message may show it: with its kind, and cut when it is long."""
    if value is None:
        return "empty"
    return f"{_KINDS.get(type(value), 'unknown')} ({reprlib.repr(value)})"


def guess(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` when one of `known` is close, otherwise nothing."""
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean {by_lower[close[0]]}?" if close else ""
