"""What the cells of one mapped column of a block say, as Polars expressions over the block."""

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

import orjson
import polars as pl
from attrs import frozen

from foreman_core.validation.fast.memo import TEXT, Memo, Row, as_text
from foreman_core.validation.fields import Found, FromCell

Part = str | pl.Expr
"""A text that is the same in every row, or one of each row."""


class Cells(Protocol):
    """The cells of a column. `text` and `json` say something only where the cell is `sure`."""

    def sure(self) -> pl.Expr:
        """Boolean: without an issue for certain."""
        ...

    def text(self) -> pl.Expr:
        """The value as text; null for a blank."""
        ...

    def json(self, name: str) -> list[Part]:
        """The parts of the member of a JSON object that the value is, with its comma; nulls for a blank."""
        ...


class Column(Protocol):
    """A column of all blocks. Several threads may ask about blocks of their own."""

    def of(self, frame: pl.DataFrame, others: Mapping[str, Cells], /) -> Cells:
        """Its cells in a block; `others` are the columns of fields that come before it."""
        ...


@frozen
class Computed:
    """Cells that are understood by expressions; `right` is False for a blank. As a column, it is the same in
    every block.
    """

    required: bool
    blank: pl.Expr
    right: pl.Expr
    value: pl.Expr
    quoted: bool

    def of(self, _frame: pl.DataFrame, _others: Mapping[str, Cells]) -> Cells:
        """Itself."""
        return self

    def sure(self) -> pl.Expr:
        """Boolean: without an issue for certain."""
        return self.right if self.required else self.blank | self.right

    def text(self) -> pl.Expr:
        """The value as text; null for a blank."""
        return self.value if self.required else pl.when(~self.blank).then(self.value)

    def json(self, name: str) -> list[Part]:
        """The parts of the member of a JSON object that the value is, with its comma; null for a blank."""
        return member(name, self.text(), is_text=self.quoted, is_there=self.required)


def member(name: str, value: pl.Expr, *, is_text: bool, is_there: bool) -> list[Part]:
    """A member of a JSON object in parts; one part, null for a blank, unless the value is always there."""
    mark = '"' if is_text else ""
    parts = [f"{orjson.dumps(name).decode()}:{mark}", value, f"{mark},"]
    return parts if is_there else [joined(parts)]


def joined(parts: Iterable[Part], *, ignore_nulls: bool = False) -> pl.Expr:
    """Parts as one text; null when one is null, unless these are left out."""
    found: list[pl.Expr] = []
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        found += [pl.lit(text), part]
        text = ""
    found.append(pl.lit(text))
    return pl.concat_str(found, ignore_nulls=ignore_nulls)


@frozen
class RememberedCells:
    """Cells that are known by their text: `found` has a row for each, of nulls where it is not known."""

    found: pl.DataFrame

    def sure(self) -> pl.Expr:
        """Boolean: without an issue for certain."""
        return pl.lit(self.found[_SURE].fill_null(value=False))

    def text(self) -> pl.Expr:
        """The value as text; null for a blank."""
        return pl.lit(self.found[_VALUE])

    def json(self, name: str) -> list[Part]:
        """The parts of the member of a JSON object that the value is, with its comma; nulls for a blank."""
        return member(name, pl.lit(self.found[_JSON]), is_text=False, is_there=False)


_SURE: Final = "sure"
_VALUE: Final = "value"
_JSON: Final = "json"


class Remembered:
    """A column that has the same few texts over and over: each is read once, by the exact engine, and must
    not depend on other columns.
    """

    LONGEST = 256
    """Characters of a text that is remembered."""

    def __init__(self, name: str, from_cell: FromCell) -> None:
        self._name = name
        self._from_cell = from_cell
        self._memo = Memo(self._read, {_SURE: pl.Boolean, _VALUE: pl.String, _JSON: pl.String})

    def of(self, frame: pl.DataFrame, _others: Mapping[str, Cells], /) -> Cells:
        """Its cells in a block."""
        cells = frame.select(pl.col(self._name).alias(TEXT))
        known = self._memo.known(cells[TEXT])
        return RememberedCells(cells.join(known, on=TEXT, how="left", maintain_order="left"))

    def _read(self, text: str) -> Row | None:
        if len(text) > self.LONGEST:
            return None
        faults: list[Found] = []
        value = self._from_cell(text, faults, None)
        if faults:
            return None
        return True, as_text(value), None if value is None else orjson.dumps(value).decode()
