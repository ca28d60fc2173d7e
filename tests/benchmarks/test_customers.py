"""The generator gives the same file everywhere, and knows what is wrong with it."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import phonenumbers
import pytest

from benchmarks import customers
from benchmarks.agreement import expected_flags, expected_of
from benchmarks.customers import VARIANTS, write
from benchmarks.faults import COLUMNS, MIXED
from benchmarks.pools import COUNTRIES
from foreman_core.models import Issue
from foreman_core.pipeline.check import CheckReport, check
from foreman_core.schema import find_schema

ROWS: Final = 2_000
CODES: Final = {code for fault in MIXED for _, code in fault.issues}


def made(folder: Path, *, rows: int = ROWS, variant: str = "mixed", seed: int = 1) -> Path:
    path = folder / f"{variant}-{rows}-{seed}.csv"
    write(path, rows, variant=variant, seed=seed, bad_share=0.2)
    return path


def judged(path: Path) -> tuple[CheckReport, list[Issue]]:
    issues: list[Issue] = []
    report = check(
        io.BytesIO(path.read_bytes()), name=path.name, schema=find_schema("customer"), on_issue=issues.append
    )
    return report, issues


@pytest.mark.parametrize("variant", VARIANTS)
def test_foreman_finds_exactly_what_was_put_in(tmp_path: Path, variant: str) -> None:
    path = made(tmp_path, variant=variant)
    report, issues = judged(path)
    assert {(issue.row, issue.code) for issue in issues} == expected_flags(path, with_duplicates=False)
    fates = [each["fate"] for each in csv.DictReader(expected_of(path).read_text("utf-8").splitlines())]
    assert report.counts.read == ROWS
    assert report.counts.rejected == fates.count("rejected") > 0
    assert report.counts.duplicate == fates.count("duplicate") > 0


def test_every_kind_of_fault_comes_up(tmp_path: Path) -> None:
    assert {code for _, code in expected_flags(made(tmp_path), with_duplicates=False)} == CODES


def test_the_same_seed_gives_the_same_bytes_whatever_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "again").mkdir()
    first = made(tmp_path)
    monkeypatch.setattr(customers, "BLOCK", 333)
    again = made(tmp_path / "again")
    assert again.read_bytes() == first.read_bytes()
    assert expected_of(again).read_bytes() == expected_of(first).read_bytes()


def test_a_longer_file_begins_with_the_shorter(tmp_path: Path) -> None:
    assert made(tmp_path).read_bytes().startswith(made(tmp_path, rows=500).read_bytes())


def test_another_seed_gives_another_file(tmp_path: Path) -> None:
    assert made(tmp_path, seed=2).read_bytes() != made(tmp_path).read_bytes()


def test_phones_are_valid_and_hardly_any_comes_twice(tmp_path: Path) -> None:
    path = tmp_path / "good.csv"
    write(path, ROWS, bad_share=0)
    codes = {name: country.names[0] for country in COUNTRIES for name in country.names}
    found = [(row["phone"], codes[row["country"]]) for row in records(path) if row["phone"]]
    numbers = {
        phonenumbers.format_number(number, 0) for text, country in found if (number := valid(text, country))
    }
    assert len(numbers) > 0.99 * len(found) > 0.8 * ROWS


def test_variants_differ_in_what_they_are_for(tmp_path: Path) -> None:
    assert made(tmp_path, variant="crlf").read_bytes().count(b"\r\n") == ROWS + 1
    assert b"\r" not in made(tmp_path).read_bytes()
    assert any("\n" in row["last_name"] for row in records(made(tmp_path, variant="quoted")))
    widths = {len(line.split(",")) for line in made(tmp_path).read_text(encoding="utf-8").splitlines()}
    assert len(COLUMNS) + 1 in widths


def test_columns_are_those_of_the_schema() -> None:
    assert [field.name for field in find_schema("customer").fields] == list(COLUMNS)


def test_what_is_expected_is_found_in_the_report_as_well(tmp_path: Path) -> None:
    report, _ = judged(made(tmp_path))
    assert set(json.loads(json.dumps(report.as_json()))["issues"]["by_code"]) == CODES


def records(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def valid(text: str, country: str) -> phonenumbers.PhoneNumber:
    number = phonenumbers.parse(text, country)
    assert phonenumbers.is_valid_number(number), (text, country)
    return number
