"""From a parsed schema file to values: which keys there are, and of which types."""

from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import Any, Final, Literal, cast, get_args, get_origin

from attrs import field, fields, frozen
from cattrs import Converter
from cattrs.cols import homogenous_tuple_structure_factory, list_structure_factory
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn, override

from foreman_core.models import Severity
from foreman_core.schema._fault import Fault, guess, join, shown
from foreman_core.schema._field_rules import check_field
from foreman_core.schema.model import (
    Before,
    Constraints,
    Field,
    OneOf,
    RequiredIf,
    Rule,
    Scalar,
    UnknownColumn,
)

_Bound = int | float | str
_Names = str | list[str]


@frozen(kw_only=True)
class Document:
    """A schema file as it is written; `load` makes a `RecordSchema` of it."""

    profile: str | None = None
    name: str
    title: str | None = None
    description: str | None = None
    fields: tuple[Field, ...]
    primary_key: _Names
    unique_keys: tuple[_Names, ...] = ()
    missing_values: tuple[str, ...] = ("",)
    plural: str | None = None
    on_unknown_column: UnknownColumn = "ignore"
    max_rejected_percent: float | None = None
    rules: tuple[Rule, ...] = ()


@frozen(kw_only=True)
class Condition:
    field: str
    when: str
    is_one_of: tuple[Scalar, ...]


@frozen(kw_only=True)
class RuleDocument:
    before: tuple[str, ...] | None = None
    one_of: tuple[str, ...] | None = None
    required_if: Condition | None = None
    severity: Severity = field(default="error")


OURS: Final = "x-foreman."

# attribute -> key, where they differ; a key under `x-foreman` carries its path
KEYS: Final[dict[type, dict[str, str]]] = {
    Constraints: {"min_length": "minLength", "max_length": "maxLength"},
    Field: {
        "true_values": "trueValues",
        "false_values": "falseValues",
        "aliases": OURS + "aliases",
        "formats": OURS + "formats",
        "normalise": OURS + "normalise",
        "default_country": OURS + "default-country",
        "country_field": OURS + "country-field",
        "pii": OURS + "pii",
        "severity": OURS + "severity",
        "collision": OURS + "collision",
        "blank": OURS + "blank",
    },
    Document: {
        "profile": "$schema",
        "primary_key": "primaryKey",
        "unique_keys": "uniqueKeys",
        "missing_values": "missingValues",
        "plural": OURS + "plural",
        "on_unknown_column": OURS + "on-unknown-column",
        "max_rejected_percent": OURS + "max-rejected-percent",
        "rules": OURS + "rules",
    },
    Condition: {"is_one_of": "is"},
    RuleDocument: {"one_of": "one-of", "required_if": "required-if"},
}

# published, and not among what Foreman reads: https://datapackage.org/standard/table-schema/
_NOT_OURS: Final = {
    "foreignKeys",
    "fieldsMatch",
    "example",
    "examples",
    "rdfType",
    "decimalChar",
    "groupChar",
    "bareNumber",
    "itemType",
    "categories",
    "categoriesOrdered",
    "jsonSchema",
    "exclusiveMinimum",
    "exclusiveMaximum",
}


def structure(parsed: object) -> Document:
    """The document of a parsed file. Fault names the first place that is wrong, and counts the others."""
    try:
        return _converter.structure(parsed, Document)
    except (BaseValidationError, Fault) as error:
        first, *others = _faults(error, "")
        more = f" (and {len(others)} more)" if others else ""
        raise Fault(first.place, first.reason + more) from error


def _faults(error: BaseException, place: str) -> Iterator[Fault]:
    """What cattrs has gathered, each with its whole place; unknown keys come first: they explain the rest."""
    match error:
        case Fault():
            yield Fault(join(place, error.place), error.reason)
        case ForbiddenExtraKeysError():
            for key in sorted(map(str, error.extra_fields)):
                yield Fault(join(place, key), _unknown(key, error.cl))
        case KeyError():
            yield Fault(place, "is missing")
        case BaseValidationError():
            for inner in sorted(error.exceptions, key=lambda e: not isinstance(e, ForbiddenExtraKeysError)):
                yield from _faults(inner, join(place, _step(inner, error.cl)))
        case _:
            raise error


def _step(error: BaseException, cl: type) -> str:
    for note in cast("list[str]", getattr(error, "__notes__", [])):
        if isinstance(note, AttributeValidationNote):
            return KEYS.get(cl, {}).get(note.name, note.name)
        if isinstance(note, IterableValidationNote):
            return f"[{note.index}]"
    return ""


def _unknown(key: str, cl: type) -> str:
    known = _keys(cl)
    if key in _NOT_OURS:
        return "is a key of Table Schema that Foreman does not read"
    if cl is Field and key in _keys(Constraints):
        return "unknown key; it belongs under constraints"
    if OURS + key in known:
        return "unknown key; it belongs under x-foreman"
    return f"unknown key{guess(key, known).replace(OURS, '')}"


def _keys(cl: type) -> list[str]:
    names = (cast("str", attribute.name) for attribute in fields(cl))
    return [KEYS[cl].get(name, name) for name in names]


