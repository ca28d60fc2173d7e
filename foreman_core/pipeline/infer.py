"""A proposal for a schema, from a file: what all its values have in common, and what a person has to say."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from attrs import define, field, frozen

from foreman_core.errors import Refused
from foreman_core.models import SourceRow
from foreman_core.reading import Table
from foreman_core.schema import Field
from foreman_core.schema.headers import fold
from foreman_core.validation.fields import Found, compile_field

ROWS: Final = 100_000
"""Rows that are read at most."""

DISTINCT: Final = 10_000
"""Different texts of a column that are looked at; each decides as much as any other."""

ENUM_VALUES: Final = 12
ENUM_ROWS: Final = 10
"""An enum has at most so many values, and each is there so often on average."""

_DATE: Final = re.compile(r"(\d\d)([/.\-])(\d\d)\2\d{4}")
_LEADING_ZERO: Final = re.compile(r"[+-]?0\d+")
_MOST_DIGITS: Final = 15

_KINDS: Final[tuple[Field, ...]] = (
    Field(name="x", type="boolean"),
    Field(name="x", type="integer"),
    Field(name="x", type="number"),
    Field(name="x", type="date"),
    Field(name="x", type="datetime"),
    Field(name="x", format="uuid"),
    Field(name="x", format="email"),
    Field(name="x", format="uri"),
    Field(name="x", format="phone"),
)
"""What a column may be, the narrowest first; otherwise it is text."""

_PERSONAL: Final = frozenset(
    [
        "email",
        "phone",
        "telephone",
        "mobile",
        "birth",
        "birthday",
        "dob",
        "address",
        "street",
        "surname",
        "iban",
    ]
)
_PERSONAL_PAIRS: Final = ({"first", "name"}, {"last", "name"}, {"full", "name"}, {"postal", "code"})


@frozen
class Proposal:
    """A schema file as plain values, and what has to be looked at, for people."""

    document: dict[str, Any]
    notes: tuple[str, ...]


def infer(table: Table, *, name: str, key: str | None = None) -> Proposal:
    """Propose a schema for files like this one. `key` is the column by which a record is known; by default
    the first one that is never blank and never the same.

    Nothing is guessed: where day and month could be either, or a number has leading zeros, the column is
    text, and a note says so. Refused(`not-a-table`) when there is no key, and as `open_table` says.
    """
    columns = [_Column(column or f"column {number}") for number, column in enumerate(table.columns, 1)]
    rows = 0
    for row in islice(table.rows, ROWS):
        if isinstance(row, SourceRow) and any(map(str.strip, row.cells)):
            rows += 1
            for column, cell in zip(columns, row.cells, strict=False):
                column.add(cell.strip())
    chosen = _key(columns, rows, key)
    notes = [f"{rows:,} rows were read{'' if rows < ROWS else ', the first of the file'}."]
    names = _names([column.header for column in columns])
    fields = [
        _field(column, field_name, rows, notes, is_key=column is chosen)
        for column, field_name in zip(columns, names, strict=True)
    ]
    _add_aliases(fields, columns)
    document = {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "name": name,
        "primaryKey": names[columns.index(chosen)],
        "fields": fields,
    }
    return Proposal(document, tuple(notes))


@define
class _Column:
    """What was seen of a column. `texts` are its different texts, as far as they are counted."""

    header: str
    filled: int = 0
    is_unique: bool = True
    longest: int = 0
    texts: Counter[str] = field(factory=Counter[str])
    _seen: set[int] = field(factory=set[int])

    def add(self, cell: str) -> None:
        if not cell:
            return
        self.filled += 1
        self.longest = max(self.longest, len(cell))
        if self.is_unique:
            mark = hash(cell)
            self.is_unique = mark not in self._seen
            self._seen.add(mark)
        if cell in self.texts or len(self.texts) < DISTINCT:
            self.texts[cell] += 1


def _key(columns: Sequence[_Column], rows: int, wanted: str | None) -> _Column:
    whole = [column for column in columns if column.filled == rows and column.is_unique and rows]
    if wanted is None:
        if whole:
            return whole[0]
        raise Refused(
            "not-a-table", "no column is filled and different in every row: which is the key? --key COLUMN"
        )
    named = [column for column in columns if fold(column.header) == fold(wanted)]
    if not named:
        raise Refused("not-a-table", f"there is no column {wanted!r}")
    if named[0] not in whole:
        raise Refused("not-a-table", f"{wanted!r} is no key: it is blank or the same in some rows")
    return named[0]


def _words(header: str) -> list[str]:
    """The words of a header in lower-case ASCII."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", header).casefold()
    return re.findall(r"[a-z0-9]+", unicodedata.normalize("NFKD", spaced).encode("ascii", "ignore").decode())


