"""Wrong passwords slow down whoever tries: counted in the database, so for all workers together."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, select, update

from auditdash.events.folding import fold_case, storable
from auditdash.events.instants import DAY, MINUTE, SECOND, Instant
from auditdash.store.engine import insert_new
from auditdash.store.schema import login_failures

FREE_ATTEMPTS: Final = 5
_FIRST_WAIT: Final = 30 * SECOND
_LONGEST_WAIT: Final = 15 * MINUTE
_LONGEST_NAME: Final = 200


def begin_attempt(connection: Connection, username: str, now: Instant) -> Instant | None:
    """Count an attempt before it is made; while the name must wait, until when.

    Counting first means that many attempts at once are many attempts. Names are counted whether or
    not they exist, so that the wait tells nothing.
    """
    name = _key(username)
    connection.execute(delete(login_failures).where(login_failures.c.locked_until < now - DAY))
    connection.execute(
        insert_new(connection, login_failures).values(username=name, failures=0, locked_until=now)
    )
    row = connection.execute(
        select(login_failures.c.failures, login_failures.c.locked_until)
        .where(login_failures.c.username == name)
        .with_for_update()
    ).one()
    if row.locked_until > now:
        return Instant(row.locked_until)
    failures = row.failures + 1
    connection.execute(
        update(login_failures)
        .where(login_failures.c.username == name)
        .values(failures=failures, locked_until=now + wait_after(failures))
    )
    return None


def forget_attempts(connection: Connection, username: str) -> None:
    """The password was right: begin anew."""
    connection.execute(delete(login_failures).where(login_failures.c.username == _key(username)))


def wait_after(failures: int) -> int:
    """Microseconds to wait after so many failures: 0, then 30 s, doubled up to 15 minutes."""
    if failures < FREE_ATTEMPTS:
        return 0
    return min(_FIRST_WAIT << min(failures - FREE_ATTEMPTS, 20), _LONGEST_WAIT)


def _key(username: str) -> str:
    return storable(fold_case(username.strip()))[:_LONGEST_NAME]
