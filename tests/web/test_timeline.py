from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from auditdash.queries.timeline import find_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW, make_record, one_of_each_action, store

pytestmark = ON_SQLITE
HTMX = {"HX-Request": "true"}
_SEQ = re.compile(r"/timeline/event/(\d+)\?q=")


def _show(client: FlaskClient, text: str = "", htmx: bool = False, **more: str) -> TestResponse:
    address = "/timeline?" + urlencode({"q": text, **more})
    return client.get(address, headers=HTMX if htmx else {})


def _numbers(answer: TestResponse) -> list[int]:
    """The numbers of the events that are shown, in order, each once."""
    return list(dict.fromkeys(int(seq) for seq in _SEQ.findall(answer.text)))


def _links(answer: TestResponse) -> list[str]:
    return [unescape(found) for found in re.findall(r'href="(/[^"]*)"', answer.text)]


def _query_of(link: str) -> str:
    return parse_qs(urlsplit(link).query, keep_blank_values=True)["q"][0]


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> int:
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action())
        other = add_workspace(connection, "other", "Other")
        store(connection, other, make_record(id="theirs", actor__username="stranger"))
    return workspace_id


def _accesses(engine: Engine, workspace_id: int) -> list[dict[str, object]]:
    clock = Clock(NOW, ZoneInfo("UTC"))
    with reading(engine) as connection:
        found = find_events(
            connection, parse("source:auditdash"), Scope(workspace_id=workspace_id), clock
        )
    return [event.context for event in found.events]


def test_each_of_the_fifty_actions_is_a_row_with_its_sentence(
    client: FlaskClient, filled: int
) -> None:
    answer = _show(client, "-source:auditdash")
    assert _numbers(answer) == list(range(50, 0, -1))
    assert "50</span> events" in answer.text
    assert re.search(r"<bdi class=\"said-actor\">peter_parker</bdi> gave", answer.text)
    assert "Monday, 2 March 2026" in answer.text
    assert "stranger" not in answer.text


def test_times_stand_in_the_readers_zone(client: FlaskClient, filled: int) -> None:
    client.set_cookie("zone", "Asia/Tokyo")
    answer = _show(client, 'action:"user_membership_user_joined" OR source:mode')
    assert ">18:00:00</time>" in answer.text
    assert ">JST</span>" in answer.text
    assert 'datetime="2026-03-02T09:00:00.000000Z"' in answer.text


