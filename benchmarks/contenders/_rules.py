"""The rules of schemas/customer.yaml as far as the peers share them: written for the benchmarks, so that no
contender leans on Foreman.
"""

import re
from datetime import date
from functools import cache
from typing import Final, Literal

Phones = Literal["library", "shape"]
"""Whether a number must be valid by libphonenumber, or only look like one."""

# the same kind of address that Foreman takes; every engine reads this syntax
EMAIL: Final = (
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])$"
)
NUMBER: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?$"
DATE: Final = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}/[0-9]{2}/[0-9]{4})$"
ISO_DATE: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
PHONE: Final = r"^\+?[0-9() ./-]{7,40}$"

ID_LENGTH: Final = 36
NAME_LENGTH: Final = 64
EMAIL_LENGTH: Final = 254
POSTAL_CODE_LENGTH: Final = 16
LARGEST_REVENUE: Final = 10**12
PLANS: Final = ("free", "pro", "enterprise")

_ISO_LENGTH: Final = 10
_USUAL_NAMES: Final = {"united states": "US", "united kingdom": "GB", "netherlands": "NL"}


@cache
def countries() -> dict[str, str]:
    """Codes and names in lower case -> ISO 3166-1 alpha-2."""
    from iso3166 import countries as listed  # noqa: PLC0415 - contenders that look no country up do without

    codes = dict(_USUAL_NAMES)
    for country in listed:
        for name in (country.alpha2, country.alpha3, country.name, country.apolitical_name):
            codes[name.lower()] = country.alpha2
    return codes


def country_of(text: str) -> str | None:
    """The alpha-2 code; None for no country."""
    return countries().get(text.lower())


def is_phone(text: str, country: str | None, phones: Phones) -> bool:
    """Whether it is the number of a phone in this country, or an international one."""
    if re.match(PHONE, text) is None:
        return False
    if phones == "shape":
        return True
    import phonenumbers  # noqa: PLC0415 - 40 MB that the shape does without

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, country))
    except phonenumbers.NumberParseException:
        return False


def date_of(text: str) -> date | None:
    """A date as YYYY-MM-DD or dd/mm/yyyy; None for no date."""
    iso = f"{text[6:]}-{text[3:5]}-{text[:2]}" if text[2:3] == "/" else text
    try:
        return date.fromisoformat(iso) if len(iso) == _ISO_LENGTH else None
    except ValueError:
        return None
