"""Role × route × workspace: every cell, by the application's own URL map (tests/web/routes.py)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule

from auditdash.accounts.memberships import Limits, grant_role
from auditdash.accounts.people import create_person
from auditdash.accounts.roles import AUDITOR, ROLES, Role
from auditdash.accounts.sessions import find_session, start_session
from auditdash.events.instants import DAY, Instant
from auditdash.factory import create_app
from auditdash.settings import Settings
from auditdash.store.engine import open_engine, writing
from tests.databases import add_workspace
from tests.journeys.pages import PAGES
from tests.make import NOW, make_record, store
from tests.web.routes import ROUTES

_MARK = "zebraherring"
_OURS_NOT = "/timeline?q=-source:auditdash"
_LIMITED, _STRANGER = "limited", "stranger"
_DOOR_SAYS = ("does not allow this", "made of all events")
_KINDS = (*ROLES, _LIMITED, _STRANGER)
_LIMITS = Limits(query="op:export", period_end=NOW)


class Rooms:
    """One application on two workspaces, with somebody of each kind signed in."""

    def __init__(self, app: Flask, engine: Engine, acme: int, other: int) -> None:
        self.app = app
        self.engine = engine
        self.acme = acme
        self.other = other
        self.browsers = {kind: self._sign_in(kind) for kind in _KINDS}

    def _sign_in(self, kind: str) -> FlaskClient:
        with writing(self.engine) as connection:
            person = create_person(connection, kind, kind.title(), NOW, "hash")
            if kind == _STRANGER:
                grant_role(connection, person, self.other, ROLES["admin"], NOW)
            elif kind == _LIMITED:
                grant_role(connection, person, self.acme, AUDITOR, NOW, _LIMITS)
            else:
                grant_role(connection, person, self.acme, ROLES[kind], NOW)
            token = start_session(connection, person, NOW, self.acme)
            session = find_session(connection, token, NOW)
        assert session is not None
        browser = self.app.test_client()
        browser.set_cookie("auditdash", token)
        browser.environ_base["HTTP_X_CSRF_TOKEN"] = session.csrf_token
        return browser


@pytest.fixture(scope="module")
def rooms(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    folder = tmp_path_factory.mktemp("rooms")
    shutil.copyfile(sqlite_template, folder / "auditdash.db")
    settings = Settings.from_env({"AUDITDASH_INSTANCE": str(folder)})
    engine = open_engine(settings.database_url)
    with writing(engine) as connection:
        acme = add_workspace(connection, "acme", "Acme")
        other = add_workspace(connection, "other", "Other")
        store(connection, acme, *_records(), now=NOW)
        store(connection, other, make_record(id="theirs", actor__username="theirone"), now=NOW)
    app = create_app(settings, now=lambda: NOW)
    app.testing = True
    yield Rooms(app, engine, acme, other)
    app.extensions["auditdash"].engine.dispose()
    engine.dispose()


def _records() -> list[dict[str, object]]:
    """Exports that a limited reader may see; and of each other action one with a mark in all its
    fields, which they may not."""
    seen = [
        make_record(
            id=f"seen-{number}",
            action="export_data_sql_exported",
            actor__username="plainname",
            actor__ip="198.51.100.7",
            timestamp=f"2026-11-{number + 1:02}T10:00:00Z",
        )
        for number in range(6)
    ]
    hidden = [
        make_record(
            id=f"{_MARK}-{number}",
            action=action,
            description=f"about {_MARK}",
            timestamp="2026-11-05T10:00:01Z",
            actor__username=_MARK,
            actor__user_id=f"{_MARK}-id",
            actor__user_agent=f"{_MARK}/1.0",
            actor__ip="203.0.113.77",
            entity__entity_name=f"{_MARK} thing",
            entity__entity_id=f"{_MARK}-e",
            context={"group_name": _MARK, _MARK: "x", "role": _MARK, "ip": "203.0.113.77"},
        )
        for number, action in enumerate(
            ("connection_group_added_with_role", "org_user_invited", "api_token_workspace_created")
        )
    ]
    later = make_record(
        id=f"{_MARK}-later",
        action="export_data_sql_exported",
        actor__username=_MARK,
        timestamp="2026-11-23T13:00:00Z",
    )
    return [*seen, *hidden, later]


def _some(converter: BaseConverter) -> int | str:
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 987654 if isinstance(converter, IntegerConverter) else "csv"


def _address(app: Flask, rule: Rule) -> str:
    values = {name: _some(converter) for name, converter in rule._converters.items()}
    address: str = app.url_map.bind("localhost").build(rule.endpoint, values)
    return address


def _pages(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Each address behind the door of pages, with each of its methods."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if view.__module__.startswith("auditdash.web.") and not getattr(view, "is_public", False):
            for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}):
                yield rule, method


def test_every_route_has_a_row_and_every_row_a_route(rooms: Rooms) -> None:
    assert {rule.endpoint for rule, _ in _pages(rooms.app)} == set(ROUTES)


@pytest.mark.parametrize("kind", [*ROLES, _LIMITED])
def test_each_cell_of_the_table(rooms: Rooms, kind: str) -> None:
    browser = rooms.browsers[kind]
    wrong: list[tuple[str, str, object]] = []
    for rule, method in _pages(rooms.app):
        if rule.endpoint in {"accounts.log_out", "home.start_demo"}:
            continue  # the one ends the session, the other begins a long work
        allowed = ROUTES[rule.endpoint].split()
        meant = "*" in allowed and "auditor" in allowed if kind == _LIMITED else kind in allowed
        answer = browser.open(_address(rooms.app, rule), method=method, data={}, buffered=True)
        # A view may say no for a reason of its own: a wrong password, a membership.
        refused = answer.status_code == 403 and any(each in answer.text for each in _DOOR_SAYS)
        if refused is meant or answer.status_code >= 500:
            wrong.append((rule.endpoint, method, answer.status_code))
        if answer.headers["Cache-Control"] != "no-store":  # what one sees, no cache may keep
            wrong.append((rule.endpoint, method, answer.headers["Cache-Control"]))
    assert wrong == []


def test_a_stranger_finds_nothing_of_another_workspace(rooms: Rooms) -> None:
    stranger = rooms.browsers[_STRANGER]
    assert stranger.post("/settings/workspace", data={"workspace": rooms.acme}).status_code == 404
    for rule, method in _pages(rooms.app):
        if rule.endpoint in {"accounts.log_out", "home.start_demo", "members.found"}:
            continue
        answer = stranger.open(_address(rooms.app, rule), method=method, data={}, buffered=True)
        assert "Acme" not in answer.text, rule
        assert _MARK not in answer.text, rule


def _walk(kind: str) -> Iterator[str]:
    for endpoint, addresses in PAGES.items():
        allowed = ROUTES[endpoint].split() if endpoint in ROUTES else []
        if "*" in allowed if kind == _LIMITED else kind in allowed:
            yield from addresses
    for seq in range(1, 12):
        yield f"/timeline/event/{seq}"
    if kind != "viewer":
        yield from (f"/timeline/event/{seq}/record.json" for seq in range(1, 12))
        yield from ("/downloads/events.csv?q=", "/downloads/events.ndjson?q=")
        yield from (f"/charts/{name}.csv?q=" for name in ("over-time", "actors", "entities"))
        yield from ("/summaries/exports/people.csv", "/summaries/permissions.csv?q=")
    for text in (
        "",
        "actor:",
        "context.",
        "context.z",
        "entity:",
        "subject:",
        "role:",
        "ip:",
        "ua:",
        "203",
        "z",
    ):
        yield f"/timeline/complete?q={quote(text)}"
    yield from ("/timeline/why?q=&id=8", f"/timeline/why?q=&id={_MARK[:-2]}", "/saved/new?q=")


def test_nothing_outside_of_a_limit_shows_anywhere(rooms: Rooms) -> None:
    shown = [
        address
        for address in _walk(_LIMITED)
        if _MARK in rooms.browsers[_LIMITED].get(address, buffered=True).text.lower()
    ]
    assert shown == []
    everything = rooms.browsers["admin"].get(_OURS_NOT).text
    assert _MARK in everything  # so that the walk can find it
    assert "plainname" in rooms.browsers[_LIMITED].get("/timeline?q=").text


@pytest.mark.parametrize("kind", ["officer", "auditor", "viewer"])
def test_no_address_shows_to_who_may_not_see_any(rooms: Rooms, kind: str) -> None:
    shown = []
    rooms.browsers[kind].post("/settings/addresses/hide")
    for address in _walk(kind):
        text = rooms.browsers[kind].get(address, buffered=True).text
        if "203.0.113" in text or "198.51.100" in text:
            shown.append(address)
    assert shown == []
    assert "203.0.113.77" in rooms.browsers["admin"].get(_OURS_NOT).text


def test_hidden_addresses_cannot_be_guessed(rooms: Rooms) -> None:
    viewer, admin = rooms.browsers["viewer"], rooms.browsers["admin"]
    for query in (
        "ip:203.0.113.77",
        "ip:203.0.113.0/24",
        "203.0.113.77",
        "context.ip:203.0.113.77",
    ):
        asked = f"/timeline?q={quote(query)}"
        assert "plainname" not in viewer.get(asked).text
        assert "/timeline/event/" not in viewer.get(asked).text, query
        assert "/timeline/event/" in admin.get(asked).text, query


def test_revealing_is_an_act_that_the_log_tells_of(rooms: Rooms) -> None:
    officer, viewer = rooms.browsers["officer"], rooms.browsers["viewer"]
    assert viewer.post("/settings/addresses/reveal").status_code == 403
    assert officer.post("/settings/addresses/reveal", data={"reason": "case 7"}).status_code == 303
    assert "203.0.113.77" in officer.get(_OURS_NOT).text
    assert officer.post("/settings/addresses/hide").status_code == 303
    assert "203.0.113.77" not in officer.get(_OURS_NOT).text
    told = (
        rooms.browsers["admin"]
        .get("/downloads/events.ndjson?q=source:auditdash", buffered=True)
        .text
    )
    contexts = [json.loads(line)["context"] for line in told.splitlines()]
    revealed = [each for each in contexts if each.get("what") == "addresses-revealed"]
    assert "case 7" in [each["reason"] for each in revealed]


def test_a_limited_reader_is_told_what_limits_them(rooms: Rooms) -> None:
    limited = rooms.browsers[_LIMITED]
    page = limited.get("/timeline?q=").text
    assert page.count("chip-locked") == 4  # workspace, query, period, addresses
    refused = limited.get("/access")
    assert refused.status_code == 403
    assert "made of all events" in refused.text
    assert 'href="/access"' not in page


def test_a_guest_is_named_on_each_page_and_each_view_is_recorded(rooms: Rooms) -> None:
    end = Instant(NOW + DAY)
    with writing(rooms.engine) as connection:
        gina = create_person(connection, "gina", "Gina Guest", NOW, "hash")
        limits = Limits(query="op:export", expires_at=end)
        grant_role(connection, gina, rooms.acme, ROLES["viewer"], NOW, limits, guest=True)
        token = start_session(connection, gina, NOW, rooms.acme)
    browser = rooms.app.test_client()
    browser.set_cookie("auditdash", token)
    for address in ("/timeline?q=", "/settings", "/access"):
        page = browser.get(address).text
        assert page.count("Gina Guest (gina) · guest ·") == 24, address
    told = rooms.browsers["admin"].get("/downloads/events.ndjson?q=actor:gina", buffered=True).text
    contexts = [json.loads(line)["context"] for line in told.splitlines()]
    assert [each.get("path") or each["what"] for each in contexts][::-1] == [
        "timeline",
        "/settings",
        "/access",
    ]
    with writing(rooms.engine) as connection:
        limits = Limits(query="op:export", expires_at=NOW)
        grant_role(connection, gina, rooms.acme, ROLES["viewer"], NOW, limits, guest=True)
    over = browser.get("/timeline?q=")
    assert over.status_code == 403
    assert "no member of a workspace" in over.text
    assert "plainname" not in over.text


def test_what_was_refused_is_told_by_the_log(rooms: Rooms) -> None:
    rooms.browsers["viewer"].get("/settings/members?q=x")
    rooms.browsers["viewer"].post("/settings/addresses/reveal")
    rooms.browsers[_LIMITED].get("/access")
    rooms.browsers["viewer"].post("/setup/secret", headers={"X-CSRF-Token": "wrong"})
    found = rooms.browsers["admin"].get(
        "/downloads/events.ndjson?q=action:auditdash_access_refused+sort:created-asc", buffered=True
    )
    told = [json.loads(line) for line in found.text.splitlines()]
    acts = {(each["actor"]["username"], each["context"]["path"]): each for each in told}
    members = acts["viewer", "/settings/members"]
    assert members["outcome"] == "failure"
    assert (members["context"]["method"], members["actor"]["ip"]) == ("GET", "127.0.0.1")
    assert "(viewer) does not allow this" in members["context"]["reason"]
    assert acts["viewer", "/settings/addresses/reveal"]["context"]["method"] == "POST"
    assert "limited" in acts[_LIMITED, "/access"]["context"]["reason"]
    assert "/setup/secret" not in found.text


def test_roles_say_what_they_are_for() -> None:
    assert all(isinstance(role, Role) and role.says for role in ROLES.values())
