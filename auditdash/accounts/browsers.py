"""Browsers in which a person has signed in before: whoever guesses at their name or from their
network does not make them wait there. A random token, stored hashed; it opens nothing."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from sqlalchemy import Connection, and_, delete, select, update

from auditdash.events.folding import fold_case, storable
from auditdash.events.instants import DAY, Instant
from auditdash.store.engine import insert_new
from auditdash.store.schema import people
from auditdash.store.tables.signing import known_browsers

KNOWN_FOR: Final = 180 * DAY  # since the last time


def is_known_browser(connection: Connection, token: str, username: str, now: Instant) -> bool:
    """Whether the person of this name has signed in in the browser of this token."""
    if not token:
        return False
    found = connection.execute(
        select(people.c.id)
        .join(known_browsers, known_browsers.c.person_id == people.c.id)
        .where(
            known_browsers.c.token_hash == browser_key(token),
            known_browsers.c.seen_at > now - KNOWN_FOR,
            people.c.username == storable(fold_case(username.strip())),
        )
    )
    return found.one_or_none() is not None


def know_browser(connection: Connection, token: str, person_id: int, now: Instant) -> str:
    """This person has signed in here: the token for the browser, a new one if it had none."""
    connection.execute(delete(known_browsers).where(known_browsers.c.seen_at <= now - KNOWN_FOR))
    token = token or secrets.token_urlsafe(32)
    row = {"token_hash": browser_key(token), "person_id": person_id, "seen_at": now}
    connection.execute(insert_new(connection, known_browsers).values(row))
    connection.execute(
        update(known_browsers)
        .where(
            and_(
                known_browsers.c.token_hash == row["token_hash"],
                known_browsers.c.person_id == person_id,
            )
        )
        .values(seen_at=now)
    )
    return token


def forget_browsers(connection: Connection, person_id: int) -> None:
    """All of a person's are strangers again: their password may be known to somebody."""
    connection.execute(delete(known_browsers).where(known_browsers.c.person_id == person_id))


def browser_key(token: str) -> bytes:
    """What a browser is told from others by, where its attempts are counted."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
