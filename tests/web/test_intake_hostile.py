"""Whatever strangers write into records and names of files stands on the intake's pages as text."""

from __future__ import annotations

import gzip
import json
import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from tests.databases import ON_SQLITE
from tests.make import make_record
from tests.web.test_timeline_hostile import HOSTILE
from tests.web.uploading import Send, numbers, send

__all__ = ["send"]  # a fixture
pytestmark = ON_SQLITE
PAGES = ("/intake", "/intake/quarantine", "/intake/conflicts", "/intake/unmapped")
_MARKUP = re.compile(r"<script(?! src=\"/static/)|<img|onerror=alert\(1\)>[^&]")
_HIDDEN = re.compile("[\u200b\u202a-\u202e\u2066-\u2069\x00\x07\x1b]")


def _everywhere(text: str) -> bytes:
    """An unknown action, a conflict with it, and records that are none, all made of the text."""
    names = {
        "actor": {"username": text, "user_id": text[:3000], "ip": text[:3000]},
        "entity": {"entity_name": text, "entity_type": text[:3000]},
        "context": {text[:3000]: {text[:3000]: [text[:3000]]}, "role": text[:3000]},
    }
    event = {**make_record(id=text[:512], action=text[:512]), **names, "description": text}
    records = [
        event,
        {**event, "description": f"{text} again", "context": {f"{text[:3000]}2": text}},
        {**event, "timestamp": text[:3000]},
        {**event, "actor": {"username": [text]}},
        {text: text},
    ]
    plain = "\ud800" in text
    lines = [json.dumps(record, ensure_ascii=plain).encode() for record in records]
    twice = json.dumps(text[:100]).encode()
    lines.append(b"{" + twice + b":1," + twice + b":2}")
    lines.append(b"{" + text.encode("utf-8", "surrogatepass").replace(b"\n", b" "))
    return b"\n".join(lines)


def _check(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    assert not _MARKUP.search(answer.text), address
    assert not _HIDDEN.search(answer.text), address
    assert len(answer.data) < 600_000
    answer.data.decode("utf-8")
    return answer.text


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_only_text_on_each_page(client: FlaskClient, send: Send, kind: str) -> None:
    text = HOSTILE[kind]
    name = re.sub("[\x00\n\ud800]", "?", f"{text[:300]}.ndjson")  # no browser sends these
    answer = send(gzip.compress(_everywhere(text)), name=name)
    pages = [_check(client, path) for path in (*PAGES, "/intake/receipts/1")]
    assert numbers(answer) == [7, 1, 0, 1, 5]
    for path in sorted(set(re.findall(r"/intake/quarantine/\d+/record", "".join(pages)))):
        record = client.get(path)
        assert record.content_type == "application/octet-stream"
        assert "attachment" in record.headers["Content-Disposition"]
        assert record.headers["X-Content-Type-Options"] == "nosniff"
    for link in {unescape(found) for found in re.findall(r'href="(/timeline[^"]*)"', pages[3])}:
        assert client.get(link).status_code == 200, link[:200]


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_header_of_a_table_is_only_text(
    client: FlaskClient, send: Send, kind: str
) -> None:
    title = json.dumps(HOSTILE[kind][:3000].replace("\ud800", "?"))[1:-1].replace('\\"', "")
    header = f'action,timestamp,"{title}","a.{title}","a.{title}.b"\n'.encode()
    row = f'"{title}",2026-01-01T00:00:00Z,"{title}","{title}","{title}"\n'.encode()
    send(header + row)
    for path in (*PAGES, "/intake/receipts/1"):
        _check(client, path)
