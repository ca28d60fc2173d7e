"""Typed values from the API: the same rules, and nothing changes that is right already."""

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foreman_core.schema import Constraints, Field, RecordSchema, find_schema
from foreman_core.schema.model import Normaliser
from foreman_core.validation import Judged, judge_values

CUSTOMER = find_schema("customer")
ADA: dict[str, object] = {
    "customer_id": "C-1",
    "first_name": " Ada ",
    "last_name": "Lovelace",
    "email": "ADA@example.com",
    "phone": "020 7946 0018",
    "country": "United Kingdom",
    "date_of_birth": "10/12/1815",
    "signup_date": "2024-01-31",
    "plan": "pro",
    "annual_revenue": 1200.0,
    "tags": [" vip ", "", "early"],
}


def schema(*fields: Field, missing_values: tuple[str, ...] = ("",)) -> RecordSchema:
    return RecordSchema(
        name="t",
        plural="ts",
        fields=(Field(name="id"), *fields),
        primary_key="id",
        version="sha256:0",
        missing_values=missing_values,
    )


def judged(field: Field, value: object) -> Judged:
    return judge_values(schema(field), {field.name: value})


def codes(result: Judged) -> list[str]:
    return [issue.code for issue in result.issues]


def test_values_are_normalised_as_cells_are() -> None:
    result = judge_values(CUSTOMER, ADA)
    assert result.issues == ()
    assert result.is_accepted
    assert result.values == {
        "customer_id": "C-1",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ada@example.com",
        "phone": "+442079460018",
        "country": "GB",
        "postal_code": None,
        "date_of_birth": "1815-12-10",
        "signup_date": "2024-01-31",
        "plan": "pro",
        "annual_revenue": 1200,
        "tags": ["vip", "early"],
    }
    assert list(result.values) == [field.name for field in CUSTOMER.fields]


def test_all_faults_come_back_without_a_place_in_a_file() -> None:
    result = judge_values(CUSTOMER, {**ADA, "email": "ada", "plan": None, "annual_revenue": -1})
    assert [(issue.field, issue.code, issue.row, issue.line, issue.column) for issue in result.issues] == [
        ("email", "format", 0, 0, None),
        ("plan", "required", 0, 0, None),
        ("annual_revenue", "minimum", 0, 0, None),
    ]
    assert not result.is_accepted


def test_rules_over_several_fields_hold_too() -> None:
    assert codes(judge_values(CUSTOMER, {**ADA, "date_of_birth": "2025-01-01"})) == ["rule"]


def test_a_name_that_the_schema_does_not_have_is_told() -> None:
    result = judge_values(CUSTOMER, {**ADA, "shoe_size": 43})
    assert codes(result) == ["extra-cell"]
    assert "shoe_size" in result.issues[0].message


def test_missing_values_are_how_files_write_a_blank_not_the_api() -> None:
    namibia = schema(Field(name="country", format="country"), missing_values=("", "NA"))
    assert judge_values(namibia, {"country": "Namibia"}).values["country"] == "NA"
    assert judge_values(namibia, {"country": "NA"}).values["country"] == "NA"


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_null_and_empty_text_are_blank(blank: object) -> None:
    field = Field(name="f", constraints=Constraints(required=True))
    assert codes(judged(field, blank)) == ["required"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", 5), ("string", True), ("string", ["a"]), ("number", True), ("number", math.nan),
        ("number", math.inf), ("number", 10**400), ("number", 0.1 + 0.2), ("number", []), ("integer", 1.5),
        ("integer", 10**15), ("integer", 1e300), ("boolean", 1), ("boolean", "yes"),
        ("date", 20200101), ("list", [1]), ("list", {"a": "b"}), ("list", ["a", None]),
    ],
)  # fmt: skip
def test_what_is_not_of_its_type_is_told(kind: Any, value: object) -> None:  # noqa: ANN401
    result = judged(Field(name="f", type=kind), value)
    assert (result.values["f"], codes(result)) == (None, ["type"])


