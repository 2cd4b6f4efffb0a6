"""IP addresses as 16-byte keys, so that a CIDR is a range comparison on an index."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten

_DISTINCT_KEPT = 1 << 17
_V4_NETWORK, _V6_NETWORK = 24, 48
_V4_MAPPED = b"\x00" * 10 + b"\xff\xff"


@lru_cache(maxsize=_DISTINCT_KEPT)
def ip_key(text: str) -> bytes | None:
    """16 bytes in address order (v4 as v4-mapped v6); None when the text is not an address."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    packed = address.packed
    return packed if len(packed) == 16 else _V4_MAPPED + packed


def ip_range(text: str) -> tuple[bytes, bytes]:
    """The first and the last key (both in) of an address or a CIDR; raises BadInput."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise BadInput(
            f"{shorten(text)} is not an address",
            expected="an address or a CIDR, such as 10.0.0.0/8 or 2001:db8::/32",
        ) from None
    first, last = network.network_address.packed, network.broadcast_address.packed
    if len(first) == 16:
        return first, last
    return _V4_MAPPED + first, _V4_MAPPED + last


def ip_network(text: str) -> str:
    """The network of an address as people name one: a v4 /24, a v6 /48; else the text itself."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return text
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        address = mapped
    bits = _V4_NETWORK if address.version == 4 else _V6_NETWORK
    return str(ipaddress.ip_network((address, bits), strict=False))
