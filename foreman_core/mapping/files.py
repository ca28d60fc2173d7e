"""Mapping files: what people decided about columns and values, as YAML or JSON. See docs/mapping.md."""

import json
from collections.abc import Hashable
from collections.abc import Mapping as MappingType
from pathlib import Path
from typing import Any, Final, cast

from attrs import field, frozen

from foreman_core.errors import Refused
from foreman_core.mapping.model import Values
from foreman_core.mapping.signature import signature

FILE_LIMIT: Final = 1_000_000
"""Bytes of a mapping file."""

FOLDER_LIMIT: Final = 10_000
"""Files of a folder of mappings."""

JSON_LIMIT: Final = 100_000
"""Characters of a mapping in the ledger; an item holds 400 KB, and a job's has more in it:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""

_YAML_NULLS: Final = ("", "~", "null")
_KEYS: Final = {"columns", "values", "header"}


@frozen(kw_only=True)
class Decided:
    """What a person decided. `columns`: column -> field, or None for a column to leave out. `header`: the
    columns of the file that it was decided for.
    """

    columns: MappingType[str, str | None] = field(factory=dict[str, str | None])
    values: Values = field(factory=dict[str, MappingType[str, str]])
    header: tuple[str, ...] = ()


def read_decided(path: Path) -> Decided:
    """A mapping file: an object with `columns` (column: field; null leaves the column out) and `values`
    (field: {text: value}), or the columns alone. Refused(`bad-mapping`).
    """
    try:
        with path.open("rb") as file:
            content = file.read(FILE_LIMIT + 1)
    except OSError as error:
        raise Refused("bad-mapping", f"{path} cannot be read: {error.strerror}") from error
    if len(content) > FILE_LIMIT:
        raise Refused("bad-mapping", f"{path} is larger than {FILE_LIMIT // 1_000_000} MB")
    try:
        return _decided(_parse(content.decode("utf-8-sig"), is_json=path.suffix.lower() == ".json"))
    except ValueError as error:
        raise Refused("bad-mapping", f"{path}: {error}") from error


def read_remembered(folder: Path, columns: tuple[str, ...]) -> Decided | None:
    """The mapping in a folder of them that was decided for a file with the same columns. Refused as
    `read_decided` says; the folder's files are named by `signature`.
    """
    wanted = signature(columns)
    found = [path for suffix in (".yaml", ".json") if (path := folder / f"{wanted}{suffix}").is_file()]
    return read_decided(found[0]) if found else None


def written(decided: Decided) -> str:
    """A mapping file, as YAML."""
    import yaml  # noqa: PLC0415 - only a mapping file needs it

    return yaml.safe_dump(_document(decided), allow_unicode=True, sort_keys=False, width=110)


def as_json(decided: Decided) -> str:
    """A mapping file, as JSON in ASCII."""
    return json.dumps(_document(decided), separators=(",", ":"))


def from_json(text: str) -> Decided:
    """What `as_json` was given. Refused(`bad-mapping`) for anything else."""
    try:
        return _decided(_parse(text, is_json=True))
    except ValueError as error:
        raise Refused("bad-mapping", f"the mapping: {error}") from error


def sent_json(text: str) -> Decided:
    """What `from_json` gives, for a text that somebody sent: Refused(`bad-mapping`) also for more than
    `JSON_LIMIT`.
    """
    if len(text) > JSON_LIMIT:
        raise Refused("bad-mapping", f"the mapping has more than {JSON_LIMIT:,} characters")
    return from_json(text)


def _document(decided: Decided) -> dict[str, Any]:
    document: dict[str, Any] = {"columns": dict(decided.columns)}
    if decided.header:
        document = {"header": list(decided.header), **document}
    if decided.values:
        document["values"] = {name: dict(meant) for name, meant in decided.values.items()}
    return document


def _decided(parsed: object) -> Decided:
    if not isinstance(parsed, dict):
        raise ValueError('must be one object of column: field, such as {"E-mail": "email"}')  # noqa: TRY004 - as below
    document = cast("dict[object, object]", parsed)
    if not isinstance(document.get("columns"), dict):
        return Decided(columns=_texts(document, "columns"))
    unknown = [key for key in document if key not in _KEYS]
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; there are {', '.join(sorted(_KEYS))}")
    values: dict[str, MappingType[str, str]] = {}
    for name, meant in _object(document.get("values"), "values").items():
        texts = _texts(_object(meant, f"values: {name}"), f"values: {name}")
        values[str(name)] = {text.strip(): value for text, value in texts.items() if value is not None}
        if len(values[str(name)]) < len(texts):
            raise ValueError(f"values: {name}: each text needs a value, and is there once")
    header = document.get("header")
    return Decided(
        columns=_texts(_object(document["columns"], "columns"), "columns"),
        values=values,
        header=tuple(map(str, cast("list[object]", header))) if isinstance(header, list) else (),
    )


def _object(value: object, place: str) -> dict[object, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{place}: must be an object")  # noqa: TRY004 - the file is wrong, not the program
    return cast("dict[object, object]", value)


def _texts(parsed: MappingType[object, object], place: str) -> dict[str, str | None]:
    texts: dict[str, str | None] = {}
    for key, value in parsed.items():
        if not isinstance(key, str) or not (value is None or isinstance(value, str)):
            raise ValueError(f"{place}: {key!r}: {value!r} must be text: text, or text: null")
        texts[key] = value
    return texts


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
