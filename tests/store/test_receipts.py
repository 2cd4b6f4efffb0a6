"""Receipts are found at once, however many there are."""

from __future__ import annotations

from sqlalchemy import Engine, event

from auditdash.store.engine import is_sqlite, reading
from auditdash.store.receipts import find_open_receipt


def test_an_open_receipt_is_found_by_an_index(engine: Engine, workspace_id: int) -> None:
    asked: list[tuple[str, object]] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    with reading(engine) as connection:
        find_open_receipt(connection, workspace_id=workspace_id, channel="self")
        statement, parameters = asked[-1]
        if not is_sqlite(connection):  # it prefers to scan so few rows, unless told not to
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if is_sqlite(connection) else "EXPLAIN"
        plan = connection.exec_driver_sql(f"{explain} {statement}", parameters)  # type: ignore[arg-type]  # as the driver had them
        assert "ix_receipts_open" in str(plan.all())
