# pyright: reportUnknownMemberType=false
# the annotations of Polars name types of NumPy, which is not installed
"""What the contenders that work on a Polars frame have in common: the frame, and rules as expressions."""

from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.contenders import _rules as rules
from benchmarks.faults import COLUMNS

ROW: Final = "row"
LENGTHS: Final = {
    "customer_id": rules.ID_LENGTH,
    "first_name": rules.NAME_LENGTH,
    "last_name": rules.NAME_LENGTH,
    "email": rules.EMAIL_LENGTH,
    "postal_code": rules.POSTAL_CODE_LENGTH,
}
REQUIRED: Final = (
    "customer_id", "first_name", "last_name", "email", "country", "signup_date", "plan",
)  # fmt: skip


def read(path: Path, phones: rules.Phones) -> pl.DataFrame:
    """The cells, trimmed, blanks as null, with `row` from 1; and what several rules need: `country_code`,
    `birth` and `signup` as dates, `revenue` as a number, `phone_fits`.

    A row with too many cells loses the last, one with too few gets nulls: Polars does not say which.
    """
    return (
        pl.read_csv(path, infer_schema=False, truncate_ragged_lines=True)
        .with_columns(pl.col(COLUMNS).str.strip_chars())
        .with_columns(pl.when(pl.col(COLUMNS) != "").then(pl.col(COLUMNS)))
        .with_columns(pl.col("plan").str.to_lowercase())
        .with_row_index(ROW, 1)
        .with_columns(
            country_code=pl.col("country")
            .str.to_lowercase()
            .replace_strict(rules.countries(), default=None, return_dtype=pl.String),
            birth=pl.coalesce(_date("date_of_birth", "%Y-%m-%d"), _date("date_of_birth", "%d/%m/%Y")),
            signup=_date("signup_date", "%Y-%m-%d"),
            revenue=pl.col("annual_revenue").cast(pl.Float64, strict=False),
        )
        .with_columns(phone_fits=_phone_fits(phones))
    )


def _date(column: str, form: str) -> pl.Expr:
    pattern = rules.ISO_DATE if form == "%Y-%m-%d" else rules.DATE
    is_shaped = pl.col(column).str.contains(pattern)
    return pl.when(is_shaped).then(pl.col(column).str.to_date(form, strict=False))


def _phone_fits(phones: rules.Phones) -> pl.Expr:
    if phones == "shape":
        return pl.col("phone").str.contains(rules.PHONE)

    def judged(frame: pl.Series) -> pl.Series:
        pairs = zip(frame.struct.field("phone"), frame.struct.field("country_code"), strict=True)
        return pl.Series(
            [None if text is None else rules.is_phone(text, country, phones) for text, country in pairs],
            dtype=pl.Boolean,
        )

    return pl.struct("phone", "country_code").map_batches(judged, return_dtype=pl.Boolean)


def broken() -> dict[tuple[str, str], pl.Expr]:
    """(field, code) -> whether a row breaks that rule; null is no."""
    return {
        **{(name, "required"): pl.col(name).is_null() for name in REQUIRED},
        **{(name, "max-length"): pl.col(name).str.len_chars() > most for name, most in LENGTHS.items()},
        ("customer_id", "unique"): pl.col("customer_id").is_not_null()
        & ~pl.col("customer_id").is_first_distinct(),
        ("email", "format"): ~pl.col("email").str.contains(rules.EMAIL),
        ("country", "format"): pl.col("country").is_not_null() & pl.col("country_code").is_null(),
        ("phone", "format"): ~pl.col("phone_fits"),
        ("date_of_birth", "type"): pl.col("date_of_birth").is_not_null() & pl.col("birth").is_null(),
        ("signup_date", "type"): pl.col("signup_date").is_not_null() & pl.col("signup").is_null(),
        ("date_of_birth", "rule"): pl.col("birth") >= pl.col("signup"),
        ("plan", "enum"): ~pl.col("plan").is_in(rules.PLANS),
        ("annual_revenue", "type"): ~pl.col("annual_revenue").str.contains(rules.NUMBER),
        ("annual_revenue", "minimum"): pl.col("revenue") < 0,
        ("annual_revenue", "maximum"): pl.col("revenue") > rules.LARGEST_REVENUE,
    }
