"""Typed values from the API under the very rules that a file's cells are under."""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from foreman_core.models import Issue, Value
from foreman_core.schema import RecordSchema
from foreman_core.validation.fields import Found
from foreman_core.validation.issues import Place
from foreman_core.validation.rulebook import Rulebook

_KEPT: Final = 8
_rulebooks: Final[dict[int, Rulebook]] = {}


@frozen
class Judged:
    """Every field of the schema, in its order (None where there is no value), and what is wrong."""

    values: dict[str, Value]
    issues: tuple[Issue, ...]

    @property
    def is_accepted(self) -> bool:
        """True when nothing but warnings was found."""
        return all(issue.severity == "warning" for issue in self.issues)


def judge_values(schema: RecordSchema, values: Mapping[str, object]) -> Judged:
    """Normalise and judge one record. What comes back without issues comes back unchanged when it is judged
    again.

    Text is read as a cell of a file would be; numbers, booleans and lists may come as such. A blank is
    None: the schema's `missingValues` are how files write one, and mean nothing here. Issues have row 0 and
    line 0. Keys are not compared with other records.
    """
    book = _rulebook(schema)
    found: list[Found] = []
    result: list[Value] = [None] * len(book.fields)
    for compiled in sorted(book.fields, key=lambda compiled: compiled.field.country_field is not None):
        country = book.country(compiled, result)
        result[compiled.slot] = compiled.from_value(values.get(compiled.field.name), found, country)
    place = Place(book, 0, 0, {})
    broken = book.broken(result, {each.slot for each in found})
    issues = (
        *(
            place.surplus(f"{schema.name} has no field {name!r}", None)
            for name in values
            if name not in book.slots
        ),
        *place.of_fields(found),
        *(place.of_rule(rule, result) for rule in broken),
    )
    return Judged(dict(zip(book.names, result, strict=True)), issues)


def _rulebook(schema: RecordSchema) -> Rulebook:
    """By identity: hashing a schema for every record would take longer than judging it. The rulebook keeps
    the schema alive, so that its identity stays its own.
    """
    book = _rulebooks.get(id(schema))
    if book is None:
        while len(_rulebooks) >= _KEPT:
            del _rulebooks[next(iter(_rulebooks))]
        book = _rulebooks[id(schema)] = Rulebook(schema)
    return book
