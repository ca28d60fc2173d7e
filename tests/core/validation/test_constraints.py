"""Constraints of the Table Schema, and what a warning means."""

import pytest

from foreman_core.models import IssueCode, Severity
from foreman_core.schema import Constraints, Field
from foreman_core.validation.fields import Found, compile_field


def codes(field: Field, text: str) -> list[IssueCode]:
    found: list[Found] = []
    compile_field(0, field, ("",)).from_cell(text, found, None)
    return [each.fault.code for each in found]


@pytest.mark.parametrize(
    ("constraints", "right", "wrong", "code"),
    [
        (Constraints(enum=("free", "pro")), "pro", "Pro", "enum"),
        (Constraints(pattern="[A-Z]{2}"), "AB", "ABC", "pattern"),
        (Constraints(pattern="a|b"), "b", "ab", "pattern"),
        (Constraints(min_length=2), "ab", "a", "min-length"),
        (Constraints(max_length=2), "ab", "abc", "max-length"),
        (Constraints(max_length=1), "🦊", "🦊🦊", "max-length"),
    ],
)
def test_text(constraints: Constraints, right: str, wrong: str, code: IssueCode) -> None:
    field = Field(name="f", constraints=constraints)
    assert codes(field, right) == []
    assert codes(field, wrong) == [code]


@pytest.mark.parametrize(
    ("text", "expected"), [("0", []), ("-0.01", ["minimum"]), ("10", []), ("10.5", ["maximum"])]
)
def test_bounds_of_numbers_are_inclusive(text: str, expected: list[IssueCode]) -> None:
    assert (
        codes(Field(name="f", type="number", constraints=Constraints(minimum=0, maximum=10)), text)
        == expected
    )


def test_an_enum_of_numbers_compares_numbers() -> None:
    field = Field(name="f", type="number", constraints=Constraints(enum=(1, 2.5)))
    assert [codes(field, text) for text in ("1.0", "2.50", "3")] == [[], [], ["enum"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2000-01-01", []), ("1999-12-31", ["minimum"]), ("31/12/2010", []), ("2011-01-01", ["maximum"])],
)
def test_bounds_of_dates(text: str, expected: list[IssueCode]) -> None:
    constraints = Constraints(minimum="2000-01-01", maximum="2010-12-31")
    assert (
        codes(Field(name="f", type="date", formats=("dd/mm/yyyy",), constraints=constraints), text)
        == expected
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2000-01-01T00:00:00Z", []),
        ("2000-01-01T00:00:00.500Z", []),
        ("2000-01-01T00:30:00+01:00", ["minimum"]),
        ("1999-12-31T23:30:00-01:00", []),
    ],
)
def test_bounds_of_moments_compare_moments(text: str, expected: list[IssueCode]) -> None:
    constraints = Constraints(minimum="2000-01-01T00:00:00")  # without a zone: UTC
    assert codes(Field(name="f", type="datetime", constraints=constraints), text) == expected


def test_lengths_of_lists_count_items() -> None:
    field = Field(name="f", type="list", constraints=Constraints(min_length=2, max_length=3))
    assert [codes(field, text) for text in ("a", "a,b", "a,b,c,d", "")] == [
        ["min-length"],
        [],
        ["max-length"],
        [],
    ]


def test_every_constraint_that_is_broken_is_named() -> None:
    constraints = Constraints(enum=("ab",), pattern="[a-z]+", min_length=3)
    assert codes(Field(name="f", constraints=constraints), "A") == ["enum", "pattern", "min-length"]


def test_a_value_of_the_wrong_type_is_not_judged_further() -> None:
    assert codes(Field(name="f", type="number", constraints=Constraints(maximum=1)), "many") == ["type"]


def test_messages_say_what_would_be_right_and_not_what_was_there() -> None:
    secret = "hunter2@@"
    fields = [
        Field(name="f", type="number"), Field(name="f", type="date"), Field(name="f", format="email"),
        Field(name="f", format="phone"), Field(name="f", format="country"), Field(name="f", format="uuid"),
        Field(name="f", constraints=Constraints(enum=("a", "b"), pattern="[a-z]", max_length=3,
        min_length=90)),
    ]  # fmt: skip
    for field in fields:
        found: list[Found] = []
        compile_field(0, field, ("",)).from_cell(secret, found, None)
        assert found
        for each in found:
            assert "hunter2" not in each.fault.message
            assert len(each.fault.message) > 15


@pytest.mark.parametrize(
    ("field", "text", "value", "severity"),
    [
        # text can be kept as it came
        (Field(name="f", format="email", severity="warning"), "x", "x", "warning"),
        (Field(name="f", constraints=Constraints(max_length=1), severity="warning"), "ab", "ab", "warning"),
        # a number cannot hold it: the record goes on without, if it may
        (Field(name="f", type="number", severity="warning"), "x", None, "warning"),
        (
            Field(name="f", type="number", constraints=Constraints(required=True), severity="warning"),
            "x",
            None,
            "error",
        ),
        (Field(name="f", format="country", severity="warning"), "x", None, "warning"),
        (Field(name="f", severity="warning"), "\x00", None, "warning"),
        # a record cannot be without it
        (Field(name="f", constraints=Constraints(required=True), severity="warning"), "", None, "error"),
    ],
)
def test_what_a_warning_does_to_a_value(
    field: Field, text: str, value: str | None, severity: Severity
) -> None:
    compiled = compile_field(0, field, ("",))
    found: list[Found] = []
    assert compiled.from_cell(text, found, None) == value
    assert [compiled.severity(each) for each in found] == [severity]


def test_what_was_right_is_remembered_and_what_was_wrong_is_told_again() -> None:
    compiled = compile_field(0, Field(name="f", type="date"), ("",))
    for text in ("2020-01-01", "2020-13-01", "2020-01-01", "2020-13-01"):
        found: list[Found] = []
        compiled.from_cell(text, found, None)
        assert bool(found) == (text == "2020-13-01")
