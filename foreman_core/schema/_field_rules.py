"""What a field of a schema file may say: every contradiction within one field, with its place."""

import math
import re
from collections.abc import Callable, Container
from datetime import date, datetime
from typing import Any, Final

from iso3166 import countries_by_alpha2

from foreman_core.schema._fault import Fault, shown
from foreman_core.schema.model import DATE_TYPES, Constraints, Field, FieldType, Scalar
from foreman_core.schema.pattern import matcher

# https://spec.graphql.org/October2021/#Name; a leading underscore marks what Foreman adds to a record
FIELD_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

_ORDERED: Final = frozenset({"number", "integer", "date", "datetime"})
_MEASURED: Final = frozenset({"string", "list"})

# constraint -> the types that have it: https://datapackage.org/standard/table-schema/#field-constraints
_APPLIES: Final[dict[str, tuple[str, Container[str]]]] = {
    "pattern": ("pattern", {"string"}),
    "min_length": ("minLength", _MEASURED),
    "max_length": ("maxLength", _MEASURED),
    "minimum": ("minimum", _ORDERED),
    "maximum": ("maximum", _ORDERED),
    "enum": ("enum", _ORDERED | {"string", "boolean"}),
}

_TIMES: Final = {"date": "", "datetime": r"[ T]HH:MM(:SS)?"}
_ISO_SHAPE: Final = "yyyy-..-.."
_DATE_ORDERS: Final = "dd{0}mm{0}yyyy|mm{0}dd{0}yyyy|yyyy{0}mm{0}dd|yyyy{0}dd{0}mm"


def check_field(field: Field, *, given: Container[str]) -> None:
    """Nothing when the field is sound, otherwise Fault; `given` are the keys that the file writes for it."""
    if not FIELD_NAME.fullmatch(field.name):
        raise Fault(
            "name", f"{field.name!r} must be letters, digits and underscores, and begin with a letter"
        )
    _check_keys(field, given)
    _check_ours(field)
    _check_applies(field)
    _check_pattern(field.constraints.pattern)
    _check_lengths(field.constraints)
    _check_bounds(field)
    _check_enum(field)


def check_value(type_: FieldType, value: object) -> str | None:
    """What a value of the file (a bound, one of an enum) must be for that type, or None when it is that."""
    is_right, wanted = _VALUES[type_]
    return None if is_right(value) else f"must be {wanted}, not {shown(value)}"


def _check_keys(field: Field, given: Container[str]) -> None:
    if field.format != "default" and field.type != "string":
        hint = "; x-foreman.formats lists how dates are written" if field.type in DATE_TYPES else ""
        raise Fault("format", f"only a string has a format, and this is of type {field.type}{hint}")
    for key, type_ in (("trueValues", "boolean"), ("falseValues", "boolean"), ("delimiter", "list")):
        if key in given and field.type != type_:
            raise Fault(key, f"only a {type_} has it, and this is of type {field.type}")
    if not field.delimiter:
        raise Fault("delimiter", "must not be empty")
    for key, values in (("trueValues", field.true_values), ("falseValues", field.false_values)):
        if values is not None and (not values or "" in values):
            raise Fault(key, "must list at least one text, and no empty one")
    both = set(field.true_values or ()) & set(field.false_values or ())
    if both:
        raise Fault("falseValues", f"{min(both)!r} is among trueValues too")


def _check_ours(field: Field) -> None:
    if field.formats and field.type not in DATE_TYPES:
        raise Fault("x-foreman.formats", f"only dates have further formats, and this is of type {field.type}")
    _check_formats(field)
    for key, country in (("default-country", field.default_country), ("country-field", field.country_field)):
        if country is not None and field.format != "phone":
            raise Fault(f"x-foreman.{key}", "only a string with the format phone has it")
    if field.default_country is not None and field.default_country not in countries_by_alpha2:
        raise Fault(
            "x-foreman.default-country",
            f"{field.default_country!r} is no ISO 3166-1 alpha-2 code in capitals, such as DE",
        )
    cases = [normaliser for normaliser in field.normalise if normaliser in {"lower", "upper", "title"}]
    if len(cases) > 1:
        raise Fault("x-foreman.normalise", f"{' and '.join(cases)} contradict each other")
    if field.blank == "clear" and field.collision != "overwrite":
        raise Fault("x-foreman.blank", f"clear contradicts collision, {field.collision}")
    if field.blank == "clear" and field.required and field.severity == "error":
        raise Fault("x-foreman.blank", "a required field cannot be cleared")


