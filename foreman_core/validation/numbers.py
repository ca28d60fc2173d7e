"""Numbers, as text and as what JSON brings."""

import math
import re
from typing import Final

from foreman_core.models import Value
from foreman_core.validation.fault import Fault

DIGITS: Final = 15
"""Significant decimal digits that every IEEE 754 double keeps (DBL_DIG)."""

_LARGEST: Final = 9.99e125
_SMALLEST: Final = 1e-130
"""Magnitudes that DynamoDB stores:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html"""

_EXACT_INTEGERS: Final = 2**53

_NUMBER: Final = re.compile(r"[+-]?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_INTEGER: Final = re.compile(r"([+-]?)([0-9]+)")
_GROUPED: Final = re.compile(r"[+-]?[0-9.,'\s\u00a0\u202f]+")

_NO_NUMBER: Final = Fault("type", "is not a number: write digits, such as 1234.5")
_GROUPED_NUMBER: Final = Fault(
    "type",
    "is not a plain number: write no thousands separators, and a point before decimals, such as 1234.5",
)
_NO_INTEGER: Final = Fault("type", "is not a whole number: write digits only, such as 1234")
_TOO_PRECISE: Final = Fault(
    "type",
    f"has more than {DIGITS} significant digits, which a number cannot hold exactly: round it, or use text",
)
_OUT_OF_RANGE: Final = Fault(
    "type", "is too large or too small to be stored: it must be between 1e-130 and 9.99e125"
)


def parse_number(text: str, _country: str | None = None) -> Value | Fault:
    """A finite number with at most 15 significant digits, so that none changes; whole ones come back as
    int.
    """
    if len(text) <= DIGITS and text.isascii() and text.replace(".", "", 1).isdecimal():
        return _plain(float(text))
    match = _NUMBER.fullmatch(text)
    if match is None:
        return _GROUPED_NUMBER if _GROUPED.fullmatch(text) else _NO_NUMBER
    digits = match[1].replace(".", "").strip("0")
    if len(digits) > DIGITS:
        return _TOO_PRECISE
    number = float(text)
    if digits and not _SMALLEST <= abs(number) <= _LARGEST:
        return _OUT_OF_RANGE
    return _plain(number)


def _plain(number: float) -> int | float:
    return int(number) if number.is_integer() and abs(number) < _EXACT_INTEGERS else number


def parse_integer(text: str, _country: str | None = None) -> Value | Fault:
    """A whole number of at most 15 digits."""
    match = _INTEGER.fullmatch(text)
    if match is None:
        return _NO_INTEGER
    digits = match[2].lstrip("0") or "0"
    return int(match[1] + digits) if len(digits) <= DIGITS else _TOO_PRECISE


def number_of(value: object) -> Value | Fault:
    """A number that JSON brought, under the rules for text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _NO_NUMBER
    if isinstance(value, int) and abs(value) > _LARGEST:
        return _OUT_OF_RANGE
    if not math.isfinite(value):
        return _NO_NUMBER
    return parse_number(repr(value))


def integer_of(value: object) -> Value | Fault:
    """A whole number that JSON brought; 12.0 is one, since JavaScript writes no other."""
    number = number_of(value)
    if isinstance(number, Fault):
        return _TOO_PRECISE if number is _OUT_OF_RANGE else number
    if not isinstance(number, int | float) or not float(number).is_integer():
        return _NO_INTEGER
    return parse_integer(str(int(number)))
