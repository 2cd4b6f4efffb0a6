"""All exports in one order: however they came, it is that in which they would be put at once."""

from __future__ import annotations

import random
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Engine

from auditdash.events.instants import MINUTE, Instant, to_rfc3339
from auditdash.queries.compile import compile_query
from auditdash.queries.counting.groups import groups_of
from auditdash.queries.data_exports import export_actions
from auditdash.queries.exports.kept.table import Table, chosen, table_of
from auditdash.queries.exports.rows import exports_of
from auditdash.queries.scan import scan
from auditdash.queries.sight.views import open_view
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import index_place, reading, writing
from tests.make import NOW, make_record, store

ZONE = ZoneInfo("America/New_York")
CLOCK = Clock(Instant(NOW), ZONE)
COLUMNS = ("starts", "seqs", "times", "actors", "entities", "kinds", "days", "marks")


def _come(engine: Engine, workspace_id: int, dice: random.Random, count: int) -> None:
    """Some events, also such as are no exports; many at the same minute, some long before."""
    records = [
        make_record(
            id=f"{dice.random()}",
            timestamp=to_rfc3339(
                Instant(NOW - dice.choice((3, 3000)) * dice.randrange(9) * MINUTE)
            ),
            action=dice.choice((*export_actions()[:2], "collection_created")),
            actor__username=dice.choice(("bob", "Bob", "alice", "carol", None)),
            entity__entity_id=dice.choice(("r1", "r2")),
        )
        for _ in range(count)
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)


def _table(engine: Engine, workspace_id: int, *, anew: bool = False) -> Table:
    with reading(engine) as connection:
        if anew:
            index_place(connection).archives.clear()
        view = open_view(connection, Scope(workspace_id=workspace_id))
        table = table_of(view, ZONE)
        people = groups_of(view, "actor").of_code[table.actors]
        ordered = np.lexsort((table.seqs, table.times, people))
        assert ordered.tolist() == list(range(len(table)))
        return table


def test_an_export_that_comes_is_put_where_it_belongs(engine: Engine, workspace_id: int) -> None:
    dice = random.Random(3)
    for count in (40, 1, 1, 3, 2, 1, 60, 2):
        _come(engine, workspace_id, dice, count)
        grown = _table(engine, workspace_id)
    whole = _table(engine, workspace_id, anew=True)
    assert len(whole) > 60
    for name in COLUMNS:
        assert getattr(grown, name).tolist() == getattr(whole, name).tolist(), name


def test_who_sees_fewer_events_sees_none_of_the_later_exports(
    engine: Engine, workspace_id: int
) -> None:
    _come(engine, workspace_id, random.Random(4), 90)
    table = _table(engine, workspace_id)
    with reading(engine) as connection:
        view = open_view(connection, Scope(workspace_id=workspace_id, highest_seq=50))
        assert table_of(view, ZONE) is table
        for query in ("", "-actor:alice"):
            condition = compile_query(parse(query), view, CLOCK)
            found = [each.seqs for each in scan(exports_of(condition))]
            mask = chosen(table, condition)
            assert mask is not None
            assert sorted(table.seqs[mask].tolist()) == sorted(np.concatenate(found).tolist())
