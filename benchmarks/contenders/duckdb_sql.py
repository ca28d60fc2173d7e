# pyright: basic, reportMissingImports=false
# DuckDB is installed in the benchmarks' own environment only
"""DuckDB: the rules in one SQL statement. Phones are judged by a Python function, countries by a table.

Its reader sets rows of another width aside with their line, which is the row where no cell has line feeds.
"""

from pathlib import Path
from typing import Any, Final

import duckdb

from benchmarks.contenders import _rules as rules
from benchmarks.contenders._report import Flag, Found, run
from benchmarks.faults import COLUMNS

_READ: Final = """
CREATE TEMP TABLE cells AS SELECT row_number() OVER () AS row, {columns}
FROM read_csv(?, header = true, all_varchar = true, store_rejects = true, rejects_limit = 0, delim = ',',
  quote = '"', escape = '"', auto_detect = false, columns = {types})
"""
_REJECTS: Final = """
SELECT DISTINCT line - 1, CASE WHEN error_type = 'MISSING COLUMNS' THEN 'missing-cell' ELSE 'extra-cell' END
FROM reject_errors ORDER BY 1
"""
_JUDGE: Final = """
WITH values AS (
  SELECT cells.*, codes.code,
    CASE WHEN regexp_matches(date_of_birth, '{date}')
         THEN try_strptime(date_of_birth, ['%Y-%m-%d', '%d/%m/%Y']) END AS birth,
    CASE WHEN regexp_matches(signup_date, '{iso_date}')
         THEN try_strptime(signup_date, '%Y-%m-%d') END AS signup,
    TRY_CAST(annual_revenue AS DOUBLE) AS revenue,
    row_number() OVER (PARTITION BY customer_id ORDER BY row) AS nth
  FROM cells LEFT JOIN codes ON codes.name = lower(country))
SELECT row, unnest(list_filter([{cases}], lambda flag: flag IS NOT NULL)) FROM values
"""


def judge(path: Path, phones: rules.Phones) -> Found:
    """Every flag of every row."""
    database = duckdb.connect()
    database.execute("SET enable_progress_bar = false")
    database.create_function(
        "is_phone",
        lambda text, country: rules.is_phone(text, country, phones),
        ["VARCHAR", "VARCHAR"],  # pyright: ignore[reportArgumentType] - names of types are taken too
        "BOOLEAN",  # pyright: ignore[reportArgumentType]
        null_handling="special",  # pyright: ignore[reportArgumentType]
    )
    _read(database, path)
    shapes: list[tuple[int, str]] = database.execute(_REJECTS).fetchall()
    cases = ", ".join(
        f"CASE WHEN {condition} THEN '{field}:{code}' END"
        for (field, code), condition in _broken(phones).items()
    )
    found = database.execute(_JUDGE.format(date=rules.DATE, iso_date=rules.ISO_DATE, cases=cases)).fetchall()
    rows = database.execute("SELECT count(*) FROM cells").fetchone()
    return Found(rows[0] + len(shapes), [*((row, "", code) for row, code in shapes), *_moved(found, shapes)])


def _read(database: Any, path: Path) -> None:  # noqa: ANN401 - it has no types here
    columns = ", ".join(f"nullif(trim({name}), '') AS {name}" for name in COLUMNS)
    types = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS) + "}"
    database.execute(_READ.format(columns=columns, types=types), [str(path)])
    database.execute("CREATE TEMP TABLE codes (name VARCHAR, code VARCHAR)")
    database.executemany("INSERT INTO codes VALUES (?, ?)", list(rules.countries().items()))


def _broken(phones: rules.Phones) -> dict[tuple[str, str], str]:
    required = ("customer_id", "first_name", "last_name", "email", "country", "signup_date", "plan")
    lengths = {
        "customer_id": rules.ID_LENGTH,
        "first_name": rules.NAME_LENGTH,
        "last_name": rules.NAME_LENGTH,
        "email": rules.EMAIL_LENGTH,
        "postal_code": rules.POSTAL_CODE_LENGTH,
    }
    fits = f"regexp_matches(phone, '{rules.PHONE}')" if phones == "shape" else "is_phone(phone, code)"
    return {
        **{(name, "required"): f"{name} IS NULL" for name in required},
        **{(name, "max-length"): f"length({name}) > {most}" for name, most in lengths.items()},
        ("customer_id", "unique"): "customer_id IS NOT NULL AND nth > 1",
        ("email", "format"): f"NOT regexp_matches(email, '{rules.EMAIL.replace(chr(39), chr(39) * 2)}')",
        ("country", "format"): "country IS NOT NULL AND code IS NULL",
        ("phone", "format"): f"phone IS NOT NULL AND NOT {fits}",
        ("date_of_birth", "type"): "date_of_birth IS NOT NULL AND birth IS NULL",
        ("signup_date", "type"): "signup_date IS NOT NULL AND signup IS NULL",
        ("date_of_birth", "rule"): "birth >= signup",
        ("plan", "enum"): f"lower(plan) NOT IN {rules.PLANS}",
        ("annual_revenue", "type"): f"NOT regexp_matches(annual_revenue, '{rules.NUMBER}')",
        ("annual_revenue", "minimum"): "revenue < 0",
        ("annual_revenue", "maximum"): f"revenue > {rules.LARGEST_REVENUE}",
    }


def _moved(found: list[tuple[int, str]], shapes: list[tuple[int, str]]) -> list[Flag]:
    """The flags with the rows that were set aside counted in."""
    flags: list[Flag] = []
    aside = 0
    for row, told in sorted(found):
        while aside < len(shapes) and shapes[aside][0] <= row + aside:
            aside += 1
        field, code = told.split(":")
        flags.append((row + aside, field, code))
    return flags


if __name__ == "__main__":
    run(judge)
