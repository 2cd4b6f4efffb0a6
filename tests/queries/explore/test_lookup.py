from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from auditdash.queries.explore.lookup import (
    candidates,
    find_place,
    find_rejected_with,
    look_up,
    number_in,
)
from auditdash.queries.timeline import find_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Limit, Scope
from auditdash.store.engine import reading, writing
from tests.databases import add_workspace
from tests.make import NOW, make_record, store

CLOCK = Clock(NOW, ZoneInfo("America/New_York"))


def test_an_event_is_found_by_its_id_in_any_source_and_of_this_workspace_alone(
    engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(id="a b"), make_record(id="7"))
        store(connection, workspace_id, make_record(id="a b"), source="other")
        other = add_workspace(connection, "other", "Other")
        store(connection, other, make_record(id="theirs"), *(make_record(id=f"{n}") for n in "123"))
    scope = Scope(workspace_id=workspace_id, highest_seq=1)
    with reading(engine) as connection:

        def seqs(text: str) -> list[int]:
            return [event.seq for event in look_up(connection, scope, text)]

        assert seqs("a b") == [1, 3]
        assert seqs(" a b\n") == [1, 3]
        assert seqs("7") == [2]
        assert seqs("line 3: 7, known already") == [2]
        assert seqs("#3") == seqs("3") == seqs("https://x/timeline/event/3?q=") == [3]
        for absent in ("theirs", "1a", "4", "0", "9" * 30, "", "x" * 9000, "a\x00b\ud800"):
            assert seqs(absent) == [], absent


def test_the_id_of_an_event_out_of_sight_tells_nothing_of_it(
    engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        seen = make_record(id="seen", action="export_data_sql_exported")
        store(connection, workspace_id, seen, make_record(id="1"))
    scope = Scope(workspace_id=workspace_id, limit=Limit(query=parse("op:export")))
    with reading(engine) as connection:
        assert [event.id for event in look_up(connection, scope, "1")] == ["seen"]
        assert look_up(connection, scope, "2") == ()


@pytest.mark.parametrize(
    ("text", "number"),
    [("4,711", 4711), ("event 3", None), ("number 3", 3), ("\u0663", None), ("3 4", None)],
)
def test_a_number_is_one_only_where_nothing_else_stands(text: str, number: int | None) -> None:
    assert number_in(text) == number


def test_the_words_of_a_line_are_tried_after_the_whole(engine: Engine) -> None:
    assert candidates('item 3: "id-7", rejected.') == (
        'item 3: "id-7", rejected.',
        "item",
        "3",
        "id-7",
        "rejected",
    )


def test_a_record_in_quarantine_is_found_by_what_it_says(engine: Engine, workspace_id: int) -> None:
    bad = [make_record(id=name, timestamp="x") for name in ("bad_%1", "bad-é", "bad\\2", "BAD_%9")]
    with writing(engine) as connection:
        store(connection, workspace_id, *bad, b'{"id": "cut-4711", "act')
        store(
            connection, add_workspace(connection, "o", "O"), make_record(id="cut-9", timestamp="")
        )
    scope = Scope(workspace_id=workspace_id)
    with reading(engine) as connection:

        def found(text: str) -> list[str]:
            return [row.position for row in find_rejected_with(connection, scope, text)]

        assert found("bad_%1") == ["item 1"]
        assert found("bad\\2") == ["item 3"]
        assert found("line 7: cut-4711") == ["item 5"]
        assert found("cut-9") == found("badx%1") == found("ba") == found("") == []


@pytest.mark.parametrize("order", ["created-desc", "created-asc"])
def test_the_place_of_an_event_is_its_row(engine: Engine, workspace_id: int, order: str) -> None:
    times = ("10:00:00.000001", "10:00:00", "10:00:00", "10:00:00", "09:59:59.999999", "08:00:00")
    records = [
        make_record(
            id=f"p{number}", timestamp=f"2026-03-08T{time}Z", actor__username=f"u{number % 2}"
        )
        for number, time in enumerate(times)
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    scope = Scope(workspace_id=workspace_id)
    with reading(engine) as connection:
        for text in (f"sort:{order}", f"actor:u0 sort:{order}", f"created:2026-03-08 sort:{order}"):
            query = parse(text)
            events = find_events(connection, query, scope, CLOCK).events
            places = [find_place(connection, query, each, scope, CLOCK) for each in events]
            assert places == list(range(1, len(events) + 1))
            assert len(places) >= 3
