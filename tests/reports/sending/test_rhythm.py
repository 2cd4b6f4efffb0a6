"""When a schedule is due: each day of its calendar once, whatever the clocks do."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditdash.events.errors import BadInput
from auditdash.events.instants import DAY, Instant, parse_instant, to_datetime, to_instant
from auditdash.reports.sending.rhythm import (
    EVERY,
    LAST_DAY,
    Rhythm,
    make_rhythm,
    next_slot,
    next_slots,
    parse_rhythm,
)

# With clocks that go forward and back by an hour, by half of one, at midnight; a day left out.
_ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"),
    *("America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu"),
)


@st.composite
def _rhythms(draw: st.DrawFn) -> Rhythm:
    every = draw(st.sampled_from(EVERY))
    low, high = {"daily": (0, 0), "weekly": (1, 7)}.get(every, (0, 31))
    day = draw(st.integers(low, high))
    hour = draw(st.integers(0, 23) | st.integers(0, 3))
    return Rhythm(every=every, day=day, hour=hour, minute=draw(st.sampled_from((0, 30, 59))))


def _is_due(rhythm: Rhythm, day: date) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    match rhythm.every:
        case "daily":
            return True
        case "weekly":
            return day.isoweekday() == rhythm.day
    wanted = last if rhythm.day == LAST_DAY else min(rhythm.day, last)
    return day.day == wanted and (rhythm.every == "monthly" or day.month in {1, 4, 7, 10})


def _told_by_clocks(rhythm: Rhythm, day: date, zone: ZoneInfo) -> list[Instant]:
    """All instants at which the clocks of the zone show that time of that day."""
    wall = datetime(day.year, day.month, day.day, rhythm.hour, rhythm.minute)  # noqa: DTZ001 - a clock
    around = [wall.replace(tzinfo=UTC) + timedelta(hours=hours) for hours in range(-30, 31)]
    offsets = {each.astimezone(zone).utcoffset() or timedelta() for each in around}
    tried = [wall.replace(tzinfo=UTC) - offset for offset in offsets]
    return sorted(
        to_instant(each) for each in tried if each.astimezone(zone).replace(tzinfo=None) == wall
    )


@given(
    rhythm=_rhythms(),
    zone=st.sampled_from(_ZONES).map(ZoneInfo),
    start=st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - in UTC
)
@example(
    rhythm=Rhythm(every="quarterly", day=0, hour=0, minute=0),
    zone=ZoneInfo("Pacific/Apia"),
    start=datetime(2009, 2, 1),  # noqa: DTZ001 - in UTC
)
def test_each_day_of_the_calendar_is_due_once(
    rhythm: Rhythm, zone: ZoneInfo, start: datetime
) -> None:
    slot, slots = to_instant(start.replace(tzinfo=UTC)), []
    for _ in range(12):
        assert next_slot(rhythm, slot, zone) > slot
        slot = next_slot(rhythm, slot, zone)
        slots.append(slot)
    first = to_datetime(slots[0], zone).date()
    # A zone that left out a day has a day more in its calendar than went by.
    days = [first + timedelta(days=n) for n in range(-1, (slots[-1] - slots[0]) // DAY + 4)]
    told = {day: _told_by_clocks(rhythm, day, zone) for day in days if _is_due(rhythm, day)}
    shown = {each for instants in told.values() for each in instants[:1]}
    within = {each for each in shown if slots[0] <= each <= slots[-1]}
    assert within <= set(slots)  # what the clocks show is due, the first time that they do
    left = set(slots) - shown
    skipped = [day for day, instants in told.items() if not instants]
    assert len(left) <= len(skipped)  # and else only what they leave out, once
    for each in left:
        assert any(abs(each - _noon(day, zone)) <= DAY for day in skipped)


def _noon(day: date, zone: ZoneInfo) -> Instant:
    return to_instant(datetime(day.year, day.month, day.day, 12, tzinfo=zone))


@pytest.mark.parametrize(
    ("rhythm", "zone", "after", "slots"),
    [
        (
            "daily 0 02:30",  # the clocks go from 02:00 to 03:00 on the 29th
            "Europe/Berlin",
            "2026-03-27T12:00:00Z",
            ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"],
        ),
        (
            "daily 0 02:30",  # the clocks go from 03:00 to 02:00 on the 25th
            "Europe/Berlin",
            "2026-10-23T12:00:00Z",
            ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        ),
        (
            "daily 0 06:00",  # the 30th did not take place
            "Pacific/Apia",
            "2011-12-29T00:00:00Z",
            ["2011-12-29T16:00:00Z", "2011-12-30T16:00:00Z", "2011-12-31T16:00:00Z"],
        ),
        (
            "daily 0 23:30",  # the clocks went from 23:00 on the 30th to midnight
            "America/Nuuk",
            "2024-03-31T01:10:00Z",
            ["2024-03-31T01:30:00Z", "2024-04-01T00:30:00Z", "2024-04-02T00:30:00Z"],
        ),
        (
            "monthly 31 06:00",
            "UTC",
            "2027-12-31T06:00:00Z",
            ["2028-01-31T06:00:00Z", "2028-02-29T06:00:00Z", "2028-03-31T06:00:00Z"],
        ),
        (
            "quarterly 0 23:59",
            "America/New_York",
            "2026-02-01T00:00:00Z",
            ["2026-02-01T04:59:00Z", "2026-05-01T03:59:00Z", "2026-08-01T03:59:00Z"],
        ),
        (
            "weekly 1 07:00",
            "UTC",
            "2026-11-30T07:00:00Z",
            ["2026-12-07T07:00:00Z", "2026-12-14T07:00:00Z", "2026-12-21T07:00:00Z"],
        ),
    ],
)
def test_slots_as_a_calendar_has_them(rhythm: str, zone: str, after: str, slots: list[str]) -> None:
    found = next_slots(parse_rhythm(rhythm), parse_instant(after), ZoneInfo(zone), None, 3)
    assert found == [parse_instant(each) for each in slots]


def test_after_its_last_day_nothing_is_due() -> None:
    rhythm, after = parse_rhythm("weekly 1 07:00"), parse_instant("2026-11-30T07:00:00Z")
    assert len(next_slots(rhythm, after, ZoneInfo("UTC"), date(2026, 12, 14), 5)) == 2
    assert next_slots(rhythm, after, ZoneInfo("UTC"), date(2026, 12, 1), 5) == []


@given(rhythm=_rhythms())
def test_a_rhythm_is_read_as_it_was_written(rhythm: Rhythm) -> None:
    assert parse_rhythm(str(rhythm)) == rhythm
    assert rhythm.clock in rhythm.said()


@pytest.mark.parametrize(
    ("every", "day", "clock"),
    [
        ("hourly", 0, "06:00"),
        ("daily", 1, "06:00"),
        ("weekly", 0, "06:00"),
        ("weekly", 8, "06:00"),
        ("monthly", 32, "06:00"),
        ("monthly", -1, "06:00"),
        ("daily", 0, "24:00"),
        ("daily", 0, "6:00"),
        ("daily", 0, "06:60"),
        ("daily", 0, "٠٦:٠٠"),
        ("daily", 0, ""),
    ],
)
def test_what_is_no_rhythm_is_refused(every: str, day: int, clock: str) -> None:
    with pytest.raises(BadInput):
        make_rhythm(every, day, clock)
