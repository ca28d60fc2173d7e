"""Phone numbers of a whole column as E.164, where their meaning is certain.

Numbers are known by their beginning, their length and their country: what is certain of all of these is
worked out once. Where more digits matter, a longer beginning is tried, and at last the number alone.
"""

import re
from collections.abc import Mapping
from typing import Final

import polars as pl
from attrs import define, field, frozen

from foreman_core.schema import Constraints
from foreman_core.validation import numbering
from foreman_core.validation.fast.columns import Cells, Column, member
from foreman_core.validation.fast.dialled import ABROAD, MixedError, Rewritten, certain
from foreman_core.validation.fast.memo import Memo
from foreman_core.validation.fields import Compiled
from foreman_core.validation.numbering import LONGEST, NO_DIGITS, SHAPE

_HEADS: Final = (5, 8)
"""Digits by which numbers are known: most are by 5, of the regions that share +1 or +44 some need more."""

_INDEX, _COUNTRY, _DIGITS, _CELL = "index", "country", "digits", "cell"


@frozen
class Known:
    """Whether numbers of a class have one fate, and what they become: None where the exact engine decides."""

    is_one: bool
    rewritten: Rewritten | None

    @property
    def code(self) -> str | None:
        """What stands before the national number."""
        return self.rewritten.code if self.rewritten else None

    @property
    def drop(self) -> int | None:
        """How many digits it stands for."""
        return self.rewritten.drop if self.rewritten else None


def _look(text: str) -> Known:
    """What is known of a class, by the text that `_class` makes."""
    country, head, length = text.split(" ")
    try:
        return Known(is_one=True, rewritten=certain(country, head, int(length)))
    except MixedError:
        return Known(is_one=False, rewritten=None)


@define
class Reader:
    """Reads the numbers of a column; `never` are digits that are no number."""

    _never: list[str]
    _memo: Memo[Known] = field(factory=lambda: Memo(_look))

    def e164(self, cells: pl.Series, countries: pl.Series) -> pl.Series:
        """The valid numbers among the cells; null where the exact engine has to decide.

        A number without a calling code is one of the country of its row: `countries` has ISO codes of two
        letters, or nulls.
        """
        left = self._digits(cells, countries)
        found: list[pl.DataFrame] = []
        for head in _HEADS:
            known = self._memo.find(left.select(_class(head)).to_series())
            left = left.with_columns(
                one=known.each(lambda each: each.is_one, pl.Boolean).fill_null(value=False),
                code=known.each(lambda each: each.code, pl.String),
                drop=known.each(lambda each: each.drop, pl.UInt8),
            )
            found.append(
                left.filter(pl.col("code").is_not_null()).select(
                    _INDEX, number=pl.concat_str("code", pl.col(_DIGITS).str.slice(pl.col("drop")))
                )
            )
            left = left.filter(~pl.col("one"))
            if not left.height:
                break
        numbers = pl.Series(map(numbering.e164, left[_CELL], left[_COUNTRY]), dtype=pl.String)
        found.append(left.select(_INDEX, number=numbers))
        valid = pl.concat(found)
        none = pl.repeat(None, len(cells), dtype=pl.String, eager=True)
        return none.scatter(valid[_INDEX], valid["number"])

    def _digits(self, cells: pl.Series, countries: pl.Series) -> pl.DataFrame:
        """The cells that are one number for certain, each with its country and its digits."""
        cell, country = pl.col(_CELL), pl.col(_COUNTRY)
        frame = pl.DataFrame({_CELL: cells, _COUNTRY: countries}).with_row_index(_INDEX)
        frame = frame.filter(
            cell.str.contains(SHAPE.pattern)
            & (cell.str.len_bytes() <= LONGEST)
            & (cell.str.starts_with("+") | country.is_not_null())
        ).with_columns(
            pl.when(cell.str.starts_with("+")).then(pl.lit(ABROAD)).otherwise(country).alias(_COUNTRY),
            cell.str.replace_all(NO_DIGITS.pattern, "").alias(_DIGITS),
        )
        return frame.filter(~pl.col(_DIGITS).is_in(self._never)) if self._never else frame


def _class(head: int) -> pl.Expr:
    """The text that numbers are known by."""
    digits = pl.col(_DIGITS)
    return pl.concat_str(_COUNTRY, digits.str.head(head), digits.str.len_bytes(), separator=" ")


@frozen
class Numbers:
    """The cells of a column of phone numbers, as they were read."""

    cell: pl.Expr
    required: bool
    numbers: pl.Series

    def sure(self) -> pl.Expr:
        """Boolean: without an issue for certain."""
        right = pl.lit(self.numbers.is_not_null())
        return right if self.required else right | (self.cell == "")

    def text(self) -> pl.Expr:
        """The number as E.164; null for a blank."""
        return pl.lit(self.numbers)

    def json(self, name: str) -> pl.Expr:
        """The number as a member of a JSON object, with its comma; null for a blank."""
        return pl.concat_str(pl.lit(f'{member(name)}"'), self.text(), pl.lit('",'))


@frozen
class Phones:
    """A column of phone numbers."""

    compiled: Compiled
    cell: pl.Expr
    reader: Reader

    def of(self, frame: pl.DataFrame, others: Mapping[str, Cells]) -> Cells:
        """The numbers of a block, each read in the country of its row."""
        field = self.compiled.field
        default = pl.lit(field.default_country, dtype=pl.String)
        said = others.get(field.country_field or "")
        country = default if said is None else pl.when(said.sure()).then(said.text().fill_null(default))
        seen = frame.select(cell=self.cell, country=country)
        return Numbers(self.cell, field.required, self.reader.e164(seen["cell"], seen["country"]))


def phones(compiled: Compiled, cell: pl.Expr, missing_values: tuple[str, ...]) -> Column | None:
    """The column of a field of phone numbers; None when its schema says more of them than that.

    Normalisers and trimming make no difference to a number that is certain: it has no letters, and begins and
    ends with digits. For the same reason a way to write a blank is known by its digits.
    """
    says = compiled.field.constraints
    if says != Constraints(required=says.required, unique=says.unique):
        return None
    never = [digits for text in missing_values if (digits := re.sub("[^0-9]", "", text))]
    return Phones(compiled, cell, Reader(never))
