"""One field of a schema as two functions: from a cell of a file, and from a value of the API."""

from collections.abc import Callable
from typing import Final, NamedTuple, cast

import orjson
from attrs import frozen

from foreman_core.models import Severity, Value
from foreman_core.schema import Field
from foreman_core.validation.constraints import REQUIRED, constraints_of
from foreman_core.validation.countries import parse_country
from foreman_core.validation.dates import date_parser, datetime_parser
from foreman_core.validation.fault import Fault, Parse
from foreman_core.validation.formats import parse_email, parse_uri, parse_uuid
from foreman_core.validation.numbers import integer_of, number_of, parse_integer, parse_number
from foreman_core.validation.phones import parse_phone
from foreman_core.validation.text import LOST, normaliser, unfaithful

# https://datapackage.org/standard/table-schema/#boolean
_TRUE: Final = ("true", "True", "TRUE", "1")
_FALSE: Final = ("false", "False", "FALSE", "0")

_REMEMBERED: Final = 4096
_REMEMBERED_LENGTH: Final = 64

_NO_TEXT: Final = Fault("type", "is not text")
_NO_BOOLEAN: Final = Fault("type", "is not true or false")
_NO_LIST: Final = Fault("type", "is not a list of texts")


class Found(NamedTuple):
    """A fault of one field. `kept` says whether the record still has the value."""

    slot: int
    fault: Fault
    shown: object
    kept: bool


FromCell = Callable[[str, list[Found], str | None], Value]
Convert = Callable[[object], Value | Fault]
FromValue = Callable[[object, list[Found], str | None], Value]


@frozen
class Compiled:
    """A field ready to judge. Both functions add what is wrong to the list they are handed, and give the
    value.
    """

    slot: int
    field: Field
    from_cell: FromCell
    from_value: FromValue

    def severity(self, found: Found) -> Severity:
        """A warning only where the record can be without the value, or has it all the same."""
        if found.fault.code == "required" or (self.field.required and not found.kept):
            return "error"
        return self.field.severity


def compile_field(slot: int, field: Field, missing_values: tuple[str, ...]) -> Compiled:
    """The functions of one field; `slot` is its place in the schema, `missing_values` how files write a
    blank.
    """
    from_cell = _from_cell(slot, field, missing_values)
    is_repetitive = field.type in {"date", "boolean"} or field.format == "country" or field.constraints.enum
    return Compiled(
        slot, field, _remembering(from_cell) if is_repetitive else from_cell, _from_value(slot, field)
    )


def _remembering(from_cell: FromCell) -> FromCell:
    """The same, with what was right kept for a while: such columns have the same few texts over and over."""
    seen: dict[str, Value] = {}

    def from_seen(text: str, found: list[Found], country: str | None) -> Value:
        if text in seen:
            return seen[text]
        before = len(found)
        value = from_cell(text, found, country)
        if len(found) == before and len(text) <= _REMEMBERED_LENGTH:
            if len(seen) == _REMEMBERED:
                seen.clear()
            seen[text] = value
        return value

    return from_seen


def _from_cell(slot: int, field: Field, missing_values: tuple[str, ...]) -> FromCell:
    normalise = normaliser(field.normalise)
    missing = frozenset({"", *map(normalise, missing_values)})
    parse = _parser(field)
    constraints = constraints_of(field)
    settle = _settle(slot, field)

    def from_cell(text: str, found: list[Found], country: str | None) -> Value:
        fault = None if text.isprintable() and LOST not in text else unfaithful(text)
        if fault is not None:
            found.append(Found(slot, fault, text, kept=False))
            return None
        text = normalise(text)
        value = None if text in missing or text.isspace() else parse(text, country)
        if value is None or isinstance(value, Fault):
            return settle(value, text, found)
        for constraint in constraints:
            fault = constraint(value)
            if fault is not None:
                found.append(Found(slot, fault, text, kept=True))
        return value

    return from_cell


