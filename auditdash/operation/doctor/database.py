"""The database and its index: reachable, of this version, guarded, equal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from auditdash.events.instants import MINUTE, SECOND, Instant, to_rfc3339
from auditdash.index.keep_up import find_damage, find_lags
from auditdash.operation.doctor.finding import Finding, ok, problem, warning
from auditdash.store.engine import is_sqlite
from auditdash.store.migrate import find_revision, newest_revision
from auditdash.store.standing.clocks import find_database_clock, find_newest_receptions
from auditdash.store.standing.guards import find_missing_guards
from auditdash.store.workspaces import list_workspaces

_APART: Final = MINUTE
_RELEASED: Final = Instant(1_795_392_000 * SECOND)  # 2026-11-23: no clock may be before it


def check_schema(connection: Connection) -> Finding:
    """Whether this version may work with it; the checks below need that."""
    found, newest = find_revision(connection), newest_revision()
    if found == newest:
        kind = "SQLite" if is_sqlite(connection) else "PostgreSQL"
        return ok("schema", f"{kind}, at the newest revision, {newest}")
    if found is None:
        return problem("schema", "the database has no tables yet", "start once: auditdash serve")
    return problem(
        "schema",
        f"the database is at revision {found}, this version needs {newest}",
        "run auditdash migrate, and restart what serves; where the database is the newer one,"
        " install the version that it was last used with",
    )


def check_stored(connection: Connection, now: Instant) -> Iterator[Finding]:
    """Guards, index and clocks of a database of the right schema."""
    yield _guards(connection)
    yield from _index(connection)
    yield _clock(connection, now)


def _guards(connection: Connection) -> Finding:
    missing = find_missing_guards(connection)
    if not missing:
        return ok("guards", "the database refuses to change or remove evidence")
    return problem(
        "guards",
        f"evidence could be changed: {', '.join(missing)} does not stand",
        "somebody with rights on the database took it away: find out who and when, compare with a"
        " backup, and make it again as auditdash/store/migrations does",
    )


def _index(connection: Connection) -> Iterator[Finding]:
    slugs = {each.id: each.slug for each in list_workspaces(connection)}
    for lag in find_lags(connection):
        name, slug = "index", slugs[lag.workspace_id]
        damage = find_damage(connection, lag.workspace_id, lag.stored)
        if damage is not None:
            yield warning(
                name,
                f"{slug}: {damage}",
                "nothing: the next start makes it again. For pages at once: auditdash reindex",
            )
        elif lag.missing:
            yield warning(
                name,
                f"{slug}: {lag.missing:,} of {lag.stored:,} events are not in it yet",
                "nothing while it is being made; else look for errors in the log of what serves",
            )
        else:
            yield ok(name, f"{slug}: all {lag.stored:,} events, equal to the database")


def _clock(connection: Connection, now: Instant) -> Finding:
    advice = "set the clock (timedatectl), and let it be kept by NTP"
    if now < _RELEASED:
        return problem("clock", f"this machine says {to_rfc3339(now)}", advice)
    newest = max(find_newest_receptions(connection), default=now)
    if newest > now + _APART:
        says = f"an event was received at {to_rfc3339(newest)}, which is still to come"
        return problem("clock", says, advice)
    apart = abs(find_database_clock(connection, now) - now)
    if apart > _APART:
        says = f"this machine and the database are {apart // SECOND} s apart"
        return warning("clock", says, advice)
    return ok("clock", to_rfc3339(now))
