"""IP addresses as 16-byte keys, so that a CIDR is a range comparison on an index."""

from __future__ import annotations

import ipaddress

from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten

_V4_MAPPED = b"\x00" * 10 + b"\xff\xff"


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
