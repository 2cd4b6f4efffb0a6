"""An event as a sentence, a moment as text: also when parts are missing or hostile."""

from __future__ import annotations

import locale
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from auditdash.events.catalogue import actions, catalogue
from auditdash.events.event import Actor, Entity, Event, Subject
from auditdash.events.instants import Instant, parse_instant
from auditdash.events.wording import (
    Part,
    day_text,
    moment_text,
    parse_template,
    printable,
    sentence,
    sentence_parts,
    time_text,
)
from auditdash.settings import ROOT

NEW_YORK = ZoneInfo("America/New_York")
BARE = Event(
    id="1",
    source="mode",
    occurred_at=Instant(0),
    occurred_text="1970-01-01T00:00:00Z",
    action="connection_member_added_with_role",
    record="{}",
    content_hash=b"",
)
WHOLE = replace(
    BARE,
    actor=Actor(id="u1", username="ada"),
    entity=Entity(type="workspace_connection", id="c1", name="Payroll"),
    subject=Subject(type="member", id="u2", name="bob"),
    role="Manage",
)


def _reading(**context: Any) -> Event:
    return replace(BARE, action="audit_log_accessed", source="auditdash", context=context,
                   actor=Actor(username="ada"))  # fmt: skip


def test_a_whole_event_is_told_in_parts_with_their_kinds() -> None:
    assert sentence_parts(WHOLE) == [
        Part("actor", "ada"),
        Part("text", " gave "),
        Part("subject", "bob"),
        Part("text", " the role "),
        Part("role", "Manage"),
        Part("text", " on the connection "),
        Part("entity", "Payroll"),
    ]


def test_what_is_missing_is_said_so() -> None:
    assert sentence(BARE) == (
        "an unknown actor gave an unknown member an unknown role on an unnamed connection"
    )
    assert {part.kind for part in sentence_parts(BARE)} == {"text"}


def test_an_optional_run_goes_with_its_value() -> None:
    event = replace(WHOLE, action="org_user_invited")
    assert sentence(event) == "ada invited bob to the workspace with the role Manage"
    assert sentence(replace(event, role=None)) == "ada invited bob to the workspace"


def test_an_id_stands_in_for_a_name_that_is_missing_or_blank() -> None:
    event = replace(WHOLE, actor=Actor(id="u1", username=" "), entity=Entity(id="c1"))
    assert sentence(event) == "u1 gave bob the role Manage on the connection c1"


def test_the_context_names_the_entity_where_the_entity_is_the_subject() -> None:
    bob = Entity(type="user", id="u2", name="bob")
    event = replace(WHOLE, action="group_member_added", entity=bob)
    assert sentence(replace(event, context={"group_name": "Finance"})) == (
        "ada added bob to the group Finance"
    )


@pytest.mark.parametrize("action", [action.name for action in actions()])
def test_every_action_reads_well_whole_and_bare(action: str) -> None:
    whole, bare = sentence(replace(WHOLE, action=action)), sentence(replace(BARE, action=action))
    assert whole.startswith("ada ")
    assert bare.startswith("an unknown actor ")
    for text in (whole, bare):
        assert not any(mark in text for mark in "{}[]")
        assert "None" not in text
        assert "  " not in text
        assert text == text.strip()


def test_an_unmapped_action_is_shown_as_it_came() -> None:
    event = replace(WHOLE, action="dataset_published")
    assert sentence(event) == "ada did dataset_published on Payroll"
    assert sentence(replace(event, entity=Entity())) == "ada did dataset_published"


def test_reading_auditdash_is_told_with_what_was_asked() -> None:
    assert sentence(_reading(what="timeline", query="op:export")) == (
        "ada searched the timeline for “op:export”"
    )
    assert sentence(_reading(what="timeline", query="")) == "ada looked at the timeline"
    assert sentence(_reading(what="download", query="actor:bob", form="csv")) == (
        "ada downloaded the events of “actor:bob” as csv"
    )


def test_a_reading_that_nobody_named_and_one_of_mode_are_told_plainly() -> None:
    assert sentence(_reading(what="teapot")) == "ada read the audit log"
    assert sentence(_reading(what=["timeline"])) == "ada read the audit log"
    foreign = replace(_reading(what="timeline"), source="mode")
    assert sentence(foreign) == "ada read the audit log"


def test_every_reading_begins_with_the_actor() -> None:
    for reading in catalogue().readings.values():
        for template in filter(None, (reading.sentence, reading.asked)):
            assert parse_template(template)[0].slots[0].value == "actor"


def test_controls_and_turning_marks_are_made_visible_and_nothing_is_cut() -> None:
    assert printable("a\x00b\nc\x7f") == "a␀b␊c␡"
    assert (
        printable("\u202egnp.exe\u2066\ufeff\u2028\x85") == "\ufffdgnp.exe\ufffd\ufffd\ufffd\ufffd"
    )
    assert printable("Zoë 張偉 \u200dعلي") == "Zoë 張偉 \u200dعلي"


def test_a_hostile_name_stays_within_its_part() -> None:
    event = replace(WHOLE, actor=Actor(username="ada\u202e\n\x00{role}[x]"))
    assert sentence_parts(event)[0] == Part("actor", "ada\ufffd␊␀{role}[x]")
    assert sentence_parts(event)[1:] == sentence_parts(WHOLE)[1:]


def test_a_moment_is_told_in_its_zone() -> None:
    instant = parse_instant("2026-03-08T19:05:09.999999Z")
    assert day_text(instant, NEW_YORK) == "8 March 2026"
    assert time_text(instant, NEW_YORK) == "15:05:09"
    assert moment_text(instant, NEW_YORK) == "8 March 2026, 15:05:09 EDT"
    assert moment_text(instant, ZoneInfo("UTC")) == "8 March 2026, 19:05:09 UTC"


def test_a_zone_without_a_name_is_told_by_its_offset() -> None:
    instant = parse_instant("2026-03-08T19:05:09Z")
    assert moment_text(instant, ZoneInfo("America/Sao_Paulo")).endswith(" UTC-03")


def test_a_moment_does_not_follow_the_locale() -> None:
    german = [name for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8") if _exists(name)]
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, german[0] if german else "C")
        assert day_text(parse_instant("2026-05-01T12:00:00Z"), NEW_YORK) == "1 May 2026"
    finally:
        locale.setlocale(locale.LC_ALL, before)


@pytest.mark.parametrize("text", ["1900-01-01T00:00:00Z", "9998-12-31T23:59:59.999999999Z"])
@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Pacific/Kiritimati"])
def test_every_instant_that_the_parser_takes_can_be_told_in_every_zone(
    text: str, zone: str
) -> None:
    assert moment_text(parse_instant(text), ZoneInfo(zone))


def _exists(name: str) -> bool:
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_ALL, before)
    return True


def test_every_reading_that_a_page_records_has_a_sentence() -> None:
    pages = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "auditdash/web").glob("*.py")
    )
    recorded = set(re.findall(r'record_access\(\s*"([^"]+)"', pages))
    assert recorded
    assert recorded <= set(catalogue().readings)
