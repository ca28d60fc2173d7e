"""libphonenumber's numbering plans as patterns: which numbers are valid, and how they are dialled at home.

Source: the metadata in the `phonenumbers` package, which is libphonenumber's
(https://github.com/google/libphonenumber/blob/master/FAQ.md). It uses no more of regular expressions than
both Python and Rust's `regex` know.

What is said here is certain: a number that `e164` gives is what the library gives. Where it is not certain,
the library is asked.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from re import Pattern
from typing import Final

from attrs import frozen
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata, PhoneNumberDesc

_KINDS: Final = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)

CALLING_CODES: Final[Mapping[str, str]] = {
    str(code): regions[0]
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()
    if regions[0] in SUPPORTED_REGIONS
}
"""The calling codes of countries, each with the region whose rules its numbers are read by. No code is the
beginning of another."""

SHAPE: Final = re.compile(r"^(?:\+|\(?)[0-9](?:[ .()/\-]*[0-9])+$")
"""Texts that are one number for certain, if they are not too LONG."""

LONGEST: Final = 40
CODE: Final = re.compile(rf"^({'|'.join(CALLING_CODES)})")
NO_DIGITS: Final = re.compile("[^0-9]")


@frozen
class Home:
    """How numbers are written within a region: `trunk` is what may stand before a number of one of the
    `lengths` and is no part of it, `rewrites` says that it may also stand for other digits, `abroad` is how
    numbers begin that may have a calling code.
    """

    code: str
    trunk: Pattern[str] | None
    lengths: frozenset[int]
    rewrites: bool
    abroad: Pattern[str]

    def national(self, number: str) -> str | None:
        """The number without what stands before it; None where it may stand for other digits."""
        before = self.trunk.match(number) if self.trunk else None
        if before is None:
            return number
        if self.rewrites and before.groups() and before.groups()[-1] is not None:
            return None
        number = number[before.end() :]
        return number if len(number) in self.lengths else None


@frozen
class Kind:
    """Kinds of numbers, such as mobile ones: the pattern of the whole number, and how long it may be."""

    pattern: Pattern[str]
    lengths: frozenset[int]

    def has(self, number: str) -> bool:
        """Whether a number is of this kind."""
        return (not self.lengths or len(number) in self.lengths) and self.pattern.match(number) is not None


@frozen
class Numbers:
    """The numbers of one region of a calling code: what is true of all kinds of them, and of each. `leading`:
    no region after it has numbers that begin so.
    """

    leading: Pattern[str] | None
    all_kinds: Kind
    kinds: tuple[Kind, ...]


@cache
def home(region: str) -> Home | None:
    """How numbers are written in a region, by its ISO code; None for one that has none of its own."""
    metadata = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None or metadata.general_desc is None:
        return None
    prefixes = [str(metadata.country_code), *filter(None, [metadata.international_prefix])]
    trunk = metadata.national_prefix_for_parsing
    return Home(
        code=str(metadata.country_code),
        trunk=_at_start(trunk) if trunk else None,
        lengths=frozenset(metadata.general_desc.possible_length),
        rewrites=bool(metadata.national_prefix_transform_rule),
        abroad=_at_start("|".join(prefixes)),
    )


@cache
def numbers(code: str) -> Sequence[Numbers]:
    """The numbers of a calling code, by region, in the order in which the regions are tried."""
    regions = COUNTRY_CODE_TO_REGION_CODE[int(code)]
    found = (PhoneMetadata.metadata_for_region(region, None) for region in regions)
    alone = len(regions) == 1
    return [
        _numbers(metadata, metadata.general_desc, alone=alone)
        for metadata in found
        if metadata is not None and metadata.general_desc is not None
    ]


def _numbers(metadata: PhoneMetadata, all_kinds: PhoneNumberDesc, *, alone: bool) -> Numbers:
    patterns: dict[frozenset[int], list[str]] = defaultdict(list)
    for kind in _KINDS:
        desc: PhoneNumberDesc | None = getattr(metadata, kind)
        if desc is not None and desc.national_number_pattern:
            patterns[frozenset(desc.possible_length)].append(_whole(desc))
    return Numbers(
        leading=_at_start(metadata.leading_digits) if metadata.leading_digits and not alone else None,
        all_kinds=_described(all_kinds),
        kinds=tuple(Kind(re.compile("|".join(each)), lengths) for lengths, each in patterns.items()),
    )


def _described(desc: PhoneNumberDesc) -> Kind:
    return Kind(re.compile(_whole(desc)), frozenset(desc.possible_length))


def _whole(desc: PhoneNumberDesc) -> str:
    return rf"^(?:{desc.national_number_pattern})$"


def _at_start(pattern: str) -> Pattern[str]:
    return re.compile(f"^(?:{pattern})")


def e164(text: str, country: str | None) -> str | None:
    """A valid number; None where the library has to say. `country`: the home of a number without a `+`."""
    if len(text) > LONGEST or SHAPE.match(text) is None:
        return None
    number, has_code = NO_DIGITS.sub("", text), text[0] == "+"
    if has_code:
        found = CODE.match(number)
        if found is None:
            return None
        country, number = CALLING_CODES[found[1]], number[found.end() :]
    rules = home(country) if country else None
    if rules is None or (not has_code and rules.abroad.match(number)):
        return None
    national = rules.national(number)
    return f"+{rules.code}{national}" if national and is_valid(national, rules.code) else None


def is_valid(number: str, code: str) -> bool:
    """Whether a national number is one of a calling code."""
    for region in numbers(code):
        leads = region.leading is not None and region.leading.match(number) is not None
        is_mine = leads or region.leading is None
        if is_mine and region.all_kinds.has(number) and any(kind.has(number) for kind in region.kinds):
            return True
        if leads:
            return False
    return False
