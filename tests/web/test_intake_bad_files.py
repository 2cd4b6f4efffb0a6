"""Whatever is wrong with a file or a record, the page says what it was."""

from __future__ import annotations

import gzip
import re

import msgspec
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.ingest.uploads import take_next_upload
from auditdash.settings import Settings
from tests.databases import ON_SQLITE
from tests.make import NOW, make_raw
from tests.web.uploading import Send, numbers, post, send, words

__all__ = ["send"]  # a fixture
pytestmark = ON_SQLITE

_GOOD = make_raw(id="good")
_BOMB = gzip.compress(b"[" + b" " * 3_000_000 + b"]")
REFUSED = {
    "an array that is not JSON": (b"[{bad]", "not JSON: object keys must be strings"),
    "an array cut short": (b"[" + _GOOD, "not JSON: it ends too early"),
    "NaN in an array": (b'[{"a":NaN}]', "not JSON: 'NaN}]' is no value"),
    "too deep an array": (b"[" * 1000 + b"]" * 1000, "nested too deeply"),
    "a bomb": (_BOMB, "it is too large; expected at most 2,097,152 bytes unpacked"),
    "damaged gzip": (gzip.compress(_GOOD)[:-6], "the gzip data is damaged"),
    "UTF-16": (_GOOD.decode().encode("utf-16"), "the file is UTF-16; expected UTF-8"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "is no header"),
    "a table of something else": (b"name,age\nbob,7\n", "action and timestamp missing"),
}
REJECTED = {
    "not JSON": (b"{bad}", "not JSON: object keys must be strings"),
    "a wrong type": (make_raw(actor__username=7), "$.actor.username: it is a number"),
    "a list for an object": (make_raw(actor=[]), "$.actor: it is an array"),
    "a key twice": (_GOOD[:-1] + b',"id":"other"}', "the key 'id' stands twice"),
    "NaN": (_GOOD[:-1] + b',"x":NaN}', "'NaN}' is no value"),
    "infinity": (_GOOD[:-1] + b',"x":1e999}', "not JSON"),
    "depth 1,000": (_GOOD[:-1] + b',"x":' + b"[" * 1000 + b"]" * 1000 + b"}", "nested too deeply"),
    "bad UTF-8": (_GOOD[:-1] + b',"x":"\xff\xfe"}', "not UTF-8"),
    "no zone": (make_raw(timestamp="2026-01-01T00:00:00"), "'2026-01-01T00:00:00' has no zone"),
    "no time": (make_raw(timestamp="yesterday"), "'yesterday' is not a timestamp"),
    "no action": (make_raw(action=None), "$.action: it is missing"),
    "a long id": (make_raw(id="x" * 600), "$.id: it has 600 characters"),
    "another value": (b'{"a":1} {"b":2}', "trailing characters"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_says_what_was_wrong(
    client: FlaskClient, engine: Engine, settings: Settings, name: str
) -> None:
    body, says = REFUSED[name]
    location = post(client, body).location
    small = msgspec.structs.replace(settings, max_unpacked_bytes=2 << 20)
    assert take_next_upload(engine, small, NOW)
    answer = client.get(location)
    assert "The rest could not be read" in answer.text
    assert says.lower() in words(answer).lower().replace("&#39;", "'")
    assert numbers(answer) == [0, 0, 0, 0, 0]
    assert "Broke off" in client.get("/intake").text


@pytest.mark.parametrize("name", REJECTED)
def test_a_record_that_is_none_says_what_was_wrong(
    client: FlaskClient, send: Send, name: str
) -> None:
    body, says = REJECTED[name]
    answer = send(_GOOD + b"\n" + body)
    assert numbers(answer) == [2, 1, 0, 0, 1]
    for page in (answer, client.get("/intake/quarantine")):
        told = words(page).replace("&#39;", "'").replace(" : ", ": ")
        assert "Line 2" in told
        assert says in told
    record = client.get(re.findall(r"/intake/quarantine/\d+/record", answer.text)[0])
    assert record.data == body
