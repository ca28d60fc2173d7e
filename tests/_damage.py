"""Files with one damaged row, and what must become of every row: seeded, so that each can be made again.

The kinds are those that surveys of broken CSV files name, among them the pollutions of
https://doi.org/10.14778/3594512.3594518 (Pollock).
"""

import csv
import io
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import frozen

COLUMNS: Final = (
    "customer_id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "country",
    "postal_code",
    "date_of_birth",
    "signup_date",
    "plan",
    "annual_revenue",
    "tags",
)
_PLAIN: Final = str.maketrans(dict.fromkeys(',;\t|"\n', " "))
_CONTROLS: Final = "\x01\x07\x1b\x7f"
_NAMES: Final = ("Ada", "Zoë", "Grace, Dr", 'Joan "Jo"', "José", "O'Neil", "Ann;Lee", "李", "Bob|Rob")


@frozen
class Dialect:
    """How a file is written."""

    delimiter: str
    end: str
    quoting: int

    def line(self, cells: Sequence[str]) -> str:
        """One row with its line end."""
        out = io.StringIO(newline="")
        csv.writer(
            out,
            delimiter=self.delimiter,
            lineterminator=self.end,
            quoting=self.quoting,  # type: ignore[arg-type]
        ).writerow(cells)
        return out.getvalue()


@frozen
class Damaged:
    """A file in which the row at `place` (from 0) is damaged. `rows` are the values as they were meant, and
    `lines` the physical lines that the damaged row stands on, first and last.
    """

    content: bytes
    rows: Sequence[Mapping[str, str]]
    place: int
    lines: tuple[int, int]


def row(rng: random.Random, number: int, *, tall: bool) -> dict[str, str]:
    """A row that is right, its values as the customer schema stores them."""
    first, last = rng.choice(_NAMES), rng.choice(_NAMES)
    return {
        "customer_id": f"C-{number}",
        "first_name": first,
        "last_name": last,
        "email": f"a{number}@example.com",
        "phone": "",
        "country": rng.choice(("DE", "GB", "US")),
        "postal_code": rng.choice(("", "01234", "SW1A 1AA")),
        "date_of_birth": rng.choice(("", "1980-02-28")),
        "signup_date": "2024-01-31",
        "plan": rng.choice(("free", "pro", "enterprise")),
        "annual_revenue": rng.choice(("", "0", "1200.5")),
        "tags": "one line\nand, another" if tall else rng.choice(("", "vip", "a tag", "x,y")),
    }


Change = Callable[[random.Random, list[str], Dialect], bytes]
"""From the cells of a row to the bytes that stand in the file in its place."""


def _inserted(text: str, at: int, what: str) -> bytes:
    return (text[:at] + what + text[at:]).encode()


