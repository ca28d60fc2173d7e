"""Columns that have the same few texts over and over: each is read once, by the exact engine."""

from typing import Final

import orjson
import polars as pl
from attrs import define, field

from foreman_core.models import Value
from foreman_core.validation.fields import Found, FromCell

REMEMBERED: Final = 1 << 16
"""Texts kept per column."""

_LEARNED: Final = 1 << 13
"""New texts that are read of one block: a column that brings more than that is not repetitive."""

_LONGEST: Final = 256
"""Bytes of a text that is kept."""


@define
class Memo:
    """What the exact engine says about the texts of one column, which must not depend on other columns."""

    _from_cell: FromCell
    _values: dict[str, Value] = field(factory=dict[str, Value])
    _wrong: set[str] = field(factory=set[str])
    _known: pl.Series = field(factory=lambda: pl.Series([], dtype=pl.String))

    def learn(self, cells: pl.Series) -> None:
        """Read the texts of a block that are new, or the first of them."""
        fresh = cells.filter(~cells.is_in(self._known.implode())).unique()
        fresh = fresh.filter(fresh.str.len_bytes() <= _LONGEST)
        new = [text for text in fresh.to_list() if text not in self._wrong][:_LEARNED]
        if not new:
            return
        if len(self._values) + len(self._wrong) + len(new) > REMEMBERED:
            self._values.clear()
            self._wrong.clear()
        for text in new:
            found: list[Found] = []
            value = self._from_cell(text, found, None)
            if found:
                self._wrong.add(text)
            else:
                self._values[text] = value
        self._known = pl.Series(list(self._values), dtype=pl.String)

    def knows(self, cell: pl.Expr) -> pl.Expr:
        """Whether the cell is right for certain."""
        return cell.is_in(self._known.implode())

    def text(self, cell: pl.Expr) -> pl.Expr:
        """The value of a cell that is known, as text; null for a blank."""
        texts = [as_text(value) for value in self._values.values()]
        return cell.replace_strict(self._known, pl.Series(texts, dtype=pl.String), default=None)

    def json(self, cell: pl.Expr) -> pl.Expr:
        """The value of a cell that is known, as JSON; null for a blank."""
        texts = [None if value is None else orjson.dumps(value).decode() for value in self._values.values()]
        return cell.replace_strict(self._known, pl.Series(texts, dtype=pl.String), default=None)


def as_text(value: object) -> str | None:
    """A value as a key or a rule compares it: text as it is, anything else as in JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return orjson.dumps(value).decode()
