"""The stories that docs/demo.md tells stand out in the summaries, on both databases."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from auditdash.queries.data_exports import ExportSummary, summarise_exports
from auditdash.queries.permission_changes import (
    Access,
    PermissionChange,
    count_permission_changes,
    find_permission_changes,
)
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.ingest.demo_records import UNTIL, demo_events, demo_records
from tests.make import store

NEW_YORK = ZoneInfo("America/New_York")
CLOCK = Clock(UNTIL, NEW_YORK)
_SUMMARISED = {
    *("exports", "user-membership", "user-groups", "collections", "connections", "api-tokens"),
}


def _changes(engine: Engine, workspace_id: int, text: str) -> list[PermissionChange]:
    scope = Scope(workspace_id=workspace_id)
    with reading(engine) as connection:
        page = find_permission_changes(connection, parse(text), scope, CLOCK)
    return list(page.changes)


def test_the_summaries_of_the_demo_tell_its_stories(engine: Engine, workspace_id: int) -> None:
    records = [
        raw
        for raw, event in zip(demo_records(), demo_events(), strict=True)
        if event.category in _SUMMARISED
    ]
    with writing(engine) as connection:
        assert store(connection, workspace_id, *records).added == len(records)
    scope = Scope(workspace_id=workspace_id)
    with reading(engine) as connection:
        exports = summarise_exports(connection, parse(""), scope, CLOCK, NEW_YORK)
        counts = count_permission_changes(connection, parse(""), scope, CLOCK)
    _tell_the_night(exports)
    assert counts.total == counts.granted + counts.revoked + counts.changed > 2_500
    _tell_who_let_him_in(_changes(engine, workspace_id, "entity:Payroll subject:dylan_mercer"))
    own = _changes(engine, workspace_id, "is:own-access category:connections")
    assert [(each.event.actor.username, each.after.role) for each in own] == [
        ("tomasz_wilk", "manage")
    ]
    (founder,) = _changes(engine, workspace_id, "subject:priya_raghunathan op:modify")
    assert (founder.before, founder.after) == (Access("unknown"), Access("role", "member"))
    (lowered,) = _changes(engine, workspace_id, "subject:rafael_nunes op:modify")
    assert lowered.before == Access("role", "admin")
    closed = _changes(engine, workspace_id, 'entity:"Month-end Close" op:revoke')
    assert len(closed) == 9
    assert {each.before for each in closed} == {Access("unnamed")}


def _tell_the_night(exports: ExportSummary) -> None:
    bursts = [(person.key, burst.count) for person in exports.people for burst in person.bursts]
    assert bursts == [("dylan_mercer", 180)]
    (thief,) = (person for person in exports.people if person.key == "dylan_mercer")
    assert (thief.nights, thief.by_habit) == (180, False)
    others = [each for each in exports.people if each.nights and not each.by_habit]
    assert all(each.nights <= 2 for each in others if each is not thief)


def _tell_who_let_him_in(changes: list[PermissionChange]) -> None:
    (change,) = changes
    assert change.event.actor.username == "dana_whitfield"
    assert (change.kind, change.before) == ("granted", Access("none"))
    assert change.after == Access("role", "query")
    assert not change.self_made