def _of_class(converter: Converter, cl: type) -> Callable[[object, Any], Any]:
    """The hook for a class: its keys and no others, those under `x-foreman` brought up with their path."""
    renames: dict[str, Any] = {attribute: override(rename=key) for attribute, key in KEYS[cl].items()}
    build = cast(
        "Callable[[Mapping[str, Any], Any], object]",
        make_dict_structure_fn(cl, converter, _cattrs_forbid_extra_keys=True, **renames),
    )
    has_ours = any(key.startswith(OURS) for key in KEYS[cl].values())

    def hook(value: object, _: object) -> object:
        keys = _mapping(value)
        return build(_flat(keys) if has_ours else keys, cl)

    return hook


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Fault("", f"must be a mapping of keys to values, not {shown(value)}")
    keys = cast("dict[object, object]", value)
    for key in keys:
        if not isinstance(key, str) or key.startswith(OURS):
            raise Fault("", f"unknown key {shown(key)}")
    return cast("dict[str, object]", keys)


def _flat(keys: Mapping[str, object]) -> dict[str, object]:
    own = dict(keys)
    try:
        ours = _mapping(own.pop("x-foreman", {}))
    except Fault as fault:
        raise Fault(join("x-foreman", fault.place), fault.reason) from fault
    return {**own, **{OURS + key: value for key, value in ours.items()}}


def _scalar(wanted: str, *types: type) -> Callable[[object, Any], Any]:
    """The hook for a scalar that is one of `types` exactly: true is no number, and nothing is converted."""

    def hook(value: object, _: object) -> object:
        if type(value) not in types:
            raise Fault("", f"must be {wanted}, not {shown(value)}")
        return value

    return hook


def _of_literal(cl: Any) -> Callable[[object, Any], Any]:  # noqa: ANN401 - a special form, no class
    known = get_args(cl)

    def hook(value: object, _: object) -> object:
        if value not in known:
            hint = guess(value, known) if isinstance(value, str) else ""
            raise Fault("", f"must be one of {', '.join(known)}, not {shown(value)}{hint}")
        return value

    return hook


def _of_list(cl: Any, converter: Converter) -> Callable[[object, Any], Any]:  # noqa: ANN401
    factory = list_structure_factory if get_origin(cl) is list else homogenous_tuple_structure_factory
    build = factory(cl, converter)

    def hook(value: object, _: object) -> object:
        if not isinstance(value, list):
            raise Fault("", f"must be a list, not {shown(value)}")
        return build(value, cl)

    return hook


def _is_list(cl: Any) -> bool:  # noqa: ANN401
    return get_origin(cl) in {list, tuple}


def _is_literal(cl: Any) -> bool:  # noqa: ANN401
    return get_origin(cl) is Literal


def _names(value: object, _: object) -> _Names:
    return _converter.structure(value, list[str] if isinstance(value, list) else str)


def _rule(value: object, _: object) -> Rule:
    document = _converter.structure(value, RuleDocument)
    kinds = [kind for kind in ("before", "one_of", "required_if") if getattr(document, kind) is not None]
    if len(kinds) != 1:
        raise Fault("", "must be exactly one of before, one-of, required-if")
    severity = document.severity
    if document.required_if is not None:
        condition = document.required_if
        if not condition.is_one_of:
            raise Fault("required-if.is", "must list at least one value")
        return RequiredIf(
            field=condition.field, when=condition.when, is_one_of=condition.is_one_of, severity=severity
        )
    if document.before is not None:
        if len(document.before) != 2:  # noqa: PLR2004 - the earlier and the later
            raise Fault("before", "must list two fields, the earlier one first")
        return Before(earlier=document.before[0], later=document.before[1], severity=severity)
    if len(document.one_of or ()) < 2:  # noqa: PLR2004
        raise Fault("one-of", "must list at least two fields")
    return OneOf(fields=document.one_of or (), severity=severity)


def _field(value: object, cl: type[Field]) -> Field:
    found = cast("Field", _plain_field(value, cl))
    check_field(found, given=cast("dict[str, object]", value).keys())
    return found


def _new_converter() -> Converter:
    converter = Converter(detailed_validation=True)
    number = _scalar("a number", int, float)
    scalars: tuple[tuple[type | UnionType, Callable[[object, Any], Any]], ...] = (
        (str, _scalar("text", str)),
        (bool, _scalar("true or false", bool)),
        (int, _scalar("a whole number", int)),
        (float, number),
        (_Bound, _scalar("a number, or a date as text", int, float, str)),
        (_Bound | None, _scalar("a number, or a date as text", int, float, str)),
        (Scalar, _scalar("text, a number, true or false", str, int, float, bool)),
        (_Names, _names),
        (Rule, _rule),
    )
    converter.register_structure_hook_factory(_is_list, _of_list)
    converter.register_structure_hook_factory(_is_literal, _of_literal)
    for cl, hook in scalars:
        converter.register_structure_hook(cl, hook)
    for cl in (Constraints, Condition, RuleDocument):
        converter.register_structure_hook(cl, _of_class(converter, cl))
    return converter


_converter: Final = _new_converter()
_plain_field: Final = _of_class(_converter, Field)
_converter.register_structure_hook(Field, _field)
_converter.register_structure_hook(Document, _of_class(_converter, Document))
