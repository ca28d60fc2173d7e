# pyright: reportUnknownMemberType=false
# the annotations of Polars name types of NumPy, which is not installed
"""Customer files of any size, with known faults: a row is a function of the seed and its number.

    python -m benchmarks.customers 100000 customers.csv --variant quoted

writes the file, and beside it `customers.csv.expected.csv`: row, fate and codes of every bad row.
"""

import argparse
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl
from attrs import frozen

from benchmarks.agreement import expected_of
from benchmarks.faults import COLUMNS, EVEN, MIXED, SHORT_FROM, Fault
from benchmarks.pools import (
    COUNTRIES,
    DOMAINS,
    FIRST_NAMES,
    LAST_NAMES,
    PLANS,
    POSTAL_CODES,
    QUOTED_LAST_NAMES,
    TAGS,
    postal_codes,
)

BLOCK: Final = 100_000
"""Rows that are made at once."""

_WORD: Final = 1 << 64
_DAY_OF_BIRTH: Final = pl.date(1935, 1, 1)
_DAY_OF_SIGNUP: Final = pl.date(2012, 1, 1)

Draw = Callable[[str, int], pl.Expr]
"""A number from 0 below the limit, drawn for the row and a purpose."""


@frozen
class Variant:
    """What kind of file: which faults it has, what stands between its lines, whether cells are quoted."""

    faults: tuple[Fault, ...] = MIXED
    line_end: str = "\n"
    quoted: bool = False


VARIANTS: Final = {
    "mixed": Variant(),
    "even": Variant(faults=EVEN),
    "quoted": Variant(quoted=True),
    "crlf": Variant(line_end="\r\n"),
}


def blocks(
    rows: int, *, variant: Variant, seed: int, bad_share: float = 0.02
) -> Iterator[tuple[str, pl.DataFrame]]:
    """The file without its header, BLOCK rows at a time: its text, and its bad rows (`row`, `fate`,
    `codes`).
    """
    for start in range(1, rows + 1, BLOCK):
        numbers = pl.int_range(start, min(start + BLOCK, rows + 1), dtype=pl.UInt64, eager=True)
        frame = _with_kind(numbers, variant, seed, bad_share)
        # lazy: what several cells draw is then worked out once
        frame = frame.lazy().select("row", "kind", line=_line(variant, seed)).collect()
        lines = frame["line"].str.join(variant.line_end).item()
        bad = frame.filter(pl.col("kind") >= 0).select(
            "row",
            fate=_of_kind([fault.fate for fault in variant.faults]),
            codes=_of_kind([fault.codes for fault in variant.faults]),
        )
        yield f"{lines}{variant.line_end}", bad


def write(path: Path, rows: int, *, variant: str = "mixed", seed: int = 1, bad_share: float = 0.02) -> None:
    """The file, and what is to be found in it beside."""
    chosen = VARIANTS[variant]
    with path.open("wb") as out, expected_of(path).open("wb") as expected:
        out.write(f"{','.join(COLUMNS)}{chosen.line_end}".encode())
        expected.write(b"row,fate,codes\n")
        for text, bad in blocks(rows, variant=chosen, seed=seed, bad_share=bad_share):
            out.write(text.encode())
            bad.write_csv(expected, include_header=False)


def _with_kind(numbers: pl.Series, variant: Variant, seed: int, bad_share: float) -> pl.DataFrame:
    """Columns `row`; `kind`, the place of the fault or -1; `source`, the row whose cells it has; `key`, the
    row whose customer_id it has.

    The row that is repeated is a good one, so that what is expected of its repetition is certain.
    """
    kinds = [fault.kind for fault in variant.faults]
    own = _kind(pl.col("row"), len(kinds), seed, bad_share)
    earlier = (_mixed(pl.col("row"), seed, "earlier") % (pl.col("row") - 1).clip(1)) + 1
    repeats = pl.col("kind").is_in([kinds.index("unique"), kinds.index("duplicate")])
    impossible = repeats & (
        (_kind(pl.col("earlier"), len(kinds), seed, bad_share) >= 0) | (pl.col("row") == 1)
    )
    return (
        pl.DataFrame({"row": numbers})
        .with_columns(kind=own, earlier=earlier)
        .with_columns(kind=pl.when(impossible).then(-1).otherwise("kind"))
        .with_columns(
            source=pl.when(pl.col("kind") == kinds.index("duplicate")).then("earlier").otherwise("row"),
            key=pl.when(pl.col("kind").is_in([kinds.index("unique"), kinds.index("duplicate")]))
            .then("earlier")
            .otherwise("row"),
        )
    )


