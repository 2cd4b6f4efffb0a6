"""What a typed address can reach: the attacks on it, as a table."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from auditdash.events.errors import BadInput
from auditdash.outgoing.guard import find_addresses, is_outside, parse_host, parse_place
from auditdash.outgoing.http import Surroundings, send
from auditdash.outgoing.outcome import RefusedError, UnavailableError

_NOBODY: frozenset[str] = frozenset()

# Each leads inside, one way or the other, on machines whose resolver takes it; else nowhere.
_INSIDE = (
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",  # decimal
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://0/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",  # mapped
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",  # translated
    "https://[2002:7f00:1::]/",  # 6to4
    "https://[fe80::1]/",
    "https://[fd00:ec2::254]/",
    "https://10.0.0.5/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.100.100.200/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://127.0.0.1:8443/",
)
_MALFORMED = (
    "https://example.com/" + "a" * 70_000,
    "http://example.com/",  # not encrypted
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:25/_HELO",
    "https://user:secret@example.com/",
    "https://example.com@127.0.0.1/",
    "https://",
    "https:///path",
    "//example.com/",
    "example.com",
    "https://example.com:99999/",
    "https://example.com:port/",
    "https://exa mple.com/",
    "https://example.com/\r\nHost: inside",
    "https://example.com\\@127.0.0.1/",
    "https://ex\u0430mple.com/",
    "https://[::1/",
    "",
)


@pytest.mark.parametrize("url", _INSIDE)
def test_no_way_of_writing_it_leads_inside(url: str) -> None:
    with pytest.raises((RefusedError, UnavailableError)) as refused:
        find_addresses(parse_place(url, _NOBODY), _NOBODY)
    assert refused.type is RefusedError or "has no address" in str(refused.value)


@pytest.mark.parametrize("url", _INSIDE)
def test_nor_does_one_that_is_typed_as_the_host_of_a_receiver_of_syslog(url: str) -> None:
    host = url.removeprefix("https://").partition("/")[0].removesuffix(":8443")
    with pytest.raises((RefusedError, UnavailableError)) as refused:
        find_addresses(parse_host(host, 6514), _NOBODY)
    assert refused.type is RefusedError or "has no address" in str(refused.value)


@pytest.mark.parametrize("url", _MALFORMED)
def test_what_is_not_a_plain_https_address_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        parse_place(url, _NOBODY)


@pytest.mark.parametrize(
    ("address", "outside"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("198.18.0.1", False),
        ("192.0.2.1", False),
        ("240.0.0.1", False),
        ("::ffff:8.8.8.8", False),
        ("2001:0:5ef5:79fd::1", False),  # Teredo
        ("2001:db8::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("fe80::1%eth0", False),
        ("nonsense", False),
    ],
)
def test_only_addresses_of_the_internet_are_outside(address: str, outside: bool) -> None:
    assert is_outside(address) is outside


def test_an_operator_may_allow_a_host_inside_on_one_port() -> None:
    allowed = frozenset({"localhost:9000"})
    assert find_addresses(parse_place("http://localhost:9000/", allowed), allowed)
    with pytest.raises(BadInput):
        parse_place("http://localhost:9001/", allowed)
    with pytest.raises(RefusedError):
        find_addresses(parse_place("https://localhost:9001/", allowed), allowed)


def _resolver(*answers: str) -> Any:
    """Says one after the other, as a name of an attacker does."""
    left = list(answers)

    def resolve(host: str, port: int, *_rest: object, **_more: object) -> list[Any]:
        address = left.pop(0) if host == "rebind.example" else host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    return resolve


def test_a_name_that_changes_is_asked_once_and_connected_as_it_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], *_rest: object, **_more: object) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError("not from a test")

    monkeypatch.setattr(socket, "getaddrinfo", _resolver("8.8.8.8", "127.0.0.1"))
    monkeypatch.setattr(socket, "create_connection", connect)
    place = parse_place("https://rebind.example/hook", _NOBODY)
    with pytest.raises(UnavailableError, match=r"rebind\.example takes no connection"):
        send(place, Surroundings(), method="POST", headers={})
    assert tried == [("8.8.8.8", 443)]


def test_a_name_with_one_address_inside_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(_host: str, port: int, *_rest: object, **_more: object) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in ("8.8.8.8", "10.0.0.1")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(RefusedError, match=r"leads to 10\.0\.0\.1"):
        find_addresses(parse_place("https://both.example/", _NOBODY), _NOBODY)
