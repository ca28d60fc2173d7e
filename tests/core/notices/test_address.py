"""Where webhooks may go."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import pytest

from foreman_core.errors import Refused
from foreman_core.notices.address import Address, is_public, target


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - an address, and no place to listen at
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "2002:7f00:1::",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::5db8:d70e",
        "192.0.0.9",
        "100::1",
        "fec0::1",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
    ],
)
def test_what_is_not_on_the_public_internet_is_told(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_a_public_address_is_one(address: str) -> None:
    assert is_public(ip_address(address))


def found(*addresses: str) -> Sequence[Address]:
    return [ip_address(address) for address in addresses]


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "ftp://hooks.example/",
        "https://",
        "https://user:secret@hooks.example/",
        "https://hooks.example:port/",
        "file:///etc/passwd",
        "nothing",
        "https://hooks.example/a b",
        "https://hooks.example/\tb",
        "https://hooks.example/höhe",
        "https://höhe.example/",
    ],
)
def test_a_url_that_is_no_plain_https_is_refused(url: str) -> None:
    with pytest.raises(Refused) as refused:
        target(url, (), lambda _host, _port: found("93.184.215.14"))
    assert refused.value.code == "bad-webhook"


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(Refused, match="not on the public internet"):
        target("https://hooks.example/", (), lambda _host, _port: found("93.184.215.14", "10.0.0.1"))


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "017700000001", "[::1]"])
def test_another_way_to_write_loopback_is_loopback(host: str) -> None:
    with pytest.raises(Refused):
        target(f"https://{host}/", ())


def test_a_network_that_the_stack_allows_is_reached_by_http_too() -> None:
    networks = [ip_network("10.0.0.0/8")]
    where = target("http://hooks.example:8080/a?b=c", networks, lambda _host, _port: found("10.0.0.1"))
    assert (str(where.address), where.port, where.path, where.tls) == ("10.0.0.1", 8080, "/a?b=c", False)
    with pytest.raises(Refused, match="over https"):
        target("http://hooks.example/", networks, lambda _host, _port: found("10.0.0.1", "93.184.215.14"))


def test_a_host_without_an_address_is_told() -> None:
    with pytest.raises(Refused) as refused:
        target("https://hooks.invalid/", ())
    assert refused.value.code == "unknown-host"
