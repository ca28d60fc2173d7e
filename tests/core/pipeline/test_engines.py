"""Two engines, one meaning: blocks judged with Polars give what rows judged one by one give."""

import io
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.customers import VARIANTS, write
from foreman_core.errors import Refused
from foreman_core.models import SourceRow
from foreman_core.pipeline import judging
from foreman_core.pipeline.check import check
from foreman_core.reading import Unreadable, text
from foreman_core.schema import Constraints, Field, RecordSchema, find_schema
from foreman_core.schema.model import Before, FieldType, Normaliser, OneOf, RequiredIf, Rule
from foreman_core.validation.fast import engine
from foreman_core.validation.fast.engine import FastJudge, Judged, Looked
from foreman_core.validation.fast.patterns import translated
from tests._accepted import Accepted
from tests._damage import KINDS, PLACES, damaged
from tests._hostile import hostile_file, written

CUSTOMER: Final = find_schema("customer")


def outcome(
    content: bytes, schema: RecordSchema, monkeypatch: pytest.MonkeyPatch, *, fast: bool, block: int = 1 << 20
) -> Any:  # noqa: ANN401 - compared as a whole
    """All that a check gives, or how it refuses the file."""
    monkeypatch.setattr(judging, "FAST_FROM", 1 if fast else 1 << 40)
    monkeypatch.setattr(judging, "_PIECE", 200)
    monkeypatch.setattr(text, "FIRST_BLOCK", 300)
    monkeypatch.setattr(text, "BLOCK", block)
    accepted, issues, rejected = Accepted(), list[Any](), list[Any]()
    try:
        report = check(
            io.BytesIO(content),
            name="a.csv",
            schema=schema,
            delimiter=",",
            on_accepted=accepted,
            on_issue=issues.append,
            on_rejected=lambda row, found: rejected.append((row, found)),
        )
    except Refused as refused:
        return refused.code, refused.message
    return evolve(report, mapping=None), accepted.rows, issues, rejected


