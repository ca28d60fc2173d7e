"""Where a webhook may go: over TLS to addresses of the public internet, whatever a name resolves to.

https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

from foreman_core.errors import Refused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[Address]]

_NAT64: Final = ip_network("64:ff9b::/96")
"""https://www.rfc-editor.org/rfc/rfc6052#section-2.1"""

_GLOBAL_UNICAST: Final = ip_network("2000::/3")
"""All that is handed out of version 6:
https://www.iana.org/assignments/ipv6-address-space/ipv6-address-space.xhtml"""

_SPECIAL: Final = (ip_network("192.0.0.0/24"), ip_network("3fff::/20"))
"""What not every version of Python knows as not global:
https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml
https://www.iana.org/assignments/iana-ipv6-special-registry/iana-ipv6-special-registry.xhtml"""

_PORTS: Final = {"https": 443, "http": 80}


@frozen(kw_only=True)
class Target:
    """A webhook's URL taken apart, and the address that its host has been found to have."""

    host: str
    port: int
    path: str
    address: Address
    tls: bool


def resolve(host: str, port: int) -> Sequence[Address]:
    """Every address of a host. Refused(`unknown-host`) when it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused("unknown-host", f"The host {host!r} of the webhook has no address.") from error
    return [ip_address(str(place[0]).partition("%")[0]) for *_, place in found]


def target(url: str, allowed: Sequence[Network], resolve: Resolve = resolve) -> Target:
    """Where a URL leads. Refused(`bad-webhook`) unless it is https, and every address of its host is public.

    Addresses in the `allowed` networks are good too, and there http is.
    """
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise _bad(f"{url!r} has characters that a URL writes as %20 and the like, and a host as xn--")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _bad(f"{url!r} is no URL") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise _bad(f"{url!r} does not start with https:// and the name of a host")
    if parts.username is not None or parts.password is not None:
        raise _bad("its URL must not carry a user or a password")
    port = port or _PORTS[parts.scheme]
    addresses = resolve(parts.hostname, port)
    trusted = [any(address in network for network in allowed) for address in addresses]
    if parts.scheme == "http" and not all(trusted):
        raise _bad("it must be reached over https")
    if not all(known or is_public(address) for known, address in zip(trusted, addresses, strict=True)):
        raise _bad(f"{parts.hostname} has an address that is not on the public internet")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(
        host=parts.hostname, port=port, path=path, address=addresses[0], tls=parts.scheme == "https"
    )


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, also one of version 4 inside one of version 6."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _NAT64:
            inner = IPv4Address(address.packed[-4:])
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST:
            return False
    special = any(address in network for network in _SPECIAL)
    return address.is_global and not address.is_multicast and not special


def _bad(what: str) -> Refused:
    return Refused("bad-webhook", f"The webhook cannot be used: {what}.")