def _check_formats(field: Field) -> None:
    shapes: dict[str, str] = {_ISO_SHAPE: "yyyy-mm-dd"}  # ISO 8601 is always read
    for index, text in enumerate(field.formats):
        place = f"x-foreman.formats[{index}]"
        if not any(
            re.fullmatch(f"({_DATE_ORDERS.format(re.escape(mark))}){_TIMES[field.type]}", text)
            for mark in ("/", "-", ".", " ", "")
        ):
            example = "dd/mm/yyyy" if field.type == "date" else "dd/mm/yyyy HH:MM:SS"
            raise Fault(place, f"{text!r} is no {field.type} format; write it like {example}")
        shape = re.sub("dd|mm", "..", text)
        if shapes.get(shape, text) != text:
            raise Fault(place, f"{text!r} and {shapes[shape]!r} read the same text as different dates")
        shapes[shape] = text


def _check_applies(field: Field) -> None:
    for attribute, (key, types) in _APPLIES.items():
        if getattr(field.constraints, attribute) is not None and field.type not in types:
            raise Fault(f"constraints.{key}", f"does not apply to the type {field.type}")


def _check_pattern(pattern: str | None) -> None:
    if pattern is None:
        return
    try:
        matcher(pattern)
    except ValueError as error:
        raise Fault("constraints.pattern", str(error)) from error


def _check_lengths(constraints: Constraints) -> None:
    low, high = constraints.min_length, constraints.max_length
    for key, length in (("minLength", low), ("maxLength", high)):
        if length is not None and length < 0:
            raise Fault(f"constraints.{key}", f"must not be negative, and is {length}")
    if low is not None and high is not None and low > high:
        raise Fault("constraints.minLength", f"{low} is more than maxLength, {high}")


def _check_bounds(field: Field) -> None:
    low, high = field.constraints.minimum, field.constraints.maximum
    for key, bound in (("minimum", low), ("maximum", high)):
        wrong = None if bound is None else check_value(field.type, bound)
        if wrong:
            raise Fault(f"constraints.{key}", wrong)
    if low is None or high is None:
        return
    try:
        is_empty = _ordinal(field.type, low) > _ordinal(field.type, high)
    except TypeError:
        raise Fault("constraints.minimum", "one bound has a time zone, the other has none") from None
    if is_empty:
        raise Fault("constraints.minimum", f"{low} is more than maximum, {high}")


def _check_enum(field: Field) -> None:
    enum = field.constraints.enum
    if enum is None:
        return
    if not enum:
        raise Fault("constraints.enum", "must list at least one value")
    for index, value in enumerate(enum):
        place = f"constraints.enum[{index}]"
        wrong = check_value(field.type, value)
        if wrong:
            raise Fault(place, wrong)
        if value in enum[:index]:
            raise Fault(place, f"{value!r} is there twice")
        _check_reachable(field, value, place)


def _check_reachable(field: Field, value: Scalar, place: str) -> None:
    """A value that the field's own normalising changes could never be met."""
    for normaliser, change in (
        ("lower", str.lower),
        ("upper", str.upper),
        ("title", str.title),
        ("trim", str.strip),
    ):
        if normaliser in field.normalise and isinstance(value, str) and change(value) != value:
            raise Fault(place, f"{value!r} is never met: normalise has {normaliser}")


def _ordinal(type_: FieldType, bound: float | str) -> Any:  # noqa: ANN401 - number or date, by the type
    """A bound as what its type is ordered by. `check_value` has found it right before."""
    if isinstance(bound, str):
        return datetime.fromisoformat(bound) if type_ == "datetime" else date.fromisoformat(bound)
    return bound


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_date(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value)) and _reads(date, value)


def _is_datetime(value: object) -> bool:
    return isinstance(value, str) and value[10:11] == "T" and _reads(datetime, value)


def _reads(type_: type[date], text: str) -> bool:
    try:
        type_.fromisoformat(text)
    except ValueError:
        return False
    return True


_VALUES: Final[dict[FieldType, tuple[Callable[[object], bool], str]]] = {
    "string": (lambda value: isinstance(value, str), "text"),
    "number": (_is_number, "a finite number"),
    "integer": (lambda value: _is_number(value) and isinstance(value, int), "a whole number"),
    "boolean": (lambda value: isinstance(value, bool), "true or false"),
    "date": (_is_date, "a date such as 2024-12-31"),
    "datetime": (_is_datetime, "a date and time such as 2024-12-31T23:59:59Z"),
    "list": (lambda value: isinstance(value, str), "text"),
}
