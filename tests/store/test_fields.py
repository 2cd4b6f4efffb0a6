"""What is derived from an event, however odd its context."""

from __future__ import annotations

import time
import tracemalloc

from sqlalchemy import Engine, func, select

from auditdash.events.folding import bounded
from auditdash.records.normalise import normalise
from auditdash.store import schema
from auditdash.store.engine import reading, writing
from auditdash.store.fields import context_rows
from tests.make import make_raw, make_record, store


def _rows_of(context: dict[str, object]) -> list[dict[str, object]]:
    return context_rows(1, normalise(make_raw(context=context), "mode", "acme"))


def test_one_long_key_above_many_values_costs_no_more_than_its_letters() -> None:
    many: dict[str, object] = {str(number): number for number in range(20_000)}
    started = time.process_time()
    rows = _rows_of({"k" * 500_000: many})
    assert time.process_time() - started < 5  # written out for each value it was a minute
    assert len({row["path"] for row in rows}) == len(rows) == 20_000


def test_a_path_is_found_by_the_same_key_that_a_query_makes() -> None:
    long = "k" * 600
    assert [row["path"] for row in _rows_of({"a": {"b": 1}})] == ["a.b"]
    assert [row["path"] for row in _rows_of({long: 1})] == [bounded(long)]
    (path,) = (row["path"] for row in _rows_of({long: {"b": 1}}))
    assert isinstance(path, str)
    assert bounded(path) == path


def test_very_many_values_are_not_held_at_once(engine: Engine, workspace_id: int) -> None:
    records = [
        make_record(id=str(start), context={"n": list(range(start, start + 25_000))})
        for start in range(0, 200_000, 25_000)
    ]
    tracemalloc.start()
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    with reading(engine) as connection:
        found = connection.execute(select(func.count()).select_from(schema.event_context)).scalar()
    assert found == 200_000
    assert most < 40 << 20