def test_the_next_link_leads_through_all_events(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    records = [
        make_record(id=f"n{number}", timestamp=f"2026-03-0{1 + number % 4}T10:00:00Z")
        for number in range(230)
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    answer, seen, pages = _show(client, "source:mode"), [], 0
    while True:
        seen += _numbers(answer)
        pages += 1
        following = [link for link in _links(answer) if "after=" in link]
        if not following:
            break
        answer = client.get(following[0], headers=HTMX if pages % 2 else {})
    assert pages == 5
    assert sorted(seen) == list(range(1, 231))
    assert "That is all." in answer.text


def test_a_part_for_htmx_has_rows_alone_and_does_not_repeat_the_day(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *(make_record(id=f"n{n}") for n in range(80)))
    following = next(link for link in _links(_show(client)) if "after=" in link)
    part = client.get(following, headers=HTMX)
    assert "<html" not in part.text
    assert len(_numbers(part)) == 30
    assert "18 February 2025</span>" not in part.text
    assert part.headers["Vary"] == "HX-Request"
    whole = client.get(following)
    assert "<html" in whole.text
    assert "Back to the first" in whole.text


def test_looking_is_recorded_with_the_query(
    client: FlaskClient, engine: Engine, filled: int
) -> None:
    _show(client, "op:export")
    client.get("/timeline/event/3?q=op:export")
    seen = _accesses(engine, filled)
    assert {"what": "timeline", "query": "op:export"} in seen
    assert any(context["what"] == "event" and context["seq"] == "3" for context in seen)


def test_an_empty_workspace_shows_the_ways_in_and_records_nothing(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    answer = _show(client)
    assert "No events yet" in answer.text
    assert {"/welcome", "/intake", "/coverage/connect"} <= set(_links(answer))
    assert _accesses(engine, workspace_id) == []


def test_a_bad_query_is_400_with_the_spot_underlined(client: FlaskClient, filled: int) -> None:
    answer = _show(client, "op:export actr:<b>bob")
    assert answer.status_code == 400
    assert "op:export <mark>actr</mark>:&lt;b&gt;bob" in answer.text
    assert re.search(r">actor</\w+>\?", answer.text)  # the nearest word
    assert 'value="op:export actr:&lt;b&gt;bob"' in answer.text
    assert answer.headers["HX-Retarget"] == "#question"


def test_no_match_says_which_part_stands_in_the_way(client: FlaskClient, filled: int) -> None:
    answer = _show(client, "actor:nobody category:exports")
    assert "No event matches" in answer.text
    assert "<code>actor:nobody</code>" in answer.text
    offered = {_query_of(link) for link in _links(answer) if link.startswith("/timeline?q=cat")}
    assert "category:exports" in offered


def test_facets_and_chips_edit_the_text(client: FlaskClient, filled: int) -> None:
    answer = _show(client, "source:mode category:exports")
    asked = {_query_of(link) for link in _links(answer) if link.startswith("/timeline?")}
    assert "source:mode category:exports,reports" in asked
    assert "source:mode category:exports -category:reports" in asked
    assert "source:mode category:exports actor:peter_parker" in asked
    assert "source:mode" in asked
    assert "category:exports" in asked
    assert "source:mode category:exports created:today" in asked


def test_the_period_picker_writes_created(client: FlaskClient, filled: int) -> None:
    days = {"q": "op:export created:today", "from": "2026-03-01", "to": "2026-03-04"}
    answer = client.get("/timeline/period?" + urlencode({**days, "next": "/charts"}))
    assert answer.status_code == 303
    assert urlsplit(answer.location).path == "/charts"
    assert _query_of(answer.location) == "op:export created:2026-03-01..2026-03-04"
    elsewhere = client.get("/timeline/period?" + urlencode({**days, "next": "//evil.example"}))
    assert urlsplit(elsewhere.location).netloc == ""


def test_a_frozen_link_shows_the_same_events_later(
    client: FlaskClient, engine: Engine, filled: int
) -> None:
    answer = _show(client, "source:mode created:>=now-400d")
    frozen = next(link for link in _links(answer) if "seq=" in link and "/timeline?" in link)
    assert "now" not in _query_of(frozen)
    with writing(engine) as connection:
        store(connection, filled, make_record(id="later", timestamp="2026-03-03T00:00:00Z"))
    later = client.get(frozen)
    assert len(_numbers(later)) == 50
    assert "50</span> events" in later.text
    assert "51</span> events" in _show(client, "source:mode created:>=now-400d").text
    told = re.search(r'href="([^"]*)"><svg.*Frozen at number 50', later.text)
    assert told is not None
    assert "seq" not in told[1]
    edited = [each for each in _links(later) if "category%3A" in each and "/timeline?" in each]
    assert edited
    assert all("seq=50" in each for each in edited)


def test_downloads_ask_the_same_question(client: FlaskClient, filled: int) -> None:
    shown = _links(_show(client, "op:export"))
    links = [link for link in shown if link.startswith("/downloads/events.")]
    assert [urlsplit(link).path.removeprefix("/downloads/events.") for link in links] == [
        *("csv", "csv", "xlsx", "ndjson", "parquet"),
    ]
    assert {_query_of(link) for link in links} == {"op:export"}


def test_an_event_opens_to_all_its_fields_and_its_record(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record())
    whole, part = client.get("/timeline/event/1"), client.get("/timeline/event/1", headers=HTMX)
    assert "<html" in whole.text
    assert "<html" not in part.text
    for text in (whole.text, part.text):
        for value in ("af03c0246b82", "157.52.123.42", "workspace_connection", "internalgroup"):
            assert f'<bdi class="wrap">{value}</bdi>' in text
        assert "2025-02-18T10:47:37.000000Z" in text
        assert "&#34;entity_name&#34;: &#34;Star Space&#34;" in text
    record = client.get("/timeline/event/1/record.json")
    assert json.loads(record.data) == make_record()
    assert "attachment" in record.headers["Content-Disposition"]


def test_a_conflict_is_shown_with_the_event(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record())
        store(connection, workspace_id, make_record(context__role="manage"))
    text = client.get("/timeline/event/1").text
    assert "Another content came" in text
    assert "&#34;role&#34;: &#34;manage&#34;" in text


def test_an_event_of_another_workspace_is_not_there(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
        store(connection, other, make_record(id="theirs"))
    assert client.get("/timeline/event/1").status_code == 404
    assert client.get("/timeline/event/1/record.json").status_code == 404
    assert client.get("/timeline/event/99999999999999999999").status_code == 404


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "1",
        "1.",
        ".1",
        "1.x",
        "9" * 40 + ".1",
        "²." + "1",
        "9" * 18 + ".1",
        "-" + "9" * 18 + ".1",
    ],
)
def test_a_place_that_is_none_is_400(client: FlaskClient, filled: int, after: str) -> None:
    assert _show(client, after=after).status_code == 400


def test_a_stranger_is_sent_to_the_door(client: FlaskClient, filled: int) -> None:
    client.delete_cookie("auditdash")
    for path in ("/timeline", "/timeline/event/1", "/timeline/event/1/record.json"):
        answer = client.get(path)
        assert (answer.status_code, answer.location[:12]) == (303, "/login?next=")
