"""Phone numbers -> E.164, by the metadata of libphonenumber."""

import re
from functools import lru_cache
from typing import Final

from foreman_core.models import Value
from foreman_core.validation.fault import Fault

CACHED: Final = 1 << 15
_LONGEST: Final = 64

# The library takes the first number out of any text; only texts that are one number may reach it.
_ONE_NUMBER: Final = re.compile(r"[+\uff0b]?[0-9()\[\] \u00a0\u202f.\-\u2010-\u2013/]{3,40}")
_EXTENSION: Final = re.compile(
    r"[0-9][\s,;]*(x|ext|extn|extension|durchwahl|dw|poste|#)\.?[\s:]*[0-9]+#?", re.IGNORECASE
)

_NO_PHONE: Final = Fault("format", "is not a phone number: write digits, such as +49 30 901820")
_HAS_EXTENSION: Final = Fault("format", "has an extension, which cannot be kept: write the number without it")
NO_COUNTRY: Final = Fault(
    "format", "is a phone number without its country: write it with the country code, such as +49 30 901820"
)


def parse_phone(text: str, country: str | None) -> Value | Fault:
    """A valid number as E.164. Without a `+` it is read as one of `country` (alpha-2), and is no number
    without one.
    """
    if len(text) > _LONGEST:
        return _NO_PHONE
    from foreman_core.validation.numbering import e164  # noqa: PLC0415 - only schemas with a phone need it

    return e164(text, country) or _parse(text, None if text.startswith(("+", "\uff0b")) else country)


@lru_cache(CACHED)
def _parse(text: str, country: str | None) -> Value | Fault:
    if _EXTENSION.search(text):
        return _HAS_EXTENSION
    if _ONE_NUMBER.fullmatch(text) is None:
        return _NO_PHONE
    import phonenumbers  # noqa: PLC0415 - its metadata takes memory; only schemas with a phone need it

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        no_country = (
            error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and country is None
        )
        return NO_COUNTRY if no_country and text[0] not in "+\uff0b" else _invalid(country)
    if number.extension:
        return _HAS_EXTENSION
    if not phonenumbers.is_valid_number(number):
        return _invalid(country)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _invalid(country: str | None) -> Fault:
    where = f" in {country}" if country else ""
    return Fault(
        "format",
        f"is no phone number{where}: check its digits, or begin with + and the country code",
    )
