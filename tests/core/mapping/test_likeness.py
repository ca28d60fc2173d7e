"""Columns that no name knows: matched where it is sure, suggested where it is not, never wrongly."""

import pytest

from benchmarks.mapping import Labelled, labelled, matchers, measured
from foreman_core.errors import Refused
from foreman_core.mapping import Decided, Mapping, map_columns, propose, signature
from foreman_core.schema import find_schema

CUSTOMER = find_schema("customer")
HEADERS = list(labelled())
REQUIRED = ["customer_id", "first_name", "last_name", "email", "country", "signup_date", "plan"]


def found(*columns: str, decided: Decided | None = None, remembered: Decided | None = None) -> Mapping:
    return propose(columns, CUSTOMER, decided, remembered=remembered)


def pairs(mapping: Mapping) -> list[tuple[str, str, str]]:
    return [(match.column, match.field, match.how) for match in mapping.matches]


def test_there_are_enough_labelled_headers() -> None:
    assert len(HEADERS) > 600
    assert len({each.group for each in HEADERS}) == 8


@pytest.mark.parametrize("part", ["tuned", "held_out"])
def test_no_labelled_header_is_matched_wrongly(part: str) -> None:
    foreman = matchers(CUSTOMER)["Foreman"]
    mine = [each for each in HEADERS if each.part == part]
    wrong = [each for each in mine if foreman(each.header) not in {None, each.field}]
    assert wrong == list[Labelled]()


@pytest.mark.parametrize(("part", "least"), [("tuned", 0.95), ("held_out", 0.54)])
def test_as_many_are_matched_as_the_docs_say(part: str, least: float) -> None:
    ways = matchers(CUSTOMER)
    mine = [each for each in HEADERS if each.part == part]
    assert measured(ways["Foreman"], mine).recall >= least
    assert (
        measured(ways["Foreman"], mine).recall > measured(ways["names and aliases alone"], mine).recall + 0.3
    )


def test_likeness_says_how_sure_it_is() -> None:
    mapping = found("Customer First Name", "Contact E-Mail")
    assert pairs(mapping) == [
        ("Customer First Name", "first_name", "fuzzy"),
        ("Contact E-Mail", "email", "fuzzy"),
    ]
    assert all(0.85 <= match.score <= 1 for match in mapping.matches)


def test_what_is_not_sure_is_suggested() -> None:
    mapping = found("plan_name")
    assert mapping.matches == ()
    assert [(each.column, each.field) for each in mapping.suggestions] == [("plan_name", "plan")]


def test_a_refusal_names_the_guess_and_the_remedy() -> None:
    columns = [name if name != "plan" else "plan_name" for name in REQUIRED]
    with pytest.raises(Refused, match="Perhaps 'plan_name' could be plan") as refused:
        map_columns(columns, CUSTOMER)
    assert "foreman map" in refused.value.message


def test_each_column_and_field_is_matched_once() -> None:
    mapping = found("Customer First Name", "First Name of customer", "Contact first name")
    assert len(mapping.matches) == 1


def test_cells_that_do_not_fit_forbid_a_match() -> None:
    mapping = propose(
        ["Customer E-Mail"], CUSTOMER, fits=lambda field, position: (field, position) != ("email", 0)
    )
    assert mapping.matches == ()
    assert mapping.suggestions[0].field == "email"


def test_what_was_remembered_comes_before_likeness_and_after_names() -> None:
    remembered = Decided(columns={"Contact E-Mail": "phone", "Country": "plan", "Customer First Name": None})
    mapping = found("contact e-mail", "Country", "Customer First Name", remembered=remembered)
    assert pairs(mapping) == [
        ("contact e-mail", "phone", "remembered"),
        ("Country", "country", "exact"),
    ] or pairs(mapping) == [("contact e-mail", "phone", "remembered"), ("Country", "country", "alias")]
    assert mapping.unmapped == ("Customer First Name",)


def test_the_signature_is_that_of_the_names_in_any_order_and_writing() -> None:
    assert signature(["E-Mail", "Name"]) == signature(["name", "e mail"])
    assert signature(["E-Mail", "Name"]) != signature(["E-Mail", "Name", "x"])
    assert signature(["*", "#"]) != signature(["*", "+"])


def test_thousands_of_columns_are_matched_in_bounded_time() -> None:
    columns = [f"Customer First Name {number}" for number in range(16_000)]
    assert found(*columns, "email").matches[-1].field == "email"
