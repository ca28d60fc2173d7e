"""Which column of a file is which field: by decision, by name, by memory, by likeness."""

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as MappingType
from typing import Final

from attrs import define
from attrs import field as attribute

from foreman_core.errors import Refused, Undecided
from foreman_core.mapping.assignment import assign
from foreman_core.mapping.files import Decided
from foreman_core.mapping.model import How, Mapping, Match, Suggestion, Values
from foreman_core.mapping.similarity import Vocabulary
from foreman_core.schema import Field, RecordSchema
from foreman_core.schema.headers import fold

SURE: Final = 0.85
"""Likeness from which on a column is a field without asking. The measurement is in docs/mapping.md."""

ASKED: Final = 0.6
"""Likeness from which on a person is asked."""

MARGIN: Final = 0.08
"""A column that is nearly as much like another field is asked about."""

FUZZY_COLUMNS: Final = 1000
"""Columns that are compared by likeness, the first of those not known by name."""

Fits = Callable[[str, int], bool]
"""Whether the first cells of the column at a position look like values of a field."""

_LISTED: Final = 30
_SUGGESTED: Final = 3


def map_columns(
    columns: Sequence[str],
    schema: RecordSchema,
    decided: Decided | None = None,
    *,
    remembered: Decided | None = None,
    fits: Fits | None = None,
) -> Mapping:
    """Match columns to fields: as decided, then by the field's own name, then by name and aliases without
    case and marks, then as `remembered` for the same header, then by likeness.

    Where two columns claim one field, the stronger claim wins, then the first column; the other stays
    unmapped. By likeness the whole assignment is the best, and a column whose cells do not fit, or that is
    less than SURE, or could be something else, is only suggested.

    Refused(`bad-mapping`) when `decided` names what is not there, (`unmapped-required-field`) when a
    required field has no column, Undecided when there is one that it could be, (`unmapped-column`) when the
    schema forbids unknown columns.
    """
    mapping = propose(columns, schema, decided, remembered=remembered, fits=fits)
    chosen = (decided or Decided()).columns
    _check(mapping, schema, left_out={name.strip() for name, field in chosen.items() if field is None})
    return mapping


def propose(
    columns: Sequence[str],
    schema: RecordSchema,
    decided: Decided | None = None,
    *,
    remembered: Decided | None = None,
    fits: Fits | None = None,
) -> Mapping:
    """What `map_columns` gives, also when required fields have no column."""
    chosen = decided or Decided()
    claims = _Claims(columns, schema)
    given = _checked(chosen, claims.names, schema)
    claims.leave_out(name for name, field in given.items() if field is None)
    claims.make("given", given)
    claims.make("exact", {field.name: field.name for field in schema.fields})
    folded = {fold(header): field.name for field in schema.fields for header in _headers(field)}
    claims.make("alias", {name: folded.get(fold(name)) for name in claims.names})
    if remembered is not None:
        _remember(claims, remembered, schema)
    suggestions = _by_likeness(claims, schema, fits)
    matched = {match.position for match in claims.matches.values()}
    values = {**(remembered.values if remembered else {}), **chosen.values}
    return Mapping(
        columns=tuple(columns),
        matches=tuple(sorted(claims.matches.values(), key=lambda match: match.position)),
        unmapped=tuple(
            columns[position]
            for position, name in enumerate(claims.names)
            if name and position not in matched
        ),
        missing_fields=tuple(each.name for each in schema.fields if each.name not in claims.matches),
        suggestions=suggestions,
        notes=tuple(dict.fromkeys(claims.notes)),
        values=_checked_values(values, schema),
    )


def _remember(claims: "_Claims", remembered: Decided, schema: RecordSchema) -> None:
    known = {fold(name): field for name, field in remembered.columns.items()}
    claims.make(
        "remembered",
        {name: field for name in claims.names if (field := known.get(fold(name))) in schema.by_name},
    )
    claims.leave_out(name for name in claims.free.values() if fold(name) in known)


def _headers(field: Field) -> Iterable[str]:
    return (field.name, *field.aliases)


@define
class _Claims:
    """Columns that are free, and fields that are taken. `free` is position -> name."""

    columns: Sequence[str]
    schema: RecordSchema
    names: list[str] = attribute(init=False)
    free: dict[int, str] = attribute(init=False)
    matches: dict[str, Match] = attribute(factory=dict[str, Match])
    notes: list[str] = attribute(factory=list[str])

    def __attrs_post_init__(self) -> None:
        self.names = [column.strip() for column in self.columns]
        self.free = {position: name for position, name in enumerate(self.names) if name}

    def leave_out(self, names: Iterable[str]) -> None:
        """Columns that no field gets."""
        out = set(names)
        self.free = {position: name for position, name in self.free.items() if name not in out}

    def make(self, how: How, claim: MappingType[str, str | None]) -> None:
        """Give each column the field that a claim names for it, if that is free."""
        for position, name in list(self.free.items()):
            field = claim.get(name)
            if field is None:
                continue
            if field in self.matches:
                if how != "remembered":
                    self.notes.append(
                        f"column {name!r} could be {field} too, which {self.matches[field].column!r} is"
                    )
                continue
            self.take(position, field, how, 1.0)

    def take(self, position: int, field: str, how: How, score: float) -> None:
        """One column is a field."""
        self.matches[field] = Match(
            position=position, column=self.columns[position], field=field, how=how, score=round(score, 2)
        )
        del self.free[position]


