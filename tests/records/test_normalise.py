"""A record to an Event, or the reason why not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from auditdash.events.catalogue import actions
from auditdash.events.errors import BadInput
from auditdash.events.event import Actor, Entity, Subject
from auditdash.events.instants import parse_instant
from auditdash.records.normalise import LONGEST_RECORD, normalise
from tests.make import OURS, make_raw, make_record, one_of_each_action


def test_the_example_of_the_feed_becomes_an_event() -> None:
    raw = make_raw()
    event = normalise(raw, "mode", "acme")
    assert event.id == "12326c8c-3c13-45a3-9b36-5a16d42937db"
    assert event.occurred_at == parse_instant("2025-02-18T10:47:37Z")
    assert event.occurred_text == "2025-02-18T10:47:37.000000Z"
    assert (event.category, event.op, event.outcome) == ("connections", "grant", "unknown")
    assert event.workspace == "charismabrotherscorp"
    assert event.role == "view"
    assert event.correlation_id == "12321917-5e07-4094-ae08-1b6254a2a6c8"
    assert event.actor == Actor(
        id="af03c0246b82",
        username="peter_parker",
        ip="157.52.123.42",
        user_agent="Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)",
    )
    assert event.entity == Entity(type="workspace_connection", id="af5aaf31658b", name="Star Space")
    assert event.subject == Subject(type="group", id="4f68a254168a", name="internalgroup")
    assert event.context == make_record()["context"]
    assert event.record == raw.decode()


@pytest.mark.parametrize("missing", ["actor", "entity", "context", "description", "id"])
@pytest.mark.parametrize("value", ["absent", "null"])
def test_each_action_may_come_without_its_parts(missing: str, value: str) -> None:
    for record in one_of_each_action():
        record.pop(missing)
        if value == "null":
            record[missing] = None
        event = normalise(json.dumps(record).encode(), "mode", "acme")
        assert event.action == record["action"]
    assert len(one_of_each_action()) == len(actions()) - len(OURS) == 50


@pytest.mark.parametrize(
    "name", ["actor.ip", "actor.user_id", "actor.username", "entity.entity_id", "context.role"]
)
def test_any_inner_field_may_be_null(name: str) -> None:
    parent, child = name.split(".")
    record = make_record()
    record[parent][child] = None
    normalise(json.dumps(record).encode(), "mode", "acme")


def test_an_action_that_nobody_knows_is_kept_as_it_came() -> None:
    event = normalise(make_raw(action="Warp_Drive engaged"), "mode", "acme")
    assert (event.action, event.category, event.op) == ("Warp_Drive engaged", "other", "other")


def test_a_record_without_a_workspace_belongs_to_ours() -> None:
    assert normalise(make_raw(workspace_username=None), "mode", "acme").workspace == "acme"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2025-02-18T10:47:37Z", "2025-02-18T10:47:37.000000Z"),
        ("2025-02-18T10:47:37.123456789Z", "2025-02-18T10:47:37.123456Z"),
        ("2025-02-18T10:47:37.5+05:30", "2025-02-18T05:17:37.500000Z"),
        ("2025-02-18t10:47:37.5z", "2025-02-18T10:47:37.500000Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
    ],
)
def test_timestamps_have_nought_to_nine_digits_and_a_zone(text: str, same: str) -> None:
    event = normalise(make_raw(timestamp=text), "mode", "acme")
    assert event.occurred_at == parse_instant(same)
    assert event.occurred_text == text


_GOOD = make_raw()
BAD: dict[str, tuple[bytes, str, str]] = {
    "not JSON": (b"{bad", "not JSON", "byte 1"),
    "cut off": (_GOOD[:-1], "ends too early", ""),
    "two objects": (_GOOD + _GOOD, "trailing characters", "byte"),
    "a string": (b'"x"', "a record is a string", "$"),
    "an array": (b"[1]", "a record is an array", "$"),
    "null": (b"null", "a record is null", "$"),
    "a number": (b"7", "a record is a number", "$"),
    "NaN": (b'{"action":NaN}', "'NaN}' is no value", "byte 10"),
    "NaN beside a surrogate": (b'{"a":"\\ud800","b":NaN}', "NaN", ""),
    "1e999 beside a surrogate": (b'{"a":"\\ud800","b":1e999}', "out of range", ""),
    "a long number": (b'{"a":"\\ud800","b":' + b"1" * 5000 + b"}", "out of range", ""),
    "Latin-1": (b'{"action":"\xe9"}', "not UTF-8", ""),
    "not text at all": (b"\xff\xfe{}", "not UTF-8", ""),
    "depth": (b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}", "nested too deeply", ""),
    "moderate depth": (b'{"a":' + b"[" * 150 + b"]" * 150 + b"}", "nested too deeply", ""),
    "a key twice": (b'{"action":"a","action":"b"}', "'action' stands twice", ""),
    "a key twice inside": (b'{"context":{"a":1,"b":{"c":1,"c":2}}}', "'c' stands twice", ""),
    "a key twice, spaced": (b'{"action" :"a","x":"\\":","action" :"b"}', "stands twice", ""),
    "number as id": (make_raw(id=7), "it is a number", "$.id"),
    "number as name": (make_raw(actor__username=7), "it is a number", "$.actor.username"),
    "text as context": (make_raw(context="x"), "it is a string", "$.context"),
    "fraction as name": (make_raw(actor__username=0.5), "it is a number", "$.actor.username"),
    "flag as description": (make_raw(description=True), "true or false", "$.description"),
    "list as actor": (make_raw(actor=[1]), "it is an array", "$.actor"),
    "no action": (make_raw(action=None), "missing", "$.action"),
    "empty action": (make_raw(action=""), "it is empty", "$.action"),
    "long action": (make_raw(action="x" * 600), "600 characters", "$.action"),
    "long id": (make_raw(id="x" * 600), "600 characters", "$.id"),
    "no time": (make_raw(timestamp=None), "missing", "$.timestamp"),
    "no zone": (make_raw(timestamp="2025-02-18T10:47:37"), "has no zone", "$.timestamp"),
    "a date": (make_raw(timestamp="2025-02-18"), "not a timestamp", "$.timestamp"),
    "hour 24": (make_raw(timestamp="2025-02-18T24:00:00Z"), "hour must be", "$.timestamp"),
    "30 February": (make_raw(timestamp="2025-02-30T10:00:00Z"), "day", "$.timestamp"),
    "second 61": (make_raw(timestamp="2025-02-18T10:00:61Z"), "second", "$.timestamp"),
    "offset 25": (make_raw(timestamp="2025-02-18T10:00:00+25:00"), "offset", "$.timestamp"),
    "ten digits": (make_raw(timestamp="2025-02-18T10:00:00.1234567890Z"), "", "$.timestamp"),
    "Arabic digits": (make_raw(timestamp="٢٠٢٥-02-18T10:47:37Z"), "", "$.timestamp"),
    "too large": (make_raw(description="x" * LONGEST_RECORD), "bytes", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_record_says_what_and_where(name: str) -> None:
    raw, what, where = BAD[name]
    with pytest.raises(BadInput) as caught:
        normalise(raw, "mode", "acme")
    assert what in caught.value.what
    assert where in caught.value.where


def test_repeated_words_that_look_like_keys_are_no_duplicates() -> None:
    text = '"a":"a": {"a":1}'
    context: dict[str, Any] = {"a": text, "b": {"a": text}, text: 1}
    assert normalise(make_raw(context=context), "mode", "acme").context == context


def test_lone_surrogates_and_nul_are_shown_and_kept() -> None:
    raw = make_raw(actor__username="a\x00\ud800b")
    event = normalise(raw, "mode", "acme")
    assert event.actor.username == "a\ufffd\ufffdb"
    assert event.record == raw.decode()
