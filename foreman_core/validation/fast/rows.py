"""What a schema says about the rows of a block, as Polars expressions over the cells of its columns."""

from collections.abc import Sequence
from typing import Final

import orjson
import polars as pl

from foreman_core.mapping import Mapping
from foreman_core.schema import Before, OneOf, RequiredIf, Rule
from foreman_core.validation.fast import keys
from foreman_core.validation.fast.cells import Column, cell_of, column, is_ascii
from foreman_core.validation.fast.memo import Memo, as_text
from foreman_core.validation.fast.phones import phones
from foreman_core.validation.rulebook import Rulebook

JSON: Final = "json"
_DAY: Final = 10
_NO_VALUE: Final = pl.lit(None, dtype=pl.String)


class Rows:
    """The expressions for the files of one schema and one mapping. Memos are shared between both kinds."""

    def __init__(self, book: Rulebook, mapping: Mapping, memos: dict[str, Memo], *, padded: bool) -> None:
        self._book = book
        self._width = len(mapping.columns)
        self._columns: dict[str, Column] = {}
        positions = {match.field: match.position for match in mapping.matches}
        for compiled in sorted(book.fields, key=lambda compiled: compiled.field.format == "phone"):
            field = compiled.field
            if field.name not in positions:
                continue
            name = str(positions[field.name])
            memo = memos.setdefault(name, Memo(compiled.from_cell))
            made = None
            if field.format == "phone":
                cell = cell_of(field, name, padded=padded)
                country = self._columns.get(field.country_field or "")
                made = phones(compiled, cell, country, book.schema.missing_values)
            self._columns[field.name] = made or column(
                compiled, name, book.schema.missing_values, memo, padded=padded
            )

    def learn(self, frame: pl.DataFrame) -> None:
        """See a block before it is judged."""
        for each in self._columns.values():
            each.learn(frame)

    def sure(self, *, escapes: bool) -> list[pl.Expr]:
        """What must all be true of a row that is accepted for certain. `escapes`: cells may have what JSON
        text escapes.
        """
        sure = [each.sure() for each in self._columns.values()]
        if not any(self._book.schema.field(name).required for name in self._columns):
            sure.append(pl.any_horizontal(pl.all().str.strip_chars() != ""))
        if escapes:
            sure.append(~pl.any_horizontal(pl.all().str.contains(r'["\\]')))
        return [*sure, *map(self._kept, self._book.schema.rules)]

    def keys(self) -> list[pl.Expr]:
        """The text of each key; null where it is blank, or for the exact engine to find."""
        return [keys.joined([self._key_part(name) for name in each]) for each in self._key_fields()]

    def unclear(self) -> pl.Expr:
        """Rows of which the exact engine has to find a key."""
        names = {name for key in self._key_fields() for name in key if name in self._columns}
        return ~pl.all_horizontal(self._is_clear(name) for name in sorted(names))

    def json(self, rows: pl.Expr, lines: pl.Expr) -> pl.Expr:
        """The line of an accepted row, without the line feed; its row and line are given."""
        parts = [
            pl.concat_str(
                [pl.lit(f"{orjson.dumps(name).decode()}:"), self._columns[name].json(), pl.lit(",")]
            )
            for name in self._book.names
            if name in self._columns
        ]
        tail = pl.format('"_row":{},"_line":{}}}', rows, lines)
        return pl.concat_str([pl.lit("{"), *(part.fill_null("") for part in parts), tail])

    def _key_fields(self) -> Sequence[tuple[str, ...]]:
        schema = self._book.schema
        return ((schema.primary_key,), *schema.unique_keys)

    def _key_part(self, name: str) -> pl.Expr:
        if name not in self._columns:
            return _NO_VALUE
        return pl.when(self._is_clear(name)).then(self._columns[name].text())

    def _is_clear(self, name: str) -> pl.Expr:
        return self._columns[name].sure() & is_ascii(self._columns[name].text()).fill_null(value=True)

    def _text(self, name: str) -> pl.Expr:
        return self._columns[name].text() if name in self._columns else _NO_VALUE

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
