"""What of a timeline is kept: whatever happened since, a page is what would be written now."""

from __future__ import annotations

import random
import re
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import Markup
from msgspec import structs
from sqlalchemy import Engine

from auditdash.events.instants import DAY, HOUR, Instant, parse_instant
from auditdash.queries.timeline import Cursor
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from auditdash.store.workspaces import rename_workspace
from auditdash.web.explorer import results
from auditdash.web.explorer.results import Asked, find_results, make_results
from auditdash.web.keeping.parts import Kept, Memory, Part
from tests.databases import ON_SQLITE
from tests.make import NOW, make_record, store
from tests.queries.random_events import scatter

UTC = ZoneInfo("UTC")
_QUESTIONS = (
    *("", "-source:auditdash", "actor:alice", "-actor:alice,bob", "action:collection", "e1"),
    *("created:2026-03", "created:2026-03-01..2026-03-20 category:exports", "created:>=2026-03-10"),
    *("created:>=now-300d", "created:today", "created:<2027", "is:first-seen", "is:late"),
    *("is:off-hours sort:created-asc", "entity:* -category:exports", "(actor:carol OR e2) -e3"),
)


def _asked(workspace_id: int, text: str, now: Instant = NOW) -> Asked:
    return Asked(
        path="/timeline",
        text=text,
        query=parse(text),
        scope=Scope(workspace_id=workspace_id),
        clock=Clock(now, UTC),
        after=None,
        seq=0,
    )


def _is_as_made(app: Flask, asked: Asked) -> bool:
    with reading(app.extensions["auditdash"].engine) as connection:
        return find_results(connection, asked) == make_results(connection, asked)


@ON_SQLITE
def test_after_each_new_event_every_page_is_what_would_be_written_now(
    app: Flask, engine: Engine, workspace_id: int
) -> None:
    dice = random.Random(5)
    scatter(engine, workspace_id, "2026-02-01T00:00:00Z", "2026-04-01T00:00:00Z", 60)
    with app.app_context():
        for number in range(7):
            if dice.random() < 0.4:
                read = make_record(id=f"read-{number}", action="audit_log_accessed")
                with writing(engine) as connection:
                    store(connection, workspace_id, read, source="auditdash")
            else:
                month, day = dice.randint(1, 11), dice.randint(1, 20)
                start = f"2026-{month:02}-{day:02}T00:00:00Z"
                scatter(
                    engine, workspace_id, start, start.replace("T00", "T23"), dice.randint(1, 3)
                )
            for text in _QUESTIONS:
                assert _is_as_made(app, _asked(workspace_id, text)), (number, text)


@ON_SQLITE
def test_pages_that_are_asked_for_differently_are_kept_apart(
    app: Flask, engine: Engine, workspace_id: int
) -> None:
    scatter(engine, workspace_id, "2026-02-01T00:00:00Z", "2026-04-01T00:00:00Z", 60)
    first = _asked(workspace_id, "-actor:dave")
    others = {
        "path": "/elsewhere",
        "text": "-actor:dave ",
        "query": parse("-actor:dave sort:created-asc"),
        "scope": Scope(workspace_id=workspace_id, highest_seq=40),
        "clock": Clock(NOW, ZoneInfo("Asia/Tokyo")),
        "after": Cursor(parse_instant("2026-03-01T00:00:00Z"), 7),
        "seq": 40,
    }
    assert set(others) == set(Asked.__struct_fields__)
    with app.app_context():
        for name, value in others.items():
            assert _is_as_made(app, first)
            assert _is_as_made(app, structs.replace(first, **{name: value})), name
    late = _asked(workspace_id, "is:off-hours")
    with app.app_context():
        assert _is_as_made(app, late)
        with writing(engine) as connection:
            rename_workspace(connection, workspace_id, name="Acme", zone="Asia/Tokyo")
        assert _is_as_made(app, late)


@ON_SQLITE
def test_what_the_clock_changes_is_written_anew(
    app: Flask, engine: Engine, workspace_id: int
) -> None:
    scatter(engine, workspace_id, "2026-03-01T00:00:00Z", "2026-03-20T00:00:00Z", 80)
    began = parse_instant("2026-03-12T12:00:00Z")
    texts = (
        "created:2026-03-01..2026-03-10",
        "created:today",
        "created:2026-03",
        "created:>now-2d",
    )
    with app.app_context():
        for hours in (0, 1, 5, 12, 13, 30, 24 * 9, 24 * 20, 24 * 40, 2):
            for text in texts:
                asked = _asked(workspace_id, text, Instant(began + hours * HOUR))
                assert _is_as_made(app, asked), (hours, text)


@ON_SQLITE
def test_a_reader_who_sees_less_is_shown_less(
    app: Flask, engine: Engine, workspace_id: int
) -> None:
    scatter(engine, workspace_id, "2026-03-01T00:00:00Z", "2026-03-20T00:00:00Z", 30)
    asked = _asked(workspace_id, "actor:bob OR -actor:bob")
    with app.app_context(), reading(app.extensions["auditdash"].engine) as earlier:
        before = find_results(earlier, asked)
        scatter(engine, workspace_id, "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z", 1)
        with reading(app.extensions["auditdash"].engine) as later:
            assert find_results(later, asked).count == before.count + 1
            assert find_results(earlier, asked) == before
            assert find_results(later, asked).count == before.count + 1


@ON_SQLITE
def test_a_page_that_nothing_new_belongs_to_is_not_written_again(
    client: FlaskClient, engine: Engine, workspace_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scatter(engine, workspace_id, "2026-03-01T00:00:00Z", "2026-03-20T00:00:00Z", 30)
    first = client.get("/timeline?q=created:2026-03").text
    monkeypatch.delattr(results, "_made")
    again = client.get("/timeline?q=created:2026-03").text
    # Our own reading came in between: the links that freeze the view tell of it.
    assert re.sub("seq(=|%3D)30", r"seq\g<1>31", first) == again


@ON_SQLITE
def test_after_each_answer_its_reader_is_no_longer_waited_for(
    app: Flask, client: FlaskClient
) -> None:
    answers = [client.get("/timeline"), client.get("/timeline/event/9"), client.get("/nowhere")]
    answers.append(client.post("/logout", headers={"X-CSRF-Token": "forged"}))
    assert [answer.status_code for answer in answers] == [200, 404, 404, 403]
    assert app.extensions["auditdash.accesses"]._at_work == 0


def test_no_more_is_kept_than_there_is_room_for() -> None:
    memory = Memory[Kept](most_bytes=60_000)
    for number in range(20):
        memory.put(number % 15, _kept("x" * 9_000))
        assert memory.size <= 60_000
    assert memory.get(4) is not None
    assert memory.get(6) is None
    memory.put(5, _kept("x" * 90_000))
    assert memory.get(5) is None
    assert memory.size == 0


def _kept(text: str) -> Kept:
    part = Part(Markup("{}").format(text), 1, 1)
    return Kept(seq=1, parts={"days": part}, made_at=Instant(0), until=Instant(DAY))
