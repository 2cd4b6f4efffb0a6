"""The pages of one actor and one entity, and what stands around one event."""

from __future__ import annotations

import json
import random
import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.events.wording import sentence
from auditdash.queries.timeline import count_events, find_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.databases import ON_SQLITE, add_workspace
from tests.journeys.hostile import HOSTILE
from tests.make import NOW, make_record, one_of_each_action, store
from tests.queries.access_events import random_changes

pytestmark = ON_SQLITE
CLOCK = Clock(NOW, ZoneInfo("UTC"))
STAR = "/entities?type=workspace_connection&id=af5aaf31658b"
# A number, as a link's whole text, beside what the link asks for.
_COUNTED = re.compile(
    r'<a class="(?:tally-count|stat-value)" href="(/timeline\?[^"]*)">([\d,]+)(?:<|$)'
)


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> int:
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action())
        store(connection, workspace_id, *random_changes(random.Random(3), 200))
        other = add_workspace(connection, "other", "Other")
        store(connection, other, make_record(id="theirs", actor__username="stranger"))
    return workspace_id


def _links(text: str, path: str) -> list[str]:
    return [unescape(found) for found in re.findall(rf'href="({path}\?[^"]*)"', text)]


def _actor(name: str) -> str:
    return "/actors?" + urlencode({"name": name})


def _numbers(text: str) -> dict[str, int]:
    """Each number of a page that is a link, by the query that the link asks."""
    return {
        parse_qs(urlsplit(unescape(href)).query, keep_blank_values=True)["q"][0]: int(
            count.replace(",", "")
        )
        for href, count in _COUNTED.findall(text)
    }


