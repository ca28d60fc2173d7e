"""What a schema says about the rows of a block, as Polars expressions over the cells of its columns."""

from collections.abc import Mapping as BuiltinMapping
from collections.abc import Sequence
from itertools import chain
from typing import Final

import polars as pl
from attrs import frozen

from foreman_core.mapping import Mapping
from foreman_core.schema import Before, OneOf, RequiredIf, Rule
from foreman_core.validation.fast import keys
from foreman_core.validation.fast.cells import cell_of, column, is_ascii
from foreman_core.validation.fast.columns import Cells, Column, Remembered, joined
from foreman_core.validation.fast.memo import as_text
from foreman_core.validation.fast.phones import phones
from foreman_core.validation.rulebook import Rulebook

_DAY: Final = 10
_NO_VALUE: Final = pl.lit(None, dtype=pl.String)


class Rows:
    """How the rows of all blocks are looked at: for the files of one schema and one mapping."""

    def __init__(
        self, book: Rulebook, mapping: Mapping, remembered: dict[str, Column], *, padded: bool
    ) -> None:
        """`remembered` are the columns that both kinds share."""
        self._book = book
        self._columns: dict[str, Column] = {}
        positions = {match.field: match.position for match in mapping.matches}
        # phones last: they are read in the country of their row
        for compiled in sorted(book.fields, key=lambda compiled: compiled.field.format == "phone"):
            field = compiled.field
            if field.name not in positions:
                continue
            name = str(positions[field.name])
            memo = remembered.setdefault(name, Remembered(name, compiled.from_cell))
            cell = cell_of(field, name, padded=padded)
            missing = book.schema.missing_values
            made = phones(compiled, cell, missing) if field.format == "phone" else None
            self._columns[field.name] = made or column(compiled, name, missing, memo, padded=padded)

    def of(self, frame: pl.DataFrame) -> "BlockRows":
        """The expressions over the rows of a block."""
        cells: dict[str, Cells] = {}
        for name, each in self._columns.items():
            cells[name] = each.of(frame, cells)
        return BlockRows(self._book, cells)


@frozen
class BlockRows:
    """What the schema says of the rows of a block, by field."""

    book: Rulebook
    cells: BuiltinMapping[str, Cells]

    def sure(self, *, escapes: bool) -> list[pl.Expr]:
        """What must all be true of a row that is accepted for certain. `escapes`: cells may have what JSON
        text escapes.
        """
        sure = [each.sure() for each in self.cells.values()]
        if not any(self.book.schema.field(name).required for name in self.cells):
            sure.append(pl.any_horizontal(pl.all().str.strip_chars() != ""))
        if escapes:
            sure.append(~pl.any_horizontal(pl.all().str.contains(r'["\\]')))
        return [*sure, *map(self._kept, self.book.schema.rules)]

    def keys(self) -> list[pl.Expr]:
        """The text of each key; null where it is blank, or for the exact engine to find."""
        return [keys.joined([self._key_part(name) for name in each]) for each in self._key_fields()]

    def unclear(self) -> pl.Expr:
        """Rows of which the exact engine has to find a key."""
        names = {name for key in self._key_fields() for name in key if name in self.cells}
        return ~pl.all_horizontal(self._is_clear(name) for name in sorted(names))

    def json(self, rows: pl.Expr, lines: pl.Expr) -> pl.Expr:
        """The line of an accepted row, with its line feed; its row and line are given."""
        named = (self.cells[name].json(name) for name in self.book.names if name in self.cells)
        place = ['"_row":', rows, ',"_line":', lines, "}\n"]
        return joined(["{", *chain.from_iterable(named), *place], ignore_nulls=True)

    def _key_fields(self) -> Sequence[tuple[str, ...]]:
        schema = self.book.schema
        return ((schema.primary_key,), *schema.unique_keys)

    def _key_part(self, name: str) -> pl.Expr:
        if name not in self.cells:
            return _NO_VALUE
        return pl.when(self._is_clear(name)).then(self.cells[name].text())

    def _is_clear(self, name: str) -> pl.Expr:
        return self.cells[name].sure() & is_ascii(self.cells[name].text()).fill_null(value=True)

    def _text(self, name: str) -> pl.Expr:
        return self.cells[name].text() if name in self.cells else _NO_VALUE

    def _kept(self, rule: Rule) -> pl.Expr:
        """Whether a row keeps a rule for certain."""
        match rule:
            case RequiredIf():
                values = [as_text(value) for value in rule.is_one_of]
                when = self._text(rule.when).is_in(values).fill_null(value=False)
                return self._text(rule.field).is_not_null() | ~when
            case OneOf():
                return pl.any_horizontal(self._text(name).is_not_null() for name in rule.fields)
            case Before():
                earlier, later = self._text(rule.earlier), self._text(rule.later)
                before = earlier.str.slice(0, _DAY) < later.str.slice(0, _DAY)
                return before.fill_null(value=True)