def _names(headers: Sequence[str]) -> list[str]:
    """Names of fields for headers, each once."""
    taken: set[str] = set()
    names: list[str] = []
    for number, header in enumerate(headers, 1):
        words = _words(header)
        stem = "_".join(words) if words and words[0][0].isalpha() else f"field_{number}"
        name = next(each for each in _numbered(stem) if each not in taken)
        taken.add(name)
        names.append(name)
    return names


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}_{number}"
        number += 1


def _field(column: _Column, name: str, rows: int, notes: list[str], *, is_key: bool) -> dict[str, Any]:
    kind = _kind(column, notes)
    if is_key and kind.type not in {"string", "integer"}:
        kind = Field(name="x")
    found: dict[str, Any] = {"name": name, "title": column.header.strip(), "type": kind.type}
    if kind.format != "default":
        found["format"] = kind.format
    constraints: dict[str, Any] = {"required": True} if is_key or (rows and column.filled == rows) else {}
    if is_key:
        constraints["unique"] = True
    enum = _enum(column) if kind.type == "string" and kind.format == "default" and not is_key else None
    if enum is not None:
        constraints["enum"] = enum
    if constraints:
        found["constraints"] = constraints
    ours: dict[str, Any] = {"formats": list(kind.formats)} if kind.formats else {}
    ours["normalise"] = ["trim"]
    if _is_personal(column.header, kind):
        ours["pii"] = True
    found["x-foreman"] = ours
    return found


def _add_aliases(fields: Sequence[dict[str, Any]], columns: Sequence[_Column]) -> None:
    """Have each field answer to its header, if its name does not, and no other field."""
    taken = {fold(each["name"]) for each in fields}
    for each, column in zip(fields, columns, strict=True):
        folded = fold(column.header)
        if folded and folded not in taken:
            each["x-foreman"] = {"aliases": [column.header.strip()], **each["x-foreman"]}
            taken.add(folded)


def _kind(column: _Column, notes: list[str]) -> Field:
    """The narrowest type that every text of the column has."""
    text = Field(name="x")
    texts = list(column.texts)
    if not texts:
        notes.append(f"{column.header!r} is always blank.")
        return text
    if any(map(_LEADING_ZERO.fullmatch, texts)):
        notes.append(f"{column.header!r} has leading zeros: it is text, and they are kept.")
        return text
    for kind in _KINDS:
        if _are(texts, kind):
            is_long = kind.type in {"integer", "number"} and any(
                sum(map(str.isdigit, each)) > _MOST_DIGITS for each in texts
            )
            return text if is_long else kind
    return _dated(column, notes)


def _dated(column: _Column, notes: list[str]) -> Field:
    """Dates that are not ISO 8601, if the texts say which number is the day; otherwise text."""
    found = [_DATE.fullmatch(text) for text in column.texts if not _are([text], Field(name="x", type="date"))]
    dates = [match for match in found if match is not None]
    marks = {match[2] for match in dates}
    if len(dates) != len(found) or len(marks) != 1:
        return Field(name="x")
    mark = marks.pop()
    orders = [
        form
        for form in (f"dd{mark}mm{mark}yyyy", f"mm{mark}dd{mark}yyyy")
        if _are(list(column.texts), Field(name="x", type="date", formats=(form,)))
    ]
    if len(orders) == 1:
        return Field(name="x", type="date", formats=(orders[0],))
    if orders:
        notes.append(
            f"{column.header!r} has dates, and each could have the day first or the month: it is text until "
            f"you say type: date and formats: [{orders[0]}] or [{orders[1]}]."
        )
    return Field(name="x")


def _are(texts: Sequence[str], kind: Field) -> bool:
    compiled = compile_field(0, kind, ())
    for text in texts:
        found: list[Found] = []
        compiled.from_cell(text, found, None)
        if found:
            return False
    return True


def _enum(column: _Column) -> list[str] | None:
    is_small = len(column.texts) <= ENUM_VALUES and column.filled >= ENUM_ROWS * len(column.texts) > ENUM_ROWS
    return sorted(column.texts) if is_small else None


def _is_personal(header: str, kind: Field) -> bool:
    words = set(_words(header))
    return (
        kind.format in {"email", "phone"}
        or bool(words & _PERSONAL)
        or any(pair <= words for pair in _PERSONAL_PAIRS)
    )
