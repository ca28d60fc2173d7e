"""Texts that come over and over: each is looked into once, and what was found is gathered by place."""

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Final, Generic, TypeVar

import orjson
import polars as pl
from attrs import define, field, frozen

REMEMBERED: Final = 1 << 16
"""Texts kept per column."""

_LEARNED: Final = 1 << 13
"""New texts that are looked into of one block: a column that brings more than that is not repetitive."""

T = TypeVar("T")


@frozen
class Found(Generic[T]):
    """What is known of the texts of a block: `places` has the place in `known` of each; null for a text that
    is not known.
    """

    places: pl.Series
    known: Mapping[str, T]

    def each(self, of: Callable[[T], str | int | None], dtype: type[pl.DataType]) -> pl.Expr:
        """A value for each text of the block; null for one that is not known."""
        return pl.lit(pl.Series(map(of, self.known.values()), dtype=dtype).gather(self.places))


@define
class Memo(Generic[T]):
    """What `look` says of texts; it leaves out those that are not to be known. Several threads may ask."""

    _look: Callable[[str], T | None]
    _known: dict[str, T] = field(factory=dict[str, T])
    _others: set[str] = field(factory=set[str])
    _lock: Lock = field(factory=Lock)

    def find(self, texts: pl.Series) -> Found[T]:
        """Look into the texts of a block that are new, or the first of them."""
        unique = texts.unique().drop_nulls()
        with self._lock:
            new = [text for text in unique if text not in self._known and text not in self._others]
            self._learn(new[:_LEARNED])
            known = {text: self._known[text] for text in unique if text in self._known}
        places = pl.int_range(len(known), dtype=pl.UInt32, eager=True)
        found = texts.replace_strict(
            pl.Series(list(known), dtype=pl.String), places, default=None, return_dtype=pl.UInt32
        )
        return Found(found, known)

    def _learn(self, texts: Iterable[str]) -> None:
        if len(self._known) + len(self._others) > REMEMBERED - _LEARNED:
            self._known.clear()
            self._others.clear()
        for text in texts:
            found = self._look(text)
            if found is None:
                self._others.add(text)
            else:
                self._known[text] = found


def as_text(value: object) -> str | None:
    """A value as a key or a rule compares it: text as it is, anything else as in JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return orjson.dumps(value).decode()
