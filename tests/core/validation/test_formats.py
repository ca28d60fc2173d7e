"""Formats of strings: e-mail, URI, UUID, country, phone."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_core.validation.countries import parse_country
from foreman_core.validation.fault import Fault
from foreman_core.validation.formats import parse_email, parse_uri, parse_uuid
from foreman_core.validation.phones import parse_phone


def is_wrong(result: object) -> bool:
    return isinstance(result, Fault) and result.code == "format"


@pytest.mark.parametrize(
    "address",
    ["ada@example.com", "a@b.co", "first.last+tag@sub.example.co.uk", "o'brien@example.org",
    "x_y-z@ex-ample.com",
     "1@2.com", "!#$%&*/=?^`{|}~@example.com", "a" * 64 + "@example.com", "x@" + "a" * 63 + ".com",
     "x@xn--mller-kva.de", "x@example.xn--p1ai"],
)  # fmt: skip
def test_addresses_come_back_unchanged(address: str) -> None:
    assert parse_email(address) == address


@pytest.mark.parametrize(
    "text",
    ["ada", "ada@", "@example.com", "ada@example", "ada@@example.com", "a b@example.com", "ada@example..com",
     ".ada@example.com", "ada.@example.com", "a..b@example.com", "ada@-example.com", "ada@example-.com",
     "ada@example.c", "ada@example.123", "ada@[127.0.0.1]", '"a b"@example.com',
     "ada@example.com,b@example.com",
     "Ada <ada@example.com>", "mailto:ada@example.com", "ada@exam_ple.com", "zoë@example.com",
     "ada@münchen.de",
     "ada@example.com\n", "a" * 65 + "@example.com", "x@" + "a" * 64 + ".com", "x@" + "a.a" * 90 + ".com"],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    assert is_wrong(parse_email(text))


def test_254_characters_are_the_most() -> None:
    longest = "a" * 64 + "@" + ("b" * 61 + ".") * 3 + "ccc"
    assert len(longest) == 254
    assert parse_email(longest) == longest
    assert is_wrong(parse_email(longest + "c"))


@pytest.mark.parametrize(
    "text",
    ["https://example.com", "http://example.com:8080/a%20b?c=d#e", "ftp://[2001:db8::1]/x",
    "mailto:ada@example.com",
     "urn:isbn:0451450523", "tel:+49-30-901820", "file:///etc/hosts"],
)  # fmt: skip
def test_uris_come_back_unchanged(text: str) -> None:
    assert parse_uri(text) == text


@pytest.mark.parametrize(
    "text",
    ["example.com", "//example.com", "https://", "http:///path", "https:", "https://exa mple.com",
    "https://a/%zz",
     "1http://x", "https://münchen.de", "https://a/<b>", "/path"],
)  # fmt: skip
def test_what_is_no_uri(text: str) -> None:
    assert is_wrong(parse_uri(text))


@given(st.uuids())
def test_uuids_come_back_unchanged(value: uuid.UUID) -> None:
    assert parse_uuid(str(value)) == str(value)
    assert parse_uuid(str(value).upper()) == str(value).upper()


@pytest.mark.parametrize(
    "text",
    ["123e4567e89b12d3a456426614174000", "{123e4567-e89b-12d3-a456-426614174000}", "123e4567", "g" * 36],
)
def test_what_is_no_uuid(text: str) -> None:
    assert is_wrong(parse_uuid(text))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DE", "DE"), ("de", "DE"), ("DEU", "DE"), ("Germany", "DE"), ("GERMANY", "DE"),
        ("United States", "US"), ("USA", "US"), ("U.S.A.", "US"), ("United States of America", "US"),
        ("UK", "GB"), ("Great Britain", "GB"), ("United Kingdom", "GB"),
        ("Côte d'Ivoire", "CI"), ("Cote d\u2019Ivoire", "CI"), ("Ivory Coast", "CI"), ("CIV", "CI"),
        ("South Korea", "KR"), ("Republic of Korea", "KR"), ("Korea, Republic of", "KR"),
        ("Türkiye", "TR"), ("Turkey", "TR"), ("The Netherlands", "NL"), ("Trinidad & Tobago", "TT"),
        ("Czech Republic", "CZ"), ("Russia", "RU"), ("Viet Nam", "VN"), ("St. Lucia", "LC"), ("Namibia",
        "NA"),
        ("NA", "NA"), ("NO", "NO"), ("Democratic Republic of the Congo", "CD"), ("Nauru", "NR"),
    ],
)  # fmt: skip
def test_codes_and_english_names_of_countries(text: str, code: str) -> None:
    assert parse_country(text) == code


@pytest.mark.parametrize(
    "text", ["XX", "Deutschland", "Korea", "Germny", "D", "276", "Europe", "England", "the"]
)
def test_what_is_no_country(text: str) -> None:
    assert is_wrong(parse_country(text))


# numbers that libphonenumber gives as examples, and numbers set aside for fiction (Ofcom, NANPA 555-01xx)
@pytest.mark.parametrize(
    ("text", "country", "e164"),
    [
        ("+49 30 901820", None, "+4930901820"),
        ("030 901820", "DE", "+4930901820"),
        ("030/901820", "DE", "+4930901820"),
        ("0049 30 901820", "DE", "+4930901820"),
        ("+49 (0)30 901820", "FR", "+4930901820"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("+12125550123", "DE", "+12125550123"),
        ("+39 06 698 12345", None, "+390669812345"),  # Italy keeps its zero
        ("02 34 56 78 90", "FR", "+33234567890"),
    ],
)
def test_phone_numbers_become_e164(text: str, country: str | None, e164: str) -> None:
    assert parse_phone(text, country) == e164
    assert parse_phone(e164, country) == e164


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("030 901820", None), ("12", "DE"), ("+49", "DE"), ("+999 123456789", None), ("call me", "DE"),
        ("+49 30 901820, +49 30 901821", "DE"), ("030 901820 or 030 901821", "DE"), ("+1 555 0123", None),
        ("tel: 030 901820", "DE"), ("1-800-FLOWERS", "US"), ("030 901820", "XX"), ("+", "DE"), ("---", "DE"),
        ("0" * 50, "DE"),
    ],
)  # fmt: skip
def test_what_is_no_phone_number(text: str, country: str | None) -> None:
    assert is_wrong(parse_phone(text, country))


@pytest.mark.parametrize(
    "text", ["+49 30 901820 ext. 5", "+1 212 555 0123 x99", "(212) 555-0123 extension 7", "+49 30 901820 #12"]
)
def test_an_extension_is_never_lost(text: str) -> None:
    result = parse_phone(text, "US")
    assert isinstance(result, Fault)
    assert "extension" in result.message


def test_a_number_without_country_says_what_is_missing() -> None:
    result = parse_phone("030 901820", None)
    assert isinstance(result, Fault)
    assert "country code" in result.message
