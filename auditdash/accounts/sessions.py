"""Sessions of people in browsers: random tokens, stored hashed, with two limits in time."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, bindparam, delete, or_, select, update

from auditdash.events.instants import DAY, HOUR, MINUTE, Instant
from auditdash.store.schema import people, sessions

IDLE_LIMIT: Final = 12 * HOUR
ABSOLUTE_LIMIT: Final = 7 * DAY
_TOUCH_EVERY: Final = 5 * MINUTE  # a page view is not worth a write


class Session(Struct, frozen=True, kw_only=True):
    """A live session and whose it is. `workspace_id` is None until one was chosen."""

    token_hash: bytes
    person_id: int
    username: str
    name: str
    workspace_id: int | None
    csrf_token: str
    seen_at: Instant

    def needs_touch(self, now: Instant) -> bool:
        """Whether the idle limit should be moved on."""
        return now - self.seen_at >= _TOUCH_EVERY


def start_session(
    connection: Connection,
    person_id: int,
    now: Instant,
    workspace_id: int | None = None,
    replaces: str | None = None,
) -> str:
    """A new token, shown to the browser only; the session of the token it replaces ends."""
    if replaces:
        end_session(connection, replaces)
    connection.execute(delete(sessions).where(_is_over(now)))
    token = secrets.token_urlsafe(32)
    row = {
        "token_hash": _hash(token),
        "person_id": person_id,
        "workspace_id": workspace_id,
        "csrf_token": secrets.token_urlsafe(32),
        "created_at": now,
        "seen_at": now,
        "expires_at": now + ABSOLUTE_LIMIT,
    }
    connection.execute(sessions.insert().values(row))
    return token


def find_session(connection: Connection, token: str, now: Instant) -> Session | None:
    """The session of a token, unless it is over or its person is disabled."""
    asked = {"hashed": _hash(token), "now": now, "idle_since": now - IDLE_LIMIT}
    row = connection.execute(_FIND, asked).one_or_none()
    if row is None:
        return None
    return Session(
        token_hash=bytes(row.token_hash),
        person_id=row.person_id,
        username=row.username,
        name=row.name,
        workspace_id=row.workspace_id,
        csrf_token=row.csrf_token,
        seen_at=row.seen_at,
    )


def touch_session(connection: Connection, session: Session, now: Instant) -> None:
    """Move the idle limit on."""
    connection.execute(
        update(sessions).where(sessions.c.token_hash == session.token_hash).values(seen_at=now)
    )


def choose_workspace(connection: Connection, session: Session, workspace_id: int) -> None:
    """Remember in which workspace the reader looks."""
    connection.execute(
        update(sessions)
        .where(sessions.c.token_hash == session.token_hash)
        .values(workspace_id=workspace_id)
    )


def end_session(connection: Connection, token: str) -> None:
    """Sign out."""
    connection.execute(delete(sessions).where(sessions.c.token_hash == _hash(token)))


def end_sessions_of(connection: Connection, person_id: int, but: Session | None = None) -> None:
    """Sign a person out everywhere, except in one session when given: after a new password."""
    ending = delete(sessions).where(sessions.c.person_id == person_id)
    if but is not None:
        ending = ending.where(sessions.c.token_hash != but.token_hash)
    connection.execute(ending)


def _is_over(now: Instant) -> ColumnElement[bool]:
    return or_(sessions.c.expires_at <= now, sessions.c.seen_at <= now - IDLE_LIMIT)


# Asked for each page: put together once.
_FIND: Final = (
    select(sessions, people.c.username, people.c.name)
    .join(people, people.c.id == sessions.c.person_id)
    .where(
        sessions.c.token_hash == bindparam("hashed"),
        people.c.disabled_at.is_(None),
        sessions.c.expires_at > bindparam("now"),
        sessions.c.seen_at > bindparam("idle_since"),
    )
)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