def _kind(row: pl.Expr, kinds: int, seed: int, bad_share: float) -> pl.Expr:
    is_bad = _mixed(row, seed, "bad") % 1_000_000 < round(bad_share * 1_000_000)
    return pl.when(is_bad).then((_mixed(row, seed, "kind") % kinds).cast(pl.Int64)).otherwise(-1)


def _of_kind(texts: list[str]) -> pl.Expr:
    return pl.lit(pl.Series(texts)).gather(pl.col("kind"))


def _line(variant: Variant, seed: int) -> pl.Expr:
    cells = _cells(variant, seed)
    written = [_spoilt(cells[name], name, variant.faults) for name in COLUMNS]
    whole = pl.concat_str(written, separator=",")
    kinds = [fault.kind for fault in variant.faults]
    if "missing-cell" not in kinds:
        return whole
    return (
        pl.when(pl.col("kind") == kinds.index("missing-cell"))
        .then(pl.concat_str(written[:SHORT_FROM], separator=","))
        .when(pl.col("kind") == kinds.index("extra-cell"))
        .then(pl.concat_str([whole, pl.lit("surplus")], separator=","))
        .otherwise(whole)
    )


def _spoilt(cell: pl.Expr, name: str, faults: tuple[Fault, ...]) -> pl.Expr:
    for kind, fault in enumerate(faults):
        if name in fault.cells:
            cell = pl.when(pl.col("kind") == kind).then(pl.lit(fault.cells[name])).otherwise(cell)
    return cell


def _cells(variant: Variant, seed: int) -> dict[str, pl.Expr]:
    """Good cells, as CSV writes them."""

    def draw(purpose: str, limit: int) -> pl.Expr:
        return _mixed(pl.col("source"), seed, purpose) % limit

    last_names = (*LAST_NAMES, *(QUOTED_LAST_NAMES if variant.quoted else ()))
    person = draw("first name", len(FIRST_NAMES))
    country = draw("country", len(COUNTRIES))
    return {
        "customer_id": pl.concat_str(pl.lit("C"), _mixed(pl.col("key"), seed, "id").cast(pl.String)),
        "first_name": _one_of([name for name, _ in FIRST_NAMES], person),
        "last_name": _one_of(list(last_names), draw("last name", len(last_names))),
        "email": pl.concat_str(
            _one_of([name for _, name in FIRST_NAMES], person),
            pl.lit("."),
            pl.col("source").cast(pl.String),
            pl.lit("@"),
            _one_of(list(DOMAINS), draw("domain", len(DOMAINS))),
        ),
        "phone": _phone(draw, country),
        "country": _country(draw, country),
        "postal_code": _one_of(
            [code for each in COUNTRIES for code in postal_codes(each)],
            country * POSTAL_CODES + draw("postal code", POSTAL_CODES),
        ),
        "date_of_birth": _date_of_birth(draw),
        "signup_date": (_DAY_OF_SIGNUP + pl.duration(days=draw("signup", 5000))).dt.strftime("%Y-%m-%d"),
        "plan": _one_of(list(PLANS), draw("plan", len(PLANS))),
        "annual_revenue": _revenue(draw),
        "tags": _one_of(list(TAGS), draw("tags", len(TAGS))),
    }


def _one_of(texts: list[str], place: pl.Expr) -> pl.Expr:
    return pl.lit(pl.Series(texts)).gather(place)


