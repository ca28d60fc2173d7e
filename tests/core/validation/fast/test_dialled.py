"""What is certain of a class of phone numbers is what is certain of each number in it."""

import random
from typing import Final

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from foreman_core.validation.fast.dialled import ABROAD, MixedError, Rewritten, certain
from foreman_core.validation.numbering import NO_DIGITS, e164

KINDS: Final = [kind for kind in PhoneNumberType.values() if kind != PhoneNumberType.UNKNOWN]


def examples() -> list[tuple[str, str]]:
    """The digits of a number of every kind and region, as dialled from abroad and within the country."""
    found = [
        (region, number)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in KINDS
        if (number := phonenumbers.example_number_for_type(region, kind)) is not None
    ]
    return [
        (country, NO_DIGITS.sub("", phonenumbers.format_number(number, form)))
        for region, number in found
        for country, form in ((ABROAD, PhoneNumberFormat.E164), (region, PhoneNumberFormat.NATIONAL))
    ]


@pytest.mark.parametrize("known", [5, 8])
def test_a_class_is_what_its_numbers_are(known: int) -> None:
    rng = random.Random(known)  # noqa: S311 - no secret: made to be repeated
    sure = 0
    for country, digits in examples():
        head = digits[:known]
        try:
            found = certain(country, head, len(digits))
        except MixedError:
            continue
        sure += found is not None
        for _ in range(4):
            number = head + "".join(rng.choice("0123456789") for _ in digits[known:])
            text = f"+{number}" if country == ABROAD else number
            wanted = None if found is None else f"{found.code}{number[found.drop :]}"
            assert e164(text, None if country == ABROAD else country) == wanted
    assert sure > len(examples()) / 2


@pytest.mark.parametrize(
    ("country", "head", "length", "found"),
    [
        (ABROAD, "49151", 13, Rewritten("+49", 2)),  # German mobiles
        ("DE", "01511", 12, Rewritten("+49", 1)),  # the 0 is dialled within the country only
        ("IT", "06698", 8, Rewritten("+39", 0)),  # here it is part of the number
        ("DE", "49151", 13, None),  # perhaps without its plus
        (ABROAD, "99912", 9, None),  # no country has this calling code
        ("XX", "01511", 12, None),
    ],
)
def test_classes_by_hand(country: str, head: str, length: int, found: Rewritten | None) -> None:
    assert certain(country, head, length) == found


def test_too_few_digits_are_mixed() -> None:
    with pytest.raises(MixedError):
        certain(ABROAD, "447", 12)
