"""An event that is read is the event that was stored."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import Engine

from auditdash.index.events import find_stored, iterate_numbered
from auditdash.records.normalise import normalise
from auditdash.store.engine import reading, writing
from tests.make import NOW, make_raw, store


def test_an_event_comes_back_whole(engine: Engine, workspace_id: int) -> None:
    raws = [
        make_raw(context__deep={"er": [1, None, "\ud800"]}, entity__entity_name="\x00<b>"),
        make_raw(id="bare", context=None, actor=None, entity=None, description=None),
        make_raw(id="new", action="brand_new", actor__ip="no address", outcome="failure"),
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *raws)
    expected = [
        replace(normalise(raw, "mode", "acme"), seq=seq, received_at=NOW)
        for seq, raw in enumerate(raws, 1)
    ]
    with reading(engine) as connection:
        stored = find_stored(connection, workspace_id, "acme", 1, 3)
        assert [each.event for each in stored] == expected
        assert list(iterate_numbered(connection, workspace_id, "acme", [3, 1], addresses=True)) == [
            expected[2],
            expected[0],
        ]
