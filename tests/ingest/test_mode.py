"""Pulls from a Mode with all its quirks: nothing lost, nothing doubled, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, func, select

from auditdash.events.instants import DAY, HOUR, MINUTE, SECOND, Instant, to_rfc3339
from auditdash.ingest.sources import mode as pulling
from auditdash.ingest.sources.mode import Progress
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.feeds import connections, windows
from auditdash.store.feeds.connections import Feed
from auditdash.store.schema import conflicts, quarantine, receipts
from tests.fake_mode import FakeMode, Fault, problem
from tests.ingest.pulls import START, Puller, Time, records_over
from tests.make import NOW, make_record


@pytest.fixture
def mode() -> Iterator[FakeMode]:
    with FakeMode(echo=False, page_size=7) as mode:
        yield mode


@pytest.fixture
def puller(engine: Engine, settings: Settings, workspace_id: int, mode: FakeMode) -> Puller:
    return Puller(engine, settings, workspace_id, mode, Time())


def feed_of(puller: Puller) -> Feed:
    with reading(puller.engine) as connection:
        feed = connections.find(connection, puller.workspace_id, "mode")
    assert feed
    return feed


@pytest.mark.parametrize("cursor_in", ["top", "pagination"])
def test_everything_since_the_start_comes_in_once(puller: Puller, cursor_in: str) -> None:
    puller.mode.cursor_in = cursor_in
    puller.mode.add_all(records_over(3, 50))
    summary = puller.pull_well()
    assert sorted(puller.stored_ids()) == sorted(puller.mode.ids())
    assert (summary.added, summary.conflicting, summary.rejected) == (50, 0, 0)


def test_windows_are_a_day_at_most_oldest_first_and_overlap_by_15_minutes(puller: Puller) -> None:
    puller.pull_well()
    with reading(puller.engine) as connection:
        found = windows.list_windows(connection, puller.feed_id, 99)[::-1]
    assert found[0].start_at == START
    assert found[-1].end_at == NOW
    for earlier, later in pairwise(found):
        assert later.start_at == earlier.end_at - 15 * MINUTE
    assert max(window.end_at - window.start_at for window in found) == DAY


def test_the_next_pull_begins_15_minutes_before_the_last_end(puller: Puller) -> None:
    puller.pull_well()
    puller.time.pass_(HOUR)
    puller.mode.add(make_record(id="late", timestamp=to_rfc3339(Instant(NOW - 10 * MINUTE))))
    puller.pull_well()
    assert puller.mode.seen[-1].parameters["start_timestamp"] == "2026-11-23T11:45:00.000Z"
    assert puller.mode.seen[-1].parameters["end_timestamp"] == "2026-11-23T13:00:00.000Z"
    assert puller.stored_ids() == ["late"]


def test_a_change_of_an_event_is_kept_as_a_conflict(puller: Puller) -> None:
    moment = to_rfc3339(Instant(NOW - MINUTE))
    puller.mode.add(make_record(id="one", timestamp=moment, description="before"))
    puller.pull_well()
    puller.time.pass_(MINUTE)
    puller.mode.add(make_record(id="one", timestamp=moment, description="after"))
    assert puller.pull_well().conflicting == 1
    assert puller.stored_ids() == ["one"]
    with reading(puller.engine) as connection:
        assert b"after" in connection.execute(select(conflicts.c.record)).scalar_one().encode()


def test_a_page_that_repeats_its_cursor_ends_the_window(puller: Puller) -> None:
    puller.mode.add_all(records_over(3, 3))
    puller.mode.script.extend([Fault("repeat_cursor")] * 99)
    puller.pull_well()
    assert len(puller.stored_ids()) == 3
    assert len(puller.mode.seen) < 20


def test_a_repeated_page_hides_nothing_behind_it(puller: Puller) -> None:
    puller.mode.add_all(records_over(1, 30, Instant(START + DAY)))
    puller.mode.script.extend([None, None, Fault("repeat_page")])
    puller.pull_well()
    assert sorted(puller.stored_ids()) == sorted(puller.mode.ids())


def test_what_cannot_be_understood_lands_in_quarantine_and_the_rest_comes_in(
    puller: Puller,
) -> None:
    mode, moment = puller.mode, to_rfc3339(Instant(NOW - MINUTE))
    mode.add(make_record(id="null actor", timestamp=moment) | {"actor": None, "context": None})
    mode.add({"id": "bare", "action": "brand_new_action", "timestamp": moment})
    mode.add({"id": "no action", "timestamp": moment})
    mode.add(make_record(id="no time") | {"timestamp": None}, at=NOW - MINUTE)
    mode.add(b'{"id": "nan", "n": NaN}', at=NOW - MINUTE, key="nan")
    mode.add(b'"just text"', at=NOW - MINUTE, key="text")
    summary = puller.pull_well()
    assert sorted(puller.stored_ids()) == ["bare", "null actor"]
    assert summary.rejected == 4
    with reading(puller.engine) as connection:
        rows = connection.execute(select(quarantine.c.record, quarantine.c.position)).all()
    assert b'"just text"' in [bytes(row.record) for row in rows]
    assert all(row.position.startswith("page 1, item ") for row in rows)


def test_zero_to_nine_fraction_digits_are_read(puller: Puller) -> None:
    for digits in range(10):
        fraction = f".{'123456789'[:digits]}" if digits else ""
        puller.mode.add(make_record(id=f"{digits}", timestamp=f"2026-11-23T09:00:00{fraction}Z"))
    puller.pull_well()
    assert len(puller.stored_ids()) == 10


def test_a_cursor_that_was_refused_restarts_the_window(puller: Puller) -> None:
    puller.mode.add_all(records_over(1, 20, Instant(START + DAY)))
    puller.mode.script.extend([None, Fault(status=400)])
    summary = puller.pull_well()
    assert summary.restarts == 1
    assert sorted(puller.stored_ids()) == sorted(puller.mode.ids())


def test_a_pull_that_broke_off_goes_on_from_its_cursor(puller: Puller) -> None:
    puller.mode.add_all(records_over(1, 20, Instant(START + DAY)))
    puller.mode.script.extend([None, problem(403, "no", "Not now")])
    broken = puller.pull()
    assert broken.error is not None
    assert "Not now" in broken.error
    assert len(puller.stored_ids()) == 7
    assert puller.pull_well().added == 13
    assert "next_token" in puller.mode.seen[2].parameters


def test_an_error_is_kept_with_the_connection_until_a_pull_went_well(puller: Puller) -> None:
    puller.mode.script.append(Fault(status=401, body=b"denied"))
    puller.pull()
    feed = feed_of(puller)
    assert "401" in (feed.last_error or "")
    assert (feed.last_ok_at, feed.claimed_until) == (None, None)
    assert feed.next_at == NOW + 15 * MINUTE
    puller.pull_well()
    assert feed_of(puller).last_error is None
    assert feed_of(puller).last_ok_at == NOW


def test_a_long_retry_after_is_the_time_of_the_next_pull(puller: Puller) -> None:
    puller.mode.script.append(problem(429, "slow", "Later", Retry_After="7200"))
    puller.pull()
    assert feed_of(puller).next_at >= NOW + 2 * HOUR


def test_of_two_pullers_only_the_later_one_stores(puller: Puller) -> None:
    puller.mode.add_all(records_over(1, 20, Instant(START + DAY)))
    begun: list[Progress] = []

    def take_over(progress: Progress) -> None:
        begun.append(progress)
        if len(begun) == 1:
            puller.pull_well()

    outer = puller.pull(on_progress=take_over)
    assert "took over" in (outer.error or "")
    assert sorted(puller.stored_ids()) == sorted(puller.mode.ids())
    assert feed_of(puller).last_error is None


def test_the_worker_pulls_what_is_due_and_then_waits_for_the_interval(puller: Puller) -> None:
    time = puller.time
    puller.mode.add_all(records_over(3, 5))

    def next_pull() -> object:
        return pulling.pull_next(puller.engine, puller.settings, around=time.around())

    assert next_pull() is not None
    assert next_pull() is None
    time.pass_(15 * MINUTE)
    assert next_pull() is not None
    assert len(puller.stored_ids()) == 5


def test_the_worker_gives_others_their_turn_during_a_long_pull(puller: Puller) -> None:
    puller.mode.add_all(records_over(3, 60))
    around = puller.time.around()
    real_answer = puller.mode.answer

    def slow_answer(seen: object) -> object:
        puller.time.pass_(25 * SECOND)
        return real_answer(seen)  # type: ignore[arg-type]  # passed through

    puller.mode.answer = slow_answer  # type: ignore[method-assign, assignment]  # slower, else the same
    turns = 0
    for _ in range(40):
        if pulling.pull_next(puller.engine, puller.settings, around=around) is not None:
            turns += 1
        puller.time.pass_(2 * SECOND)
    assert turns > 2
    assert len(puller.stored_ids()) == 60


def test_a_worker_that_stops_ends_behind_a_page_and_leaves_the_rest(puller: Puller) -> None:
    puller.mode.add_all(records_over(3, 60))
    pages = iter([False, False])
    stopping = replace(puller.time.around(), is_stopping=lambda: next(pages, True))
    summary = pulling.pull_next(puller.engine, puller.settings, around=stopping)
    assert summary is not None
    assert (summary.pages, summary.error) == (2, None)
    assert feed_of(puller).claimed_until is None
    puller.time.pass_(SECOND)
    while pulling.pull_next(puller.engine, puller.settings, around=puller.time.around()):
        puller.time.pass_(SECOND)
    assert len(puller.stored_ids()) == 60


def test_a_paused_connection_is_not_pulled_by_the_worker(puller: Puller) -> None:
    with writing(puller.engine) as connection:
        connections.set_paused(connection, puller.feed_id, True, NOW)
    around = puller.time.around()
    assert pulling.pull_next(puller.engine, puller.settings, around=around) is None


def test_each_window_has_a_receipt_that_adds_up(puller: Puller) -> None:
    puller.mode.add_all(records_over(3, 50))
    puller.pull_well()
    with reading(puller.engine) as connection:
        for window in windows.list_windows(connection, puller.feed_id, 99):
            row = connection.execute(
                select(receipts).where(receipts.c.id == window.receipt_id)
            ).one()
            assert row.finished_at is not None
            assert row.received == row.added + row.known + row.conflicting + row.rejected
            assert (row.received, row.added) == (window.received, window.added)
        total = connection.execute(select(func.sum(receipts.c.added))).scalar_one()
    assert total == 50


def test_progress_runs_from_the_start_to_now(puller: Puller) -> None:
    seen: list[Progress] = []
    puller.pull_well(on_progress=seen.append)
    reached = [progress.covered_until for progress in seen]
    assert reached == sorted(reached)
    assert reached[-1] == seen[-1].target == NOW


def test_an_event_that_comes_hours_late_is_found_by_the_second_reading(puller: Puller) -> None:
    puller.pull_well()
    puller.mode.add(make_record(id="late", timestamp=to_rfc3339(Instant(NOW - 20 * HOUR))))
    seen = []
    for _ in range(30):
        puller.time.pass_(2 * HOUR)
        before = len(puller.mode.seen)
        puller.pull_well()
        seen.append(len(puller.mode.seen) - before)
    assert puller.stored_ids() == ["late"]
    assert seen.count(2) == 2, "two days went by: each was read a second time, once"
    assert set(seen) == {1, 2}


def test_the_worker_does_not_wait_for_a_writer_when_nothing_is_due(puller: Puller) -> None:
    puller.pull_well()
    around = puller.time.around()
    with writing(puller.engine):
        assert pulling.pull_next(puller.engine, puller.settings, around=around) is None


def test_a_pull_that_is_interrupted_gives_its_claim_back(puller: Puller) -> None:
    puller.mode.add_all(records_over(1, 20, Instant(START + DAY)))

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        puller.pull(on_progress=interrupt)
    feed = feed_of(puller)
    assert (feed.claimed_until, feed.next_at) == (None, NOW)
    assert len(puller.stored_ids()) == 7
    puller.pull_well()
    assert sorted(puller.stored_ids()) == sorted(puller.mode.ids())


def test_a_page_that_cannot_be_read_stops_the_pull_and_stores_nothing_of_it(
    puller: Puller,
) -> None:
    puller.mode.add_all(records_over(1, 20, Instant(START + DAY)))
    puller.mode.script.extend([None, Fault(status=200, body=b'{"audit_logs": [{"id": "x"')])
    assert "not a page" in (puller.pull().error or "")
    assert len(puller.stored_ids()) == 7
    puller.pull_well()
    assert sorted(puller.stored_ids()) == sorted(puller.mode.ids())
