"""What a text must look like: e-mail addresses, URIs, UUIDs. None is rewritten."""

import re
from typing import Final

from foreman_core.models import Value
from foreman_core.validation.fault import Fault

# RFC 5321, 4.5.3.1: https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1 (254: erratum 1690 to RFC 3696)
_LOCAL_LIMIT: Final = 64
_ADDRESS_LIMIT: Final = 254

# RFC 5322's dot-atom, and domains as they are written in the DNS (RFC 1123, 2.1), with at least two labels,
# the last of which is not a number. Quoted local parts, comments and address literals are in the RFC and in
# nobody's list.
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LAST_LABEL: Final = r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
_EMAIL: Final = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+{_LAST_LABEL})")

# RFC 3986: https://www.rfc-editor.org/rfc/rfc3986#appendix-A
_URI: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):((?://([^/?#]*))?[^?#]*)(?:\?[^#]*)?(?:#[^#]*)?")
_URI_TEXT: Final = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_WITH_HOST: Final = {"http", "https", "ftp", "ws", "wss"}

_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

_NO_EMAIL: Final = Fault("format", "is not an e-mail address: write it as name@example.com")
_LONG_LOCAL: Final = Fault(
    "format", f"is no e-mail address: before the @ stand more than {_LOCAL_LIMIT} characters"
)
_LONG_EMAIL: Final = Fault("format", f"is no e-mail address: it has more than {_ADDRESS_LIMIT} characters")
_FOREIGN_EMAIL: Final = Fault(
    "format", "has letters that an e-mail address cannot have everywhere: write its domain in the xn-- form"
)
_NO_URI: Final = Fault("format", "is not a URI: write it with its scheme, such as https://example.com/page")
_NO_UUID: Final = Fault("format", "is not a UUID: write 32 hexadecimal digits as 8-4-4-4-12")


def parse_email(text: str, _country: str | None = None) -> Value | Fault:
    """An address of the common kind, unchanged; 254 characters at most, 64 before the @."""
    match = _EMAIL.fullmatch(text)
    if match is None:
        return _NO_EMAIL if text.isascii() else _FOREIGN_EMAIL
    if len(match[1]) > _LOCAL_LIMIT:
        return _LONG_LOCAL
    return text if len(text) <= _ADDRESS_LIMIT else _LONG_EMAIL


def parse_uri(text: str, _country: str | None = None) -> Value | Fault:
    """A URI with its scheme, unchanged; of the web ones the host must be there."""
    match = _URI.fullmatch(text) if _URI_TEXT.fullmatch(text) else None
    if match is None or not match[2]:
        return _NO_URI
    return _NO_URI if match[1].lower() in _WITH_HOST and not match[3] else text


def parse_uuid(text: str, _country: str | None = None) -> Value | Fault:
    """A UUID in its common form, in the case in which it is written."""
    return text if _UUID.fullmatch(text) else _NO_UUID