def _by_likeness(claims: _Claims, schema: RecordSchema, fits: Fits | None) -> tuple[Suggestion, ...]:
    """Take the columns that are surely a field, and suggest what others could be."""
    fields = [field.name for field in schema.fields if field.name not in claims.matches]
    if not fields or not claims.free:
        return ()
    vocabulary = Vocabulary(schema)
    everything = [field.name for field in schema.fields]
    scores: dict[int, dict[str, float]] = {}
    for position, name in list(claims.free.items())[:FUZZY_COLUMNS]:
        words = vocabulary.words(name)
        found = {field: score for field in everything if (score := vocabulary.score(words, field)) >= ASKED}
        if found:
            scores[position] = found
    positions = list(scores)
    table = [[scores[position].get(field, 0.0) for position in positions] for field in fields]
    unsure: list[Suggestion] = []
    for row, column in assign(table):
        position, field, score = positions[column], fields[row], table[row][column]
        others = max((other for name, other in scores[position].items() if name != field), default=0.0)
        if score >= SURE and others <= score - MARGIN and (fits is None or fits(field, position)):
            claims.take(position, field, "fuzzy", score)
        else:
            unsure.append(Suggestion(column=claims.columns[position], field=field, score=round(score, 2)))
    return tuple(unsure)


def _checked(decided: Decided, names: Sequence[str], schema: RecordSchema) -> dict[str, str | None]:
    """What was given, with the columns as they are compared; Refused when one is not there."""
    chosen: dict[str, str | None] = {}
    for column, field in decided.columns.items():
        name = column.strip()
        if name not in names:
            raise Refused("bad-mapping", f"the file has no column {name!r}; it has {_listed(names)}")
        if field is not None and field not in schema.by_name:
            raise Refused(
                "bad-mapping",
                f"{schema.name} has no field {field!r} for {name!r}; it has {_listed(schema.by_name)}",
            )
        if field is not None and field in chosen.values():
            raise Refused("bad-mapping", f"the mapping gives the field {field} to more than one column")
        chosen[name] = field
    return chosen


def _checked_values(values: Values, schema: RecordSchema) -> Values:
    """The meanings of texts; Refused when a field has no fixed values, or not this one."""
    for name, meant in values.items():
        allowed = _fixed_values(schema.by_name.get(name))
        if not allowed:
            raise Refused(
                "bad-mapping", f"values: {schema.name} has no field {name!r} with an enum, or a boolean"
            )
        wrong = [value for value in meant.values() if value not in allowed]
        if wrong:
            raise Refused(
                "bad-mapping",
                f"values: {name}: {wrong[0]!r} is no value of {name}; it has {_listed(allowed)}",
            )
    return values


def _fixed_values(field: Field | None) -> list[str]:
    """The values that a field may have, as cells of a file say them; none for any other field."""
    if field is None:
        return []
    if field.type == "boolean":
        return [*(field.true_values or ("true",)), *(field.false_values or ("false",))]
    return [
        str(value).lower() if isinstance(value, bool) else str(value)
        for value in field.constraints.enum or ()
    ]


def _check(mapping: Mapping, schema: RecordSchema, *, left_out: set[str]) -> None:
    needed = [
        name for name in mapping.missing_fields if schema.field(name).required or name == schema.primary_key
    ]
    if needed:
        raise _unmapped(mapping, needed)
    unknown = [column for column in mapping.unmapped if column.strip() not in left_out]
    if unknown and schema.on_unknown_column == "fail":
        raise Refused(
            "unmapped-column",
            f"{schema.name} has no field for {_listed(unknown)}, and its schema allows no unknown columns",
        )


def _unmapped(mapping: Mapping, needed: Sequence[str]) -> Refused:
    code = "unmapped-required-field"
    message = (
        f"no column for {_listed(needed)}; the file has {_listed(mapping.columns)}. "
        f"{_guesses(mapping, needed)}Rename the column, or say which it is with --mapping FILE "
        "(foreman map writes one)"
    )
    guessed = {each.field: each.column.strip() for each in mapping.suggestions if each.field in needed}
    if not guessed:
        return Refused(code, message)
    return Undecided(code, message, [("--set", f"{guessed.get(name, 'COLUMN')}={name}") for name in needed])


def _guesses(mapping: Mapping, needed: Sequence[str]) -> str:
    found = [each for each in mapping.suggestions if each.field in needed][:_SUGGESTED]
    guesses = " and ".join(f"{each.column!r} could be {each.field}" for each in found)
    return f"Perhaps {guesses}. " if guesses else ""


def _listed(names: Iterable[str]) -> str:
    """Names for a message: at most thirty."""
    listed = [repr(name) for name in names]
    return ", ".join(listed[:_LISTED]) + (
        f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    )
