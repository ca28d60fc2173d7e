# pyright: basic, reportMissingImports=false
# pandera is installed in the benchmarks' own environment only
"""pandera on Polars: built-in checks where it has them, the rest as expressions; lazy, to hear of all."""

from pathlib import Path
from typing import Any, Final

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from benchmarks.contenders import _polars
from benchmarks.contenders import _rules as rules
from benchmarks.contenders._report import Flag, Found, run

_BROKEN: Final = _polars.broken()
_CODES: Final = {
    "not_nullable": "required",
    "str_length": "max-length",
    "str_matches": "format",
    "isin": "enum",
    "greater_than_or_equal_to": "minimum",
    "less_than_or_equal_to": "maximum",
}


def _check(field: str, code: str) -> pa.Check:
    holds = ~_BROKEN[field, code].fill_null(value=False)
    return pa.Check(lambda data: _select(data, holds), name=code)


def _select(data: PolarsData, holds: pl.Expr) -> pl.LazyFrame:
    return data.lazyframe.select(holds)


def _longest(field: str) -> pa.Check:
    return pa.Check.str_length(max_value=_polars.LENGTHS[field])


def _schema() -> pa.DataFrameSchema:
    text = pl.String
    return pa.DataFrameSchema(
        {
            "customer_id": pa.Column(text, [_longest("customer_id"), _check("customer_id", "unique")]),
            "first_name": pa.Column(text, _longest("first_name")),
            "last_name": pa.Column(text, _longest("last_name")),
            "email": pa.Column(text, [_longest("email"), pa.Check.str_matches(rules.EMAIL)]),
            "phone": pa.Column(text, _check("phone", "format"), nullable=True),
            "country": pa.Column(text, _check("country", "format")),
            "postal_code": pa.Column(text, _longest("postal_code"), nullable=True),
            "date_of_birth": pa.Column(
                text, [_check("date_of_birth", "type"), _check("date_of_birth", "rule")], nullable=True
            ),
            "signup_date": pa.Column(text, _check("signup_date", "type")),
            "plan": pa.Column(text, pa.Check.isin(rules.PLANS)),
            "annual_revenue": pa.Column(text, _check("annual_revenue", "type"), nullable=True),
            "revenue": pa.Column(
                pl.Float64,
                [pa.Check.ge(0), pa.Check.le(rules.LARGEST_REVENUE)],
                nullable=True,
            ),
        }
    )


def judge(path: Path, phones: rules.Phones) -> Found:
    """Every flag of every row."""
    frame = _polars.read(path, phones)
    try:
        _schema().validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        return Found(frame.height, [_flag(case) for case in errors.failure_cases.iter_rows(named=True)])
    return Found(frame.height, ())


def _flag(case: dict[str, Any]) -> Flag:
    check: str = case["check"]
    code = _CODES.get(check.partition("(")[0], check)
    field = "annual_revenue" if case["column"] == "revenue" else case["column"]
    return (case["index"] if case["index"] is not None else -1) + 1, field, code


if __name__ == "__main__":
    run(judge)
