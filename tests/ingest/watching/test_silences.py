"""The habit of a feed, and what is told when it falls silent."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from auditdash.events.instants import (
    DAY,
    HOUR,
    MINUTE,
    Instant,
    to_datetime,
    to_instant,
    to_rfc3339,
)
from auditdash.index.view import open_whole
from auditdash.ingest.coverage import Span
from auditdash.ingest.watching.habit import ENOUGH, SHORT, WEEKS, Quiet, usual_silence
from auditdash.ingest.watching.silences import EVERY, find_quiet, listen, watch_next
from auditdash.queries.stream import iterate_events
from auditdash.reports.sending.deliver import send_next
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.feeds.silences import (
    begin_silence,
    end_silence,
    find_open_silences,
    list_silences,
)
from auditdash.store.feeds.watches import Watch, find_watch, is_watch_due, save_watch
from auditdash.store.schema import deliveries
from auditdash.store.workspaces import find_workspace
from tests.databases import add_workspace
from tests.make import NOW, make_record, store
from tests.receivers import Certified, Mailbox
from tests.reports.sending.made import sending_to

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = 7 * DAY
MONDAY = NOW  # a Monday, 12:00 UTC


def quiet_of(instants: Iterable[int]) -> Quiet:
    every = sorted(instants)
    pairs = pairwise(every)
    return Quiet(
        first=Instant(every[0]),
        last=Instant(every[-1]),
        stretches=tuple(Span(Instant(a), Instant(b)) for a, b in pairs if b - a > SHORT),
    )


def by_hand(instants: list[int], now: int, zone: ZoneInfo) -> int | None:
    """Minute by minute: how long nothing had come, in the same hour of each week before."""
    here, longest = to_datetime(Instant(now), zone), []
    for week in range(1, WEEKS + 1):
        day = (here - timedelta(weeks=week)).date()
        start = to_instant(datetime(day.year, day.month, day.day, here.hour, tzinfo=zone))
        if not min(instants) <= start or not start + HOUR <= max(instants):
            continue
        looks = [start + minute * MINUTE for minute in range(61)]
        looks += [each for each in instants if start < each < start + HOUR]
        ages = []
        for look in looks:
            before = max(each for each in instants if each < look or each == look == min(instants))
            after = min(each for each in instants if each >= look)
            if after - before > SHORT and look > start:
                ages.append(look - before)
        longest.append(max(ages, default=0))
    return sorted(longest)[-2] if len(longest) >= ENOUGH else None


@tried(max_examples=40)
@given(
    offsets=st.lists(st.integers(0, 10 * 7 * 24 * 12), min_size=2, max_size=60, unique=True),
    ahead=st.integers(0, 40 * 24 * 12),
    zone=st.sampled_from([ZoneInfo("UTC"), BERLIN]),
)
def test_the_habit_is_what_one_finds_minute_by_minute(
    offsets: list[int], ahead: int, zone: ZoneInfo
) -> None:
    instants = [NOW - 10 * WEEK + each * 5 * MINUTE for each in offsets]
    now = Instant(max(instants) + ahead * 5 * MINUTE)
    assert usual_silence(quiet_of(instants), now, zone) == by_hand(instants, now, zone)


def office_hours(weeks: int, until: int = MONDAY) -> list[int]:
    """Events at 8, 10, 13 and 17 on working days, up to and with the moment `until`."""
    days = [until // DAY * DAY - day * DAY for day in range(weeks * 7 + 1)]
    working = [each for each in days if to_datetime(Instant(each)).weekday() < 5]
    found = [each + hour * HOUR for each in working for hour in (8, 10, 13, 17)]
    return [each for each in found if each < until] + [until]


def fill(
    engine: Engine, workspace_id: int, instants: Iterable[int], source: str = "okta", **more: str
) -> None:
    """Pushed: each comes in when it happens."""
    with writing(engine) as connection:
        for each in sorted(instants):
            record = make_record(id=f"{source}-{each}", timestamp=to_rfc3339(Instant(each)), **more)
            store(connection, workspace_id, record, source=source, now=Instant(each))


def watch(engine: Engine, now: int, to: tuple[str, ...] = ("ops@example.com",)) -> bool:
    return watch_next(engine, Instant(now), lambda connection, workspace_id: to)


def mails(engine: Engine) -> list[tuple[str, str, str]]:
    with reading(engine) as connection:
        columns = deliveries.c
        found = select(columns.purpose, columns.recipient, columns.note).order_by(columns.id)
        return [tuple(row) for row in connection.execute(found)]


def own_events(engine: Engine, workspace_id: int) -> list[str]:
    with reading(engine) as connection:
        scope, clock = Scope(workspace_id=workspace_id), Clock(NOW, ZoneInfo("UTC"))
        found = iterate_events(connection, parse("source:auditdash sort:created-asc"), scope, clock)
        return sorted((each.action for each in found), reverse=True)


def test_a_silence_is_told_once_by_all_workers_and_once_more_when_it_ends(
    engine: Engine,
    workspace_id: int,
    settings: Settings,
    certified: Certified,
    mailbox: Mailbox,
) -> None:
    fill(engine, workspace_id, office_hours(5))
    assert not watch(engine, MONDAY + 5 * HOUR)  # under the floor
    silent = MONDAY + 6 * HOUR + 6 * MINUTE
    with ThreadPoolExecutor(3) as workers:
        assert sum(workers.map(lambda _: watch(engine, silent), range(3))) == 1
    assert not watch(engine, silent + EVERY)
    ((purpose, recipient, note),) = mails(engine)
    assert (purpose, recipient) == ("silence", "ops@example.com")
    assert "okta is silent" in note
    assert "6 h 6 min ago" in note
    with reading(engine) as connection:
        (silence,) = find_open_silences(connection, workspace_id)
    assert (silence.began_at, silence.noticed_at) == (MONDAY, silent)
    back = MONDAY + 20 * HOUR
    fill(engine, workspace_id, [back])
    assert watch(engine, back + 2 * EVERY)
    assert not watch(engine, back + 4 * EVERY)
    assert [each[0] for each in mails(engine)] == ["silence", "silence over"]
    assert "20 h of silence" in mails(engine)[1][2]
    with reading(engine) as connection:
        assert find_open_silences(connection, workspace_id) == []
        (silence,) = list_silences(connection, workspace_id, "okta")
    assert silence.ended_at == back
    sending = sending_to(settings, certified, mailbox)
    while send_next(engine, sending, Instant(back + DAY)):
        pass
    assert [str(mail["Subject"]) for _, mail in mailbox.mails] == [
        "auditdash, Acme: a feed has fallen silent",
        "auditdash, Acme: a feed is back",
    ]
    assert "https://audit.example/coverage" in mailbox.mails[0][1].as_string()
    assert own_events(engine, workspace_id) == [
        "auditdash_feed_fell_silent",
        "auditdash_feed_came_back",
    ]


def test_nights_and_weekends_are_no_alarm_but_a_monday_without_work_is(
    engine: Engine, workspace_id: int
) -> None:
    friday = MONDAY + 4 * DAY + 5 * HOUR
    fill(engine, workspace_id, office_hours(5, friday))
    monday = friday // DAY * DAY + 3 * DAY
    told = [hour for hour in range(-54, 30, 3) if watch(engine, monday + hour * HOUR)]
    assert told == [9]  # at 8 the first event of a Monday came in other weeks


@pytest.mark.parametrize("weeks", [3, 9])
def test_without_a_habit_nothing_is_told(engine: Engine, workspace_id: int, weeks: int) -> None:
    seen = [MONDAY - week * WEEK for week in range(weeks)] if weeks < 9 else [MONDAY]
    fill(engine, workspace_id, seen)
    assert not watch(engine, MONDAY + 6 * DAY)
    with reading(engine) as connection:
        workspace = find_workspace(connection, workspace_id)
        assert workspace
        (heard,) = listen(connection, workspace, Watch(), Instant(MONDAY + 6 * DAY))
    assert heard.judgement
    assert heard.judgement.usual is None


def test_who_is_not_watched_is_not_told_of(engine: Engine, workspace_id: int) -> None:
    fill(engine, workspace_id, [MONDAY - each * 12 * HOUR for each in range(5 * 14)])
    now = Instant(MONDAY + 2 * DAY)
    for choice in (Watch(is_on=False), Watch(left_out=("okta",)), Watch(floor_hours=72)):
        with writing(engine) as connection:
            save_watch(connection, workspace_id, choice, now)
            assert find_watch(connection, workspace_id) == choice
        assert not watch(engine, now)
    with writing(engine) as connection:
        chosen = Watch(recipients=("a@example.com", "b@example.com"))
        save_watch(connection, workspace_id, chosen, now)
    assert watch(engine, now)
    assert [each[1] for each in mails(engine)] == ["a@example.com", "b@example.com"]


def test_of_two_workers_one_notices_a_silence_and_one_its_end(
    engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        began = [
            begin_silence(
                connection, workspace_id, "okta", began_at=NOW, usual=0, waited=HOUR, now=NOW
            )
            for _ in range(2)
        ]
        assert began[1] is None
        ended = [end_silence(connection, began[0] or 0, NOW, NOW) for _ in range(2)]
    assert ended == [True, False]


def test_the_demo_is_not_watched(engine: Engine) -> None:
    with writing(engine) as connection:
        add_workspace(connection, "demo", "Demo", kind="demo")
        assert not is_watch_due(connection, NOW)


def test_readings_of_the_log_are_no_sign_of_life(engine: Engine, workspace_id: int) -> None:
    fill(engine, workspace_id, [MONDAY - HOUR])
    fill(engine, workspace_id, [MONDAY], action="audit_log_accessed")
    with writing(engine) as connection:  # from their future, and long ago: neither says anything
        for each in (MONDAY + 2 * DAY, MONDAY - 90 * DAY):
            stamp = to_rfc3339(Instant(each))
            store(connection, workspace_id, make_record(id=stamp, timestamp=stamp), source="okta")
    with reading(engine) as connection:
        view = open_whole(connection, Scope(workspace_id=workspace_id))
        at = Instant(MONDAY + DAY)
        by_theirs = find_quiet(view, "okta", at, pulled=True)
        by_ours = find_quiet(view, "okta", at, pulled=False)
    assert by_theirs
    assert by_ours
    assert (by_theirs.first, by_theirs.last) == (MONDAY - HOUR, MONDAY - HOUR)
    assert (by_ours.first, by_ours.last) == (MONDAY - HOUR, NOW)
