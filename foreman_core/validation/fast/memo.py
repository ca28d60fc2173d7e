"""Columns that have the same few texts over and over: each is read once, by the exact engine."""

from collections.abc import Sequence
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
    _places: pl.Series = field(factory=lambda: pl.Series([], dtype=pl.UInt32))

    def learn(self, cells: pl.Series) -> None:
        """Read the texts of a block that are new, or the first of them. What is asked next is about it."""
        texts = cells.unique()
        texts = texts.filter(texts.str.len_bytes() <= _LONGEST)
        new = [text for text in texts if text not in self._values and text not in self._wrong][:_LEARNED]
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
        if new:
            self._known = pl.Series(list(self._values), dtype=pl.String)
        places = pl.int_range(len(self._known), dtype=pl.UInt32, eager=True)
        self._places = cells.replace_strict(self._known, places, default=None, return_dtype=pl.UInt32)

    def knows(self) -> pl.Expr:
        """Whether each cell is right for certain."""
        return pl.lit(self._places.is_not_null())

    def text(self) -> pl.Expr:
        """The value of each cell that is known, as text; null for a blank."""
        return self._each([as_text(value) for value in self._values.values()])

    def json(self) -> pl.Expr:
        """The value of each cell that is known, as JSON; null for a blank."""
        return self._each(
            [None if value is None else orjson.dumps(value).decode() for value in self._values.values()]
        )

    def _each(self, texts: Sequence[str | None]) -> pl.Expr:
        return pl.lit(pl.Series(texts, dtype=pl.String).gather(self._places))


def as_text(value: object) -> str | None:
    """A value as a key or a rule compares it: text as it is, anything else as in JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return orjson.dumps(value).decode()
