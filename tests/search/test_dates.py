"""Dates are calendar units in the reader's zone, as half-open UTC periods."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from auditdash.events.instants import HOUR, Instant, parse_instant
from auditdash.events.periods import Period
from auditdash.search.dates import resolve
from auditdash.search.parse import parse
from auditdash.search.period import frozen, local_value, period_of, period_text
from auditdash.search.print import print_value
from auditdash.search.query import Query, Term
from auditdash.search.scope import Clock

NEW_YORK = ZoneInfo("America/New_York")
# 10:30 in New York, two days after the clocks went forward
NOW = Clock(parse_instant("2026-03-10T14:30:00Z"), NEW_YORK)


def period(text: str, clock: Clock = NOW) -> Period:
    term = parse(f"created:{text}").node
    assert isinstance(term, Term)
    return resolve(term.values[0], clock)


def between(start: str | None, end: str | None) -> Period:
    return Period(
        None if start is None else parse_instant(start), None if end is None else parse_instant(end)
    )


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
        ("2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
        ("2024-02-29", "2024-02-29T05:00:00Z", "2024-03-01T05:00:00Z"),
        ("2026-03", "2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z"),
        ("2026-12", "2026-12-01T05:00:00Z", "2027-01-01T05:00:00Z"),
        ("2026-Q1", "2026-01-01T05:00:00Z", "2026-04-01T04:00:00Z"),
        ("2026-q4", "2026-10-01T04:00:00Z", "2027-01-01T05:00:00Z"),
        ("2026", "2026-01-01T05:00:00Z", "2027-01-01T05:00:00Z"),
        ("today", "2026-03-10T04:00:00Z", "2026-03-11T04:00:00Z"),
        ("Yesterday", "2026-03-09T04:00:00Z", "2026-03-10T04:00:00Z"),
        (">2026-01-31", "2026-02-01T05:00:00Z", None),
        (">=2026-01-31", "2026-01-31T05:00:00Z", None),
        ("<=2026-01-31", None, "2026-02-01T05:00:00Z"),
        ("<2026-01-31", None, "2026-01-31T05:00:00Z"),
        (">2026-Q1", "2026-04-01T04:00:00Z", None),
        ("2026-01-31..2026-02", "2026-01-31T05:00:00Z", "2026-03-01T05:00:00Z"),
        ("*..2026-02", None, "2026-03-01T05:00:00Z"),
        ("2026-02..*", "2026-02-01T05:00:00Z", None),
        ("*..*", None, None),
        ("*", None, None),
        (">=now-90m", "2026-03-10T13:00:00Z", None),
        (">=now-24h", "2026-03-09T14:30:00Z", None),
        (">=now-1d", "2026-03-09T14:30:00Z", None),
        # the same time of day, although the night was an hour short
        (">=now-2d", "2026-03-08T14:30:00Z", None),
        (">=now-3d", "2026-03-07T15:30:00Z", None),
        (">=now-1w", "2026-03-03T15:30:00Z", None),
        (">=now-72h", "2026-03-07T14:30:00Z", None),
        ("<=now", None, "2026-03-10T14:30:00.000001Z"),
        ("yesterday..now", "2026-03-09T04:00:00Z", "2026-03-10T14:30:00.000001Z"),
        ("2026-03-08T05:00:00Z", "2026-03-08T05:00:00Z", "2026-03-08T05:00:01Z"),
        ("2026-03-08T05:00:00.5Z", "2026-03-08T05:00:00.5Z", "2026-03-08T05:00:00.6Z"),
        (
            "2026-03-08T05:00:00.000001Z",
            "2026-03-08T05:00:00.000001Z",
            "2026-03-08T05:00:00.000002Z",
        ),
        ("2026-03-08T00:00:00-05:00", "2026-03-08T05:00:00Z", "2026-03-08T05:00:01Z"),
        (">2026-03-08T05:00:00Z", "2026-03-08T05:00:01Z", None),
    ],
)
def test_a_date_names_a_half_open_period(text: str, start: str | None, end: str | None) -> None:
    assert period(text) == between(start, end)


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-07", 24), ("2026-03-08", 23), ("2026-11-01", 25)],
)
def test_a_local_day_has_its_own_length(day: str, hours: int) -> None:
    found = period(day)
    assert found.start is not None
    assert found.end is not None
    assert found.end - found.start == hours * HOUR


def test_a_day_that_a_zone_skipped_is_empty() -> None:
    found = period("2011-12-30", Clock(NOW.now, ZoneInfo("Pacific/Apia")))
    assert found.start == found.end


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("", None, None),
        ("actor:bob", None, None),
        ("created:2026-03 x", "2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z"),
        ("created:>=2026-03 created:<=2026-04", "2026-03-01T05:00:00Z", "2026-05-01T04:00:00Z"),
        ("created:2026-01,2026-03", "2026-01-01T05:00:00Z", "2026-04-01T04:00:00Z"),
        ("created:2026-01,>=2026-03", "2026-01-01T05:00:00Z", None),
        ("created:2026-01 OR created:2026-03", None, None),
        ("-created:2026-01", None, None),
        ("received:2026-01", None, None),
    ],
)
def test_a_query_keeps_to_a_period(text: str, start: str | None, end: str | None) -> None:
    assert period_of(parse(text), NOW) == between(start, end)


def test_everything_keeps_to_no_period() -> None:
    assert period_of(Query(), NOW) == Period()


@pytest.mark.parametrize(
    ("text", "written", "said"),
    [
        ("2026-03-08..2026-03-08", "2026-03-08", "8 March 2026"),
        ("2026-03-01..2026-03-31", "2026-03", "March 2026"),
        ("2026-01-01..2026-03-31", "2026-Q1", "January–March 2026"),
        ("2026-10-01..2026-12", "2026-Q4", "October–December 2026"),
        ("2026-02..2026-04", "2026-02-01..2026-04-30", "February–April 2026"),
        ("2026-01..2026-12", "2026", "2026"),
        ("2025-12..2026-01", "2025-12-01..2026-01-31", "December 2025 – January 2026"),
        ("2026-03-08..2026-03-09", "2026-03-08..2026-03-09", "8–9 March 2026"),
        ("2026-02-28..2026-03-01", "2026-02-28..2026-03-01", "28 February – 1 March 2026"),
        ("2025-12-31..2026-01-01", "2025-12-31..2026-01-01", "31 December 2025 – 1 January 2026"),
        (">2026-03-08", ">=2026-03-09", "since 9 March 2026"),
        ("<2026-03-08", "<=2026-03-07", "until 7 March 2026"),
        ("*..*", "*", "at any time"),
        ("2026-03-09..2026-03-01", None, "never"),
        (
            "2026-03-08T05:00:00Z..2026-03-08T05:29:59Z",
            "2026-03-08T05:00:00Z..2026-03-08T05:29:59Z",
            "8 March 2026, 00:00:00 to 8 March 2026, 00:30:00",
        ),
        (
            "<2026-03-08T05:00:00.5Z",
            "<2026-03-08T05:00:00.500000Z",
            "before 8 March 2026, 00:00:00",
        ),
        (">=2026-03-08T06:00:00Z", ">=2026-03-08T06:00:00Z", "since 8 March 2026, 01:00:00"),
    ],
)
def test_a_period_is_written_and_said_as_people_do(
    text: str, written: str | None, said: str
) -> None:
    asked = period(text)
    assert period_text(asked, NEW_YORK) == said
    if written is not None:
        assert print_value(local_value(asked, NEW_YORK)) == written
        assert period(written) == asked


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-03-08", "2026-03-08T05:00:00Z..2026-03-09T03:59:59Z"),
        ("2026..now", "2026-01-01T05:00:00Z..2026-03-10T14:30:00.000000Z"),
        (">=now-7d", ">=2026-03-03T15:30:00Z"),
        ("<=today", "<2026-03-11T04:00:00Z"),
        ("*", "*"),
    ],
)
def test_a_frozen_period_is_instants(text: str, written: str) -> None:
    value = frozen(period(text))
    assert print_value(value) == written
    assert resolve(value, Clock(Instant(NOW.now + HOUR), ZoneInfo("UTC"))) == period(text)
