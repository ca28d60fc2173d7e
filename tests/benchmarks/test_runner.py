"""Measuring, comparing and reporting, without a contender."""

import sys
from pathlib import Path

import pytest

from benchmarks import contests, report
from benchmarks.agreement import compare, expected_flags, found_flags
from benchmarks.contests import CONTESTS, command_of, write_shape_schema
from benchmarks.measure import FailedError, Pairs, Usage, measure, measure_pairs
from benchmarks.report import Line, Result
from foreman_core.schema import find_schema

PRINTS = [sys.executable, "-S", "-c", "print('done')"]


def test_a_measured_process_is_known_by_what_it_took_and_printed() -> None:
    usage = measure(PRINTS)
    assert usage.printed == "done\n"
    assert usage.wall > 0
    assert usage.cpu > 0
    assert usage.memory > 1


def test_a_process_that_rejects_rows_has_done_its_work() -> None:
    assert measure([*PRINTS[:-1], "print('done'); raise SystemExit(1)"]).printed == "done\n"


@pytest.mark.parametrize("program", ["print('done'); raise SystemExit(2)", "raise SystemExit(1)"])
def test_a_process_that_fails_says_why(program: str) -> None:
    with pytest.raises(FailedError, match="SystemExit"):
        measure([*PRINTS[:-1], program])


def test_pairs_have_one_base_each() -> None:
    pairs = measure_pairs(PRINTS, PRINTS, at_most=3)
    assert len(pairs.own) == len(pairs.base) == 3


def test_a_slow_contender_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.measure.BUDGET", 0.0)
    assert len(measure_pairs(PRINTS, PRINTS).own) == 1


def test_the_ratio_is_the_median_of_pairs_not_of_runs() -> None:
    own = tuple(Usage(wall, wall, 1, "") for wall in (2, 30, 4))
    base = tuple(Usage(wall, 1, 1, "") for wall in (1, 10, 4))
    assert Pairs(own, base).ratio == 2
    assert Pairs(own, base).cpu_ratio == 4


def test_differences_are_told_by_code_and_row(tmp_path: Path) -> None:
    told = tmp_path / "flags.csv"
    told.write_text("row,field,code\n1,email,format\n9,plan,enum\n", encoding="utf-8")
    expected = tmp_path / "a.csv.expected.csv"
    expected.write_text("row,fate,codes\n1,rejected,email:format\n4,duplicate,\n", encoding="utf-8")
    file = tmp_path / "a.csv"
    assert expected_flags(file, with_duplicates=False) == {(1, "format")}
    agreement = compare(expected_flags(file, with_duplicates=True), found_flags(told))
    assert agreement.verdict == "misses 1 unique (rows 4); adds 1 enum (rows 9)"
    assert (agreement.expected, agreement.found) == (2, 2)


def test_tables_take_the_place_of_the_former_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(report.README.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(report, "README", readme)
    monkeypatch.setattr(report, "STORE", tmp_path / "results.json")
    around = readme.read_text(encoding="utf-8").partition("<!-- results")[0]
    for seconds in (1.0, 2.0):
        report.store(Result(contest="small", setting="2 cores.", lines=(line(seconds),)))
        report.write()
    text = readme.read_text(encoding="utf-8")
    assert text.startswith(around)
    assert "| foreman | 1.5 | 1.2 | 2.00 | 7.0 | 80 | 5 | the same |" in text
    assert "1.00 |" not in text


def line(seconds: float) -> Line:
    return Line(
        contender="foreman",
        ratio=1.5,
        cpu_ratio=1.2,
        seconds=seconds,
        cpu_per_row=7,
        memory=80,
        pairs=5,
        verdicts="the same",
    )


def test_the_schema_of_the_shape_differs_in_phones_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contests, "SHAPE_SCHEMA", tmp_path / "shape.yaml")
    write_shape_schema()
    shape, customer = find_schema(str(tmp_path / "shape.yaml")), find_schema("customer")
    differing = [one.name for one, other in zip(shape.fields, customer.fields, strict=True) if one != other]
    assert differing == ["phone"]
    assert shape.field("phone").constraints.pattern is not None


def test_commands_say_where_flags_go() -> None:
    small = CONTESTS[0]
    flags = Path("flags.csv")
    assert command_of("python_loop", small, flags)[-2:] == ["--flags", "flags.csv"]
    assert command_of("foreman", small, flags)[-2:] == ["--issues", "flags.csv"]
    assert "--accepted" in command_of("foreman_accepted", small)
