"""All contenders judge alike, as far as they can."""

import importlib
from pathlib import Path
from typing import Final

import pytest

from benchmarks.agreement import compare, expected_flags
from benchmarks.contenders._rules import Phones
from benchmarks.contests import CONTESTS, ROOT
from benchmarks.customers import write

ROWS: Final = 2_000
READ_RECORDS: Final = {
    "python_loop": None,
    "pydantic_model": "pydantic",
    "frictionless_schema": "frictionless",
    "duckdb_sql": "duckdb",
}
READ_WITH_POLARS: Final = {
    "polars_rules": None,
    "dataframely_schema": "dataframely",
    "pandera_schema": "pandera",
}
PACKAGES: Final = READ_RECORDS | READ_WITH_POLARS


@pytest.fixture(scope="module", name="mixed")
def mixed_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "mixed.csv"
    write(path, ROWS, bad_share=0.2)
    return path


def judged(name: str, path: Path, phones: Phones) -> tuple[int, frozenset[tuple[int, str]]]:
    package = PACKAGES.get(name)
    if package is not None:
        pytest.importorskip(package, reason="is in the benchmarks' own environment")
    found = importlib.import_module(f"benchmarks.contenders.{name}").judge(path, phones)
    return found.rows, frozenset((row, code) for row, _, code in found.flags)


@pytest.mark.parametrize("phones", ["library", "shape"])
@pytest.mark.parametrize("name", READ_RECORDS)
def test_readers_of_records_flag_what_is_wrong(mixed: Path, name: str, phones: Phones) -> None:
    rows, flags = judged(name, mixed, phones)
    assert rows == ROWS
    agreement = compare(expected_flags(mixed, with_duplicates=True), flags)
    assert agreement.verdict == "the same"


@pytest.mark.parametrize("name", READ_WITH_POLARS)
def test_readers_of_frames_flag_all_but_the_width_of_rows(mixed: Path, name: str) -> None:
    rows, flags = judged(name, mixed, "library")
    assert rows == ROWS
    agreement = compare(expected_flags(mixed, with_duplicates=True), flags)
    assert not agreement.wrong
    assert {code for _, code in agreement.missed} == {"missing-cell", "extra-cell"}


@pytest.mark.parametrize("name", ["bare_polars", "bare_polars_blocks"])
def test_bare_polars_counts_rows(mixed: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(f"benchmarks.contenders.{name}")
    if name == "bare_polars_blocks":
        monkeypatch.setattr(module, "BLOCK", 10_000)
    assert module.judge(mixed, "library").rows == ROWS


def test_every_contender_of_a_contest_is_there() -> None:
    named = {name for contest in CONTESTS for name in contest.contenders if not name.startswith("foreman")}
    written = {path.stem for path in (ROOT / "benchmarks" / "contenders").glob("[a-z]*.py")}
    assert named | {"bare_polars"} == written