def test_a_number_that_python_does_not_even_write_out_is_told() -> None:
    for field in (Field(name="f", type="integer"), Field(name="f", type="number")):
        assert codes(judged(field, -(10**5000))) == ["type"]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("number", 12, 12), ("number", 12.0, 12), ("number", 0.1, 0.1), ("number", -0.0, 0), ("number",
        "1.5", 1.5),
        ("integer", 12, 12), ("integer", 12.0, 12), ("boolean", False, False), ("list", (), None),
        ("list", ["a,b"], ["a,b"]), ("list", "a,b", ["a", "b"]),
    ],
)  # fmt: skip
def test_typed_values(kind: Any, value: object, expected: object) -> None:  # noqa: ANN401
    result = judged(Field(name="f", type=kind), value)
    assert (result.values["f"], result.issues) == (expected, ())


@pytest.mark.parametrize("value", ["a\ud800", "a\x00"])
def test_what_cannot_be_carried_is_told_in_text_that_can(value: str) -> None:
    for sent in (value, [value]):
        (issue,) = judged(Field(name="f", type="list"), sent).issues
        assert issue.code == "format"
        assert issue.value is not None
        issue.value.encode()


STEPS: list[Normaliser] = ["trim", "lower", "upper", "title", "nfc", "collapse-space"]
awkward = st.text(
    st.sampled_from(" \t\u00a0aAbßẞéİ\u0131ŉǅΐ\u03c3ςΣ\u0301\u0308\u0345\u200dﬁ'\u2019-1")
    | st.characters(codec="utf-8")
)


@given(awkward, st.lists(st.sampled_from(STEPS), unique=True))
@example("\u0390", ["nfc", "upper"])  # its capital is three characters, of which two can be composed
def test_normalised_text_stays_as_it_is(text: str, steps: list[Normaliser]) -> None:
    field = Field(name="f", normalise=tuple(steps))
    once = judged(field, text)
    again = judge_values(schema(field), once.values)
    if not once.issues:
        assert again == once


cell = (
    st.none()
    | awkward
    | st.floats()
    | st.integers()
    | st.booleans()
    | st.lists(awkward, max_size=3)
    | st.sampled_from(
        ["x@example.com", "DE", "usa", "France", "030 901820", "+4930901820", "1999-12-31", "31/12/1999",
        "Pro", "12.50",
         "1e5", "2024-12-31T23:59:59.5+02:00"]
    )
)  # fmt: skip
records = st.fixed_dictionaries({}, optional={field.name: cell for field in CUSTOMER.fields})


@given(records)
def test_what_was_accepted_once_is_accepted_unchanged(values: dict[str, object]) -> None:
    record = {**ADA, **values}
    once = judge_values(CUSTOMER, record)
    if not once.issues:
        assert judge_values(CUSTOMER, once.values) == once


EVERYTHING = schema(
    Field(name="n", type="number"),
    Field(name="i", type="integer"),
    Field(name="b", type="boolean", normalise=("upper",)),
    Field(name="d", type="date", formats=("dd/mm/yyyy",), normalise=("title",)),
    Field(name="t", type="datetime", formats=("dd/mm/yyyy HH:MM",), normalise=("lower",)),
    Field(name="l", type="list", normalise=("nfc", "title", "trim")),
    Field(name="u", format="uri"),
    Field(name="c", format="country", normalise=("lower",)),
    Field(name="p", format="phone", default_country="DE"),
)


@given(st.fixed_dictionaries({}, optional={field.name: cell for field in EVERYTHING.fields}))
def test_every_type_comes_back_unchanged(values: dict[str, object]) -> None:
    once = judge_values(EVERYTHING, values)
    again = judge_values(EVERYTHING, once.values)
    assert again.values == once.values
    assert again.issues == ()


@given(
    st.dictionaries(st.sampled_from([*CUSTOMER.by_name, "other"]), st.recursive(cell, st.lists, max_leaves=3))
)
def test_nothing_that_json_can_bring_is_more_than_an_issue(values: dict[str, object]) -> None:
    result = judge_values(CUSTOMER, values)
    assert list(result.values) == list(CUSTOMER.by_name)
    for issue in result.issues:
        assert issue.message
