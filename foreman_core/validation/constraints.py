"""Table Schema's constraints on a value that has its type: https://datapackage.org/standard/table-schema/"""

from collections.abc import Sized
from typing import Final

from foreman_core.models import IssueCode
from foreman_core.schema import DATE_TYPES, Field, Scalar
from foreman_core.schema.pattern import matcher
from foreman_core.validation.dates import ordinal
from foreman_core.validation.fault import Constraint, Fault

REQUIRED: Final = Fault("required", "is blank, and a record needs it")
_LISTED: Final = 20


def constraints_of(field: Field) -> tuple[Constraint, ...]:
    """One function per constraint, without `required` and `unique`, which need more than a value."""
    says = field.constraints
    unit = "items" if field.type == "list" else "characters"
    bound = _date_bound if field.type in DATE_TYPES else _number_bound
    made = (
        None if says.enum is None else _enum(says.enum, is_date=field.type in DATE_TYPES),
        None if says.pattern is None else _pattern(says.pattern),
        None if says.min_length is None else _min_length(says.min_length, unit),
        None if says.max_length is None else _max_length(says.max_length, unit),
        None if says.minimum is None else bound(says.minimum, "minimum"),
        None if says.maximum is None else bound(says.maximum, "maximum"),
    )
    return tuple(constraint for constraint in made if constraint is not None)


def _enum(values: tuple[Scalar, ...], *, is_date: bool) -> Constraint:
    shown = ", ".join(map(str, values[:_LISTED])) + (", …" if len(values) > _LISTED else "")
    fault = Fault("enum", f"is not one of: {shown}")
    if is_date:
        moments = {ordinal(str(value)) for value in values}
        return lambda value: None if ordinal(value) in moments else fault
    allowed = frozenset(values)
    return lambda value: None if value in allowed else fault


def _pattern(pattern: str) -> Constraint:
    matches = matcher(pattern)
    fault = Fault("pattern", f"does not match the pattern {pattern}")
    return lambda value: None if matches(value) else fault


def _min_length(least: int, unit: str) -> Constraint:
    def judge(value: Sized) -> Fault | None:
        if len(value) >= least:
            return None
        return Fault("min-length", f"has {len(value)} {unit}; it needs at least {least}")

    return judge


def _max_length(most: int, unit: str) -> Constraint:
    def judge(value: Sized) -> Fault | None:
        if len(value) <= most:
            return None
        return Fault("max-length", f"has {len(value)} {unit}; at most {most} are allowed")

    return judge


def _number_bound(bound: float | str, code: IssueCode) -> Constraint:
    fault = _beyond(bound, code)
    if code == "minimum":
        return lambda value: fault if value < bound else None
    return lambda value: fault if value > bound else None


def _date_bound(bound: float | str, code: IssueCode) -> Constraint:
    fault, limit = _beyond(bound, code), ordinal(str(bound))
    if code == "minimum":
        return lambda value: fault if ordinal(value) < limit else None
    return lambda value: fault if ordinal(value) > limit else None


def _beyond(bound: float | str, code: IssueCode) -> Fault:
    if code == "minimum":
        return Fault(code, f"is less than {bound}, the least that is allowed")
    return Fault(code, f"is more than {bound}, the most that is allowed")
