"""CSV and NDJSON of a search: the whole result, harmless in a spreadsheet, exact in NDJSON."""

from __future__ import annotations

import csv
import io
import json
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from auditdash.downloads.cells import defuse
from auditdash.downloads.columns import COLUMNS, VERSION
from auditdash.downloads.csv import iterate_csv
from auditdash.downloads.ndjson import iterate_ndjson
from auditdash.queries.timeline import find_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.make import NOW, make_record, one_of_each_action, store

CLOCK = Clock(NOW, ZoneInfo("UTC"))
HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "a\x00b\ud800",
    'a"b,c\r\nd',
    "\u202etxt",
]


def _csv(engine: Engine, workspace_id: int, text: str = "") -> list[dict[str, str]]:
    with reading(engine) as connection:
        body = b"".join(
            iterate_csv(connection, parse(text), Scope(workspace_id=workspace_id), CLOCK)
        )
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def _ndjson(engine: Engine, scope: Scope, text: str = "") -> list[str]:
    with reading(engine) as connection:
        body = b"".join(iterate_ndjson(connection, parse(text), scope, CLOCK))
    return body.decode().split("\n")[:-1]


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> Engine:
    records = [*one_of_each_action(), make_record(id="late", context=None)]
    records += [
        make_record(id=f"h{n}", actor__username=text, entity__entity_name=text)
        for n, text in enumerate(HOSTILE)
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    return engine


@pytest.mark.parametrize("text", ["", "category:exports", "-category:exports sort:created-asc"])
def test_a_csv_has_the_rows_of_the_screen_in_its_order(
    filled: Engine, workspace_id: int, text: str
) -> None:
    with reading(filled) as connection:
        scope = Scope(workspace_id=workspace_id)
        page = find_events(connection, parse(text), scope, CLOCK, limit=1000)
    rows = _csv(filled, workspace_id, text)
    assert [int(row["seq"]) for row in rows] == [event.seq for event in page.events]
    assert len(rows) > 2


def test_an_empty_result_still_has_its_header(filled: Engine, workspace_id: int) -> None:
    with reading(filled) as connection:
        scope = Scope(workspace_id=workspace_id)
        (header,) = iterate_csv(connection, parse("actor:nobody"), scope, CLOCK)
    assert header.decode() == ",".join(f'"{name}"' for name in COLUMNS) + "\r\n"


def test_formulas_in_cells_are_defused_and_nothing_else_changes(
    filled: Engine, workspace_id: int
) -> None:
    rows = {row["id"]: row for row in _csv(filled, workspace_id)}
    for number, text in enumerate(HOSTILE):
        stored = text.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")
        assert rows[f"h{number}"]["actor_username"] == defuse(stored)
        assert not rows[f"h{number}"]["entity_name"].startswith(("=", "+", "-", "@", "\t", "\r"))


def test_the_columns_of_version_1_are_a_promise() -> None:
    assert VERSION == 1
    assert ",".join(COLUMNS) == (
        "seq,occurred_at,received_at,source,id,action,category,op,outcome,actor_username,actor_id,"
        "actor_ip,actor_user_agent,subject_type,subject_name,subject_id,role,entity_type,"
        "entity_name,entity_id,correlation_id,workspace,description,context,occurred_text"
    )


def test_a_frozen_scope_leaves_out_what_came_later(filled: Engine, workspace_id: int) -> None:
    scope = Scope(workspace_id=workspace_id, highest_seq=10)
    assert len(_ndjson(filled, scope)) == 10


def test_ndjson_imported_elsewhere_gives_the_same_records(
    filled: Engine, workspace_id: int
) -> None:
    pretty = json.dumps(make_record(id="pretty", description="line\nbreak \ud800"), indent=2)
    with writing(filled) as connection:
        store(connection, workspace_id, pretty.encode())
    lines = _ndjson(filled, Scope(workspace_id=workspace_id))
    with writing(filled) as connection:
        receipt = store(connection, workspace_id, *[line.encode() for line in lines])
    assert (receipt.received, receipt.known) == (len(lines), len(lines))
