"""All exports in one order: however they came, it is that in which they would be put at once."""

from __future__ import annotations

import random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import Engine

from auditdash.events.instants import MINUTE, Instant, to_rfc3339
from auditdash.events.periods import Period
from auditdash.queries.compile import compile_query
from auditdash.queries.counting.groups import groups_of
from auditdash.queries.data_exports import export_actions
from auditdash.queries.exports.kept import sums
from auditdash.queries.exports.kept.asked import Asked, exports_asked
from auditdash.queries.exports.kept.table import AT_NIGHT, Table
from auditdash.queries.exports.kept.whole import Whole, whole_of
from auditdash.queries.exports.rows import exports_of
from auditdash.queries.scan import scan
from auditdash.queries.sight.views import open_view
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import index_place, reading, writing
from tests.make import NOW, make_record, store

ZONE = ZoneInfo("America/New_York")
CLOCK = Clock(Instant(NOW), ZONE)
COLUMNS = (
    *("starts", "order", "seqs", "times", "actors", "entities"),
    *("ips", "kinds", "days", "marks"),
)


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
        table = whole_of(view, ZONE).table
        people = groups_of(view, "actor").of_code[table.actors]
        ordered = np.lexsort((table.seqs, table.times, people))
        assert ordered.tolist() == list(range(len(table)))
        assert table.order.tolist() == np.lexsort((table.seqs, table.times)).tolist()
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
        whole = whole_of(view, ZONE)
        assert whole_of(view, ZONE) is whole
        assert 0 < len(whole) < len(table)
        for query in ("", "-actor:alice"):
            condition = compile_query(parse(query), view, CLOCK)
            found = [each.seqs for each in scan(exports_of(condition))]
            asked = exports_asked(view, whole, condition)
            mine = map(asked.of_person, range(len(asked.people)))
            seqs = np.concatenate([asked.some("seqs", rows) for rows in mine])
            assert sorted(seqs.tolist()) == sorted(np.concatenate(found).tolist())


def test_what_is_counted_in_a_period_is_what_its_rows_say_also_while_more_come(
    engine: Engine, workspace_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums, "BLOCK", 4)  # so that there are many of them
    dice = random.Random(5)
    for count in (60, 1, 2, 1, 30):
        _come(engine, workspace_id, dice, count)
        with reading(engine) as connection:
            view = open_view(connection, Scope(workspace_id=workspace_id))
            whole = whole_of(view, ZONE)
            for _ in range(8):
                edges = sorted(Instant(int(each)) for each in dice.choices(whole.table.times, k=2))
                _check(whole, Period(*edges))
            _check(whole, Period())


def _check(whole: Whole, period: Period) -> None:
    table, asked = whole.table, Asked(whole, period)
    start, end = period.start, period.end
    within = np.ones(len(table), bool)
    if start is not None and end is not None:
        within = (table.times >= start) & (table.times < end)
    rows = np.flatnonzero(within)
    assert len(asked) == len(rows)
    people = whole.people_of(rows)
    assert asked.people.tolist() == np.unique(people).tolist()
    for place, person in enumerate(asked.people.tolist()):
        mine = asked.of_person(place)
        assert list(range(mine.start, mine.stop)) == rows[people == person].tolist()
        assert asked.marked(AT_NIGHT)[place] == np.count_nonzero(table.marks[mine] & AT_NIGHT)
        assert asked.reports_in(mine) == len(np.unique(whole.reports_of(mine)))
    assert asked.count_marked(AT_NIGHT) == np.count_nonzero(table.marks[rows] & AT_NIGHT)
    kinds = np.bincount(table.kinds[rows], minlength=len(export_actions())).tolist()
    assert asked.by_kind == {
        name: count for name, count in zip(export_actions(), kinds, strict=True) if count
    }
    reports = whole.reports_of(table.order[within[table.order]])
    for group in np.flatnonzero(asked.reports).tolist():
        expected = table.order[within[table.order]][reports == group]
        assert asked.of_report(group).tolist() == expected.tolist()
        assert asked.people_in(expected) == len(np.unique(whole.people_of(expected)))
    assert asked.reports.sum() == len(rows)
    if len(rows):
        behind = int(np.searchsorted(table.times[table.order], end or NOW + 1))
        for one in (people[:1], whole.people[behind - 1 : behind]):
            places = np.flatnonzero(np.isin(whole.people[:behind], one))
            assert whole.by_person.last(behind, one.astype(np.int64)) == places[-1]
