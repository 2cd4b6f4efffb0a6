"""Whatever strangers write into an event stands on the pages as text, and its links work."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.store.engine import writing
from tests.databases import ON_SQLITE
from tests.make import make_record, store

pytestmark = ON_SQLITE
HOSTILE = {
    "html": "</bdi><script>alert(1)</script><img src=x onerror=alert(1)>\"'`",
    "template": "{{ 7*7 }}{% raw %}${x}",
    "formula": '=HYPERLINK("http://evil.example")',
    "query": 'x" OR actor:* -(created:today) \\',
    "turning": "abc\u202egpj.exe\u2066\u200b",
    "controls": "a\x00b\x07c\x1bd\ne\tf",
    "surrogate": "half \ud800 pair",
    "blank": "   ",
    "long": "é" * 65536,
    "one word": "w" * 65536,
    "many": "a b " * 16384,
}
FIELDS = (
    "id",
    "action",
    "description",
    "workspace_username",
    "context__role",
    "context__group_name",
    "context__correlation_id",
    "actor__ip",
    "actor__user_agent",
    "actor__user_id",
    "actor__username",
    "entity__entity_name",
    "entity__entity_type",
    "entity__entity_id",
)
MISSING = ("actor", "entity", "context", "description", "workspace_username")


def _everywhere(text: str) -> dict[str, Any]:
    """The names whole; what a record must not have so long, or not so often, cut short."""
    record = make_record(**dict.fromkeys(FIELDS, text[:3000]))
    record |= {"id": text[:512], "action": text[:512]}
    record["entity"]["entity_name"] = record["context"]["group_name"] = text
    record["context"][text[:3000]] = {text[:3000]: [text[:3000], None, True, {"deep": text[:3000]}]}
    return record


def _keep(engine: Engine, workspace_id: int, *records: dict[str, Any]) -> None:
    raws = [json.dumps(record).encode() for record in records]
    with writing(engine) as connection:
        receipt = store(connection, workspace_id, *raws)
    assert receipt.added == len(raws)


def _check(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    assert not re.search(r"<script(?! src=\"/static/)|<img|onerror=alert\(1\)>[^&]", answer.text)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x07\x1b]", answer.text)
    answer.data.decode("utf-8")
    return answer.text


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_in_every_field_is_only_text(
    client: FlaskClient, engine: Engine, workspace_id: int, kind: str
) -> None:
    _keep(engine, workspace_id, _everywhere(HOSTILE[kind]))
    rows = _check(client, "/timeline?q=source:mode")
    assert len(rows) < 80_000
    opened = _check(client, "/timeline/event/1?q=source:mode")
    assert client.get("/timeline/event/1/record.json").status_code == 200
    links = {
        unescape(found)
        for text in (rows, opened)
        for found in re.findall(r'href="(/timeline\?[^"]*)"', text)
    }
    assert len(links) > 20
    for link in sorted(links)[::5]:
        assert client.get(link).status_code == 200, link[:200]


@pytest.mark.parametrize("kind", ["html", "query", "turning", "long", "controls"])
def test_a_click_on_a_hostile_value_finds_its_event(
    client: FlaskClient, engine: Engine, workspace_id: int, kind: str
) -> None:
    _keep(engine, workspace_id, _everywhere(HOSTILE[kind]), make_record(id="other"))
    text = client.get("/timeline/event/1?q=source:mode").text
    only = re.findall(r'href="(/timeline\?[^"]*)" title="Only events with this value"', text)
    assert len(only) > 12
    for link in only:
        assert "/timeline/event/1?" in client.get(unescape(link)).text, unescape(link)[:200]


def test_an_event_with_parts_missing_is_shown(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    records = [make_record(id=f"no {name}", **{name: None}) for name in MISSING]
    bare = {key: make_record()[key] for key in ("action", "timestamp")}
    _keep(engine, workspace_id, *records, {**bare, "id": "bare"})
    rows = _check(client, "/timeline?q=source:mode")
    assert "no address" in rows
    assert "no actor" in rows
    for seq in range(1, len(records) + 2):
        _check(client, f"/timeline/event/{seq}")
