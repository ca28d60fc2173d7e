"""What is certain of all phone numbers that begin alike and are as long: the rules of
`foreman_core.validation.numbering`, for classes of numbers instead of single ones.
"""

from re import Match, Pattern
from typing import Final

from attrs import frozen

from foreman_core.validation.fast.digits import language
from foreman_core.validation.numbering import CALLING_CODES, CODE, Home, Kind, Numbers, home, numbers

ABROAD: Final = "+"
"""Stands for the country of numbers that begin with their calling code."""


@frozen
class Rewritten:
    """How the digits of each number of a class become E.164: the first `drop` of them give way to `code`."""

    code: str
    drop: int


class MixedError(Exception):
    """The numbers of a class have different fates: more of their digits have to be known."""


@frozen
class Beginning:
    """The first digits of numbers, and how many follow."""

    digits: str
    rest: int

    def match(self, pattern: Pattern[str]) -> Match[str] | None:
        """How each of the numbers begins as the pattern says; MixedError where further digits matter."""
        if not language(pattern.pattern).is_alike(self.digits, self.rest):
            raise MixedError
        return pattern.match(f"{self.digits}{'0' * self.rest}")

    def without(self, count: int) -> "Beginning":
        """The numbers without so many digits at their beginning."""
        if count > len(self.digits):
            raise MixedError
        return Beginning(self.digits[count:], self.rest)

    def __len__(self) -> int:
        return len(self.digits) + self.rest


def certain(country: str, head: str, length: int) -> Rewritten | None:
    """What `numbering.e164` makes of every number of `length` digits that begins with `head`; None where it
    makes nothing of them. `country` is ABROAD or an ISO code.

    MixedError when that is not the same for all of them.
    """
    number, drop = Beginning(head, length - len(head)), 0
    if country == ABROAD:
        found = number.match(CODE)
        if found is None:
            return None
        country, drop = CALLING_CODES[found[1]], found.end()
        number = number.without(drop)
    rules = home(country)
    if rules is None or (not drop and number.match(rules.abroad)):
        return None
    before = _before(rules, number)
    if before is None:
        return None
    number = number.without(before)
    is_valid = bool(len(number)) and _is_valid(number, rules.code)
    return Rewritten(f"+{rules.code}", drop + before) if is_valid else None


def _before(rules: Home, number: Beginning) -> int | None:
    """The digits before the national number; None where there is none, or others may stand for them."""
    before = number.match(rules.trunk) if rules.trunk else None
    if before is None:
        return 0
    if rules.rewrites and before.groups() and before.groups()[-1] is not None:
        return None
    return before.end() if len(number) - before.end() in rules.lengths else None


def _is_valid(number: Beginning, code: str) -> bool:
    for region in numbers(code):
        leads = region.leading is not None and number.match(region.leading) is not None
        if (leads or region.leading is None) and _is_of(number, region):
            return True
        if leads:
            return False
    return False


def _is_of(number: Beginning, region: Numbers) -> bool:
    among = _has(region.all_kinds, number)
    kinds = {_has(kind, number) for kind in region.kinds} if among is not False else set[bool | None]()
    if among is False or kinds <= {False}:
        return False
    if among and True in kinds:
        return True
    raise MixedError


def _has(kind: Kind, number: Beginning) -> bool | None:
    """Whether each of the numbers is of a kind; None when only some are."""
    if kind.lengths and len(number) not in kind.lengths:
        return False
    return language(kind.pattern.pattern).has(number.digits, number.rest)
