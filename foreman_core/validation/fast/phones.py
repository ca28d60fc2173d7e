"""Phone numbers of a whole column as E.164, where their meaning is certain."""

import re
from typing import Final

import polars as pl
from attrs import define, field

from foreman_core.schema import Constraints
from foreman_core.validation import numbering
from foreman_core.validation.fast.cells import Column
from foreman_core.validation.fields import Compiled
from foreman_core.validation.numbering import (
    CALLING_CODES,
    CODE,
    LONGEST,
    NO_DIGITS,
    SHAPE,
    Home,
    Kind,
    Numbers,
    home,
    is_valid,
    numbers,
)

_FROM: Final = 1 << 14
"""Rows from which on a column is read as one: Polars compiles every pattern anew, which takes as long as
reading so many numbers one by one."""

_USUAL: Final = 2
"""Kinds of numbers, fixed lines and mobiles first, that are looked for in the whole column: Polars compiles a
pattern each time it is used, and most patterns match next to nothing."""

_INDEX, _REGION, _NATIONAL, _HAS_CODE = "index", "region", "national", "has_code"


@define
class Phones(Column):
    """A column of phone numbers. `country` is the column that says where the number of a row is at home."""

    _compiled: Compiled
    _cell: pl.Expr
    _country: Column | None
    _never: list[str]
    _values: pl.Series = field(factory=lambda: pl.Series([], dtype=pl.String))

    def learn(self, frame: pl.DataFrame) -> None:
        """Read the numbers of a block. That of the country must have been learned before."""
        default = pl.lit(self._compiled.field.default_country, dtype=pl.String)
        said = self._country
        country = default if said is None else pl.when(said.sure()).then(said.text().fill_null(default))
        seen = frame.select(cell=self._cell, country=country)
        read = e164 if frame.height >= _FROM else _one_by_one
        self._values = read(seen["cell"], seen["country"], never=self._never)

    def sure(self) -> pl.Expr:
        """Boolean: without an issue for certain."""
        right = pl.lit(self._values.is_not_null())
        return right if self._compiled.field.required else right | (self._cell == "")

    def text(self) -> pl.Expr:
        """The number as E.164; null for a blank."""
        return pl.lit(self._values)

    def json(self) -> pl.Expr:
        """The number as JSON; null for a blank."""
        return pl.concat_str([pl.lit('"'), self.text(), pl.lit('"')])


def phones(
    compiled: Compiled, cell: pl.Expr, country: Column | None, missing_values: tuple[str, ...]
) -> Column | None:
    """The column of a field of phone numbers; None when its schema says more of them than that.

    Normalisers and trimming make no difference to a number that is certain: it has no letters, and begins and
    ends with digits. For the same reason a way to write a blank is known by its digits.
    """
    says = compiled.field.constraints
    if says != Constraints(required=says.required, unique=says.unique):
        return None
    never = [digits for text in missing_values if (digits := re.sub("[^0-9]", "", text))]
    return Phones(compiled, cell, country, never)


def _one_by_one(cells: pl.Series, countries: pl.Series, *, never: list[str]) -> pl.Series:
    """What `e164` gives."""
    found = [
        None
        if (number := numbering.e164(cell, country)) is None or NO_DIGITS.sub("", cell) in never
        else number
        for cell, country in zip(cells, countries, strict=True)
    ]
    return pl.Series(found, dtype=pl.String)


def e164(cells: pl.Series, countries: pl.Series, *, never: list[str]) -> pl.Series:
    """The valid numbers among the cells; null where the exact engine has to decide.

    A number without a calling code is one of the country of its row: `countries` has ISO codes of two
    letters, or nulls. `never` are digits that are no number.
    """
    frame = pl.select(
        cell=pl.when(cells.str.contains(SHAPE.pattern) & (cells.str.len_bytes() <= LONGEST)).then(cells),
        country=countries,
    )
    frame = frame.select(
        has_code=pl.col("cell").str.starts_with("+"),
        digits=pl.col("cell").str.replace_all(NO_DIGITS.pattern, ""),
        country="country",
    )
    if never:
        frame = frame.with_columns(digits=pl.when(~pl.col("digits").is_in(never)).then("digits"))
    code = pl.col("digits").str.extract(CODE.pattern)
    frame = frame.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias(_INDEX),
        pl.when(_HAS_CODE)
        .then(code.replace_strict(CALLING_CODES, default=None, return_dtype=pl.String))
        .otherwise("country")
        .alias(_REGION),
        pl.when(_HAS_CODE)
        .then(pl.col("digits").str.slice(code.str.len_bytes()))
        .otherwise("digits")
        .alias(_NATIONAL),
        _HAS_CODE,
    ).drop_nulls()
    found = [
        _of_region(group, rules)
        for (region,), group in frame.partition_by(_REGION, as_dict=True).items()
        if (rules := home(str(region))) is not None
    ]
    none = pl.repeat(None, len(cells), dtype=pl.String, eager=True)
    if not found:
        return none
    valid = pl.concat(found)
    return none.scatter(valid[_INDEX], valid[_NATIONAL])


def _of_region(group: pl.DataFrame, rules: Home) -> pl.DataFrame:
    """The valid numbers of those that are read by the rules of one region, by index. Numbers of unusual kinds
    are few, and read one by one.
    """
    abroad = pl.col(_NATIONAL).str.contains(rules.abroad.pattern)
    group = _national(group.filter(pl.col(_HAS_CODE) | ~abroad), rules)
    usual = group.select(_is_usual(numbers(rules.code)[0])).to_series()
    others = group.filter(~usual)
    valid = [is_valid(number, rules.code) for number in others[_NATIONAL]]
    return pl.concat([group.filter(usual), others.filter(pl.Series(valid, dtype=pl.Boolean))]).select(
        _INDEX, pl.concat_str(pl.lit(f"+{rules.code}"), _NATIONAL).alias(_NATIONAL)
    )


def _national(group: pl.DataFrame, rules: Home) -> pl.DataFrame:
    """The numbers without what stands before them; some are left out."""
    if rules.trunk is None:
        return group
    trunk, national = rules.trunk.pattern, pl.col(_NATIONAL)
    if not rules.rewrites:
        rest = national.str.replace(trunk, "")
        may_be = rest.str.len_bytes().is_in(sorted(rules.lengths))
        return group.filter(~national.str.contains(trunk) | may_be).with_columns(rest)
    found = pl.Series(_NATIONAL, map(rules.national, group[_NATIONAL]), dtype=pl.String)
    return group.with_columns(found).drop_nulls(_NATIONAL)


def _is_usual(plan: Numbers) -> pl.Expr:
    """Whether a national number is a usual one of the first region of a calling code."""
    kinds = pl.any_horizontal(map(_matches, plan.kinds[:_USUAL]))
    is_mine = _matches(plan.all_kinds) & kinds
    return is_mine if plan.leading is None else is_mine & pl.col(_NATIONAL).str.contains(plan.leading.pattern)


def _matches(kind: Kind) -> pl.Expr:
    national = pl.col(_NATIONAL)
    matches = national.str.contains(kind.pattern.pattern)
    return matches & national.str.len_bytes().is_in(sorted(kind.lengths)) if kind.lengths else matches
