"""Addresses as keys: their order is the order of addresses, and a CIDR is a range of them."""

from __future__ import annotations

import pytest

from auditdash.events.addresses import ip_key, ip_range
from auditdash.events.errors import BadInput


def test_a_v4_address_and_its_v4_mapped_twin_have_one_key() -> None:
    assert ip_key("10.0.0.1") == ip_key("::ffff:10.0.0.1") == bytes(10) + b"\xff\xff\x0a\0\0\1"


@pytest.mark.parametrize("text", ["", "x", "1", "10.0.0", "010.0.0.1", "10.0.0.1/8", "1.2.3.4:80"])
def test_what_is_no_address_has_no_key(text: str) -> None:
    assert ip_key(text) is None


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        (
            "10.0.0.0/8",
            ["10.0.0.0", "10.255.255.255", "::ffff:10.1.1.1"],
            ["9.255.255.255", "11.0.0.0"],
        ),
        ("10.1.2.3", ["10.1.2.3"], ["10.1.2.2", "10.1.2.4", "::1"]),
        ("10.1.2.3/8", ["10.0.0.0"], ["::a01:203"]),
        ("2001:db8::/32", ["2001:db8::", "2001:db8:ffff::1"], ["2001:db9::", "10.0.0.1"]),
        ("0.0.0.0/0", ["0.0.0.1", "255.255.255.255"], ["::1", "2001:db8::"]),
    ],
)
def test_a_network_is_a_range_of_keys(network: str, inside: list[str], outside: list[str]) -> None:
    first, last = ip_range(network)
    assert all(first <= (ip_key(text) or b"") <= last for text in inside)
    assert not any(first <= (ip_key(text) or b"") <= last for text in outside)


@pytest.mark.parametrize("text", ["", "10.0.0", "10.0.0.0/33", "x/8", "10.0.0.0/8/8"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is not an address"):
        ip_range(text)
