"""Schema files: reading one, and refusing one that contradicts itself."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from foreman_core.errors import Refused
from foreman_core.schema._fault import Fault, guess
from foreman_core.schema._field_rules import check_value
from foreman_core.schema._structure import Document, structure
from foreman_core.schema._yaml import parse
from foreman_core.schema.graphql import name_clash
from foreman_core.schema.headers import fold
from foreman_core.schema.model import DATE_TYPES, Before, Field, OneOf, RecordSchema, RequiredIf, Rule

SHIPPED: Final = Path(__file__).parents[2] / "schemas"
"""Where the schema files are that come with Foreman."""

LIMIT_BYTES: Final = 1_000_000

_NAME: Final = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")


def load(path: Path) -> RecordSchema:
    """The record type that a file describes.

    Refused(`bad-schema`) names the file, the place and the reason; Refused(`unknown-schema`) lists the
    shipped schemas when there is no such file.
    """
    content = _read(path)
    try:
        return _record_schema(content)
    except Fault as fault:
        place = f"{fault.place}: " if fault.place else ""
        raise Refused("bad-schema", f"{path}: {place}{fault.reason}") from fault


def find(name_or_path: str) -> RecordSchema:
    """The shipped schema of that name, otherwise the file at that path. Refused as `load` does."""
    if name_or_path in shipped():
        return load(SHIPPED / f"{name_or_path}.yaml")
    return load(Path(name_or_path))


def shipped() -> list[str]:
    """The names of the schemas that come with Foreman, in alphabetical order."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        hint = guess(str(path), shipped())
        raise Refused(
            "unknown-schema",
            f"{path} is neither a shipped schema ({', '.join(shipped())}) nor a file that can be read{hint}",
        ) from error
    if len(content) > LIMIT_BYTES:
        raise Refused("bad-schema", f"{path}: is larger than {LIMIT_BYTES // 1_000_000} MB")
    return content


def _record_schema(content: bytes) -> RecordSchema:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Fault("", f"is not UTF-8: the byte at position {error.start} fits nowhere") from error
    document = structure(parse(text))
    _check_names(document)
    by_name = {field.name: field for field in document.fields}
    primary_key = _primary_key(document, by_name)
    _check_country_fields(document, by_name)
    for index, rule in enumerate(document.rules):
        _check_rule(rule, f"x-foreman.rules[{index}]", by_name)
    schema = RecordSchema(
        name=document.name,
        plural=document.plural or f"{document.name}s",
        fields=document.fields,
        primary_key=primary_key,
        version=f"sha256:{hashlib.sha256(content).hexdigest()}",
        title=document.title,
        description=document.description,
        unique_keys=_unique_keys(document, primary_key, by_name),
        missing_values=document.missing_values,
        rules=document.rules,
        on_unknown_column=document.on_unknown_column,
        max_rejected_percent=document.max_rejected_percent,
    )
    clash = name_clash(schema)
    if clash:
        raise Fault("name", f"{schema.name} (plural {schema.plural}) would define {clash} twice in GraphQL")
    return schema


def _check_names(document: Document) -> None:
    for place, name in (("name", document.name), ("x-foreman.plural", document.plural)):
        if name is not None and not _NAME.fullmatch(name):
            raise Fault(
                place, f"{name!r} must be lower-case words joined by underscores, such as purchase_order"
            )
    percent = document.max_rejected_percent
    if percent is not None and not 0 <= percent <= 100:  # noqa: PLR2004
        raise Fault("x-foreman.max-rejected-percent", f"must lie between 0 and 100, and is {percent}")
    if not document.fields:
        raise Fault("fields", "must list at least one field")
    first: dict[str, int] = {}
    for index, field in enumerate(document.fields):
        if field.name in first:
            raise Fault(f"fields[{index}].name", f"fields[{first[field.name]}] is called {field.name} too")
        first[field.name] = index
    _check_headers(document.fields)


def _check_headers(fields: tuple[Field, ...]) -> None:
    """A header that two fields answer to could not be matched."""
    claimed: dict[str, Field] = {}
    for index, field in enumerate(fields):
        for place, header in _headers(field):
            folded = fold(header)
            if not folded:
                raise Fault(f"fields[{index}].{place}", f"{header!r} has neither letters nor digits")
            other = claimed.setdefault(folded, field)
            if other is not field:
                raise Fault(f"fields[{index}].{place}", f"{header!r} stands for {other.name} already")