def missing_delimiter(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    at = rng.randrange(len(cells) - 1)
    parts = [dialect.line([cell])[: -len(dialect.end)] for cell in cells]
    joined = [*parts[:at], parts[at] + parts[at + 1], *parts[at + 2 :]]
    return (dialect.delimiter.join(joined) + dialect.end).encode()


def extra_delimiter(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    at = rng.randrange(len(cells) + 1)
    return dialect.line([*cells[:at], "", *cells[at:]]).encode()


def swapped_delimiter(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    at = rng.randrange(1, len(cells))
    other = rng.choice([mark for mark in ",;\t|:" if mark != dialect.delimiter])
    left, right = dialect.line(cells[:at])[: -len(dialect.end)], dialect.line(cells[at:])
    return (left + other + right).encode()


def all_delimiters_swapped(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    other = rng.choice([mark for mark in ",;\t|" if mark != dialect.delimiter])
    return Dialect(other, dialect.end, dialect.quoting).line(cells).encode()


def missing_quote(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    text = Dialect(dialect.delimiter, dialect.end, csv.QUOTE_ALL).line(cells)
    last = text.rindex(dialect.delimiter + '"') + 1  # without it the first line of that cell ends a whole row
    at = rng.choice([at for at in _quotes(text) if at != last])
    return (text[:at] + text[at + 1 :]).encode()


def doubled_quote(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    text = Dialect(dialect.delimiter, dialect.end, csv.QUOTE_ALL).line(cells)
    return _inserted(text, rng.choice(_quotes(text)), '"')


def stray_quote(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    text = dialect.line(cells)
    # not at the line break inside the last cell, which it would close: the first line would be a whole row
    places = [
        at for at in range(len(text) - len(dialect.end) + 1) if text[at] != "\n" or at == text.rfind("\n")
    ]
    return _inserted(text, rng.choice(places), '"')


def quote_opens_a_cell(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    text = dialect.line([cell.replace('"', "") for cell in cells])
    starts = [at + 1 for at, mark in enumerate(text) if mark == dialect.delimiter]
    return _inserted(text, rng.choice([0, *starts]), '"')


def backslash_escape(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    at = rng.choice((1, 2))
    text = dialect.line([*cells[:at], "QUOTED", *cells[at + 1 :]])
    written = rng.choice((r'"say \"hi\" now"', r'"ends with \""', r"\"hi\""))
    return text.replace('"QUOTED"', written).replace("QUOTED", written).encode()


def cut_short(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    text = dialect.line(cells[:-1])  # a cut inside the last cell cannot be seen
    return (text[: rng.randrange(1, len(text) - len(dialect.end) + 1)] + dialect.end).encode()


def broken_in_two(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    # not in a cell in quotes, which may have line breaks; and not in the first or last one: one of the parts
    # would be a whole row, and nobody could tell that the other belongs to it
    plain = [cell.translate(_PLAIN) for cell in cells]
    start, stop = len(plain[0]) + 1, len(dialect.delimiter.join(plain[:-1]))
    text = dialect.delimiter.join(plain) + dialect.end
    return _inserted(text, rng.randrange(start, stop), rng.choice(("\n", "\r", "\r\n")))


def other_line_end(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    end = rng.choice([end for end in ("\n", "\r", "\r\n") if end != dialect.end])
    return (dialect.line(cells)[: -len(dialect.end)] + end).encode()


def other_encoding(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    changed = [cells[0], "Zoë", "Größe", *cells[3:]]
    codec = rng.choice(("cp1252", "utf-16-le", "utf-16-be", "mac_roman", "cp437"))
    return dialect.line(changed).encode(codec, "replace")


def bad_byte(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    text = dialect.line(cells).encode()
    at = rng.randrange(len(text) - len(dialect.end) + 1)
    return text[:at] + rng.choice((b"\xff", b"\xc3", b"\x80", b"\xed\xa0\x80")) + text[at:]


def nul_byte(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    text = dialect.line(cells)
    return _inserted(text, rng.randrange(len(text) - len(dialect.end) + 1), "\0")


def lost_character(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    at = rng.choice((0, 1, 2, 11))
    return dialect.line([*cells[:at], "Zo\ufffd", *cells[at + 1 :]]).encode()


def control_character(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    changed = [cells[0], f"Z{rng.choice(_CONTROLS)}oe", *cells[2:]]
    return dialect.line(changed).encode()


def blank(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    delimiters = dialect.delimiter * (len(cells) - 1)
    return (rng.choice(("", " ", delimiters, delimiters[:3])) + dialect.end).encode()


def header_again(rng: random.Random, cells: list[str], dialect: Dialect) -> bytes:
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    return Dialect(dialect.delimiter, dialect.end, quoting).line(COLUMNS[: len(cells)]).encode()


KINDS: Final[Mapping[str, Change]] = {
    change.__name__: change
    for change in (
        missing_delimiter,
        extra_delimiter,
        swapped_delimiter,
        all_delimiters_swapped,
        missing_quote,
        doubled_quote,
        stray_quote,
        quote_opens_a_cell,
        backslash_escape,
        cut_short,
        broken_in_two,
        other_line_end,
        other_encoding,
        bad_byte,
        nul_byte,
        lost_character,
        control_character,
        blank,
        header_again,
    )
}
DIALECTS: Final = tuple(
    Dialect(delimiter, end, quoting)
    for delimiter in ",;\t|"
    for end in ("\n", "\r\n")
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL)
)
PLACES: Final = ("first", "middle", "last")


def _quotes(text: str) -> list[int]:
    return [at for at, mark in enumerate(text) if mark == '"']


def damaged(kind: str, place: str, seed: int) -> Damaged:
    """The file of that kind, place and seed."""
    rng = random.Random(f"{kind} {place} {seed}")  # noqa: S311 - no secret: made to be repeated
    dialect = rng.choice(DIALECTS)
    count = rng.randrange(3, 40)
    at = {"first": 0, "middle": count // 2, "last": count - 1}[place]
    rows = [row(rng, number, tall=rng.random() < 0.2) for number in range(1, count + 1)]
    lines = [dialect.line(list(each.values())).encode() for each in rows]
    lines[at] = KINDS[kind](rng, list(rows[at].values()), dialect)
    before = dialect.line(COLUMNS).encode() + b"".join(lines[:at])
    start = len(before.splitlines()) + 1
    stop = max(start, start + len(lines[at].splitlines()) - 1)
    content = before + lines[at] + b"".join(lines[at + 1 :])
    return Damaged(content, rows, at, (start, stop))
