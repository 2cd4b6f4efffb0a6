from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.events.wording import sentence
from auditdash.queries.timeline import find_events
from auditdash.search.parse import parse
from auditdash.search.scope import Scope
from auditdash.store.engine import reading, writing
from tests.databases import ON_SQLITE, add_workspace
from tests.journeys.hostile import HOSTILE
from tests.make import make_record, one_of_each_action, store
from tests.web.test_profiles import CLOCK

pytestmark = ON_SQLITE


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> int:
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action(), make_record(id="bad", timestamp="x"))
        other = add_workspace(connection, "other", "Other")
        store(connection, other, make_record(id="theirs"))
    return workspace_id


def _why(client: FlaskClient, given: str, text: str = "", **more: str) -> str:
    answer = client.get("/timeline/why?" + urlencode({"id": given, "q": text, **more}))
    assert answer.status_code == 200
    return answer.text


def _links(text: str, path: str = "/timeline") -> list[str]:
    return [unescape(found) for found in re.findall(rf'href="({path}\?[^"]*)"', text)]


def test_each_term_that_keeps_it_out_is_told_and_can_be_dropped(
    client: FlaskClient, filled: int
) -> None:
    text = _why(client, "each-00", "actor:bob source:mode -category:user-membership")
    assert "It is in the archive, but not in this result" in text
    terms = re.findall(r'<code class="why-term"><bdi>([^<]*)</bdi>', text)
    assert terms == ["actor:bob", "-category:user-membership"]
    assert "peter_parker" in text
    without = [link for link in _links(text) if "actor%3Abob" not in link or "category" not in link]
    navigation = "/timeline?q=-source:auditdash"
    without = [link for link in without if link != navigation]
    queries = {re.sub(r".*q=", "", link) for link in without}
    assert queries == {
        "source%3Amode+-category%3Auser-membership",
        "actor%3Abob+source%3Amode",
        "source%3Amode",
    }
    last = next(link for link in without if link.endswith("q=source%3Amode"))
    assert "/timeline/event/1?" in client.get(last).text


def test_terms_on_both_sides_of_an_or_go_together(client: FlaskClient, filled: int) -> None:
    text = _why(client, "each-00", "(actor:bob OR actor:dora) source:mode")
    assert "one would be enough" in text
    assert _links(text).count("/timeline?q=source%3Amode") == 3


@pytest.mark.parametrize("order", ["", " sort:created-asc"])
def test_what_is_here_is_shown_with_its_row(client: FlaskClient, filled: int, order: str) -> None:
    text = _why(client, "each-07", f"source:mode{order}")
    assert f"It is here: row {8 if order else 43}" in text
    shown = next(link for link in _links(text) if "after=" in link)
    rows = re.findall(r'hx-get="/timeline/event/(\d+)', client.get(shown).text)
    assert rows[0] == "8"


def test_what_came_after_the_view_was_frozen_is_told(client: FlaskClient, filled: int) -> None:
    text = _why(client, "30", "source:mode", seq="20")
    assert "It came in after this view was frozen" in text
    assert "/timeline?q=source%3Amode" in _links(text)
    assert "It is here" in _why(client, "20", "source:mode", seq="20")


def test_what_is_not_in_the_archive_is_told_with_what_it_covers(
    client: FlaskClient, filled: int
) -> None:
    text = _why(client, "no such id")
    assert "It is not in the archive of" in text
    assert "50 events, from 2 March 2026, 09:00:00 UTC to 2 March 2026, 09:49:00 UTC" in text
    assert "/intake/quarantine" not in text
    assert "wait" not in text
    assert "It is not in the archive of" in _why(client, "theirs")
    assert "theirs</bdi></code>" in _why(client, "theirs")


def test_a_rejected_record_is_told_with_its_receipt(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(id="bad-4711", timestamp="x"))
    text = _why(client, "bad-4711")
    assert "waits in quarantine has it" in re.sub(r"\s+", " ", text)
    assert 'href="/intake/receipts/1"' in text


def test_a_broken_search_is_shown_with_the_spot(client: FlaskClient, filled: int) -> None:
    answer = client.get("/timeline/why?id=each-00&q=actr:bob")
    assert answer.status_code == 400
    assert "<mark>actr</mark>" in answer.text
    assert client.get("/timeline/why").status_code == 200
    assert client.get("/timeline/why?q=&seq=x").status_code == 400


def test_asking_is_recorded(client: FlaskClient, engine: Engine, filled: int) -> None:
    _why(client, "each-00", "actor:bob")
    client.get("/timeline/why?q=actor:bob")
    with reading(engine) as connection:
        scope = Scope(workspace_id=filled)
        found = find_events(connection, parse("source:auditdash"), scope, CLOCK).events
    assert [sentence(event) for event in found] == [
        "alice asked why an event is not among those of “actor:bob”: each-00"
    ]


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_ids_and_values_are_only_text(
    client: FlaskClient, engine: Engine, workspace_id: int, kind: str
) -> None:
    text = HOSTILE[kind][:1500].encode(errors="replace").decode()
    record = make_record(id=text[:512], actor__username=text, entity__entity_name=text)
    with writing(engine) as connection:
        store(connection, workspace_id, record, make_record(id="plain", actor__username=text))
    for given in (text[:512], "plain"):
        page = _why(client, given, "-source:mode entity:x OR -actor:*")
        page = re.sub(r' value="[^"]*"', "", page)  # a box keeps what was typed
        assert not re.search(r"<script(?! src=\"/static/)|<img|onerror=alert\(1\)>[^&]", page)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x07\x1b]", page)
    assert "It is in the archive" in page
