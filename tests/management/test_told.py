"""What people do to auditdash itself is told in its log, in the transaction of the deed."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine, select

from auditdash.ingest.accesses import Act
from auditdash.management import demo, reports, searches
from auditdash.management.searches import Wanted
from auditdash.store.engine import reading, writing
from auditdash.store.records import open_records
from auditdash.store.report_runs import find_run
from auditdash.store.saved_searches import find_saved_search
from auditdash.store.schema import events
from auditdash.store.workspaces import find_workspace
from tests.databases import add_workspace
from tests.make import NOW
from tests.people import add_alice
from tests.reports.papers import ask

_ALICE = {"user_id": "1", "username": "alice", "ip": None, "user_agent": None}


@pytest.fixture
def act(engine: Engine, workspace_id: int) -> Act:
    """Alice, in acme."""
    with reading(engine) as connection:
        workspace = find_workspace(connection, workspace_id)
    assert workspace is not None
    return Act(workspace=workspace, actor=_ALICE, now=NOW)


def _told(engine: Engine, workspace_id: int) -> list[tuple[str, str, dict[str, str]]]:
    with reading(engine) as connection:
        records = open_records(connection)
        mine = (events.c.workspace_id == workspace_id, events.c.source == "auditdash")
        rows = connection.execute(select(events.c.record).where(*mine).order_by(events.c.seq))
        found = [json.loads(records.raw(row.record)) for row in rows]
    assert {each["actor"]["username"] for each in found} <= {"alice"}
    return [
        (
            each["action"].removeprefix("auditdash_"),
            each["entity"]["entity_name"],
            each["context"],
        )
        for each in found
    ]


def test_reports_that_are_cancelled_and_tried_again(engine: Engine, act: Act) -> None:
    run_id = ask(engine, act.workspace.id)
    with writing(engine) as connection:
        run = find_run(connection, act.workspace.id, run_id)
        assert run is not None
        assert not reports.retry(connection, act, run)  # it has not failed
        assert reports.cancel(connection, act, run, "Alice")
        assert not reports.cancel(connection, act, run, "Alice")
    [(action, name, context)] = _told(engine, act.workspace.id)
    assert (action, name) == ("report_cancelled", f"AD-{run_id:06}")
    assert (context["kind"], context["requested_by"]) == ("compliance", "Alice")


def test_searches_that_are_kept_changed_shared_and_deleted(engine: Engine, act: Act) -> None:
    alice = add_alice(engine)
    plain = Wanted(name="Grants", query="op:grant", zone="UTC", shared=False)
    wider = Wanted(name="All", query="", zone="UTC", shared=False)
    shared = Wanted(name="All", query="", zone="UTC", shared=True)
    with writing(engine) as connection:
        number = searches.keep(connection, act, alice, plain)
        for wanted in (wider, shared):
            known = find_saved_search(connection, act.workspace.id, alice, number)
            assert known is not None
            assert not searches.change(connection, act, alice + 1, known, wanted)
            assert searches.change(connection, act, alice, known, wanted)
        assert known is not None
        assert not searches.delete(connection, act, alice + 1, known)
        assert searches.delete(connection, act, alice, known)
    told = _told(engine, act.workspace.id)
    assert [(action, name, context["deed"]) for action, name, context in told] == [
        ("search_created", "Grants", "kept"),
        ("search_changed", "All", "changed"),
        ("search_changed", "All", "shared"),
        ("search_deleted", "All", "deleted"),
    ]
    assert (told[1][2]["old_name"], told[1][2]["old_query"]) == ("Grants", "op:grant")


def test_who_started_the_demo_is_told_once_beside_it(engine: Engine, act: Act) -> None:
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
    for _ in range(2):
        next(demo.begin_demo(engine, _ALICE, NOW, act.workspace))
    assert [action for action, _, _ in _told(engine, act.workspace.id)] == ["demo_started"]
    assert _told(engine, other) == []
