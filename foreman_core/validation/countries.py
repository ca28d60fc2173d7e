"""Countries: alpha-2 codes, alpha-3 codes and English names -> ISO 3166-1 alpha-2."""

import unicodedata
from functools import cache, lru_cache
from typing import Final

from foreman_core.models import Value
from foreman_core.validation.fault import Fault

CACHED: Final = 4096
_LONGEST: Final = 100

# names in common use beside those of ISO 3166-1: Unicode CLDR's English ones, and former ones
_ALSO: Final = {
    "Bolivia": "BO",
    "British Virgin Islands": "VG",
    "Brunei": "BN",
    "Burma": "MM",
    "Cape Verde": "CV",
    "Congo-Brazzaville": "CG",
    "Republic of the Congo": "CG",
    "Congo-Kinshasa": "CD",
    "DR Congo": "CD",
    "Czech Republic": "CZ",
    "East Timor": "TL",
    "Falkland Islands": "FK",
    "Great Britain": "GB",
    "Heard and McDonald Islands": "HM",
    "Hong Kong SAR China": "HK",
    "Iran": "IR",
    "Ivory Coast": "CI",
    "Laos": "LA",
    "Macao SAR China": "MO",
    "Macau": "MO",
    "Macedonia": "MK",
    "Micronesia": "FM",
    "Moldova": "MD",
    "Nauru": "NR",
    "North Korea": "KP",
    "Palestine": "PS",
    "Palestinian Territories": "PS",
    "Pitcairn Islands": "PN",
    "Republic of Ireland": "IE",
    "Russia": "RU",
    "St Kitts and Nevis": "KN",
    "St Lucia": "LC",
    "St Martin": "MF",
    "St Vincent and the Grenadines": "VC",
    "St Helena": "SH",
    "St Pierre and Miquelon": "PM",
    "St Barthelemy": "BL",
    "Sint Maarten": "SX",
    "South Korea": "KR",
    "Swaziland": "SZ",
    "Syria": "SY",
    "Sao Tome": "ST",
    "Taiwan": "TW",
    "Tanzania": "TZ",
    "Turkey": "TR",
    "UAE": "AE",
    "UK": "GB",
    "US Virgin Islands": "VI",
    "USA": "US",
    "United Kingdom": "GB",
    "United States": "US",
    "Vatican": "VA",
    "Vatican City": "VA",
    "Venezuela": "VE",
    "Vietnam": "VN",
}

_UNKNOWN: Final = Fault(
    "format", "is not a country: write its ISO 3166-1 code, such as DE or DEU, or its English name"
)


def parse_country(text: str, _country: str | None = None) -> Value | Fault:
    """The alpha-2 code of a country, from a code in any case or an English name."""
    return _parse(text) if len(text) <= _LONGEST else _UNKNOWN


@lru_cache(CACHED)
def _parse(text: str) -> Value | Fault:
    return _codes().get(_fold(text), _UNKNOWN)


@cache
def _codes() -> dict[str, str]:
    from iso3166 import countries  # noqa: PLC0415 - only schemas with a country need it

    codes = {_fold(name): code for name, code in _ALSO.items()}
    for country in countries:
        turned = [" ".join(reversed(name.split(", ", 1))) for name in (country.name, country.apolitical_name)]
        for name in (country.alpha2, country.alpha3, country.name, country.apolitical_name, *turned):
            codes[_fold(name)] = country.alpha2
    return codes


def _fold(name: str) -> str:
    """A name without accents, case and punctuation; `&` is `and`, and a leading `the` goes."""
    letters = unicodedata.normalize("NFKD", name.replace("&", " and ")).casefold()
    spaced = "".join(
        letter if letter.isalnum() else " "
        for letter in letters
        if not unicodedata.combining(letter) and letter != "."
    )
    words = spaced.split()
    return " ".join(words[1:] if words[:1] == ["the"] else words)
