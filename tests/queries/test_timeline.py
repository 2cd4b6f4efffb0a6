from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from auditdash.events.instants import parse_instant
from auditdash.queries.timeline import (
    Cursor,
    count_events,
    find_event,
    find_events,
    find_highest_seq,
    has_events,
)
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.databases import add_workspace
from tests.make import make_record, store

CLOCK = Clock(parse_instant("2026-11-23T12:00:00Z"), ZoneInfo("UTC"))
# Three at the same microsecond, one late, two around them: the order is not that of arrival.
TIMES = (
    ("a", "2026-03-02T10:00:00Z"),
    ("b", "2026-03-02T10:00:00Z"),
    ("c", "2026-03-02T10:00:00Z"),
    ("d", "2026-03-02T10:00:00.000001Z"),
    ("late", "2026-03-01T00:00:00Z"),
    ("e", "2026-03-03T00:00:00Z"),
)
NEWEST_FIRST = ["e", "d", "c", "b", "a", "late"]


@pytest.fixture
def scope(engine: Engine, workspace_id: int) -> Scope:
    records = [make_record(id=name, timestamp=time) for name, time in TIMES]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
        other = add_workspace(connection, "other", "Other")
        store(connection, other, make_record(id="theirs"))
    return Scope(workspace_id=workspace_id)


def _pages(engine: Engine, scope: Scope, text: str, limit: int) -> list[list[str]]:
    pages: list[list[str]] = []
    after: Cursor | None = None
    while len(pages) < 20:
        with reading(engine) as connection:
            page = find_events(connection, parse(text), scope, CLOCK, after, limit)
        pages.append([event.id for event in page.events])
        after = page.following
        if after is None:
            break
    return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 7])
def test_pages_together_show_each_event_once_in_order(
    engine: Engine, scope: Scope, limit: int
) -> None:
    pages = _pages(engine, scope, "", limit)
    assert [name for page in pages for name in page] == NEWEST_FIRST
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


@pytest.mark.parametrize("limit", [1, 2, 4, 6])
def test_the_oldest_come_first_when_asked_for(engine: Engine, scope: Scope, limit: int) -> None:
    pages = _pages(engine, scope, "sort:created-asc", limit)
    assert [name for page in pages for name in page] == NEWEST_FIRST[::-1]


def test_a_full_last_page_does_not_promise_another(engine: Engine, scope: Scope) -> None:
    assert _pages(engine, scope, "", 6) == [NEWEST_FIRST]
    assert _pages(engine, scope, "", 3) == [NEWEST_FIRST[:3], NEWEST_FIRST[3:]]


def test_nothing_found_is_one_empty_page(engine: Engine, scope: Scope) -> None:
    assert _pages(engine, scope, "actor:nobody", 3) == [[]]


def test_an_event_that_comes_in_between_moves_no_page(engine: Engine, scope: Scope) -> None:
    with reading(engine) as connection:
        first = find_events(connection, parse(""), scope, CLOCK, None, 2)
    newer = make_record(id="newer", timestamp="2026-03-04T00:00:00Z")
    with writing(engine) as connection:
        store(connection, scope.workspace_id, newer)
    with reading(engine) as connection:
        rest = find_events(connection, parse(""), scope, CLOCK, first.following, 10)
    assert [event.id for event in rest.events] == NEWEST_FIRST[2:]


def test_the_count_is_that_of_the_rows(engine: Engine, scope: Scope) -> None:
    for text in ("", "actor:peter_parker", "created:2026-03-02", "-created:2026-03-02", "nobody"):
        with reading(engine) as connection:
            count = count_events(connection, parse(text), scope, CLOCK)
        assert count == sum(len(page) for page in _pages(engine, scope, text, 4))


def test_a_frozen_view_does_not_grow(engine: Engine, scope: Scope) -> None:
    with reading(engine) as connection:
        highest = find_highest_seq(connection, scope)
    frozen = Scope(workspace_id=scope.workspace_id, highest_seq=highest)
    with writing(engine) as connection:
        store(connection, scope.workspace_id, make_record(id="later"))
    with reading(engine) as connection:
        assert count_events(connection, parse(""), frozen, CLOCK) == len(TIMES)
        assert count_events(connection, parse(""), scope, CLOCK) == len(TIMES) + 1
        assert find_highest_seq(connection, frozen) == highest
        assert find_event(connection, frozen, highest + 1) is None
        assert find_event(connection, scope, highest + 1) is not None


def test_an_event_is_found_by_its_number_in_its_own_workspace(engine: Engine, scope: Scope) -> None:
    with reading(engine) as connection:
        event = find_event(connection, scope, 2)
        assert event is not None
        assert (event.id, event.actor.username, event.role) == ("b", "peter_parker", "view")
        theirs = find_event(connection, Scope(workspace_id=scope.workspace_id + 1), 1)
        assert theirs is not None
        assert theirs.id == "theirs"
        assert find_event(connection, Scope(workspace_id=scope.workspace_id + 1), 2) is None


def test_only_what_came_from_elsewhere_fills_a_workspace(engine: Engine, workspace_id: int) -> None:
    scope = Scope(workspace_id=workspace_id)

    def is_filled() -> bool:
        with reading(engine) as connection:
            return has_events(connection, scope, "auditdash")

    assert not is_filled()
    with reading(engine) as connection:
        assert find_highest_seq(connection, scope) == 0
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(id="own"), source="auditdash")
    assert not is_filled()
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(id="one"))
        assert not has_events(connection, scope, "auditdash")  # not before it is committed
    assert is_filled()
