"""The exact engine: what a row means, and everything that is wrong with it, in one pass."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Final, Literal, NamedTuple

from foreman_core.mapping import Mapping
from foreman_core.models import AcceptedRow, Issue, SourceRow, Value
from foreman_core.reading import Unreadable
from foreman_core.schema import RecordSchema
from foreman_core.validation.fields import Found
from foreman_core.validation.issues import Place
from foreman_core.validation.keys import Keys, Taken
from foreman_core.validation.rulebook import Rulebook
from foreman_core.validation.rules import CompiledRule

Fate = Literal["accepted", "rejected", "duplicate", "blank"]


class Verdict(NamedTuple):
    """What becomes of a row. `accepted` is there for an accepted one; an accepted row may have warnings."""

    fate: Fate
    issues: tuple[Issue, ...] = ()
    accepted: AcceptedRow | None = None


BLANK: Final = Verdict("blank")
_DUPLICATE: Final = Verdict("duplicate")
_NONE: Final[frozenset[int]] = frozenset()


def unreadable(row: Unreadable) -> Verdict:
    """What becomes of a record that is no row."""
    return Verdict("rejected", (row.issue,))


class Reading(NamedTuple):
    """The cells of a row as values, and what is wrong with single ones. `is_whole` is False when some values
    were left out: those of cells that nothing is wrong with, and that say nothing about others.
    """

    values: list[Value]
    found: list[Found]
    is_whole: bool = True


class Judge:
    """Judges the rows of one file, in file order: it remembers the keys that it has seen."""

    def __init__(self, schema: RecordSchema, mapping: Mapping) -> None:
        self._book = Rulebook(schema)
        self.keys = Keys(schema)
        self._columns = mapping.columns
        self._width = len(mapping.columns)
        self._column_of = {match.field: match.column for match in mapping.matches}
        position_of = {match.field: match.position for match in mapping.matches}
        mapped = [
            (compiled, position_of[compiled.field.name])
            for compiled in self._book.fields
            if compiled.field.name in position_of
        ]
        # phones last: they are read in the country of their row
        self._plain = [
            (compiled.from_cell, compiled.slot, position)
            for compiled, position in mapped
            if compiled.field.format != "phone"
        ]
        self._dependent = [
            (compiled, position) for compiled, position in mapped if compiled.field.format == "phone"
        ]
        self._blanks: list[Value] = [None] * len(self._book.fields)
        self._telling = self._slots_that_tell()

    def judge(self, row: SourceRow | Unreadable) -> Verdict:
        """What becomes of the next row, with all its faults."""
        if isinstance(row, Unreadable):
            return unreadable(row)
        reading = self.read(row)
        if reading is None:
            return BLANK
        return self.decide(row, reading, self.keys.claim(row, reading.values))

    def _slots_that_tell(self) -> frozenset[int]:
        """The slots that keys, rules and phone numbers of other fields look at."""
        countries = (compiled.field.country_field for compiled, _ in self._dependent)
        return frozenset[int]().union(
            *self.keys.slots,
            *(rule.slots for rule in self._book.rules),
            (self._book.slots[name] for name in countries if name is not None),
        )

    def read(self, row: SourceRow, right: AbstractSet[int] = _NONE) -> Reading | None:
        """The row as values, whatever other rows say; None when it is blank. `right` are slots whose cells
        are known to be right: they are read only where they tell about others.
        """
        for cell in row.cells:
            if cell and not cell.isspace():
                break
        else:
            return None
        found: list[Found] = []
        left_out = right - self._telling
        return Reading(self._values(row.cells, found, left_out), found, is_whole=not left_out)

    def decide(self, row: SourceRow, reading: Reading, taken: list[Taken] | None) -> Verdict:
        """What becomes of a row that has just claimed its keys, with what that brought."""
        if taken is None:
            return _DUPLICATE
        values, found, _ = reading
        broken = self._book.broken(values, self._faulty(found, len(row.cells)))
        if not (found or taken or broken) and len(row.cells) == self._width:
            return self._accept(row, reading, ())
        issues = tuple(self._issues(row, values, found, taken, broken))
        if any(issue.severity == "error" for issue in issues):
            return Verdict("rejected", issues)
        return self._accept(row, reading, issues)

    def _accept(self, row: SourceRow, reading: Reading, issues: tuple[Issue, ...]) -> Verdict:
        self.keys.accept()
        values = reading.values if reading.is_whole else self._values(row.cells, [], _NONE)
        named = dict(zip(self._book.names, values, strict=True))
        return Verdict("accepted", issues, AcceptedRow(row.row, row.line, named))

    def _values(self, cells: tuple[str, ...], found: list[Found], left_out: AbstractSet[int]) -> list[Value]:
        values = self._blanks.copy()
        width = len(cells)
        for from_cell, slot, position in self._plain:
            if position < width and slot not in left_out:
                values[slot] = from_cell(cells[position], found, None)
        for compiled, position in self._dependent:
            if position < width and compiled.slot not in left_out:
                country = self._book.country(compiled, values)
                values[compiled.slot] = compiled.from_cell(cells[position], found, country)
        return values

    def _faulty(self, found: list[Found], width: int) -> AbstractSet[int]:
        """The slots about which nothing more is to be said: their cell was no value, or was not there."""
        if not found and width >= self._width:
            return _NONE
        faulty = {each.slot for each in found}
        if width < self._width:
            faulty |= {slot for _, slot, position in self._plain if position >= width}
            faulty |= {compiled.slot for compiled, position in self._dependent if position >= width}
        return faulty

    def _issues(
        self,
        row: SourceRow,
        values: list[Value],
        found: list[Found],
        taken: list[Taken],
        broken: list[CompiledRule],
    ) -> Iterator[Issue]:
        """In reading order: the row's shape, its cells, its keys, its rules."""
        place = Place(self._book, row.row, row.line, self._column_of)
        if len(row.cells) < self._width:
            yield self._missing(place, row)
        elif len(row.cells) > self._width:
            yield place.surplus(
                f"the row has {len(row.cells)} cells, and the header names {self._width} columns: "
                "put cells that contain the delimiter in quotes",
                row.cells[self._width],
            )
        yield from place.of_fields(found)
        yield from (place.of_key(self.keys, each, values) for each in taken)
        yield from (place.of_rule(rule, values) for rule in broken)

    def _missing(self, place: Place, row: SourceRow) -> Issue:
        count = len(row.cells)
        column = self._columns[count]
        field = next((name for name, mapped in self._column_of.items() if mapped == column), None)
        return place.issue(
            field,
            "missing-cell",
            f"the row has {count} cells, and the header names {self._width} columns: "
            f"from {column!r} on they are missing",
            column=column,
        )
