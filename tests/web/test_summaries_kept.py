"""What of the summaries is kept: whatever happened since, a page is what would be written now."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec import structs
from sqlalchemy import Connection, Engine

from auditdash.events.catalogue import actions
from auditdash.events.instants import DAY, Instant, parse_instant, to_rfc3339
from auditdash.queries.sight.views import open_view
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from auditdash.web.keeping import results
from auditdash.web.keeping.results import Asked, Made, find_results
from tests.databases import ON_SQLITE
from tests.make import NOW, make_record, store
from tests.queries.access_events import random_changes

pytestmark = ON_SQLITE
_MARCH = "created%3A2026-03"
# Each page, and of which categories it may keep its results when one of their events comes.
_ALL = {each.category for each in actions()}
_ACCESS = {"user-membership", "user-groups", "collections", "connections"}
_QUIET = _ALL - _ACCESS - {"exports", "schedules", "reports"}
_PAGES = {
    "/summaries/exports?q=": _QUIET,
    f"/summaries/exports?q={_MARCH}&all=people": _QUIET,
    "/summaries/permissions?q=": _ALL - _ACCESS,
    f"/summaries/permissions?q={_MARCH}&direction=up": _ALL - _ACCESS,
    "/summaries/permissions/patterns?q=": _ALL - _ACCESS,
    "/summaries/permissions/lasting?q=&within=30&older=60": _ALL - _ACCESS - {"exports"},
    "/summaries/permissions/person?name=bob": _ALL - _ACCESS,
    "/summaries/permissions/person": _ALL - _ACCESS,
    "/charts?q=category:exports": _ALL - {"exports"},
    "/access": _ALL - _ACCESS,
    "/access?on=2026-03-09&q=bob": _ALL - _ACCESS,
    "/access/one?kind=member&id=u1": _ALL - _ACCESS,
    "/access/one?kind=connection&id=c1&on=2026-03-20": _ALL - _ACCESS,
    "/access/differences?from=2026-03-02&on=2026-03-20": _ALL - _ACCESS,
    "/access/contradictions": _ALL - _ACCESS,
    "/inventory": set[str](),
    "/inventory/schedules": _ALL - {"schedules", "reports", "user-membership"},
    "/inventory/groups": _ALL - _ACCESS,
    "/inventory/reports": _ALL - {"reports", "exports"},
    "/changed?from=2026-03-05&to=2026-03-20": _ALL - _ACCESS,
    "/actors?name=bob": _ALL - _ACCESS,
    "/entities?type=workspace_connection&id=c1": _QUIET,
}  # fmt: skip

_ELSEWHERE = {
    "timestamp": "2026-06-01T09:00:00Z",
    "actor__user_id": "u3",
    "actor__username": "ann",
    "context": {},
    "entity__entity_id": "c2",
    "entity__entity_name": "Sales",
}


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> int:
    """Changes of access and everything else, by the same few people, in March."""
    dice = random.Random(3)
    with writing(engine) as connection:
        store(connection, workspace_id, *random_changes(dice, 60), *_anything(dice, "first", 2))
    return workspace_id


def _anything(
    dice: random.Random, name: str, of_each: int, categories: set[str] = _ALL
) -> Iterator[dict[str, Any]]:
    """Events of each action, by those who are known, of what is known."""
    start = parse_instant("2026-03-01T00:00:00Z")
    names = [each.name for each in actions() if each.category in categories] * of_each
    return (_one(dice, f"{name}-{number}", each, start) for number, each in enumerate(names))


def _one(dice: random.Random, key: str, action: str, start: Instant) -> dict[str, Any]:
    identity, username = dice.choice((("u1", "bob"), ("u2", "Zoë"), ("u3", "ann")))
    thing, called = dice.choice((("c1", "Payroll"), ("c2", "Sales")))
    return make_record(
        id=key,
        action=action,
        timestamp=to_rfc3339(Instant(start + dice.randrange(20 * DAY))),
        actor__user_id=identity,
        actor__username=username,
        entity__entity_id=thing,
        entity__entity_name=called,
        context__member_id="u2",
        context__member_name="Zoë",
        context__connection_name=called,
        context__schedule_id="s1",
    )


def _text(client: FlaskClient, address: str) -> str:
    """What the page says, but for the number that freezes its files."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return re.sub(r"seq(=|%3D)\d+", r"seq\1n", answer.text)