def assert_equal(content: bytes, schema: RecordSchema, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    exact = outcome(content, schema, monkeypatch, fast=False)
    fast = outcome(content, schema, monkeypatch, fast=True, block=block)
    assert fast == exact


@pytest.mark.parametrize("block", [300, 2000, 1 << 20])
def test_hostile_files_are_judged_alike(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    for seed in range(10):
        rng = random.Random(f"{block} {seed}")  # noqa: S311 - no secret: made to be repeated
        assert_equal(hostile_file(rng), CUSTOMER, monkeypatch, block)


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_judged_alike(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    for place in PLACES:
        assert_equal(damaged(kind, place, 1).content, CUSTOMER, monkeypatch, 1000)


@pytest.mark.parametrize("block", [20_000, 1 << 20])
@pytest.mark.parametrize("variant", VARIANTS)
def test_files_with_a_few_bad_rows_are_judged_alike(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variant: str, block: int
) -> None:
    path = tmp_path / "customers.csv"
    write(path, 1500, variant=variant, seed=3, bad_share=0.05)
    assert_equal(path.read_bytes(), CUSTOMER, monkeypatch, block)


@pytest.mark.parametrize("variant", ["mixed", "even"])
def test_of_a_block_of_bad_rows_only_some_are_in_memory_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variant: str
) -> None:
    path, at_once = tmp_path / "customers.csv", list[int]()
    write(path, 1500, variant=variant, bad_share=0.7)
    judge = FastJudge.judge

    def counted(self: FastJudge, looked: Looked, row: int, line: int) -> Judged:
        judged = judge(self, looked, row, line)
        at_once.append(len(judged.verdicts))
        return judged

    monkeypatch.setattr(FastJudge, "judge", counted)
    monkeypatch.setattr(engine, "SUSPECTS", 20)
    assert_equal(path.read_bytes(), CUSTOMER, monkeypatch, 1 << 20)
    assert sum(at_once) > 200
    assert max(at_once) <= 40  # rows that repeat a key are found out later


def test_a_few_rows_of_another_width_do_not_cost_the_block(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "customers.csv"
    write(path, 1500, bad_share=0.05)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[700:700] = [b"\n", b"  \n"]
    content = b"".join(lines)
    one_by_one: list[int] = []
    judge_rows = FastJudge.judge_rows

    def counted(self: FastJudge, rows: Sequence[SourceRow | Unreadable]) -> Judged:
        one_by_one.append(len(rows))
        return judge_rows(self, rows)

    monkeypatch.setattr(FastJudge, "judge_rows", counted)
    assert_equal(content, CUSTOMER, monkeypatch, 1 << 20)
    assert sum(one_by_one) < 10


names: Final = ("a", "b", "c")
bounds = st.sampled_from([None, 0, 1, 2.5, 10])
lengths = st.sampled_from([None, 0, 1, 2, 3])
string_fields = st.builds(
    Constraints,
    required=st.booleans(),
    min_length=lengths,
    max_length=lengths,
    pattern=st.sampled_from([None, "[a-z]+", r"\\d{1,2}", "a|bc", "(x|y)*.", r"\\w?"]),
    enum=st.sampled_from([None, ("a", "B", "10"), ("",)]),
)
number_fields = st.builds(Constraints, required=st.booleans(), minimum=bounds, maximum=bounds)
other_fields = st.builds(Constraints, required=st.booleans())
TYPES: Final[list[FieldType]] = ["string", "number", "integer", "boolean", "date", "datetime", "list"]
NORMALISERS: Final[list[Normaliser]] = ["trim", "lower", "upper", "title", "nfc", "collapse-space"]
normalisers = st.lists(st.sampled_from(NORMALISERS), unique=True).map(tuple[Normaliser, ...])


@st.composite
def fields(draw: st.DrawFn, name: str) -> Field:
    kind: FieldType = draw(
        st.sampled_from(["string", "number", "integer", "boolean", "date", "datetime", "list"])
    )
    says = {"string": string_fields, "number": number_fields, "integer": number_fields}.get(
        kind, other_fields
    )
    formats = ("default",) if kind != "string" else ("default", "email", "uri", "uuid", "country")
    return Field(
        name=name,
        type=kind,
        format=draw(st.sampled_from(formats)),
        constraints=draw(says),
        normalise=draw(normalisers) if kind in {"string", "list"} else ("trim",),
        severity=draw(st.sampled_from(["error", "error", "warning"])),
        formats=draw(st.sampled_from([(), ("dd/mm/yyyy",), ("dd.mm.yyyy",)])) if kind == "date" else (),
    )


@st.composite
def schemas(draw: st.DrawFn) -> RecordSchema:
    made = tuple(draw(fields(name)) for name in names)
    key = Field(name="id", constraints=Constraints(required=True), normalise=draw(normalisers))
    rules: list[tuple[Rule, ...]] = [(), (OneOf(fields=("a", "b")),)]
    if made[0].type == "string":
        rules.append((RequiredIf(field="b", when="a", is_one_of=("a", "1")),))
    if made[1].type == made[2].type == "date":
        rules.append((Before(earlier="b", later="c"),))
    return RecordSchema(
        name="t",
        plural="ts",
        fields=(key, *made),
        primary_key="id",
        unique_keys=draw(st.sampled_from([(), (("a",),), (("a", "b"),)])),
        rules=draw(st.sampled_from(rules)),
        missing_values=draw(st.sampled_from([("",), ("", "-"), ("", "n/a", "NULL")])),
        version="sha256:0",
    )


cells = st.sampled_from(
    [
        "",
        " ",
        "a",
        "B",
        "bc",
        " a ",
        "ä",
        "e\u0301",
        "1",
        "01",
        "1.50",
        "-0",
        "1e3",
        "10",
        "true",
        "No",
        "2024-02-29",
        "29/02/2024",
        "31.12.1999",
        "2023-02-29",
        "2024-01-31T10:00:00Z",
        "a@b.co",
        "x@y",
        "https://a.b/c",
        "DE",
        "n/a",
        "-",
        '"q"',
        "a;b",
        "; ;",
        "\u00a0",
        "\ufffd",
        "\x07",
        "K\u212a",
        "123456789012345678",
        "0.1",
        "x" * 300,
        "8c1a3f6e-7d0b-4e4a-9d59-0d1f6f1e2a3b",
    ]
)
rows = st.lists(st.tuples(st.integers(0, 30).map(str), cells, cells, cells), max_size=60)


@settings(max_examples=60)
@given(schemas(), rows, st.sampled_from(["\n", "\r\n"]), st.randoms(use_true_random=False))
def test_any_schema_is_understood_alike(
    schema: RecordSchema, data: list[tuple[str, ...]], end: str, rng: random.Random
) -> None:
    body = "".join(",".join(written(rng, cell) for cell in row) + end for row in data)
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert_equal(f"id,a,b,c{end}{body}".encode(), schema, monkeypatch, 1 << 20)


def test_a_list_can_be_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    key = Field(name="id", constraints=Constraints(required=True))
    schema = RecordSchema(
        name="t", plural="ts", fields=(key, Field(name="a", type="list")), primary_key="id",
        unique_keys=(("a",),), version="sha256:0",
    )  # fmt: skip
    assert_equal(b'id,a\n1,"x,y"\n2,z\n3," x,y"\n4,\n5,\n', schema, monkeypatch, 1 << 20)


ATOMS: Final = st.sampled_from(
    [
        "a",
        "B",
        "0",
        "[a-c]",
        "[^a]",
        ".",
        r"\d",
        r"\w",
        r"\.",
        r"\-",
        "(?:ab|c)",
        "(a|b)",
        "[0-9_-]",
        r"\s",
        "^",
        "$",
        "é",
    ]
)
REPEATS: Final = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,3}", "{0,2}?", "+?"])
patterns = st.lists(st.tuples(ATOMS, REPEATS), min_size=1, max_size=4).map(
    lambda parts: "".join(atom + ("" if atom in "^$" else repeat) for atom, repeat in parts)
)


@settings(max_examples=150)
@given(patterns, st.lists(st.text("abcB0_.- é\n", max_size=5), min_size=1, max_size=20))
def test_a_translated_pattern_matches_nothing_that_python_does_not(pattern: str, texts: list[str]) -> None:
    made = translated(pattern)
    if made is None:
        return
    ascii_only = [text for text in texts if text.isascii()]
    claimed = pl.Series(ascii_only, dtype=pl.String).str.contains(made)
    wanted = [re.fullmatch(pattern, text) is not None for text in ascii_only]
    assert [text for text, a, b in zip(ascii_only, claimed, wanted, strict=True) if a and not b] == []


@pytest.mark.parametrize("pattern", ["[A-Z]{2}[0-9]+", r"\d{3}-\d{4}", "(?:ab|c)+", "[^,]*"])
def test_plain_patterns_are_translated(pattern: str) -> None:
    assert translated(pattern) is not None


@pytest.mark.parametrize("pattern", ["(?i)a", r"a\b", "a(?=b)", r"(a)\1", "é", r"\s"])
def test_other_patterns_are_left_to_the_exact_engine(pattern: str) -> None:
    assert translated(pattern) is None
