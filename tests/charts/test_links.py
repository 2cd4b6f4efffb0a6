"""Each number of a chart leads to exactly the events that it counts, on both databases."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine

from auditdash.charts.overview import (
    draw_by_category,
    draw_over_time,
    draw_top_actors,
    draw_top_entities,
)
from auditdash.charts.series import Series
from auditdash.charts.table import table
from auditdash.events.instants import parse_instant
from auditdash.queries.histogram import count_over_time
from auditdash.queries.rankings import count_by_category, rank_actors, rank_entities
from auditdash.queries.timeline import count_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from tests.queries.random_events import scatter

CLOCK = Clock(parse_instant("2026-11-23T12:00:00Z"), ZoneInfo("America/New_York"))
QUESTIONS = (
    "",
    "-source:auditdash",
    "created:2026-03-07..2026-03-10",
    "created:2026-03-08",
    "created:>=2026-03-08T12:00:00Z created:<2026-03-09T03:30:00Z",
    "created:2026-03-04,2026-03-19 category:exports,reports",
    "actor:alice OR created:2026-03-12",
    "category:exports -actor:bob sort:created-asc",
    "(actor:bob OR entity_id:e1) -category:reports",
)


def _charts(connection: Connection, text: str, scope: Scope) -> list[Series]:
    query = parse(text)
    return [
        draw_over_time(count_over_time(connection, query, scope, CLOCK), query, CLOCK),
        draw_by_category(count_by_category(connection, query, scope, CLOCK), query),
        draw_top_actors(rank_actors(connection, query, scope, CLOCK, 3), query),
        draw_top_entities(rank_entities(connection, query, scope, CLOCK, 3), query),
    ]


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_link_finds_as_many_events_as_its_number(
    engine: Engine, workspace_id: int, text: str
) -> None:
    scatter(engine, workspace_id, "2026-03-01T00:00:00Z", "2026-03-20T00:00:00Z", 300)
    scope = Scope(workspace_id=workspace_id)
    with reading(engine) as connection:
        total = count_events(connection, parse(text), scope, CLOCK)
        for series in _charts(connection, text, scope):
            assert series.total == total > 0
            followed = 0
            for cell in (cell for row in table(series).rows for cell in row):
                if cell.link and cell.value:
                    followed += 1
                    count = count_events(connection, parse(cell.link), scope, CLOCK)
                    assert count == cell.value, (series.name, cell.link)
            assert followed >= 1
            for rest in series.rest:
                assert count_events(connection, parse(rest.link), scope, CLOCK) == rest.count