def _forget(app: Flask, workspace_id: int) -> None:
    with reading(app.extensions["auditdash"].engine) as connection:
        view = open_view(connection, Scope(workspace_id=workspace_id))
        view.dictionaries._kept.pop(results._Memory, None)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates of what was written, one after the other."""
    found: list[str] = []
    make = results._made

    def noting(asked: Asked, *rest: Any) -> Any:
        found.append(asked.template)
        return make(asked, *rest)

    monkeypatch.setattr(results, "_made", noting)
    return found


@pytest.mark.parametrize("address", _PAGES)
def test_what_has_no_part_in_a_page_leaves_it_as_it_would_be_written(
    client: FlaskClient, app: Flask, engine: Engine, filled: int, made: list[str], address: str
) -> None:
    _text(client, "/timeline")  # from here on the reader is known, too
    first = _text(client, address)
    quiet = list(_anything(random.Random(9), "later", 1, _PAGES[address]))
    if address.startswith(("/changed", "/actors", "/entities")):  # by another, later, on another
        quiet = [make_record(**(each | _ELSEWHERE)) for each in quiet]
    with writing(engine) as connection:
        store(connection, filled, *quiet)
    assert _text(client, address) == first
    assert len(made) == (1 if _PAGES[address] else 2)
    _forget(app, filled)
    assert _text(client, address) == first
    assert len(made) == (2 if _PAGES[address] else 3)


@pytest.mark.parametrize("address", _PAGES)
def test_what_has_a_part_in_a_page_is_in_it(
    client: FlaskClient, app: Flask, engine: Engine, filled: int, address: str
) -> None:
    _text(client, address)
    for category in sorted(_ALL - _PAGES[address]):
        with writing(engine) as connection:
            new = _anything(random.Random(category), f"later-{category}", 3, {category})
            store(connection, filled, *new)
        text = _text(client, address)
        _forget(app, filled)
        assert _text(client, address) == text, category
    with writing(engine) as connection:  # somebody whose id is another's name
        store(connection, filled, make_record(
            id="twin", action="api_token_workspace_created", actor__user_id="bob",
            actor__username="robert", timestamp="2026-06-07T09:00:00Z"))  # fmt: skip
    text = _text(client, address)
    _forget(app, filled)
    assert _text(client, address) == text


def test_after_each_new_event_every_page_is_what_would_be_written_now(
    client: FlaskClient, app: Flask, engine: Engine, filled: int
) -> None:
    dice = random.Random(5)
    for number in range(4):
        start = parse_instant(dice.choice(("2026-02-20T00:00:00Z", "2026-03-02T00:00:00Z")))
        new = [
            _one(dice, f"new-{number}-{each}", dice.choice(actions()).name, start)
            for each in range(dice.randrange(1, 4))
        ]
        if number == 2:
            new = [make_record(id="else", actor__username="zed", entity__entity_name="Payroll")]
        with writing(engine) as connection:
            store(connection, filled, *new, *new)  # each comes twice
        kept = {address: _text(client, address) for address in _PAGES}
        _forget(app, filled)
        for address, text in kept.items():
            assert text == _text(client, address), (number, address)


def _asked(workspace_id: int, **changes: Any) -> Asked:
    asked = Asked(
        template="errors/_notice.html",
        text="actor:bob",
        query=parse("actor:bob"),
        scope=Scope(workspace_id=workspace_id),
        clock=Clock(NOW, ZoneInfo("UTC")),
        watched=parse("category:exports"),
        more=("people", True),
    )
    return structs.replace(asked, **changes)


def test_pages_that_are_asked_for_differently_are_kept_apart(app: Flask, filled: int) -> None:
    differently = {
        "template": "inventory/_card.html",
        "text": "actor:bob ",
        "query": parse("actor:bob sort:created-asc"),
        "scope": Scope(workspace_id=filled, addresses=False),
        "clock": Clock(NOW, ZoneInfo("Asia/Tokyo")),
        "watched": parse("category:schedules"),
        "more": ("people", False),
    }
    assert set(differently) == set(Asked.__struct_fields__)
    with app.app_context(), reading(app.extensions["auditdash"].engine) as connection:
        assert _is_made(connection, _asked(filled))
        assert not _is_made(connection, _asked(filled))
        for name, value in differently.items():
            asked = _asked(filled, **{name: value})
            assert _is_made(connection, asked), name
            assert not _is_made(connection, asked), name
        assert not _is_made(connection, _asked(filled))
        for never in (
            _asked(filled, watched=None),
            _asked(filled, query=parse("created:>=now-3d")),
            _asked(filled, query=parse("created:<2027")),
        ):
            assert _is_made(connection, never)
            assert _is_made(connection, never)


def test_the_clock_ends_what_it_changes(app: Flask, filled: int) -> None:
    until = Instant(NOW + DAY)
    with app.app_context(), reading(app.extensions["auditdash"].engine) as connection:
        assert _is_made(connection, _asked(filled), until)
        for now, is_made in ((until, False), (NOW - 1, True), (NOW, False), (until + 1, True)):
            asked = _asked(filled, clock=Clock(Instant(now), ZoneInfo("UTC")))
            assert _is_made(connection, asked, until) == is_made, now - NOW


def test_a_reader_who_sees_less_is_shown_less(app: Flask, engine: Engine, filled: int) -> None:
    asked, dice = _asked(filled), random.Random(1)
    found = app.extensions["auditdash"].engine
    with app.app_context(), reading(found) as earlier:
        assert _is_made(earlier, asked)
        start = parse_instant("2026-03-05T00:00:00Z")
        with writing(engine) as connection:
            store(connection, filled, _one(dice, "x", "export_data_sql_exported", start))
        with reading(found) as later:
            assert _is_made(later, asked)
            assert _is_made(earlier, asked)
            assert not _is_made(later, asked)


def _is_made(connection: Connection, asked: Asked, until: Instant | None = None) -> bool:
    made = []

    def make() -> Made:
        made.append(True)
        return Made(context={"kind": "info", "text": ""}, until=until)

    find_results(connection, asked, make)
    return bool(made)
