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
from foreman_core.validation.fast.columns import Cells, Column, Part, member
from foreman_core.validation.fast.dialled import ABROAD, MixedError, certain
from foreman_core.validation.fast.memo import TEXT, Memo, Row
from foreman_core.validation.fields import Compiled
from foreman_core.validation.numbering import LONGEST, NO_DIGITS, SHAPE

_HEADS: Final = (5, 8)
"""Digits by which numbers are known: most are by 5, of the regions that share +1 or +44 some need more."""

_INDEX, _COUNTRY, _DIGITS, _CELL, _NUMBER = "index", "country", "digits", "cell", "number"
_IS_ONE, _CODE, _DROP = "is_one", "code", "drop"


def _look(text: str) -> Row:
    """What is known of a class, by the text that `_class` makes: whether all its numbers have one fate, and
    how they become E.164; nulls where the exact engine decides.
    """
    country, head, length = text.split(" ")
    try:
        found = certain(country, head, int(length))
    except MixedError:
        return False, None, None
    return (True, None, None) if found is None else (True, found.code, found.drop)


@define
class Reader:
    """Reads the numbers of a column; `never` are digits that are no number."""

    _never: list[str]
    _memo: Memo = field(factory=lambda: Memo(_look, {_IS_ONE: pl.Boolean, _CODE: pl.String, _DROP: pl.UInt8}))

    def e164(self, cells: pl.Series, countries: pl.Series) -> pl.Series:
        """The valid numbers among the cells; null where the exact engine has to decide.

        A number without a calling code is one of the country of its row: `countries` has ISO codes of two
        letters, or nulls.
        """
        left = self._digits(cells, countries)
        found: list[pl.DataFrame] = []
        for head in _HEADS:
            left = left.with_columns(_class(head).alias(TEXT))
            joined = left.join(self._memo.known(left[TEXT]), on=TEXT, how="left")
            number = pl.concat_str(_CODE, pl.col(_DIGITS).str.slice(pl.col(_DROP))).alias(_NUMBER)
            found.append(joined.select(_INDEX, number))
            left = joined.filter(~pl.col(_IS_ONE).fill_null(value=False)).select(left.columns)
        numbers = pl.Series(map(numbering.e164, left[_CELL], left[_COUNTRY]), dtype=pl.String)
        found.append(left.select(_INDEX, numbers.alias(_NUMBER)))
        valid = pl.concat(found).drop_nulls(_NUMBER)
        none = pl.repeat(None, len(cells), dtype=pl.String, eager=True)
        return none.scatter(valid[_INDEX], valid[_NUMBER])

    def _digits(self, cells: pl.Series, countries: pl.Series) -> pl.DataFrame:
        """The cells that are one number for certain, each with its country and its digits."""
        cell, country = pl.col(_CELL), pl.col(_COUNTRY)
        has_code = cell.str.starts_with("+")
        is_number = cell.str.contains(SHAPE.pattern) & (cell.str.len_bytes() <= LONGEST)
        frame = (
            pl.LazyFrame({_CELL: cells, _COUNTRY: countries})
            .with_row_index(_INDEX)
            .filter(is_number & (has_code | country.is_not_null()))
            .with_columns(
                pl.when(has_code).then(pl.lit(ABROAD)).otherwise(country).alias(_COUNTRY),
                cell.str.replace_all(NO_DIGITS.pattern, "").alias(_DIGITS),
            )
        )
        return frame.filter(~pl.col(_DIGITS).is_in(self._never)).collect()


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

    def json(self, name: str) -> list[Part]:
        """The parts of the member of a JSON object that the number is, with its comma; nulls for a blank."""
        return member(name, self.text(), is_text=True, is_there=self.required)


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
