"""A loop over `csv.reader`, as one writes it for one kind of file."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.contenders import _rules as rules
from benchmarks.contenders._report import Flag, Found, run
from benchmarks.faults import COLUMNS

_EMAIL: Final = re.compile(rules.EMAIL)
_NUMBER: Final = re.compile(rules.NUMBER)
_REQUIRED: Final = (
    "customer_id", "first_name", "last_name", "email", "country", "signup_date", "plan",
)  # fmt: skip
_LENGTHS: Final = {
    "customer_id": rules.ID_LENGTH,
    "first_name": rules.NAME_LENGTH,
    "last_name": rules.NAME_LENGTH,
    "postal_code": rules.POSTAL_CODE_LENGTH,
}


def judge(path: Path, phones: rules.Phones) -> Found:
    """Every flag of every row."""
    flags: list[Flag] = []
    seen: set[str] = set()
    rows = 0
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        next(reader)
        for rows, cells in enumerate(reader, 1):
            flags += ((rows, field, code) for field, code in _of_row(cells, seen, phones))
    return Found(rows, flags)


def _of_row(cells: list[str], seen: set[str], phones: rules.Phones) -> Iterator[tuple[str, str]]:
    if len(cells) != len(COLUMNS):
        yield "", "missing-cell" if len(cells) < len(COLUMNS) else "extra-cell"
    row = dict(zip(COLUMNS, map(str.strip, cells), strict=False))
    yield from ((field, "required") for field in _REQUIRED if row.get(field) == "")
    yield from ((field, "max-length") for field, most in _LENGTHS.items() if len(row.get(field) or "") > most)
    yield from _formats(row, phones)
    yield from _dates(row)
    yield from _rest(row)
    if row["customer_id"] in seen:
        yield "customer_id", "unique"
    elif row["customer_id"]:
        seen.add(row["customer_id"])


def _formats(row: dict[str, str], phones: rules.Phones) -> Iterator[tuple[str, str]]:
    email = row["email"]
    if email and (_EMAIL.match(email) is None or len(email) > rules.EMAIL_LENGTH):
        yield "email", "format"
    country = rules.country_of(row["country"])
    if row["country"] and country is None:
        yield "country", "format"
    if row["phone"] and not rules.is_phone(row["phone"], country, phones):
        yield "phone", "format"


def _dates(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    birth, signup = rules.date_of(row["date_of_birth"]), rules.date_of(row["signup_date"])
    if row["date_of_birth"] and birth is None:
        yield "date_of_birth", "type"
    if row["signup_date"] and (signup is None or "/" in row["signup_date"]):
        yield "signup_date", "type"
    if birth and signup and birth >= signup:
        yield "date_of_birth", "rule"


def _rest(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    plan, revenue = row.get("plan"), row.get("annual_revenue")
    if plan and plan.lower() not in rules.PLANS:
        yield "plan", "enum"
    if not revenue:
        return
    if _NUMBER.match(revenue) is None:
        yield "annual_revenue", "type"
    elif float(revenue) < 0:
        yield "annual_revenue", "minimum"
    elif float(revenue) > rules.LARGEST_REVENUE:
        yield "annual_revenue", "maximum"


if __name__ == "__main__":
    run(judge)
