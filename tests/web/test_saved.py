"""Saved searches: kept, opened, changed by their owners, shared with a workspace and no further."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, update

from auditdash.accounts.memberships import grant_role
from auditdash.accounts.people import create_person, find_person
from auditdash.accounts.roles import OFFICER
from auditdash.accounts.sessions import find_session, start_session
from auditdash.search.parse import LANGUAGE
from auditdash.store.engine import reading, writing
from auditdash.store.saved_searches import MOST, SavedSearch, list_saved_searches
from auditdash.store.schema import saved_searches
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW
from tests.people import add_alice

HTMX = {"HX-Request": "true"}


@pytest.fixture
def bob(client: FlaskClient, engine: Engine, workspace_id: int) -> FlaskClient:
    """A browser in which Bob is signed in and looks at the same workspace as Alice."""
    return _browser_of(client, engine, "bob", workspace_id)


def _browser_of(
    client: FlaskClient, engine: Engine, username: str, workspace_id: int
) -> FlaskClient:
    with writing(engine) as connection:
        known = find_person(connection, username)
        person_id = known.id if known else create_person(connection, username, "Bob", NOW, "x")
        grant_role(connection, person_id, workspace_id, OFFICER, NOW)
        token = start_session(connection, person_id, NOW, workspace_id)
        session = find_session(connection, token, NOW)
    assert session is not None
    browser = client.application.test_client()
    browser.set_cookie("auditdash", token)
    browser.environ_base["HTTP_X_CSRF_TOKEN"] = session.csrf_token
    return browser


def _save(client: FlaskClient, name: str, query: str = "op:grant", **more: str) -> int:
    answer = client.post("/saved", data={"name": name, "q": query, **more})
    assert answer.status_code == 303, answer.text
    return int(answer.location.rpartition("search-")[2])


def _kept(engine: Engine, workspace_id: int, person_id: int = 1) -> list[SavedSearch]:
    with reading(engine) as connection:
        return list_saved_searches(connection, workspace_id, person_id)


def test_a_search_keeps_what_was_asked_by_whom_and_where(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    client.set_cookie("zone", "Europe/Berlin")
    search_id = _save(client, "  Grants   of the week ", "op:grant created:>=now-7d", shared="1")
    assert _kept(engine, workspace_id) == [
        SavedSearch(
            id=search_id,
            person_id=add_alice(engine),
            owner="Alice",
            name="Grants of the week",
            query="op:grant created:>=now-7d",  # the dates stay relative
            language=LANGUAGE,
            zone="Europe/Berlin",
            shared=True,
            created_at=NOW,
            changed_at=NOW,
        )
    ]


@ON_SQLITE
def test_the_list_opens_each_search_and_says_it_in_words(client: FlaskClient) -> None:
    _save(client, "Grants", "op:grant actor:bob")
    page = client.get("/saved").text
    assert 'href="/timeline?q=op%3Agrant+actor%3Abob"' in page
    assert "Events by bob, of the kind grant" in page


@ON_SQLITE
@pytest.mark.parametrize(
    ("name", "query", "said"),
    [
        ("", "op:grant", "This is not a name, expected 1 to 100 printable letters"),
        ("x" * 101, "op:grant", "This is not a name"),
        ("one\x00two", "op:grant", "This is not a name"),
        ("GRANTS", "op:read", "You have a search called “GRANTS”, expected another name"),
        ("Typo", "actr:bob", "There is no field"),
    ],
)
def test_what_cannot_be_kept_stays_in_the_form_with_the_reason(
    client: FlaskClient, engine: Engine, workspace_id: int, name: str, query: str, said: str
) -> None:
    _save(client, "Grants")
    data = {"name": name, "q": query, "shared": "1"}
    page, part = client.post("/saved", data=data), client.post("/saved", data=data, headers=HTMX)
    assert (page.status_code, part.status_code) == (400, 400)
    assert said in page.text
    assert query in page.text
    assert re.search(r'name="shared" value="1" checked', page.text)
    assert "<html" not in part.text
    assert len(_kept(engine, workspace_id)) == 1


@ON_SQLITE
def test_the_days_of_a_search_move_to_another_zone_only_when_that_is_chosen(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    client.set_cookie("zone", "Asia/Tokyo")
    search_id = _save(client, "Grants")
    client.set_cookie("zone", "Europe/Berlin")
    data = {"name": "Grants", "q": "op:grant"}
    for chosen, status, zone in (
        ({}, 303, "Asia/Tokyo"),
        ({"zone": "Mars/Olympus"}, 400, "Asia/Tokyo"),
        ({"zone": "Europe/Berlin"}, 303, "Europe/Berlin"),
    ):
        assert client.post(f"/saved/{search_id}", data=data | chosen).status_code == status
        assert [kept.zone for kept in _kept(engine, workspace_id)] == [zone]


def test_the_owner_renames_edits_shares_and_deletes(
    client: FlaskClient, bob: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    search_id = _save(client, "Grants", "op:grant")
    address = f"/saved/{search_id}"
    changed = client.post(address, data={"name": "Reads", "q": "op:read"})
    assert changed.location == f"/saved#search-{search_id}"
    (kept,) = _kept(engine, workspace_id)
    assert (kept.name, kept.query, kept.shared) == ("Reads", "op:read", False)
    assert "Reads" not in bob.get("/saved").text
    client.post(f"{address}/share", data={"shared": "yes"})
    assert "Reads" in bob.get("/saved").text
    client.post(f"{address}/share", data={"shared": "no"})
    assert "Reads" not in bob.get("/saved").text
    assert client.post(f"{address}/share", data={"shared": "maybe"}).status_code == 400
    assert "Delete “<bdi>Reads</bdi>”?" in client.get(f"{address}/delete").text
    assert len(_kept(engine, workspace_id)) == 1  # asking deletes nothing
    assert client.post(f"{address}/delete").location == "/saved"
    assert _kept(engine, workspace_id) == []
    assert client.get(address).status_code == 404
    log = client.get("/timeline?q=action:auditdash_search_*").text
    for done, times in (("kept the search", 1), ("withdrew the search", 3), ("deleted the", 1)):
        assert log.count(done) >= times


def test_nobody_else_changes_a_search_and_a_personal_one_is_not_seen(
    client: FlaskClient, bob: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    own, shared = _save(client, "Mine"), _save(client, "Ours", shared="1")
    assert bob.get(f"/saved/{own}").status_code == 404
    page = bob.get(f"/saved/{shared}")
    assert page.status_code == 200
    assert "Only <bdi>Alice</bdi> can change it" in page.text
    data = {"name": "Stolen", "q": "op:read"}
    for search_id in (own, shared):
        assert bob.post(f"/saved/{search_id}", data=data).status_code == 404
        assert bob.post(f"/saved/{search_id}/share", data={"shared": "no"}).status_code == 404
        assert bob.get(f"/saved/{search_id}/delete").status_code == 404
        assert bob.post(f"/saved/{search_id}/delete").status_code == 404
    kept = _kept(engine, workspace_id)
    assert [(each.name, each.shared) for each in kept] == [("Mine", False), ("Ours", True)]
    assert _save(bob, "Mine") not in {own, shared}  # names are one's own


def test_another_workspace_sees_nothing_of_it(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    search_id = _save(client, "Ours", shared="1")
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
    add_alice(engine)  # who is an admin there, too
    client.post("/settings/workspace", data={"workspace": str(other)})
    assert "Ours" not in client.get("/saved").text
    assert client.get(f"/saved/{search_id}").status_code == 404
    assert client.post(f"/saved/{search_id}", data={"name": "x", "q": ""}).status_code == 404
    assert client.post(f"/saved/{search_id}/delete").status_code == 404
    assert len(_kept(engine, workspace_id)) == 1


@ON_SQLITE
def test_a_search_that_cannot_be_read_any_more_shows_why(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    search_id = _save(client, "Old words", "op:grant")
    with writing(engine) as connection:
        connection.execute(update(saved_searches).values(query="actr:bob", language=LANGUAGE - 1))
    page = client.get("/saved").text
    assert "Old words" in page
    assert "There is no field" in page
    assert "actr:bob" in page
    assert 'href="/timeline?q=actr' not in page
    one = client.get(f"/saved/{search_id}").text
    assert "<mark>actr</mark>:bob" in one
    client.post(f"/saved/{search_id}", data={"name": "Old words", "q": "actor:bob"})
    (kept,) = _kept(engine, workspace_id)
    assert (kept.query, kept.language) == ("actor:bob", LANGUAGE)


@ON_SQLITE
def test_a_search_in_an_earlier_version_of_the_language_says_so(
    client: FlaskClient, engine: Engine
) -> None:
    search_id = _save(client, "Grants")
    assert "Earlier language" not in client.get("/saved").text
    with writing(engine) as connection:
        connection.execute(update(saved_searches).values(language=LANGUAGE - 1))
    assert "Earlier language" in client.get("/saved").text
    assert "The search language has changed" in client.get(f"/saved/{search_id}").text


@ON_SQLITE
@pytest.mark.parametrize(
    ("query", "differs"), [("created:2026-03", True), ("op:grant", False), ("created:*", False)]
)
def test_another_zone_is_told_and_offered_where_it_moves_the_dates(
    client: FlaskClient, query: str, differs: bool
) -> None:
    client.set_cookie("zone", "Asia/Tokyo")
    search_id = _save(client, "March", query)
    assert "Dates of" not in client.get("/saved").text
    client.set_cookie("zone", "UTC")
    page = client.get("/saved").text
    assert ("Dates of Asia/Tokyo" in page) is differs
    assert (f'href="/saved/{search_id}"><bdi>March' in page) is differs
    one = client.get(f"/saved/{search_id}").text
    assert ("Open with times in Asia/Tokyo" in one) is differs


@ON_SQLITE
def test_opening_in_the_saved_zone_asks_the_same_days(client: FlaskClient) -> None:
    client.set_cookie("zone", "Asia/Tokyo")
    search_id = _save(client, "March", "created:2026-03")
    client.set_cookie("zone", "UTC")
    page = client.get(f"/saved/{search_id}").text
    following = re.search(
        r'name="zone" value="Asia/Tokyo"><input[^>]*name="next" value="([^"]+)"', page
    )
    assert following is not None
    form = {"zone": "Asia/Tokyo", "next": unescape(following[1])}
    answer = client.post("/settings/zone", data=form)
    assert answer.location == "/timeline?q=created%3A2026-03"
    assert "March 2026 (Tokyo)" in client.get(answer.location).text


@ON_SQLITE
def test_the_menu_at_the_box_keeps_and_lists(client: FlaskClient, bob: FlaskClient) -> None:
    _save(bob, "Of Bob", "op:read", shared="1")
    menu = client.get("/saved/new?q=op:grant&next=/charts", headers=HTMX).text
    assert "Save this search as" in menu
    assert 'href="/charts?q=op%3Aread"' in menu
    data = {"name": "Grants", "q": "op:grant", "next": "/charts"}
    kept = client.post("/saved", data=data, headers=HTMX).text
    assert "Saved as" in kept
    assert "Save this search as" not in kept
    # The same question in other words is the same search.
    assert "Saved as" in client.get("/saved/new?q=+op:grant++", headers=HTMX).text
    assert "cannot be saved" in client.get("/saved/new?q=op:", headers=HTMX).text


@ON_SQLITE
def test_names_and_texts_of_strangers_are_text(client: FlaskClient) -> None:
    hostile = '<img src=x onerror="alert(1)">'
    search_id = _save(client, hostile, 'actor:"<script>"')
    for address in ("/saved", f"/saved/{search_id}", f"/saved/{search_id}/delete"):
        page = client.get(address).text
        assert "<img src=x" not in page
        assert "<script>" not in page
        assert "&lt;img src=x" in page
    page = client.get("/saved/new?next=https://evil.example&q=x").text
    assert '"https://evil.example' not in page


@ON_SQLITE
def test_nobody_keeps_more_than_a_menu_can_show(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    alice = add_alice(engine)
    with writing(engine) as connection:
        rows = [
            {
                "workspace_id": workspace_id,
                "person_id": alice,
                "name": f"n{number}",
                "name_key": f"n{number}",
                "query": "",
                "language": LANGUAGE,
                "zone": "UTC",
                "shared": False,
                "created_at": NOW,
                "changed_at": NOW,
            }
            for number in range(MOST)
        ]
        connection.execute(insert(saved_searches), rows)
    answer = client.post("/saved", data={"name": "one more", "q": ""})
    assert answer.status_code == 400
    assert f"You have {MOST} searches" in answer.text
