from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from auditdash.events.calendars import Unit, choose_unit, clock_changes, edges, offset_at
from auditdash.events.instants import DAY, HOUR, Instant, parse_instant, to_rfc3339

ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca")


def _at(text: str) -> Instant:
    return parse_instant(text)


def _edges(start: str, end: str, unit: Unit, zone: str) -> list[str]:
    return [to_rfc3339(edge)[:16] for edge in edges(_at(start), _at(end), unit, ZoneInfo(zone))]


def test_days_are_as_long_as_the_clocks_make_them() -> None:
    found = edges(
        _at("2026-03-07T12:00:00Z"),
        _at("2026-03-09T12:00:00Z"),
        "day",
        ZoneInfo("America/New_York"),
    )
    assert [(after - before) // HOUR for before, after in pairwise(found)] == [24, 23, 24]


def test_hours_begin_at_the_full_local_hour() -> None:
    assert _edges("2026-01-01T00:20:00Z", "2026-01-01T01:20:00Z", "hour", "Asia/Kathmandu") == [
        "2026-01-01T00:15",
        "2026-01-01T01:15",
        "2026-01-01T02:15",
    ]


def test_clocks_that_go_back_half_an_hour_make_one_short_bucket() -> None:
    found = _edges("2026-04-04T13:00:00Z", "2026-04-04T17:00:00Z", "hour", "Australia/Lord_Howe")
    assert [edge[11:] for edge in found] == ["13:00", "14:00", "14:30", "15:30", "16:30", "17:30"]


def test_a_day_that_an_island_skipped_has_no_bucket() -> None:
    found = _edges("2011-12-29T11:00:00Z", "2011-12-31T09:00:00Z", "day", "Pacific/Apia")
    assert [edge[:10] for edge in found] == ["2011-12-29", "2011-12-30", "2011-12-31"]


def test_weeks_begin_on_monday_and_decades_with_a_round_year() -> None:
    start, end = "2026-03-04T00:00:00Z", "2026-03-10T00:00:00Z"
    assert _edges(start, end, "week", "UTC")[:2] == ["2026-03-02T00:00", "2026-03-09T00:00"]
    assert _edges(start, end, "month", "UTC") == ["2026-03-01T00:00", "2026-04-01T00:00"]
    assert _edges(start, end, "decade", "UTC") == ["2020-01-01T00:00", "2030-01-01T00:00"]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("1900-01-01T00:00:00Z", "1900-01-01T00:00:00.000001Z"),
        ("1900-01-01T00:00:00Z", "9998-12-31T23:59:59.999999Z"),
        ("9998-12-31T23:00:00Z", "9998-12-31T23:59:59.999999Z"),
        ("2020-05-05T05:05:05Z", "2026-11-23T12:00:00Z"),
        ("2026-11-01T00:00:00Z", "2026-11-05T01:00:00Z"),
    ],
)
def test_edges_rise_and_cover_every_span_with_a_readable_number(
    start: str, end: str, zone: str
) -> None:
    first, after = _at(start), _at(end)
    found = edges(first, after, choose_unit(first, after), ZoneInfo(zone))
    assert found[0] <= first < found[1]
    assert found[-2] < after <= found[-1]
    assert all(one < other for one, other in pairwise(found))
    assert len(found) <= 132


@pytest.mark.parametrize("zone", ZONES)
def test_between_two_changes_the_clocks_stand_still(zone: str) -> None:
    start, end = _at("2024-01-01T00:00:00Z"), _at("2027-01-01T00:00:00Z")
    changes = clock_changes(start, end, ZoneInfo(zone))
    assert changes[0].at == start
    bounds = [*(change.at for change in changes), end]
    for change, after in zip(changes, bounds[1:], strict=True):
        for moment in (*range(change.at, after, 5 * DAY), change.at, after - 1):
            assert offset_at(Instant(moment), ZoneInfo(zone)) == change.offset
    assert len(changes) == {"UTC": 1, "Asia/Kathmandu": 1}.get(zone, 7)
