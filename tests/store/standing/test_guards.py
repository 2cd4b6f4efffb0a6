"""The guards that the doctor looks for are all that the migrations have made."""

from __future__ import annotations

from sqlalchemy import Engine

from auditdash.store.engine import is_sqlite, reading
from auditdash.store.standing.guards import GUARDED, find_guards, find_missing_guards


def test_every_guard_is_looked_for(engine: Engine) -> None:
    with reading(engine) as connection:
        assert find_missing_guards(connection) == []
        kinds = (
            ("no_update", "no_delete") if is_sqlite(connection) else ("no_change", "no_truncate")
        )
        every = {f"{table}_{kind}" for table in GUARDED for kind in kinds}
        assert set(find_guards(connection)) == every
