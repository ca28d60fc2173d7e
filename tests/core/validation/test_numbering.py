"""Numbers that are certain are what libphonenumber says, one by one and a column at a time."""

import random
from typing import Final

import phonenumbers
import polars as pl
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from foreman_core.validation.fast.phones import Reader
from foreman_core.validation.numbering import e164

FORMS: Final = (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
KINDS: Final = [kind for kind in PhoneNumberType.values() if kind != PhoneNumberType.UNKNOWN]
REGIONS: Final = sorted(phonenumbers.SUPPORTED_REGIONS)


def by_the_library(text: str, country: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, None if text.startswith("+") else country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def examples() -> list[tuple[str, str]]:
    """A number of every kind of every region, in every spelling."""
    found = (
        (region, phonenumbers.example_number_for_type(region, kind)) for region in REGIONS for kind in KINDS
    )
    return [
        (phonenumbers.format_number(number, form), region)
        for region, number in found
        if number is not None
        for form in FORMS
    ]


def changed(rng: random.Random, text: str) -> str:
    """The text with up to three characters replaced, left out or put in."""
    characters = list(text)
    for _ in range(rng.randrange(4)):
        place = rng.randrange(len(characters))
        characters[place : place + rng.randrange(2)] = rng.choice(["", *"0123456789 -.()/+x"])
        characters = characters or ["0"]
    return "".join(characters)


@pytest.fixture(scope="module")
def numbers() -> list[tuple[str, str]]:
    rng = random.Random(7)  # noqa: S311 - no secret: made to be repeated
    near = [
        (changed(rng, text), region if rng.random() < 0.9 else rng.choice(REGIONS))
        for text, region in examples()
        for _ in range(4)
    ]
    return [*examples(), *near]


def test_what_is_certain_is_what_the_library_says(numbers: list[tuple[str, str]]) -> None:
    certain = [(text, country, found) for text, country in numbers if (found := e164(text, country))]
    assert [each for each in certain if each[2] != by_the_library(each[0], each[1])] == []


def test_nearly_all_valid_numbers_are_certain(numbers: list[tuple[str, str]]) -> None:
    valid = [each for each in numbers if by_the_library(*each)]
    certain = [each for each in valid if e164(*each)]
    assert len(certain) > 0.9 * len(valid)


def test_a_column_is_read_like_its_numbers_one_by_one(numbers: list[tuple[str, str]]) -> None:
    cells = pl.Series([text for text, _ in numbers])
    countries = pl.Series([country for _, country in numbers])
    together = Reader([]).e164(cells, countries).to_list()
    assert together == [e164(*each) for each in numbers]


@pytest.mark.parametrize(
    ("text", "country", "found"),
    [
        ("+49 (0)30 901820", None, "+4930901820"),
        ("030 901820", "DE", "+4930901820"),
        ("(0)30/901820", "DE", "+4930901820"),
        ("06 6982", "IT", "+39066982"),  # the zero belongs to the number
        ("01481 256789", "GB", "+441481256789"),  # Guernsey has the calling code of Britain
        ("4915112345678", "DE", None),  # perhaps without its plus: the library decides
        ("0049 30 901820", "DE", None),
        ("030 901820", None, None),
        ("+113102234", "CA", None),
        ("030 901820 x3", "DE", None),
        ("+999 123456", None, None),
        ("+", None, None),
        ("0", "DE", None),
    ],
)
def test_a_number_is_certain_or_left_to_the_library(
    text: str, country: str | None, found: str | None
) -> None:
    assert e164(text, country) == found


def test_digits_that_mean_a_blank_are_no_number() -> None:
    cells, countries = pl.Series(["030 901820", "+49 30 901820"]), pl.Series(["DE", "DE"])
    assert Reader(["030901820"]).e164(cells, countries).to_list() == [None, "+4930901820"]
