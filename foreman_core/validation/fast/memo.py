"""Texts that come over and over: each is looked into once, and what was found is joined to the rows."""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from threading import Lock
from typing import Final

import orjson
import polars as pl
from attrs import define, field

TEXT: Final = "text"
"""The column of `known` that has the texts."""

REMEMBERED: Final = 1 << 16
"""Texts kept per column."""

_LEARNED: Final = 1 << 13
"""New texts that are looked into of one block: a column that brings more than that is not repetitive."""

Row = tuple[str | int | bool | None, ...]


@define
class Memo:
    """What `look` says of a text: a value for each column of `schema`, or None when nothing is to be known of
    it. Several threads may ask.
    """

    _look: Callable[[str], Row | None]
    _schema: Mapping[str, type[pl.DataType]]
    _known: dict[str, Row | None] = field(factory=dict[str, Row | None])
    _lock: Lock = field(factory=Lock)

    def known(self, texts: pl.Series) -> pl.DataFrame:
        """What is known of the texts of a block: one row for each, with the columns TEXT and those of the
        schema. Of texts that are new, so many are looked into at most.
        """
        unique = texts.unique()
        with self._lock:
            self._learn(text for text in unique if text is not None and text not in self._known)
            rows = [(text, *row) for text in unique if (row := self._known.get(text)) is not None]
        return pl.DataFrame(rows, schema={TEXT: pl.String, **self._schema}, orient="row")

    def _learn(self, texts: Iterable[str]) -> None:
        new = list(islice(texts, _LEARNED))
        if len(self._known) + len(new) > REMEMBERED:
            self._known.clear()
        self._known |= {text: self._look(text) for text in new}


def as_text(value: object) -> str | None:
    """A value as a key or a rule compares it: text as it is, anything else as in JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return orjson.dumps(value).decode()
