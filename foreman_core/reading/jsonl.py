"""JSON Lines: one object a line, its keys as columns. https://jsonlines.org

Numbers stay as they are written: `1.10` is no 1.1, and an id of twenty digits keeps them all.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn, cast

from attrs import define, field

from foreman_core.errors import Refused
from foreman_core.models import IssueCode, SourceRow
from foreman_core.reading.damage import BadLines, decoded, not_in, unreadable
from foreman_core.reading.header import check_columns
from foreman_core.reading.table import Digest, Table, Unreadable
from foreman_core.reading.text import Text

KEY_LINES: Final = 100
"""Lines whose keys are the columns, those of them that are in the first block."""

_OBJECT: Final = re.compile(rb'\s*\{\s*["}]')
_ARRAY: Final = re.compile(rb"\s*\[\s*[{\]]")


def is_json_lines(block: bytes) -> bool:
    """Whether the first lines of a text begin with an object of JSON. Refused(`not-a-table`) for an array."""
    if _ARRAY.match(block):
        raise Refused(
            "not-a-table",
            "the file is a JSON array: write one object a line (JSON Lines), or export it as CSV",
        )
    return _OBJECT.match(block) is not None


def open_json_lines(text: Text, digest: Digest) -> Table:
    """An open file of JSON Lines. A key that an object lacks is a blank cell, and so is null; a key that is
    none of the first KEY_LINES lines' is a surplus cell. Lists of texts and numbers become their JSON.

    A line that is no object, has a key twice, or has an object as a value, is one unreadable record.
    Refused as `open_delimited` says.
    """
    first = _first(text.peek())
    columns = tuple(dict.fromkeys(key for cells in first for key in cells))
    check_columns(columns, 1)
    return Table(
        format="jsonl",
        encoding=text.encoding.name,
        bom=text.encoding.bom,
        delimiter=None,
        quote=None,
        header_line=0,
        columns=columns,
        rows=_Objects(columns, text).rows(),
        digest=digest,
        sample=tuple(tuple(cells.get(name, "") for name in columns) for cells in first),
    )


class _NoRowError(ValueError):
    """A line that is no row: the code of its issue, and why."""

    def __init__(self, code: IssueCode, message: str) -> None:
        super().__init__(message)
        self.code: IssueCode = code
        self.message = message


def _first(block: bytes) -> list[dict[str, str]]:
    """The first objects. Refused(`not-a-table`) when there is no key in them."""
    found: list[dict[str, str]] = []
    error: _NoRowError | None = None
    for line in block.splitlines()[:KEY_LINES]:
        try:
            found += [_cells(line.decode(errors="replace"))] if line.strip() else []
        except _NoRowError as why:
            error = error or why
    if not any(found):
        why = f"line 1 {error.message}" if error else "it has no keys"
        raise Refused("not-a-table", f"the file begins like JSON Lines, but {why}")
    return found


@define
class _Objects:
    _columns: tuple[str, ...]
    _text: Text
    _bad_lines: BadLines = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._bad_lines = BadLines(self._text.encoding)

    def rows(self) -> Iterator[SourceRow | Unreadable]:
        number = 0
        while block := self._text.take():
            for line in block.splitlines():  # bytes break at \n, \r\n and \r only
                number += 1
                yield self._row(number, line)
        self._bad_lines.judge(number)

    def _row(self, number: int, line: bytes) -> SourceRow | Unreadable:
        if not line or line.isspace():
            return SourceRow(number, number, ("",) * len(self._columns))
        try:
            cells = _cells(self._decoded(number, line))
        except _NoRowError as error:
            whole = SourceRow(number, number, (decoded(line),))
            return unreadable(whole, error.code, f"the line {error.message}")
        mine = tuple(cells.pop(name, "") for name in self._columns)
        return SourceRow(number, number, (*mine, *cells.values()))

    def _decoded(self, number: int, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError:
            text = decoded(line)
            self._bad_lines.add(number, text)
            raise _NoRowError("encoding", not_in(text, self._text.encoding)) from None


def _cells(line: str) -> dict[str, str]:
    try:
        found = _DECODER.decode(line)
    except _NoRowError:
        raise
    except (ValueError, RecursionError) as error:
        raise _NoRowError(
            "quote", f"is no object of JSON ({error}): one line holds one whole object"
        ) from None
    if not isinstance(found, dict):
        raise _NoRowError("quote", "is no object of JSON: write the names of the columns as its keys")
    return {key: _cell(key, value) for key, value in cast("dict[str, object]", found).items()}


def _cell(key: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    if all(isinstance(item, str) for item in items):
        return json.dumps(items, ensure_ascii=False)
    raise _NoRowError(
        "type", f"has a value with a structure of its own under {key!r}: only lists of texts fit into a cell"
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NoRowError("quote", "has a key twice: which of the two values counts?")
    return found


def _constant(name: str) -> NoReturn:
    raise _NoRowError("type", f"has {name}, which is no number of JSON")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_constant
)
