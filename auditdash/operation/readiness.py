"""Whether this process can answer now: a database of the right schema, and an index of its events.

What is said here is read by strangers: it names nobody and no workspace.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine

from auditdash.index.keep_up import find_lags
from auditdash.store.engine import DatabaseUnfit, reading
from auditdash.store.migrate import find_revision, newest_revision

# The next question adds so many by itself, in a moment; a monitor must not flap for each delivery.
LAG_ALLOWED: Final = 5_000


def find_obstacle(engine: Engine) -> str | None:
    """Why nothing can be answered just now, in one sentence; None when it can."""
    try:
        with reading(engine) as connection:
            return _old_schema(connection) or _old_index(connection)
    except DatabaseUnfit:
        return "The database does not answer."


def _old_schema(connection: Connection) -> str | None:
    found, newest = find_revision(connection), newest_revision()
    if found == newest:
        return None
    return (
        f"The database's schema is {found or 'not there'}, this version of auditdash needs"
        f" {newest}: run `auditdash migrate` with it, and restart what serves."
    )


def _old_index(connection: Connection) -> str | None:
    lags = find_lags(connection)
    if any(lag.indexed > lag.stored for lag in lags):
        return "The search index is of another database; restart, and it is made again."
    missing = sum(lag.missing for lag in lags)
    if all(lag.missing <= LAG_ALLOWED for lag in lags):
        return None
    return f"The search index is being made: {missing:,} stored events are not in it yet."