def _country(draw: Draw, country: pl.Expr) -> pl.Expr:
    """Eight in ten as alpha-2, one as alpha-3, one by name."""
    form = (draw("country form", 10).cast(pl.Int64) - 7).clip(0).cast(pl.UInt64)
    return _one_of([name for each in COUNTRIES for name in each.names], country * 3 + form)


def _phone(draw: Draw, country: pl.Expr) -> pl.Expr:
    """One in ten blank; the others half in national, half in international spelling."""
    digits = draw("phone", 10**8).cast(pl.String).str.zfill(8)
    length = _of_country([each.digits for each in COUNTRIES], country)
    prefix = _one_of([text for each in COUNTRIES for text in each.prefixes], country * 2 + draw("prefix", 2))
    number = pl.concat_str(prefix, digits.str.head(length))
    parts = (number.str.head(3), number.str.slice(3, 3), number.str.slice(6))
    grouped = pl.concat_str(*parts, separator=" ")
    code = _of_country([f"+{each.calling_code}" for each in COUNTRIES], country)
    trunk = _of_country([each.trunk for each in COUNTRIES], country)
    return _weighted(
        draw,
        "spelling",
        (2, pl.lit("")),
        (4, pl.concat_str(code, number)),
        (5, pl.concat_str(code, grouped, separator=" ")),
        (4, pl.concat_str(trunk, grouped)),
        (3, pl.concat_str(trunk, number)),
        (2, pl.concat_str(pl.lit("("), trunk, parts[0], pl.lit(") "), parts[1], pl.lit("-"), parts[2])),
    )


def _of_country(values: list[str] | list[int], country: pl.Expr) -> pl.Expr:
    return pl.lit(pl.Series(values)).gather(country)


def _date_of_birth(draw: Draw) -> pl.Expr:
    day = _DAY_OF_BIRTH + pl.duration(days=draw("birth", 25_000))
    return _weighted(
        draw,
        "birth form",
        (1, pl.lit("")),
        (3, day.dt.strftime("%d/%m/%Y")),
        (6, day.dt.strftime("%Y-%m-%d")),
    )


def _revenue(draw: Draw) -> pl.Expr:
    whole = draw("revenue", 10_000_000).cast(pl.String)
    cents = draw("cents", 100).cast(pl.String).str.zfill(2)
    return _weighted(
        draw,
        "revenue form",
        (3, pl.lit("")),
        (3, whole),
        (4, pl.concat_str(whole, cents, separator=".")),
    )


def _weighted(draw: Draw, purpose: str, *options: tuple[int, pl.Expr]) -> pl.Expr:
    """One of the options, each as often as its weight says."""
    *others, (_, cell) = options
    limit = sum(weight for weight, _ in others)
    drawn = draw(purpose, limit + options[-1][0])
    for weight, option in reversed(others):
        cell = pl.when(drawn < limit).then(option).otherwise(cell)
        limit -= weight
    return cell


def _mixed(number: pl.Expr, seed: int, purpose: str) -> pl.Expr:
    """SplitMix64 (https://prng.di.unimi.it/splitmix64.c) of a row number: the same on every machine and in
    every version of Polars, and one to one for one purpose.
    """
    word = number * 0x9E3779B97F4A7C15 + _salt(seed, purpose)
    word = (word ^ (word // (1 << 30))) * 0xBF58476D1CE4E5B9
    word = (word ^ (word // (1 << 27))) * 0x94D049BB133111EB
    return word ^ (word // (1 << 31))


@cache
def _salt(seed: int, purpose: str) -> int:
    return int.from_bytes(f"{seed}{purpose}".encode(), "big") * 0xD1342543DE82EF95 % _WORD


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.customers", description=__doc__)
    parser.add_argument("rows", type=int)
    parser.add_argument("path", type=Path)
    parser.add_argument("--variant", choices=VARIANTS, default="mixed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bad-share", type=float, default=0.02)
    given = parser.parse_args()
    write(given.path, given.rows, variant=given.variant, seed=given.seed, bad_share=given.bad_share)


if __name__ == "__main__":
    main()
