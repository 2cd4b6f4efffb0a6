"""An event that is read is the event that was stored."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from auditdash.queries.sql.rows import context_of, event_of, select_events
from auditdash.records.normalise import normalise
from auditdash.store.engine import reading, writing
from auditdash.store.records import open_records
from tests.make import NOW, make_raw, store


def test_an_event_comes_back_whole(engine: Engine, workspace_id: int) -> None:
    raws = [
        make_raw(context__deep={"er": [1, None, "\ud800"]}, entity__entity_name="\x00<b>"),
        make_raw(id="bare", context=None, actor=None, entity=None, description=None),
        make_raw(id="new", action="brand_new", actor__ip="no address", outcome="failure"),
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *raws)
    with reading(engine) as connection:
        rows = connection.execute(select_events().order_by("seq"))
        records = open_records(connection)
        found = [event_of(row, records) for row in rows]
    assert found == [
        replace(normalise(raw, "mode", "acme"), seq=seq, received_at=NOW)
        for seq, raw in enumerate(raws, 1)
    ]


@pytest.mark.parametrize("record", ['{"context": null}', "{}", '{"context": [1]}'])
def test_a_record_without_a_context_has_an_empty_one(record: str) -> None:
    assert context_of(record) == {}
