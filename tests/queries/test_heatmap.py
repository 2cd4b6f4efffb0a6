from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from auditdash.events.instants import parse_instant, to_datetime
from auditdash.queries.heatmap import count_hours_of_week
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.make import make_record, store
from tests.queries.random_events import scatter

ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca")
NOW = parse_instant("2026-11-23T12:00:00Z")
Week = tuple[tuple[int, ...], ...]


def _ask(engine: Engine, workspace_id: int, text: str, zone: str = "UTC") -> Week:
    with reading(engine) as connection:
        clock = Clock(NOW, ZoneInfo(zone))
        scope = Scope(workspace_id=workspace_id)
        return count_hours_of_week(connection, parse(text), scope, clock)


def _cells(week: Week) -> Counter[tuple[int, int]]:
    cells = {(day, hour): count for day, row in enumerate(week) for hour, count in enumerate(row)}
    return +Counter(cells)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-02-20T00:00:00Z", "2026-04-10T00:00:00Z"),
        ("2025-03-01T00:00:00Z", "2026-11-10T00:00:00Z"),
        ("1969-06-01T00:00:00Z", "1970-06-01T00:00:00Z"),
    ],
)
def test_hours_are_those_of_the_readers_clocks(
    engine: Engine, workspace_id: int, start: str, end: str
) -> None:
    rows = scatter(engine, workspace_id, start, end, 400)
    for zone in ZONES if start > "1970" else ("UTC", "Asia/Kathmandu"):
        moments = [to_datetime(row.at, ZoneInfo(zone)) for row in rows]
        expected = Counter((moment.weekday(), moment.hour) for moment in moments)
        assert _cells(_ask(engine, workspace_id, "", zone)) == expected, zone


def test_monday_is_the_first_row_and_midnight_the_first_cell(
    engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(timestamp="2026-11-23T00:59:59.999Z"))
    week = _ask(engine, workspace_id, "")
    assert [len(row) for row in week] == [24] * 7
    assert _cells(week) == {(0, 0): 1}
    assert _cells(_ask(engine, workspace_id, "", "America/New_York")) == {(6, 19): 1}


def test_the_query_and_the_workspace_are_obeyed(engine: Engine, workspace_id: int) -> None:
    rows = scatter(engine, workspace_id, "2026-03-01T00:00:00Z", "2026-03-20T00:00:00Z", 200)
    week = _ask(engine, workspace_id, "-actor:bob")
    assert sum(map(sum, week)) == sum(row.actor != "bob" for row in rows)
    assert not _cells(_ask(engine, workspace_id + 1, ""))


def test_the_oldest_and_the_newest_events_have_an_hour(engine: Engine, workspace_id: int) -> None:
    moments = ("1900-01-01T00:00:00Z", "9998-12-31T23:59:59.999999Z")
    with writing(engine) as connection:
        store(connection, workspace_id, *(make_record(id=at, timestamp=at) for at in moments))
    for zone in ZONES:
        assert sum(map(sum, _ask(engine, workspace_id, "", zone))) == 2