def _headers(field: Field) -> Iterator[tuple[str, str]]:
    yield "name", field.name
    yield from ((f"x-foreman.aliases[{index}]", alias) for index, alias in enumerate(field.aliases))


def _primary_key(document: Document, by_name: dict[str, Field]) -> str:
    key = document.primary_key
    if isinstance(key, list):
        if len(key) != 1:
            raise Fault("primaryKey", f"must be one field, not {len(key)}; further keys go to uniqueKeys")
        key = key[0]
    field = _existing(key, "primaryKey", by_name)
    if field.type not in {"string", "integer"}:
        raise Fault("primaryKey", f"{key} is of type {field.type}; a key must be a string or an integer")
    if not field.required:
        raise Fault("primaryKey", f"{key} must have constraints.required: true")
    if field.severity != "error":
        raise Fault("primaryKey", f"{key} must not have the severity warning: a record needs its key")
    return key


def _unique_keys(
    document: Document, primary_key: str, by_name: dict[str, Field]
) -> tuple[tuple[str, ...], ...]:
    """Every key but the primary one: those of single fields that say `unique`, then those of `uniqueKeys`."""
    keys: list[tuple[str, ...]] = [(field.name,) for field in document.fields if field.constraints.unique]
    for index, names in enumerate(document.unique_keys):
        place = f"uniqueKeys[{index}]"
        key = (names,) if isinstance(names, str) else tuple(names)
        if not key:
            raise Fault(place, "must name at least one field")
        for position, name in enumerate(key):
            _existing(name, place if isinstance(names, str) else f"{place}[{position}]", by_name)
        if len(set(key)) < len(key):
            raise Fault(place, "names a field twice")
        keys.append(key)
    return tuple(dict.fromkeys(key for key in keys if key != (primary_key,)))


def _check_country_fields(document: Document, by_name: dict[str, Field]) -> None:
    for index, field in enumerate(document.fields):
        if field.country_field is None:
            continue
        place = f"fields[{index}].x-foreman.country-field"
        if _existing(field.country_field, place, by_name).format != "country":
            raise Fault(place, f"{field.country_field} has not the format country")


def _check_rule(rule: Rule, place: str, by_name: dict[str, Field]) -> None:
    match rule:
        case Before():
            _check_distinct((rule.earlier, rule.later), f"{place}.before", by_name)
            earlier, later = by_name[rule.earlier], by_name[rule.later]
            if earlier.type not in DATE_TYPES or earlier.type != later.type:
                raise Fault(
                    f"{place}.before",
                    f"compares a {earlier.type} with a {later.type}; both must be dates, or both datetimes",
                )
        case OneOf():
            _check_distinct(rule.fields, f"{place}.one-of", by_name)
        case RequiredIf():
            _check_required_if(rule, f"{place}.required-if", by_name)


def _check_distinct(names: tuple[str, ...], place: str, by_name: dict[str, Field]) -> None:
    for index, name in enumerate(names):
        _existing(name, f"{place}[{index}]", by_name)
        if name in names[:index]:
            raise Fault(f"{place}[{index}]", f"{name} is there twice")


def _check_required_if(rule: RequiredIf, place: str, by_name: dict[str, Field]) -> None:
    _existing(rule.field, f"{place}.field", by_name)
    when = _existing(rule.when, f"{place}.when", by_name)
    if rule.field == rule.when:
        raise Fault(f"{place}.when", "is the field itself")
    for index, value in enumerate(rule.is_one_of):
        wrong = check_value(when.type, value)
        if wrong is None and when.constraints.enum is not None and value not in when.constraints.enum:
            wrong = f"{value!r} is not in the enum of {rule.when}"
        if wrong:
            raise Fault(f"{place}.is[{index}]", wrong)


def _existing(name: str, place: str, by_name: dict[str, Field]) -> Field:
    if name not in by_name:
        raise Fault(place, f"there is no field {name!r}{guess(name, by_name)}")
    return by_name[name]
