"""Whether the guards of the evidence stand: triggers that refuse to change or remove it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, text

from auditdash.store.engine import is_sqlite

GUARDED: Final = (
    "events",
    "conflicts",
    "record_dictionaries",
    "baselines",
    "baseline_lines",
    "baseline_removals",
    "campaigns",
    "campaign_lines",
    "campaign_decisions",
    "campaign_closings",
)
_SQLITE: Final = ("no_update", "no_delete")
_POSTGRES: Final = ("no_change", "no_truncate")
_TRIGGERS: Final = """
    SELECT t.tgname, t.tgenabled = 'A' AND p.prosrc LIKE '%RAISE EXCEPTION%' AS stands
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
"""


def find_missing_guards(connection: Connection) -> list[str]:
    """Names of the triggers that are not there, are switched off or refuse nothing."""
    standing = set(find_guards(connection))
    kinds = _SQLITE if is_sqlite(connection) else _POSTGRES
    every = [f"{table}_{kind}" for table in GUARDED for kind in kinds]
    return [name for name in every if name not in standing]


def find_guards(connection: Connection) -> Iterator[str]:
    """Names of the triggers that stand and refuse."""
    if is_sqlite(connection):
        found = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        for name, statement in connection.execute(text(found)):
            if "RAISE(ABORT" in statement:
                yield name
        return
    for name, stands in connection.execute(text(_TRIGGERS)):
        if stands:
            yield name
