"""What a report is asked for: kept as one text, checked when it is asked, told by a moment."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from auditdash.events.errors import BadInput
from auditdash.events.instants import parse_instant
from auditdash.events.periods import month_period
from auditdash.reports.orders.kinds import kinds
from auditdash.reports.orders.order import (
    check_order,
    decode_order,
    encode_order,
    fixed,
    new_order,
    span_of,
)
from tests.reports.papers import OCTOBER, order_for


@pytest.mark.parametrize("kind", list(kinds()))
def test_an_order_comes_back_as_it_was_kept(kind: str) -> None:
    order = replace(new_order(kind, period=OCTOBER, zone="Europe/Berlin"), title="Q1 “x”\n")
    assert decode_order(encode_order(order)) == order
    assert check_order(order) == order


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kind": "weather"}, "there is no kind of report 'weather'"),
        ({"zone": "Nowhere/City"}, "is not a time zone"),
        ({"query": "nosuchfield:x"}, "nosuchfield"),
        ({"sections": ("result", "weather")}, "has no section 'weather'"),
        ({"frameworks": ("cobit",)}, "there is no framework 'cobit'"),
        ({"period": "some-day"}, "this period is not offered"),
        ({"paper": "A3"}, "there is no such paper"),
        ({"title": "x" * 121}, "the title is too long"),
        ({"sample": 501}, "this is no size of a sample"),
        ({"sample": -1}, "this is no size of a sample"),
        ({"nonce": "a:b"}, "this is no nonce"),
        ({"nonce": "ä"}, "this is no nonce"),
    ],
)
def test_what_cannot_be_asked_is_refused(changes: dict[str, object], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        check_order(replace(order_for(), **changes))


def test_sections_stand_in_the_order_of_the_kind_with_those_that_it_always_has() -> None:
    asked = check_order(order_for(sections=("signoff", "exports", "exports")))
    assert asked.sections == ("exports", "evidence", "signoff")


def test_a_relative_period_is_told_by_the_moment() -> None:
    order = order_for(period="last-month", zone="Asia/Tokyo")
    moment = parse_instant("2026-10-31T15:00:00Z")  # the first of November there
    tokyo = ZoneInfo("Asia/Tokyo")
    assert span_of(fixed(order, moment)) == month_period(2026, 10, tokyo)
    assert fixed(order_for(), moment) == order_for()
    with pytest.raises(BadInput, match="'last-month' is not fixed"):
        span_of(order)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"kind": 1}', "\x00"])
def test_what_is_no_order_is_told(text: str) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        decode_order(text)
