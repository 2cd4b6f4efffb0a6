"""Windows: how far each came, and what they cover together."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import Engine

from auditdash.events.instants import MINUTE, Instant, to_rfc3339
from auditdash.events.periods import Period
from auditdash.ingest.echoes import count_echoes
from auditdash.ingest.intake import open_receipt
from auditdash.store.engine import reading, writing
from auditdash.store.feeds import connections, windows
from auditdash.store.feeds.connections import Access
from auditdash.store.feeds.windows import Page, Window
from tests.make import NOW, make_record, store

LAST = Page(cursor=None, received=3, added=2)


@pytest.fixture
def feed_id(engine: Engine, workspace_id: int) -> int:
    access = Access(
        base_url="https://app.mode.com",
        remote_workspace="acme",
        token="token",
        sealed_secret=b"sealed",
        start_at=Instant(0),
    )
    with writing(engine) as connection:
        return connections.save(connection, workspace_id, "mode", access, NOW)


def add(
    engine: Engine, workspace_id: int, feed_id: int, start: int, end: int, at: int = NOW
) -> Window:
    with writing(engine) as connection:
        intake = open_receipt(
            connection, workspace_id=workspace_id, source="mode", channel="pull", name="", now=NOW
        )
        period = Period(Instant(start), Instant(end))
        return windows.open_window(
            connection, workspace_id, feed_id, period, intake.receipt_id, Instant(at)
        )


def finish(engine: Engine, window: Window, at: int = NOW) -> Window:
    with writing(engine) as connection:
        return windows.advance(connection, window, LAST, Instant(at))


def covered(engine: Engine, feed_id: int) -> list[tuple[int | None, int | None]]:
    with reading(engine) as connection:
        found = windows.find_covered(connection, feed_id)
    return [(period.start, period.end) for period in found]


def test_a_window_is_open_until_a_page_without_a_cursor(
    engine: Engine, workspace_id: int, feed_id: int
) -> None:
    window = add(engine, workspace_id, feed_id, 0, 10)
    with writing(engine) as connection:
        window = windows.advance(connection, window, Page(cursor="c", received=5, added=4), NOW)
        assert windows.find_open(connection, feed_id) == window
    window = finish(engine, window)
    assert (window.pages, window.received, window.added, window.cursor) == (2, 8, 6, None)
    with reading(engine) as connection:
        assert windows.find_open(connection, feed_id) is None


def test_a_restarted_window_forgets_its_cursor(
    engine: Engine, workspace_id: int, feed_id: int
) -> None:
    window = add(engine, workspace_id, feed_id, 0, 10)
    with writing(engine) as connection:
        window = windows.advance(connection, window, Page(cursor="c", received=5, added=4), NOW)
        assert windows.restart(connection, window).cursor is None


def test_an_open_window_covers_nothing(engine: Engine, workspace_id: int, feed_id: int) -> None:
    add(engine, workspace_id, feed_id, 0, 10)
    assert covered(engine, feed_id) == []


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], []),
        ([(0, 10)], [(0, 10)]),
        ([(0, 10), (10, 20)], [(0, 20)]),
        ([(10, 20), (0, 12)], [(0, 20)]),
        ([(0, 10), (11, 20)], [(0, 10), (11, 20)]),
        ([(0, 100), (10, 20), (50, 60), (90, 110)], [(0, 110)]),
        ([(0, 10), (0, 10), (0, 5)], [(0, 10)]),
    ],
)
def test_done_windows_cover_their_union(
    engine: Engine,
    workspace_id: int,
    feed_id: int,
    spans: list[tuple[int, int]],
    expected: list[tuple[int, int]],
) -> None:
    for start, end in spans:
        finish(engine, add(engine, workspace_id, feed_id, start, end))
    assert covered(engine, feed_id) == expected


def test_the_union_agrees_with_counting_instants_one_by_one(
    engine: Engine, workspace_id: int, feed_id: int
) -> None:
    dice, inside = random.Random(7), set[int]()
    for _ in range(30):
        start = dice.randrange(300)
        end = start + dice.randrange(1, 12)
        inside |= set(range(start, end))
        finish(engine, add(engine, workspace_id, feed_id, start, end))
    found = covered(engine, feed_id)
    assert {i for start, end in found for i in range(start or 0, end or 0)} == inside
    assert len(found) == sum(i - 1 not in inside for i in inside)  # none touch or overlap


def test_windows_are_listed_newest_first_by_key(
    engine: Engine, workspace_id: int, feed_id: int
) -> None:
    made = [add(engine, workspace_id, feed_id, i, i + 1).id for i in range(5)]
    with reading(engine) as connection:
        first = windows.list_windows(connection, feed_id, 2)
        second = windows.list_windows(connection, feed_id, 2, before=first[-1].id)
    assert [window.id for window in first + second] == made[:0:-1]


def test_an_echo_near_its_window_is_seen_and_a_missing_one_told(
    engine: Engine, workspace_id: int, feed_id: int
) -> None:
    silent_at = NOW - 60 * MINUTE
    echo = make_record(action="audit_log_accessed", timestamp=to_rfc3339(Instant(NOW + MINUTE)))
    finish(engine, add(engine, workspace_id, feed_id, 0, 10))
    finish(engine, add(engine, workspace_id, feed_id, 10, 20, at=silent_at), at=silent_at)
    week = Period(Instant(NOW - 7 * 24 * 60 * MINUTE), Instant(NOW + MINUTE))
    with writing(engine) as connection:
        store(connection, workspace_id, echo)
    with reading(engine) as connection:
        (feed,) = connections.find_all(connection, workspace_id)
        echoes = count_echoes(connection, feed, week, 2 * MINUTE)
    assert (echoes.expected, echoes.seen, echoes.first_missing_at) == (2, 1, silent_at)
