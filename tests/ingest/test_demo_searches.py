"""The searches that docs/demo.md gives find the stories it tells, on both databases."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from auditdash.queries.timeline import count_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.settings import ROOT
from auditdash.store.engine import reading, writing
from tests.ingest.demo_records import UNTIL, demo_events, demo_records
from tests.make import store

FOUND = {
    "actor:dylan_mercer ip:203.0.113.207": 180,
    "entity:Payroll subject:dylan_mercer": 1,
    "actor:tomasz_wilk subject:tomasz_wilk role:manage": 1,
    "action:report_schedule_user_email_added -subject:*@lumenworks.example": 1,
    'context.group_name:"Month-end Close"': 20,  # created, nine in, nine out, deleted
    "entity:nightly-etl": 1,
    "action:org_user_role_changed subject:rafael_nunes": 1,
    "category:other": 2,
    "action:org_user_role_changed subject:priya_raghunathan": 1,
}


def test_the_documentation_gives_these_searches() -> None:
    text = (ROOT / "docs" / "demo.md").read_text(encoding="utf-8")
    rows = [row for row in text.splitlines() if row.endswith("` |")]
    assert [row.rsplit("|", 2)[1].strip(" `") for row in rows] == list(FOUND)


def test_each_search_finds_its_story_and_nothing_else(engine: Engine, workspace_id: int) -> None:
    # What cannot be found by these searches is thinned out: it would only take time.
    records = [
        raw
        for raw, event in zip(demo_records(), demo_events(), strict=True)
        if event.category not in {"reports", "audit-log"}
    ]
    with writing(engine) as connection:
        assert store(connection, workspace_id, *records).added == len(records)
    clock = Clock(UNTIL, ZoneInfo("UTC"))
    scope = Scope(workspace_id=workspace_id)
    with reading(engine) as connection:
        counts = {search: count_events(connection, parse(search), scope, clock) for search in FOUND}
    assert counts == FOUND
