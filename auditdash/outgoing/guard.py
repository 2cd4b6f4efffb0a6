"""Which addresses may be reached. Whoever names an address of a webhook must not reach through us
what only this machine can reach, whatever the name says and whatever it says a moment later."""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten
from auditdash.outgoing.outcome import RefusedError, UnavailableError

# All that is reached across the internet; mapped, translated and local addresses lie outside.
_GLOBAL: Final = IPv6Network("2000::/3")
_LONGEST: Final = 2_000  # letters; httpx raises an error of its own at far more
_PORTS: Final = {"https": 443, "http": 80}
_USUAL: Final = {**_PORTS, "syslog": 6514}
_NAME: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9])?\.?")


class Place(Struct, frozen=True, kw_only=True):
    """Where a request goes: `url` has the name, `target` what follows it in the request line."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and port as the header Host has them."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _USUAL[self.scheme] else f"{name}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.scheme}://{self.authority}{self.target}"


def parse_place(url: str, inside: frozenset[str]) -> Place:
    """An address to send to: https, or http to a host that is allowed to be inside; else BadInput.

    `inside` are the names (`minio.corp`, `10.0.0.5:9000`) that the operator allows to be inside.
    """
    where, expected = "address", "an address such as https://example.com/hook"
    if len(url) > _LONGEST:
        raise BadInput("the address is too long", where=where, expected=f"{_LONGEST:,} letters")
    if not url.isprintable() or not url.isascii() or " " in url or "\\" in url:
        raise BadInput(f"{shorten(url)} is not an address", where=where, expected=expected)
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise BadInput(
            f"{shorten(url)} is not an address", where=where, expected=expected
        ) from None
    if parts.scheme not in _PORTS or not host:
        raise BadInput(f"{shorten(url)} is not an address", where=where, expected=expected)
    if parts.username is not None or parts.password is not None:
        raise BadInput("the address has a user name", where=where, expected=expected)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    place = Place(
        scheme=parts.scheme,
        host=host.rstrip("."),
        port=_PORTS[parts.scheme] if port is None else port,
        target=target,
    )
    if place.scheme == "http" and not may_be_inside(place, inside):
        raise BadInput("the address is not encrypted", where=where, expected="https://…")
    return place


def parse_host(host: str, port: int) -> Place:
    """A receiver of syslog: a name or an address, and a port; else BadInput."""
    name = host.removeprefix("[").removesuffix("]")
    try:
        ip_address(name)
    except ValueError:
        if not _NAME.fullmatch(name):
            raise BadInput(
                f"{shorten(host)} is not the name of a host",
                where="host",
                expected="such as siem.example.com",
            ) from None
    if not 0 < port < 1 << 16:
        raise BadInput(f"{port} is no port", where="port", expected="1 to 65535")
    return Place(scheme="syslog", host=name.rstrip(".").lower(), port=port, target="")


def may_be_inside(place: Place, inside: frozenset[str]) -> bool:
    """Whether the operator allows this host, on this port, to be inside."""
    return bool({place.host, f"{place.host}:{place.port}", place.authority} & inside)


def find_addresses(place: Place, inside: frozenset[str]) -> list[str]:
    """The addresses of a host, all of which may be reached; the caller connects to one of them and
    to nothing else. RefusedError when one of them is inside, UnavailableError when there is none.
    """
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnavailableError(f"{place.host} has no address just now") from None
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not may_be_inside(place, inside):
        for each in addresses:
            if not is_outside(each):
                raise RefusedError(
                    f"{place.host} leads to {each}, which is inside; an operator can allow it:"
                    " AUDITDASH_INSIDE_HOSTS"
                )
    return addresses


def is_outside(text: str) -> bool:
    """Whether an address is one of the internet's."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        return _is_outside_6(address)
    return _is_outside_4(address)


def _is_outside_4(address: IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_outside_6(address: IPv6Address) -> bool:
    """Neither one with an IPv4 address in it, which a gateway may lead anywhere."""
    hides = address.sixtofour or address.teredo
    return address in _GLOBAL and address.is_global and address.scope_id is None and not hides
