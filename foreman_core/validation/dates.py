"""Dates and moments: ISO 8601, and the further formats that a schema allows."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Final

from foreman_core.models import Value
from foreman_core.validation.fault import Fault, Parse

# RFC 3339, with the seconds optional: https://www.rfc-editor.org/rfc/rfc3339#section-5.6
_ISO_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}"
    r"(:[0-9]{2}(\.[0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_ISO_LENGTH: Final = 10

# token of `x-foreman.formats` -> digits, its place in ISO 8601
_TOKENS: Final = {"yyyy": (4, 0), "mm": (2, 1), "dd": (2, 2), "HH": (2, 3), "MM": (2, 4), "SS": (2, 5)}
_TOKEN: Final = re.compile("|".join(_TOKENS))
_ISO: Final = ("{}-{}-{}", "{}-{}-{}T{}:{}Z", "{}-{}-{}T{}:{}:{}Z")

ToIso = Callable[[str], str | None]


def date_parser(formats: Sequence[str]) -> Parse:
    """Text -> `YYYY-MM-DD`. ISO 8601 is always read; formats such as `dd/mm/yyyy` when the schema lists
    them.
    """
    wrong = _wrong("date", ("YYYY-MM-DD", *formats))
    rewrites = [_rewrite(text) for text in formats]

    def parse(text: str, _country: str | None) -> Value | Fault:
        if _is_date(text):
            return text
        for rewrite in rewrites:
            iso = rewrite(text)
            if iso is not None and _is_date(iso):
                return iso
        return wrong

    return parse


def datetime_parser(formats: Sequence[str]) -> Parse:
    """Text -> the moment in UTC, such as `2024-12-31T23:59:59Z`.

    ISO 8601 must say its zone; the further formats have none, so a schema that lists one says: these are UTC.
    """
    wrong = _wrong("date and time", ("YYYY-MM-DDThh:mm:ssZ", *formats))
    no_zone = Fault("type", "has no time zone: end it with Z, or with an offset such as +01:00")
    rewrites = [_rewrite(text) for text in formats]

    def parse(text: str, _country: str | None) -> Value | Fault:
        match = _ISO_MOMENT.fullmatch(text)
        if match is not None and match[3] is not None:
            return _in_utc(text) or wrong
        for rewrite in rewrites:
            iso = rewrite(text)
            moment = None if iso is None else _in_utc(iso)
            if moment is not None:
                return moment
        return wrong if match is None else no_zone

    return parse


def ordinal(value: str) -> datetime:
    """A stored date or moment (or a bound of a schema) as what can be compared; without a zone it is UTC."""
    if len(value) == _ISO_LENGTH:
        return datetime.combine(date.fromisoformat(value), time(), UTC)
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_date(text: str) -> bool:
    if len(text) != _ISO_LENGTH or text[4] != "-" or text[7] != "-":  # fromisoformat reads weeks too
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _in_utc(iso: str) -> str | None:
    try:
        moment = datetime.fromisoformat(iso.upper()).astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: in UTC it lies outside the years 1 to 9999
        return None
    precision = "milliseconds" if moment.microsecond % 1000 == 0 else "microseconds"
    text = moment.replace(tzinfo=None).isoformat(timespec=precision if moment.microsecond else "seconds")
    return text + "Z"


def _rewrite(form: str) -> ToIso:
    """From one of the further formats to ISO 8601; None for text of another shape. Nothing is checked but
    that.
    """
    digits = _TOKEN.sub(lambda token: f"([0-9]{{{_TOKENS[token[0]][0]}}})", re.escape(form))
    fullmatch = re.compile(digits).fullmatch
    tokens: list[str] = _TOKEN.findall(form)
    order = [tokens.index(token) for token in sorted(tokens, key=lambda token: _TOKENS[token][1])]
    places = iter(order)
    iso = re.sub("{}", lambda _: f"{{{next(places)}}}", _ISO[max(0, len(order) - 4)])

    def rewrite(text: str) -> str | None:
        match = fullmatch(text)
        return None if match is None else iso.format(*match.groups())

    return rewrite


def _wrong(what: str, formats: Sequence[str]) -> Fault:
    return Fault("type", f"is not a {what}: write an existing one as {' or '.join(formats)}")