def _from_value(slot: int, field: Field) -> FromValue:
    """The API says null for a blank: to it, `missingValues` are text like any other."""
    from_text = _from_cell(slot, field, ())
    convert = _list_converter(field) if field.type == "list" else _CONVERTERS.get(field.type, _no_text)
    constraints = constraints_of(field)
    settle = _settle(slot, field)

    def from_value(value: object, found: list[Found], country: str | None) -> Value:
        if isinstance(value, str):
            return from_text(value, found, country)
        result = None if value is None else convert(value)
        if result is None or isinstance(result, Fault):
            return settle(result, value, found)
        found += (
            Found(slot, fault, value, kept=True)
            for constraint in constraints
            if (fault := constraint(result)) is not None
        )
        return result

    return from_value


def _settle(slot: int, field: Field) -> Callable[[Fault | None, object, list[Found]], Value]:
    """What stands in place of a value that is blank or wrong.

    Where a fault is only a warning, text stays as it came; a value that its type cannot hold is left out.
    """
    keeps = (
        field.severity == "warning" and field.type == "string" and field.format not in {"phone", "country"}
    )

    def settle(fault: Fault | None, shown: object, found: list[Found]) -> Value:
        if fault is None:
            if field.required:
                found.append(Found(slot, REQUIRED, shown, kept=False))
            return None
        kept = keeps and isinstance(shown, str)
        found.append(Found(slot, fault, shown, kept))
        return shown if kept and isinstance(shown, str) else None

    return settle


def _parser(field: Field) -> Parse:
    make = _PARSERS.get(field.type)
    return _FORMATS[field.format] if make is None else make(field)


def _parse_text(text: str, _country: str | None) -> Value | Fault:
    return text


def _boolean_parser(field: Field) -> Parse:
    normalise = normaliser(field.normalise)
    true = _TRUE if field.true_values is None else field.true_values
    false = _FALSE if field.false_values is None else field.false_values
    values = {normalise(text): False for text in false} | {normalise(text): True for text in true}
    wrong = Fault("type", f"is not a boolean: write {true[0]} or {false[0]}")
    return lambda text, _country: values.get(text, wrong)


def _list_parser(field: Field) -> Parse:
    normalise = normaliser(field.normalise)
    delimiter = field.delimiter
    return lambda text, _country: _items(_texts_of(text) or text.split(delimiter), normalise)


def _texts_of(text: str) -> list[str] | None:
    """The texts of a JSON array, which is how a list is written where there are no delimiters; None for what
    is none.
    """
    if not (text.startswith("[") and text.endswith("]")):
        return None
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if found and all(isinstance(item, str) for item in found) else None


def _items(texts: list[str], normalise: Callable[[str], str]) -> Value:
    """Trimmed and normalised items, empty ones dropped; None when none is left."""
    items = [item for text in texts if (item := normalise(text.strip()).strip())]
    return items or None


def _list_converter(field: Field) -> Convert:
    normalise = normaliser(field.normalise)
    return lambda value: _list_of(value, normalise)


def _list_of(value: object, normalise: Callable[[str], str]) -> Value | Fault:
    if not isinstance(value, list | tuple):
        return _NO_LIST
    texts: list[str] = []
    for item in cast("list[object]", value):
        if not isinstance(item, str):
            return _NO_LIST
        fault = unfaithful(item)
        if fault is not None:
            return fault
        texts.append(item)
    return _items(texts, normalise)


def _no_text(_value: object) -> Fault:
    return _NO_TEXT


def _boolean_of(value: object) -> Value | Fault:
    return value if isinstance(value, bool) else _NO_BOOLEAN


_FORMATS: Final[dict[str, Parse]] = {
    "default": _parse_text,
    "email": parse_email,
    "uri": parse_uri,
    "uuid": parse_uuid,
    "phone": parse_phone,
    "country": parse_country,
}

_CONVERTERS: Final[dict[str, Convert]] = {
    "number": number_of,
    "integer": integer_of,
    "boolean": _boolean_of,
}

_PARSERS: Final[dict[str, Callable[[Field], Parse]]] = {
    "number": lambda _field: parse_number,
    "integer": lambda _field: parse_integer,
    "boolean": _boolean_parser,
    "date": lambda field: date_parser(field.formats),
    "datetime": lambda field: datetime_parser(field.formats),
    "list": _list_parser,
}
