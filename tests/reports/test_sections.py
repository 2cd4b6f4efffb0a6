"""Sections that need more than events: coverage with gaps, what was rejected, what conflicts."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from auditdash.events.instants import Instant, parse_instant
from auditdash.events.periods import Period, month_period
from auditdash.queries.evidence import count_by_delivery, find_population
from auditdash.reports.question import question_of
from auditdash.reports.sections.feeds import gather_feeds
from auditdash.reports.sections.totals import gather_totals
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.feeds.connections import Access, save
from auditdash.store.feeds.windows import Page, advance, open_window
from auditdash.store.receipts import insert_receipt
from tests.databases import ON_SQLITE
from tests.make import NOW, make_raw, make_record, one_of_each_action, store
from tests.reports.papers import ask, find, make_paper, manifest, words
from tests.reports.tracing import untraced
from tests.verapdf import judge

_INTERVAL = 15 * 60 * 1_000_000


def _feed(connection: Connection, workspace_id: int, start: str) -> int:
    access = Access(
        base_url="https://app.mode.com",
        remote_workspace="acme<b>",
        token="t",
        sealed_secret=b"s",
        start_at=parse_instant(start),
    )
    return save(connection, workspace_id, "mode", access, NOW)


def _fetched(connection: Connection, workspace_id: int, feed: int, start: str, end: str) -> None:
    receipt = insert_receipt(
        connection, workspace_id=workspace_id, source="mode", channel="pull", name="w", now=NOW
    )
    period = Period(parse_instant(start), parse_instant(end))
    window = open_window(connection, workspace_id, feed, period, receipt, NOW)
    advance(connection, window, Page(cursor=None, received=0, added=0), NOW)


def _stamps(*texts: str) -> list[Instant]:
    return [parse_instant(text) for text in texts]


def test_each_gap_of_the_period_is_told_also_before_the_archive_begins(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with writing(engine) as connection:
        feed = _feed(connection, workspace_id, "2026-10-03T00:00:00Z")
        for start, end in (("03", "10"), ("12", "20")):
            days = (f"2026-10-{start}T00:00:00Z", f"2026-10-{end}T00:00:00Z")
            _fetched(connection, workspace_id, feed, *days)
        _fetched(connection, workspace_id, feed, "2026-10-20T00:00:00Z", "2026-11-20T00:00:00Z")
    run, path = make_paper(engine, settings, workspace_id, sections=("result", "coverage"))
    with reading(engine) as connection:
        (line,) = gather_feeds(connection, question_of(run), _INTERVAL)
    assert [(gap.start, gap.end) for gap in line.gaps] == [
        tuple(_stamps("2026-10-01T00:00:00Z", "2026-10-03T00:00:00Z")),
        tuple(_stamps("2026-10-10T00:00:00Z", "2026-10-12T00:00:00Z")),
    ]
    assert round(line.percent, 3) == round(100 * 27 / 31, 3)
    (told,) = manifest(path)["coverage"]
    assert (told["percent"], told["gaps"][1]) == (
        87.1,
        {"start": "2026-10-10T00:00:00.000000Z", "end": "2026-10-12T00:00:00.000000Z"},
    )
    page = words(path)
    assert "87.1 % of the period, 2 gaps; each on page" in page
    assert "87.1 % of the period fetched, 2 gaps." in page
    assert "10 October 2026, 00:00:00 UTC 12 October 2026, 00:00:00 UTC" in page
    assert "acme<b>" in page
    assert untraced(path) == {}


@ON_SQLITE
def test_a_whole_feed_is_said_to_have_no_gap(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with writing(engine) as connection:
        feed = _feed(connection, workspace_id, "2026-09-01T00:00:00Z")
        days = ("2026-09-01T00:00:00Z", "2026-11-20T00:00:00Z")
        _fetched(connection, workspace_id, feed, *days)
    _, path = make_paper(engine, settings, workspace_id, sections=("result", "coverage"))
    assert judge(path, "3a", "ua1") == []
    assert "100.0 % of the period fetched, 0 gaps." in words(path)
    assert untraced(path) == {}


@ON_SQLITE
def test_a_feed_that_begins_after_the_period_covers_nothing_of_it(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with writing(engine) as connection:
        _feed(connection, workspace_id, "2026-11-15T00:00:00Z")
    _, path = make_paper(engine, settings, workspace_id, sections=("result", "coverage"))
    page = words(path)
    assert "0.0 % of the period fetched, 1 gap." in page
    assert "15 November 2026, 00:00:00 UTC; nothing earlier was asked of this feed" in page
    assert untraced(path) == {}


def _received(engine: Engine, workspace_id: int, *records: Any, at: Instant) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *records, now=at)


def test_what_could_not_be_read_and_what_conflicts_is_counted_and_listed(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    october, before = _stamps("2026-10-20T00:00:00Z", "2026-09-20T00:00:00Z")
    changed = make_record(id="a", timestamp="2026-10-05T00:00:00Z", description="other")
    _received(
        engine,
        workspace_id,
        make_raw(id="a", timestamp="2026-10-05T00:00:00Z"),
        make_raw(id="a", timestamp="2026-10-05T00:00:00Z"),
        changed,
        b'{"id": "no timestamp", "action": "x"}',
        b"<b>not json",
        at=october,
    )
    _received(engine, workspace_id, b"not json, long before", at=before)
    _, path = make_paper(engine, settings, workspace_id, sections=("result", "intake"))
    numbers = manifest(path)["numbers"]
    assert (numbers["rejected_records"], numbers["conflicting_records"]) == (2, 1)
    counts = {"received": 5, "added": 1, "known": 1, "conflicting": 1, "rejected": 2}
    assert manifest(path)["received"] == [{"source": "mode", "deliveries": 1, **counts}]
    assert numbers["duplicate_records"] == 1
    page = words(path)
    assert "mode 1 5 1 1 1 2" in page
    assert "Records that could not be read: 2" in page
    assert "Records that came again with other content: 1" in page
    assert "Rows printed: 2 of 2. Row limit reached: no." in page
    assert "0 unmapped events, 2 rejected records, 1 conflicting record." in page


def test_days_are_counted_by_the_clocks_of_the_report(engine: Engine, workspace_id: int) -> None:
    instants = (
        "2026-09-30T21:59:59Z",  # September in Berlin
        "2026-09-30T22:00:00Z",
        "2026-10-24T21:59:59Z",
        "2026-10-24T22:00:00Z",  # the day with 25 hours
        "2026-10-25T22:59:59Z",
        "2026-10-25T23:00:00Z",
        "2026-10-31T22:59:59Z",
        "2026-10-31T23:00:00Z",  # November
    )
    _received(engine, workspace_id, *_at(*instants), at=parse_instant("2026-10-26T00:00:00Z"))
    zone = ZoneInfo("Europe/Berlin")
    october = month_period(2026, 10, zone)
    run = find(engine, workspace_id, ask(engine, workspace_id, period=october, zone=zone.key))
    with reading(engine) as connection:
        totals = gather_totals(connection, question_of(run))
    assert {day.isoformat(): count for day, count in totals.days.items()} == {
        "2026-10-01": 1,
        "2026-10-24": 1,
        "2026-10-25": 2,
        "2026-10-26": 1,
        "2026-10-31": 1,
    }
    assert [week.days for week in totals.weeks] == [
        (None, None, None, 1, 0, 0, 0),
        *2 * [(0,) * 7],
        (0, 0, 0, 0, 0, 1, 2),
        (1, 0, 0, 0, 0, 1, None),
    ]
    assert totals.count == sum(week.count for week in totals.weeks) == 6
    assert totals.late == 0


def _at(*instants: str) -> list[dict[str, Any]]:
    return [make_record(id=instant, timestamp=instant) for instant in instants]


def test_events_are_told_by_the_way_they_came(engine: Engine, workspace_id: int) -> None:
    records = one_of_each_action("2026-10-05T00:00:00Z")
    _received(engine, workspace_id, *records[:20], at=NOW)
    _received(engine, workspace_id, *records, at=Instant(NOW + 1))
    run = find(engine, workspace_id, ask(engine, workspace_id))
    question = question_of(run)
    asked = (question.query, question.scope, question.clock)
    with reading(engine) as connection:
        (delivery,) = count_by_delivery(connection, *asked)
        population = find_population(connection, *asked)
    assert (delivery.channel, delivery.name, delivery.deliveries) == ("file", "test", 2)
    assert delivery.count == population.count == 50
    assert (delivery.first_received_at, delivery.last_received_at) == (NOW, NOW + 1)


@ON_SQLITE
def test_the_printed_query_finds_the_same_events_in_any_zone(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    _received(engine, workspace_id, *one_of_each_action("2026-10-05T00:00:00Z"), at=NOW)
    query = "category:exports,collections -action:collection_deleted created:<now-10d"
    run, path = make_paper(engine, settings, workspace_id, query=query, sections=())
    text = manifest(path)["question"]["query"]
    assert text in words(path)
    clock = Clock(Instant(NOW + 10**15), question_of(run).clock.zone)
    with reading(engine) as connection:
        again = find_population(connection, parse(text), Scope(workspace_id=workspace_id), clock)
    assert again.count == run.rows
    assert run.rows == 11
