"""Which column of a file is which field of a record."""

import json
from collections.abc import Hashable, Iterable, Sequence
from collections.abc import Mapping as MappingType
from pathlib import Path
from typing import Any, Final, Literal, cast

from attrs import frozen

from foreman_core.errors import Refused
from foreman_core.schema import RecordSchema
from foreman_core.schema.headers import fold

How = Literal["exact", "alias", "remembered", "fuzzy", "given"]
Given = MappingType[str, str | None]
"""What a person decided: column -> field, or None for a column to leave out."""

FILE_LIMIT: Final = 1_000_000
"""Bytes of a mapping file."""

_YAML_NULLS: Final = ("", "~", "null")


@frozen(kw_only=True)
class Match:
    """A column that is read into a field. `position` counts the columns of the file from 0."""

    position: int
    column: str
    field: str
    how: How
    score: float = 1.0


@frozen(kw_only=True)
class Mapping:
    """Columns and fields of one file, each in at most one match.

    `matches` and `unmapped` are in the order of the columns, `missing_fields` in that of the schema.
    `notes` say, for people, which column lost a field to another.
    """

    columns: tuple[str, ...]
    matches: tuple[Match, ...]
    unmapped: tuple[str, ...]
    missing_fields: tuple[str, ...]
    notes: tuple[str, ...] = ()


def map_columns(columns: Sequence[str], schema: RecordSchema, given: Given | None = None) -> Mapping:
    """Match columns to fields: as given, then by the field's own name, then by name and aliases without
    case and marks.

    Where two columns claim one field, the stronger claim wins, then the first column; the other stays
    unmapped. Refused(`bad-mapping`) when `given` names what is not there, (`unmapped-required-field`) when
    a required field has no column, (`unmapped-column`) when the schema forbids unknown columns.
    """
    names = [column.strip() for column in columns]
    chosen = _checked(given or {}, names, schema)
    folded = {fold(header): field.name for field in schema.fields for header in (field.name, *field.aliases)}
    exact = {field.name: field.name for field in schema.fields}
    claims: tuple[tuple[How, MappingType[str, str | None]], ...] = (
        ("given", chosen),
        ("exact", {name: exact.get(name) for name in names}),
        ("alias", {name: folded.get(fold(name)) for name in names}),
    )
    matches: dict[str, Match] = {}
    notes: list[str] = []
    free = {
        position: name for position, name in enumerate(names) if name and chosen.get(name, "") is not None
    }
    for how, claim in claims:
        for position, name in list(free.items()):
            field = claim.get(name)
            if field is None:
                continue
            if field in matches:
                notes.append(f"column {name!r} could be {field} too, which {matches[field].column!r} is")
                continue
            matches[field] = Match(position=position, column=columns[position], field=field, how=how)
            del free[position]
    mapping = Mapping(
        columns=tuple(columns),
        matches=tuple(sorted(matches.values(), key=lambda match: match.position)),
        unmapped=tuple(
            columns[position]
            for position, name in enumerate(names)
            if name and not any(match.position == position for match in matches.values())
        ),
        missing_fields=tuple(field.name for field in schema.fields if field.name not in matches),
        notes=tuple(dict.fromkeys(notes)),
    )
    _check(mapping, schema, left_out={name for name, field in chosen.items() if field is None})
    return mapping


def read_given(path: Path) -> dict[str, str | None]:
    """A mapping file: one JSON or YAML object of column: field (null leaves the column out).
    Refused(`bad-mapping`).
    """
    try:
        with path.open("rb") as file:
            content = file.read(FILE_LIMIT + 1)
    except OSError as error:
        raise Refused("bad-mapping", f"{path} cannot be read: {error.strerror}") from error
    if len(content) > FILE_LIMIT:
        raise Refused("bad-mapping", f"{path} is larger than {FILE_LIMIT // 1_000_000} MB")
    try:
        parsed = _parse(content.decode("utf-8-sig"), is_json=path.suffix.lower() == ".json")
    except ValueError as error:
        raise Refused("bad-mapping", f"{path}: {error}") from error
    if not isinstance(parsed, dict):
        raise Refused(
            "bad-mapping", f'{path}: must be one object of column: field, such as {{"E-mail": "email"}}'
        )
    given: dict[str, str | None] = {}
    for column, field in cast("dict[object, object]", parsed).items():
        if not isinstance(column, str) or not (field is None or isinstance(field, str)):
            raise Refused("bad-mapping", f"{path}: {column!r}: {field!r} must be text: text, or text: null")
        given[column] = field
    return given


def _parse(text: str, *, is_json: bool) -> object:
    try:
        return json.loads(text, object_pairs_hook=_without_repeats) if is_json else _parse_yaml(text)
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def _parse_yaml(text: str) -> object:
    """All scalars as text, so that columns named `NO` or `2024` stay what they are; only null is null."""
    import yaml  # noqa: PLC0415 - only a mapping file needs it

    class Loader(yaml.BaseLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
            keys = [key.value for key, _ in node.value]
            values = super().construct_mapping(node, deep)
            if len(set(map(str, keys))) < len(keys):
                raise ValueError("a column is there twice")
            return {key: None if value in _YAML_NULLS else value for key, value in values.items()}

    try:
        return yaml.load(text, Loader)  # noqa: S506 - BaseLoader makes nothing but text, lists and mappings
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a column is there twice")
    return dict(pairs)


def _checked(given: Given, names: Sequence[str], schema: RecordSchema) -> dict[str, str | None]:
    """What was given, with the columns as they are compared; Refused when one is not there."""
    chosen: dict[str, str | None] = {}
    for column, field in given.items():
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


def _check(mapping: Mapping, schema: RecordSchema, *, left_out: set[str]) -> None:
    needed = [
        name for name in mapping.missing_fields if schema.field(name).required or name == schema.primary_key
    ]
    if needed:
        raise Refused(
            "unmapped-required-field",
            f"no column for {_listed(needed)}; the file has {_listed(mapping.columns)}. "
            "Rename the column, or say which it is with --mapping FILE",
        )
    unknown = [column for column in mapping.unmapped if column.strip() not in left_out]
    if unknown and schema.on_unknown_column == "fail":
        raise Refused(
            "unmapped-column",
            f"{schema.name} has no field for {_listed(unknown)}, and its schema allows no unknown columns",
        )


def _listed(names: Iterable[str]) -> str:
    """Names for a message: at most thirty."""
    most = 30
    listed = [repr(name) for name in names]
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")