@pytest.mark.parametrize(
    "address", ["/actors", "/entities", _actor("bob"), _actor("u3"), STAR, "/entities?name=Sales"]
)
def test_every_number_leads_to_exactly_these_events(
    client: FlaskClient, engine: Engine, filled: int, address: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    numbers = _numbers(answer.text)
    assert len(numbers) > 4
    with reading(engine) as connection:
        for text, count in numbers.items():
            scope = Scope(workspace_id=filled)
            assert count_events(connection, parse(text), scope, CLOCK) == count, text


def test_an_actor_that_is_a_subject_has_one_page(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    given = make_record(
        action="connection_member_added_with_role",
        context={"user_id": "u7", "username": "dora", "role": "manage"},
    )
    did = make_record(id="did", actor__username="dora", actor__user_id="u7")
    with writing(engine) as connection:
        store(connection, workspace_id, given, did)
    text = client.get(_actor("Dora")).text
    assert "As far as the log tells: it begins on 18 February 2025" in text
    access = text[text.index('id="access"') :]
    assert re.search(r"Star Space</bdi>.*?<bdi>manage</bdi>.*?peter_parker", access, re.S)
    assert 'href="/timeline/event/1"' in access
    assert re.search(r'also known as <a class="link" href="/actors\?name=u7"', text)
    entity = client.get(STAR).text
    access = entity[entity.index('id="access"') :]
    assert re.search(r'href="/actors\?name=dora".*?<bdi>manage</bdi>', access, re.S)


def test_a_group_leads_to_those_who_are_in_it_and_back(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    group = {"entity_type": "group", "entity_id": "g1", "entity_name": "Analysts"}
    member = make_record(
        id="m", action="group_member_added", entity=group, context={"username": "dora"}
    )
    given = make_record(context__group_id="g1", context__group_name="Analysts")
    with writing(engine) as connection:
        store(connection, workspace_id, member, given)
    page = client.get(_actor("analysts")).text
    members = next(link for link in _links(page, "/entities") if "id=g1" in link)
    inside = client.get(members).text
    assert "dora" in inside
    assert _links(inside, "/actors")[0] == _actor("Analysts")


def test_a_name_that_no_event_has_is_404_with_those_that_are_like_it(
    client: FlaskClient, filled: int
) -> None:
    answer = client.get(_actor("peter_packer"))
    assert answer.status_code == 404
    assert _actor("peter_parker") in _links(answer.text, "/actors")
    answer = client.get("/entities?name=Star+Spice")
    assert answer.status_code == 404
    assert STAR in _links(answer.text, "/entities")
    answer = client.get(_actor("stranger"))
    assert answer.status_code == 404
    assert _links(answer.text, "/actors") == []


def test_a_type_that_the_entity_has_not_finds_nothing(client: FlaskClient, filled: int) -> None:
    assert client.get("/entities?type=&id=af5aaf31658b").status_code == 404
    assert client.get("/entities?id=af5aaf31658b").status_code == 200


def test_an_empty_archive_says_so_and_keeps_no_record_of_it(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    for address in ("/actors", "/entities"):
        assert "No events yet" in client.get(address).text
    with reading(engine) as connection:
        found = find_events(connection, parse(""), Scope(workspace_id=workspace_id), CLOCK)
    assert found.events == ()


def test_looking_somebody_up_is_recorded(client: FlaskClient, engine: Engine, filled: int) -> None:
    client.get(_actor("bob"))
    client.get(STAR)
    client.get("/actors")
    with reading(engine) as connection:
        scope = Scope(workspace_id=filled)
        found = find_events(connection, parse("source:auditdash"), scope, CLOCK).events
    assert {sentence(event) for event in found} == {
        "alice looked at all that is told about an actor: bob",
        "alice looked at all that is told about an entity: af5aaf31658b",
        "alice looked at all that is told about an actor",
    }


def test_the_page_of_an_event_leads_to_its_names_and_to_what_belongs_with_it(
    client: FlaskClient, engine: Engine, filled: int
) -> None:
    with writing(engine) as connection:
        chained = [make_record(id=f"chain {n}", context__correlation_id="c") for n in range(30)]
        store(connection, filled, *chained)
    text = client.get("/timeline/event/260").text
    assert {_actor("peter_parker"), _actor("internalgroup")} <= set(_links(text, "/actors"))
    assert STAR in _links(text, "/entities")
    related = text[text.index('id="related"') :]
    assert len(re.findall('aria-current="true"', related)) == 4
    for title, count in (("The same correlation id", 30), ("Everyone, one minute", 30)):
        assert re.search(rf"{title}[^<]*</bdi> <span[^>]*>{count}</span>", related)
    for link in _links(related, "/timeline"):
        assert client.get(link).status_code == 200
    part = client.get("/timeline/event/260", headers={"HX-Request": "true"}).text
    assert 'id="related"' not in part
    assert "/timeline/event/260#related" in part


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_are_only_names(
    client: FlaskClient, engine: Engine, workspace_id: int, kind: str
) -> None:
    text = HOSTILE[kind]
    record = make_record(
        actor__username=text[:3000],
        actor__user_id=text[:3000],
        actor__user_agent=text[:3000],
        entity__entity_name=text,
        entity__entity_id=text[:3000],
        entity__entity_type=text[:3000],
        context={"group_name": text, "group_id": text[:3000], "role": text[:3000]},
    )
    beside = make_record(id="beside", context__correlation_id=text[:400])
    with writing(engine) as connection:
        store(connection, workspace_id, json.dumps(record).encode(), json.dumps(beside).encode())
    event = client.get("/timeline/event/1").text
    pages = {*_links(event, "/actors"), *_links(event, "/entities")}
    if kind != "long":
        assert len(pages) >= 2
    for address in pages:
        answer = client.get(address)
        assert answer.status_code == 200, address[:200]
        assert len(answer.text) < 120_000
        assert not re.search(
            r"<script(?! src=\"/static/)|<img|onerror=alert\(1\)>[^&]", answer.text
        )
        shown = re.sub(r' value="[^"]*"', "", answer.text)  # a form asks for what stands there
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x07\x1b]", shown)
        for link in _links(answer.text, "/timeline")[::3]:
            assert client.get(link).status_code == 200, link[:200]


def test_of_much_access_the_first_is_shown_and_all_is_counted(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    given = [
        make_record(
            id=f"g{n}",
            action="connection_member_added_with_role",
            context={"username": "dora", "role": "view"},
            entity__entity_id=f"e{n}",
            timestamp=f"2026-03-01T10:{n % 60:02}:00Z",
        )
        for n in range(60)
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *given)
    text = client.get(_actor("dora")).text
    assert 'What they have <span class="faint numbers">60</span>' in text
    assert "The first 50 of 60." in text
    access = text[text.index('id="access"') : text.index("What changed for them")]
    assert len(re.findall('<th scope="row">', access)) == 50


def test_a_connection_counts_the_exports_that_name_it_as_their_source(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    taken = [
        make_record(
            id=f"x{n}",
            action="export_data_sql_exported",
            entity={"entity_type": "report", "entity_id": "r1", "entity_name": "Salaries"},
            context={"connection_name": name},
        )
        for n, name in enumerate(("Star Space", "star space", "Star Spaces", None))
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(), *taken)
    numbers = _numbers(client.get(STAR).text)
    assert numbers['is:export context.connection_name:"Star Space"'] == 2
    assert "Nobody exported it." not in client.get(STAR).text
