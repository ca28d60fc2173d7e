"""The texts that generated customer files are mixed from. No text belongs to a person; addresses are at
RFC 2606's example domains.
"""

import random
from typing import Final

from attrs import frozen


@frozen
class Country:
    """How a country is written, and its phone numbers: every number of `digits` random digits after one of
    the `prefixes` is valid in libphonenumber's metadata. `trunk` is dialled before national ones.
    """

    names: tuple[str, str, str]
    calling_code: str
    trunk: str
    prefixes: tuple[str, str]
    digits: int
    postal: str


COUNTRIES: Final = (
    Country(("US", "USA", "United States"), "1", "", ("2123", "3125"), 6, "99999"),
    Country(("GB", "GBR", "United Kingdom"), "44", "0", ("7400", "7912"), 6, "AA9 9AA"),
    Country(("DE", "DEU", "Germany"), "49", "0", ("151", "170"), 8, "99999"),
    Country(("FR", "FRA", "France"), "33", "0", ("61", "14"), 7, "99999"),
    Country(("ES", "ESP", "Spain"), "34", "", ("61", "65"), 7, "99999"),
    Country(("IT", "ITA", "Italy"), "39", "", ("347", "333"), 7, "99999"),
    Country(("NL", "NLD", "Netherlands"), "31", "0", ("61", "62"), 7, "9999 AA"),
    Country(("SE", "SWE", "Sweden"), "46", "0", ("70", "73"), 7, "999 99"),
    Country(("PL", "POL", "Poland"), "48", "", ("501", "601"), 6, "99-999"),
    Country(("IN", "IND", "India"), "91", "0", ("981", "982"), 7, "999999"),
    Country(("BR", "BRA", "Brazil"), "55", "0", ("119", "219"), 8, "99999-999"),
    Country(("AU", "AUS", "Australia"), "61", "0", ("412", "421"), 6, "9999"),
)

# as written, and as it stands in an e-mail address
FIRST_NAMES: Final = (
    ("Alma", "alma"), ("Jörg", "joerg"), ("Amélie", "amelie"), ("Rohan", "rohan"), ("Zoë", "zoe"),
    ("Łukasz", "lukasz"), ("Søren", "soren"), ("María José", "mariajose"), ("Chloé", "chloe"),
    ("Anne-Marie", "anne-marie"), ("Håkan", "hakan"), ("João", "joao"), ("Ines", "ines"), ("Priya", "priya"),
    ("Oliver", "oliver"), ("Grace", "grace"), ("Noah", "noah"), ("Mia", "mia"), ("Γιώργος", "giorgos"),
    ("Ольга", "olga"), ("陽子", "yoko"), ("Sinéad", "sinead"), ("Björk", "bjork"), ("Leyla", "leyla"),
    ("Tom", "tom"),
)  # fmt: skip

# as CSV writes them
LAST_NAMES: Final = (
    "Whitfield", "Süßkind", "Delacourt", "Bakshi", "O'Neill", "van den Berg", "Müller", "García", "Nowak",
    "Kowalczyk", "Lindqvist", "Åberg", "Silva", "de Souza", "Rossi", "Bianchi", "Smith-Jones", "Taylor",
    "Patel", "Iyer", "Nguyễn", "Παπαδόπουλος", "Иванова", "山田", "Dąbrowski", "Ó Briain", "Schröder",
    "Lefèvre", "Muñoz", "Brown",
)  # fmt: skip
QUOTED_LAST_NAMES: Final = (
    '"Bakshi, Jr."', '"Whitfield ""Whit"", Sr."', '"van den\nBerg"', '"Taylor,\nformerly Brown"', '"Smith"',
)  # fmt: skip

DOMAINS: Final = (
    "example.com", "example.org", "example.net", "mail.example.com", "post.example.org", "EXAMPLE.COM",
    "a-b.example.net",
)  # fmt: skip

PLANS: Final = ("free", "free", "free", "pro", "pro", "enterprise", "Free", "PRO")

TAGS: Final = (
    "", "", "newsletter", "beta", "newsletter;beta", "reseller", "priority;events", "events",
    "partner;vip;newsletter", "öffentlich",
)  # fmt: skip

POSTAL_CODES: Final = 1000
"""Postal codes of each country."""


def postal_codes(country: Country) -> list[str]:
    """As many codes in the country's form, the same in every run."""
    digits = random.Random(country.calling_code)  # noqa: S311 - data for measurements
    letters = {"9": "0123456789", "A": "ABCDEFGHJKLMNPRSTUVWXYZ"}
    return [
        "".join(digits.choice(letters.get(mark, mark)) for mark in country.postal)
        for _ in range(POSTAL_CODES)
    ]
