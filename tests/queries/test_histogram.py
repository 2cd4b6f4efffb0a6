from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from auditdash.events.instants import HOUR, MINUTE, parse_instant, to_datetime
from auditdash.queries.histogram import Histogram, count_over_time
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.make import make_record, store
from tests.queries.random_events import Happened, scatter

NOW = parse_instant("2026-11-23T12:00:00Z")
SPRING = ("2026-03-05T00:00:00Z", "2026-04-06T00:00:00Z")
AUTUMN = ("2026-09-25T00:00:00Z", "2026-11-05T00:00:00Z")
# 23- and 25-hour days, offsets of 30 and 45 minutes, clocks that change by half an hour.
ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca")


def _ask(engine: Engine, workspace_id: int, text: str, zone: str = "UTC") -> Histogram:
    with reading(engine) as connection:
        clock = Clock(NOW, ZoneInfo(zone))
        return count_over_time(connection, parse(text), Scope(workspace_id=workspace_id), clock)


def _by_local_day(rows: list[Happened], zone: ZoneInfo) -> Counter[tuple[str, str]]:
    return Counter((f"{to_datetime(row.at, zone):%Y-%m-%d}", row.category) for row in rows)


def _as_days(histogram: Histogram) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for slug, counts in histogram.counts.items():
        for bucket, count in zip(histogram.buckets, counts, strict=True):
            assert bucket.start is not None
            found[f"{to_datetime(bucket.start, histogram.zone):%Y-%m-%d}", slug] += count
    return +found


@pytest.mark.parametrize("span", [SPRING, AUTUMN])
def test_days_are_those_of_the_readers_calendar(
    engine: Engine, workspace_id: int, span: tuple[str, str]
) -> None:
    rows = scatter(engine, workspace_id, *span, 400)
    for zone in ZONES:
        histogram = _ask(engine, workspace_id, "", zone)
        assert histogram.unit == "day"
        assert _as_days(histogram) == _by_local_day(rows, ZoneInfo(zone)), zone


def test_an_hour_that_comes_twice_is_two_buckets(engine: Engine, workspace_id: int) -> None:
    rows = scatter(engine, workspace_id, "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", 300)
    histogram = _ask(engine, workspace_id, "created:2026-11-01", "America/New_York")
    asked = [row for row in rows if row.at >= parse_instant("2026-11-01T04:00:00Z")]
    assert histogram.unit == "hour"
    assert len(histogram.buckets) == 25
    assert histogram.total == len(asked)
    for slug, counts in histogram.counts.items():
        for bucket, count in zip(histogram.buckets, counts, strict=True):
            assert count == sum(row.category == slug and bucket.contains(row.at) for row in asked)


@pytest.mark.parametrize(
    ("text", "unit", "buckets"),
    [
        ("created:2026-03-08", "hour", 23),
        ("created:2026-03-08..2026-03-11", "hour", 95),
        ("created:2026-03", "day", 31),
        ("created:2026-Q1", "day", 90),
        ("created:2025-12..2026-05", "week", 26),
        ("created:2021..2025", "month", 60),
        ("created:1981..2025", "year", 45),
        ("created:1901..2025", "decade", 13),
        ("created:1901..9997", "decade", 13),  # the future has not happened
    ],
)
def test_the_span_chooses_a_unit_and_empty_buckets_are_there(
    engine: Engine, workspace_id: int, text: str, unit: str, buckets: int
) -> None:
    histogram = _ask(engine, workspace_id, text, "America/New_York")
    assert (histogram.unit, len(histogram.buckets)) == (unit, buckets)


def test_without_a_period_the_chart_reaches_from_the_first_event_to_the_last(
    engine: Engine, workspace_id: int
) -> None:
    moments = ("2026-01-31T23:59:59.999999Z", "2026-02-03T00:00:00Z", "2026-02-10T08:00:00Z")
    records = [make_record(id=moment, timestamp=moment) for moment in moments]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    histogram = _ask(engine, workspace_id, "")
    assert histogram.unit == "day"
    assert histogram.counts["connections"] == (1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1)


def test_one_bucket_is_enough(engine: Engine, workspace_id: int) -> None:
    moments = ("2026-01-31T10:00:00Z", "2026-01-31T10:59:59Z")
    records = [make_record(id=moment, timestamp=moment) for moment in moments]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    histogram = _ask(engine, workspace_id, "")
    assert histogram.unit == "hour"
    assert histogram.counts["connections"] == (2,)


def test_the_query_and_the_scope_are_obeyed(engine: Engine, workspace_id: int) -> None:
    rows = scatter(engine, workspace_id, *SPRING, 200)
    histogram = _ask(engine, workspace_id, "actor:bob category:exports")
    expected = sum(row.actor == "bob" and row.category == "exports" for row in rows)
    assert histogram.total == expected > 0
    assert _ask(engine, workspace_id + 1, "").buckets == ()
    with reading(engine) as connection:
        frozen = Scope(workspace_id=workspace_id, highest_seq=50)
        clock = Clock(NOW, ZoneInfo("UTC"))
        assert count_over_time(connection, parse(""), frozen, clock).total == 50


def test_nothing_happened_in_the_period_that_was_asked_for(
    engine: Engine, workspace_id: int
) -> None:
    histogram = _ask(engine, workspace_id, "created:2026-03")
    assert histogram.total == 0
    assert len(histogram.buckets) == 31
    assert _ask(engine, workspace_id, "created:>2027").buckets == ()


def test_the_future_is_shown_only_where_an_event_claims_it(
    engine: Engine, workspace_id: int
) -> None:
    assert len(_ask(engine, workspace_id, "created:2026-11").buckets) == 23
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(timestamp="2026-11-28T00:00:00Z"))
    histogram = _ask(engine, workspace_id, "created:2026-11")
    assert len(histogram.buckets) == 28
    assert histogram.counts["connections"][-1] == 1


def test_events_of_all_centuries_are_counted(engine: Engine, workspace_id: int) -> None:
    moments = ("1900-01-01T00:00:00Z", "2026-02-03T00:00:00Z", "9998-12-31T23:59:59.999999Z")
    with writing(engine) as connection:
        store(connection, workspace_id, *(make_record(id=at, timestamp=at) for at in moments))
    for zone in ZONES:
        histogram = _ask(engine, workspace_id, "", zone)
        assert histogram.unit == "century"
        assert histogram.total == 3


def test_buckets_have_no_gap_between_them(engine: Engine, workspace_id: int) -> None:
    for zone in ZONES:
        histogram = _ask(engine, workspace_id, "created:2026-03-26..2026-04-06", zone)
        ends = [bucket.end for bucket in histogram.buckets]
        starts = [bucket.start for bucket in histogram.buckets]
        assert starts[1:] == ends[:-1]
        lengths = {(e or 0) - (s or 0) for s, e in zip(starts, ends, strict=True)}
        assert lengths <= {23 * HOUR, 24 * HOUR, 25 * HOUR, 24 * HOUR + 30 * MINUTE}
