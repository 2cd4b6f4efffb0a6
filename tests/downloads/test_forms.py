"""The forms of others: each action has its place, and what their schemas require is there."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from auditdash.downloads.forms.form import FORMS, write_lines, write_list
from auditdash.downloads.forms.mapping import ecs, ocsf
from auditdash.events.catalogue import actions
from auditdash.events.event import Event
from auditdash.ingest.parse import Piece, open_parcel
from auditdash.ingest.sources.cloudevents import iterate_records
from auditdash.records.normalise import normalise
from tests.make import make_raw

_SCHEMAS: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("schemas.toml").read_text(encoding="utf-8")
)
_NAMES = [action.name for action in actions()]
_UNKNOWN = "warp_drive_engaged"


def _event(action: str, **changes: Any) -> Event:
    raw = make_raw(action=action, context__user_name="gwen", context__email="g@acme.com", **changes)
    return replace(normalise(raw, "mode", "acme"), seq=7)


def _bare(action: str) -> Event:
    """The least that a record can say."""
    raw = json.dumps({"id": "b", "action": action, "timestamp": "2026-01-02T03:04:05Z"}).encode()
    return normalise(raw, "mode", "acme")


def _written(form: str, event: Event) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FORMS[form].write(event))
    return found


@pytest.mark.parametrize("make", [_event, _bare])
@pytest.mark.parametrize("action", [*_NAMES, _UNKNOWN])
def test_ocsf_has_what_its_class_requires(action: str, make: Any) -> None:
    found, wanted = _written("ocsf", make(action)), _SCHEMAS["ocsf"]
    of = wanted["class"][str(found["class_uid"])]
    assert [name for name in wanted["every"] if name not in found] == []
    assert [name for name in wanted["metadata"] if name not in found["metadata"]] == []
    assert [name for name in of.get("required", ()) if name not in found] == []
    assert not of.get("one_of") or set(of["one_of"]) & set(found)
    assert found["activity_id"] in of["activities"]
    assert found["type_uid"] == found["class_uid"] * 100 + found["activity_id"]
    assert found["category_uid"] == found["class_uid"] // 1000
    for name, some in wanted["object"].items():
        assert name not in found or set(some) & set(found[name])
    assert set(found["actor"]["user"]) & {"name", "uid"}
    assert found["time"] % 1000 == 0  # milliseconds
    assert (action == _UNKNOWN) == (found["class_uid"] == 0)


@pytest.mark.parametrize("action", _NAMES)
def test_ecs_has_a_category_and_types_that_it_expects(action: str) -> None:
    event = _written("ecs", _event(action))["event"]
    expected = [set(_SCHEMAS["ecs"]["types"][each]) for each in event["category"]]
    assert expected
    assert all(each in set.union(*expected) for each in event["type"])
    assert (event["action"], event["kind"], event["sequence"]) == (action, "event", 7)


def test_no_table_names_an_action_or_category_that_there_is_not() -> None:
    known = {action.category for action in actions()}
    assert set(ocsf().category) == set(ecs().category) == known
    assert set(ocsf().action) | set(ecs().action) <= set(_NAMES)


def test_what_nobody_knows_is_kept_whole() -> None:
    event = _event(_UNKNOWN, context__speed="9")
    found = _written("ocsf", event)
    assert (found["type_uid"], found["activity_name"]) == (99, _UNKNOWN)
    assert json.loads(found["raw_data"]) == json.loads(event.record)
    assert found["unmapped"]["context"]["speed"] == "9"
    other = _written("ecs", event)
    assert "category" not in other["event"]
    assert json.loads(other["event"]["original"]) == json.loads(event.record)
    assert other["auditdash"]["context"]["speed"] == "9"


def test_an_example_says_who_did_what_to_whom() -> None:
    event = _event("connection_group_added_with_role")
    found = _written("ocsf", event)
    assert (found["class_uid"], found["activity_name"]) == (3006, "Assign Privileges")
    assert found["group"] == {"name": "internalgroup", "uid": "4f68a254168a"}
    assert found["privileges"] == ["view"]
    assert found["resource"]["name"] == "Star Space"
    assert found["src_endpoint"] == {"ip": "157.52.123.42"}
    other = _written("ecs", event)
    assert other["group"]["name"] == "internalgroup"
    assert other["user"]["name"] == "peter_parker"
    assert other["source"]["ip"] == "157.52.123.42"
    assert other["event"]["type"] == ["group", "change"]
    strange = _written("ecs", _event("connection_created", actor__ip="=1+1"))
    assert strange["source"] == {"address": "=1+1"}


def test_a_cloud_event_is_one_to_our_own_intake() -> None:
    event = _event("connection_created", workspace_username="a/b c")
    found = _written("cloudevents", event)
    assert (found["specversion"], found["type"], found["id"]) == ("1.0", event.action, event.id)
    assert found["source"] == "/auditdash/a%2Fb%20c/mode"
    assert found["data"]["record"] == json.loads(event.record)
    (parcel,) = iterate_records([[Piece("1", json.dumps(found).encode())]])
    (piece,) = open_parcel(parcel)
    assert isinstance(piece, Piece)
    assert normalise(piece.raw, "x", "y").id == event.id


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.name)
def test_a_line_is_a_line_whatever_stands_in_the_record(form: Any) -> None:
    """Line breaks between tokens, escaped ones, a lone surrogate, quotes, no Latin."""
    raw = b'{"id":"1",\r\n"action":"x\\n\\u2028]","timestamp":"2026-01-02T03:04:05Z",\n"context":'
    raw += '{"a":"\\ud800","b":"<b>\\"ü"},"actor":{"username":"a\\r\\nb"}}'.encode()
    event = replace(normalise(raw, "mode", "acme"), seq=1)
    lines = write_lines(form, [event, event])
    assert lines.count(b"\n") == 2
    assert b"\r" not in lines
    assert [json.loads(line) for line in lines.split(b"\n")[:2]] == json.loads(
        write_list(form, [event, event])
    )
