"""Lines that could not be decoded: what is said of each, and when the whole file is in another encoding."""

import re
from typing import Final

from attrs import define, field

from foreman_core.errors import Refused, Undecided
from foreman_core.models import Issue, IssueCode, SourceRow
from foreman_core.reading.table import Unreadable, excerpt
from foreman_core.reading.text import Encoding

UNDECODABLE: Final = re.compile("[\0\udc80-\udcff]")

_MANY_BAD_LINES: Final = 100
_BAD_SHARE: Final = 10

_LETTERS: Final = frozenset("äöüßÄÖÜéèêëàâçñøåæíìóòôúùÉ€\u2019\u2013\u201c\u201d")
_FALLBACKS: Final = ("cp1252", "mac_roman", "cp437")


def decoded(block: bytes) -> str:
    """A block of lines as text; bytes that are no UTF-8 become surrogates."""
    return block.decode(errors="surrogateescape")


@define
class BadLines:
    """Counts the lines that are not in the encoding of their file."""

    encoding: Encoding
    _count: int = 0
    _first: Refused | None = field(default=None)

    def add(self, number: int, line: str) -> None:
        """One more. Refused(`unreadable-encoding`) at the hundredth, if there are too many of them."""
        self._count += 1
        if self._first is None:
            self._first = refusal(f"line {number} {not_in(line, self.encoding)}", line, self.encoding)
        if self._count == _MANY_BAD_LINES:
            self.judge(number)

    def judge(self, lines: int) -> None:
        """Refused(`unreadable-encoding`) when more than one line, and more than one in ten, is bad: then it
        is no damage, and the whole file is in another encoding.
        """
        if self._first is not None and self._count > max(1, lines / _BAD_SHARE):
            raise self._first


def not_in(line: str, encoding: Encoding) -> str:
    """What is wrong with a line that has what could not be decoded: which byte, and the remedy."""
    if _is_settled(encoding):
        return f"is not {encoding.name}. Is --encoding {encoding.name} right?"
    bad = _bad(line)
    return (
        f"is not utf-8 (byte 0x{bad[0]:02X}). Save the file as UTF-8, or name its encoding: "
        f"--encoding {_suggestion(bad)}"
    )


def refusal(message: str, line: str, encoding: Encoding) -> Refused:
    """Why a file with such a line is not read as `encoding`: Undecided as long as nobody has said another."""
    if _is_settled(encoding):
        return Refused("unreadable-encoding", message)
    return Undecided("unreadable-encoding", message, [("--encoding", _suggestion(_bad(line)))])


def _is_settled(encoding: Encoding) -> bool:
    return encoding.asked or encoding.name != "utf-8"


def _bad(line: str) -> bytes:
    return bytes(ord(mark) & 0xFF for mark in UNDECODABLE.findall(line) if mark != "\0")


def _suggestion(bad: bytes) -> str:
    """An encoding in which the bad bytes are letters of western languages, as a proposal only."""
    return next((name for name in _FALLBACKS if _LETTERS.issuperset(bad.decode(name, "replace"))), "cp1252")


def unreadable(row: SourceRow, code: IssueCode, message: str) -> Unreadable:
    """The record as one that is no row; what could not be decoded is U+FFFD."""
    source = SourceRow(row.row, row.line, tuple(map(_shown, row.cells)))
    value = source.cells[0] if len(source.cells) == 1 else None
    issue = Issue(
        row=row.row,
        line=row.line,
        field=None,
        column=None,
        code=code,
        message=message,
        value=None if value is None else excerpt(value),
    )
    return Unreadable(source, issue)


def _shown(text: str) -> str:
    try:
        return text.encode("utf-8", "surrogateescape").decode(errors="replace")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return text.encode("utf-8", "replace").decode()
