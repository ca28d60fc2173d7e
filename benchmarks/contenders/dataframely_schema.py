# pyright: basic, reportMissingImports=false
# ruff: noqa: N805 - what its decorator makes of a rule is a class method
# dataframely is installed in the benchmarks' own environment only
"""dataframely: what its columns can say as columns, the rest as rules."""

from pathlib import Path
from typing import Final

import dataframely as dy
import polars as pl

from benchmarks.contenders import _polars
from benchmarks.contenders import _rules as rules
from benchmarks.contenders._report import Flag, Found, run

_CODES: Final[dict[str, str]] = {
    "nullability": "required",
    "max_length": "max-length",
    "regex": "format",
    "min": "minimum",
    "max": "maximum",
}
_BROKEN: Final = _polars.broken()


def _holds(field: str, code: str) -> pl.Expr:
    return ~_BROKEN[field, code].fill_null(value=False)


class Customer(dy.Schema):
    """A row of the frame that is read."""

    row = dy.UInt32()
    customer_id = dy.String(max_length=rules.ID_LENGTH)
    first_name = dy.String(max_length=rules.NAME_LENGTH)
    last_name = dy.String(max_length=rules.NAME_LENGTH)
    email = dy.String(max_length=rules.EMAIL_LENGTH, regex=rules.EMAIL)
    phone = dy.String(nullable=True)
    country = dy.String()
    postal_code = dy.String(nullable=True, max_length=rules.POSTAL_CODE_LENGTH)
    date_of_birth = dy.String(nullable=True)
    signup_date = dy.String()
    plan = dy.String()
    annual_revenue = dy.String(nullable=True)
    country_code = dy.String(nullable=True)
    birth = dy.Date(nullable=True)
    signup = dy.Date(nullable=True)
    revenue = dy.Float64(nullable=True, min=0, max=rules.LARGEST_REVENUE)
    phone_fits = dy.Bool(nullable=True)

    @dy.rule()
    def customer_id__unique(cls) -> pl.Expr:
        """Where the schema says `unique`, the row that comes first would be flagged too."""
        return _holds("customer_id", "unique")

    @dy.rule()
    def country__format(cls) -> pl.Expr:
        """A code or a name."""
        return _holds("country", "format")

    @dy.rule()
    def phone__format(cls) -> pl.Expr:
        """As the frame has it."""
        return _holds("phone", "format")

    @dy.rule()
    def date_of_birth__type(cls) -> pl.Expr:
        """A date in either form."""
        return _holds("date_of_birth", "type")

    @dy.rule()
    def signup_date__type(cls) -> pl.Expr:
        """A date."""
        return _holds("signup_date", "type")

    @dy.rule()
    def date_of_birth__rule(cls) -> pl.Expr:
        """Before the day of signing up."""
        return _holds("date_of_birth", "rule")

    @dy.rule()
    def plan__enum(cls) -> pl.Expr:
        """As text: casting to an enumeration would flag no row, but fail."""
        return _holds("plan", "enum")

    @dy.rule()
    def annual_revenue__type(cls) -> pl.Expr:
        """A number."""
        return _holds("annual_revenue", "type")


def judge(path: Path, phones: rules.Phones) -> Found:
    """Every flag of every row."""
    frame = _polars.read(path, phones)
    _, failure = Customer.filter(frame)
    told = failure.details()
    flags: list[Flag] = []
    names: list[str] = list(failure.counts())
    for name in names:
        field, _, code = name.replace("|", "__").rpartition("__")
        field = "annual_revenue" if field == "revenue" else field
        rows = told.filter(pl.col(name) == "invalid")[_polars.ROW]
        flags += [(row, field, _CODES.get(code, code)) for row in rows]
    return Found(frame.height, flags)


if __name__ == "__main__":
    run(judge)
