"""Covered periods, gaps, and the window to ask next."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from auditdash.events.instants import DAY, HOUR, MINUTE, Instant, parse_instant
from auditdash.events.periods import Period
from auditdash.ingest.coverage import Coverage, Span, coverage, find_gaps, length_text, next_period
from auditdash.ingest.coverage_days import count_days
from auditdash.settings import Settings
from auditdash.store.engine import reading
from tests.fake_mode import FakeMode, problem
from tests.ingest.pulls import START, Puller, Time
from tests.make import NOW

S = 1_000_000
WEEK = Span(Instant(0), Instant(7 * DAY))


def spans(*pairs: tuple[int, int]) -> list[Span]:
    return [Span(Instant(start), Instant(end)) for start, end in pairs]


@pytest.mark.parametrize(
    ("covered", "gaps"),
    [
        ([], [(0, 100)]),
        ([(0, 100)], []),
        ([(0, 91)], []),  # the rest is younger than the patience of 10
        ([(0, 89)], [(89, 100)]),
        ([(20, 100)], [(0, 20)]),
        ([(0, 20), (21, 100)], [(20, 21)]),
        ([(10, 20), (30, 40)], [(0, 10), (20, 30), (40, 100)]),
    ],
)
def test_gaps_are_the_holes_between_periods(
    covered: list[tuple[int, int]], gaps: list[tuple[int, int]]
) -> None:
    whole = Span(Instant(0), Instant(100))
    assert find_gaps(whole, spans(*covered), patience=10) == spans(*gaps)


@pytest.mark.parametrize(
    ("covered", "now", "expected"),
    [
        ([], 10 * DAY, (0, DAY)),
        ([], HOUR, (0, HOUR)),
        ([], 0, None),
        ([(0, DAY)], 10 * DAY, (DAY - 15 * MINUTE, 2 * DAY - 15 * MINUTE)),
        ([(0, DAY)], DAY, None),
        ([(0, DAY)], DAY + S, (DAY - 15 * MINUTE, DAY + S)),
        ([(0, 5 * MINUTE)], DAY, (0, DAY)),  # never before the start
        ([(0, DAY), (3 * DAY, 9 * DAY)], 9 * DAY, (DAY - 15 * MINUTE, 2 * DAY - 15 * MINUTE)),
        (
            [(0, 3 * DAY), (3 * DAY + 1, 9 * DAY)],
            9 * DAY,
            (3 * DAY - 15 * MINUTE, 4 * DAY - 15 * MINUTE),
        ),
        ([(2 * DAY, 3 * DAY)], 9 * DAY, (0, DAY)),  # the start was moved back
        ([(0, DAY)], DAY - HOUR, None),  # the clock went back
    ],
)
def test_the_next_window_is_the_oldest_gap(
    covered: list[tuple[int, int]], now: int, expected: tuple[int, int] | None
) -> None:
    periods = [Period(Instant(start), Instant(end)) for start, end in covered]
    found = next_period(Instant(0), periods, Instant(now))
    assert (found and (found.start, found.end)) == expected


def test_window_after_window_covers_everything_from_the_start() -> None:
    start, now = Instant(123_456), Instant(40 * DAY + 987_654)
    covered: list[Period] = []
    end = Instant(0)
    while window := next_period(start, covered, now):
        assert window.end is not None
        assert window.end > end
        end = window.end
        covered = [Period(Instant(0), end)]
    assert end == 40 * DAY


def test_a_broken_pull_leaves_a_gap_that_the_next_one_fills(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    def look(now: Instant) -> Coverage:
        with reading(engine) as connection:
            return coverage(connection, workspace_id, now)[0]

    with FakeMode() as mode:
        puller = Puller(engine, settings, workspace_id, mode, Time())
        assert look(NOW).gaps == (Span(START, NOW),)
        assert look(NOW).percent == 0
        mode.script.extend([None, problem(403, "no", "No")])
        puller.pull()
        assert look(NOW).periods == (Span(START, Instant(START + DAY)),)
        assert look(NOW).gaps == (Span(Instant(START + DAY), NOW),)
        assert look(NOW).percent == pytest.approx(100 / 3)
        puller.pull_well()
        assert (look(NOW).gaps, look(NOW).percent) == ((), 100.0)
        silent = Instant(NOW + 31 * MINUTE)
        assert look(Instant(NOW + 30 * MINUTE)).gaps == ()
        assert look(silent).gaps == (Span(NOW, silent),)
        assert look(silent).percent < 100


def test_coverage_of_a_period_is_clipped_to_it(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with FakeMode() as mode:
        Puller(engine, settings, workspace_id, mode, Time()).pull_well()
    inside = Period(Instant(START + HOUR), Instant(START + 2 * HOUR))
    reaching = Period(Instant(NOW - HOUR), Instant(NOW + 2 * DAY))
    before = Period(Instant(START - 2 * DAY), Instant(START - DAY))
    with reading(engine) as connection:
        now = Instant(NOW + DAY)
        (found,) = coverage(connection, workspace_id, now, period=inside)
        assert (found.periods, found.gaps, found.windows) == ((found.span,), (), 1)
        (found,) = coverage(connection, workspace_id, now, period=reaching)
        assert (found.span.end, found.gaps) == (now, (Span(NOW, now),))
        assert coverage(connection, workspace_id, now, period=before) == []


def test_an_old_period_is_covered_even_when_pulling_stopped_since(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with FakeMode() as mode:
        Puller(engine, settings, workspace_id, mode, Time()).pull_well()
    with reading(engine) as connection:
        last_minute = Period(Instant(NOW - HOUR), Instant(NOW + MINUTE))
        (found,) = coverage(connection, workspace_id, Instant(NOW + DAY), period=last_minute)
    assert found.gaps == (Span(NOW, Instant(NOW + MINUTE)),)


def test_pulls_that_do_not_see_their_echo_are_counted(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with FakeMode() as mode:
        time = Time()
        puller = Puller(engine, settings, workspace_id, mode, time)
        puller.pull_well()
        time.pass_(HOUR)
        mode.echo = False
        puller.pull_well()
        time.pass_(HOUR)
        puller.pull_well()
    with reading(engine) as connection:
        (found,) = coverage(connection, workspace_id, time.now)
    assert found.echoes.expected > 1
    assert found.echoes.seen == found.echoes.expected - 1
    assert found.echoes.first_missing_at == NOW + HOUR


def test_a_day_is_covered_partly_or_not_at_all_in_the_readers_zone(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with FakeMode() as mode:
        puller = Puller(engine, settings, workspace_id, mode, Time())
        mode.script.extend([None, problem(403, "no", "No")])
        puller.pull()
    with reading(engine) as connection:
        (found,) = coverage(connection, workspace_id, NOW)
    (month,) = count_days(found, ZoneInfo("UTC")).months
    states = {day.on.day: day.state for day in month.days}
    assert len(month.days) == 30
    assert (states[19], states[24]) == ("outside", "ahead")
    assert [states[day] for day in range(20, 24)] == ["covered", "part", "gap", "open"]
    assert sum(day.missing for day in month.days) == 2 * DAY


def test_a_long_calendar_is_shown_a_year_at_a_time(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    long_ago = parse_instant("2024-02-15T00:00:00Z")
    with FakeMode() as mode:
        Puller(engine, settings, workspace_id, mode, Time(), long_ago)
        with reading(engine) as connection:
            (found,) = coverage(connection, workspace_id, NOW)
    zone, shown, until = ZoneInfo("America/New_York"), list[date](), None
    while True:
        calendar = count_days(found, zone, until)
        shown = [month.first for month in calendar.months] + shown
        if calendar.earlier is None:
            break
        until = calendar.earlier
    assert (shown[0], shown[-1]) == (date(2024, 2, 1), date(2026, 11, 1))
    assert len(shown) == len(set(shown)) == 34


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (0, "under 1 s"),
        (8_000_000, "8 s"),
        (15 * MINUTE, "15 min"),
        (DAY + 60 * MINUTE, "1 d 1 h"),
        (DAY + MINUTE, "1 d 1 min"),
        (3 * DAY + 4 * 60 * MINUTE + MINUTE, "3 d 4 h"),
    ],
)
def test_lengths_are_said_in_their_two_largest_units(length: int, said: str) -> None:
    assert length_text(length) == said
