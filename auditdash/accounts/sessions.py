"""Sessions of people in browsers: random tokens, stored hashed, with two limits in time."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from msgspec import Struct, structs
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    not_,
    select,
    update,
)

from auditdash.events.folding import bounded, storable
from auditdash.events.instants import DAY, HOUR, MINUTE, Instant
from auditdash.store.schema import people, sessions

RECENT: Final = 10 * MINUTE  # how long somebody who has proved who they are need not again
_TOUCH_EVERY: Final = 5 * MINUTE  # a page view is not worth a write
PASSWORD: Final = "password"  # noqa: S105 - the method of a session that nothing but a password began
LINK: Final = "link"  # of one that a one-time link began
_WEAK: Final = frozenset({PASSWORD, LINK})
_HANDLE: Final = 64  # letters of a session's handle


class Limits(Struct, frozen=True):
    """How long a session may be left alone, and how long it lasts at most; microseconds."""

    idle: int = 12 * HOUR
    absolute: int = 7 * DAY


class Entrance(Struct, frozen=True, kw_only=True):
    """How somebody came in: in one word for each proof, such as password+app, and from where;
    `is_fresh`: whether they have proved it just now, or a provider has known them for long."""

    method: str = PASSWORD
    ip: str = ""
    user_agent: str = ""
    is_fresh: bool = True

    def as_row(self) -> dict[str, str]:
        """As it is kept: what a stranger wrote, bounded."""
        return {
            "method": self.method,
            "ip": bounded(storable(self.ip)),
            "user_agent": bounded(storable(self.user_agent)),
        }


class Session(Struct, frozen=True, kw_only=True):
    """A live session and whose it is. `workspace_id` is None until one was chosen; `confirmed_at`
    is when the person last proved who they are; `ip` and `user_agent` are of the newest request
    that was noted."""

    token_hash: bytes
    person_id: int
    username: str
    name: str
    workspace_id: int | None
    csrf_token: str
    created_at: Instant
    seen_at: Instant
    expires_at: Instant
    method: str
    ip: str
    user_agent: str
    confirmed_at: Instant

    @property
    def is_strong(self) -> bool:
        """Whether more than a password, or a link that stands for one, has begun it."""
        return self.method not in _WEAK

    @property
    def handle(self) -> str:
        """What tells it from the others. The token cannot be found from it."""
        return self.token_hash.hex()

    def needs_touch(self, now: Instant) -> bool:
        """Whether the idle limit should be moved on."""
        return now - self.seen_at >= _TOUCH_EVERY

    def is_recent(self, now: Instant) -> bool:
        """Whether the person has proved who they are just now."""
        return now - self.confirmed_at <= RECENT


def start_session(
    connection: Connection,
    person_id: int,
    now: Instant,
    workspace_id: int | None = None,
    replaces: str | None = None,
    *,
    entrance: Entrance | None = None,
    limits: Limits | None = None,
) -> str:
    """A new token, shown to the browser only; the session of the token it replaces ends."""
    limits, entrance = limits or Limits(), entrance or Entrance()
    if replaces:
        end_session(connection, replaces)
    connection.execute(delete(sessions).where(not_(_is_live(now, limits))))
    token = secrets.token_urlsafe(32)
    row = {
        "token_hash": _hash(token),
        "person_id": person_id,
        "workspace_id": workspace_id,
        "csrf_token": secrets.token_urlsafe(32),
        "created_at": now,
        "seen_at": now,
        "expires_at": now + limits.absolute,
        "confirmed_at": now if entrance.is_fresh else now - RECENT - 1,
        **entrance.as_row(),
    }
    connection.execute(sessions.insert().values(row))
    return token


def find_session(
    connection: Connection, token: str, now: Instant, limits: Limits | None = None
) -> Session | None:
    """The session of a token, unless it is over or its person is disabled."""
    limits = limits or Limits()
    asked = {
        "hashed": _hash(token),
        "now": now,
        "idle_since": now - limits.idle,
        "since": now - limits.absolute,
    }
    row = connection.execute(_FIND, asked).one_or_none()
    return None if row is None else Session(**row._mapping)


def list_sessions(
    connection: Connection, person_id: int, now: Instant, limits: Limits | None = None
) -> list[Session]:
    """Where a person is signed in, the newest seen first."""
    rows = connection.execute(
        select(*_COLUMNS)
        .join(people, people.c.id == sessions.c.person_id)
        .where(sessions.c.person_id == person_id, _is_live(now, limits or Limits()))
        .order_by(sessions.c.seen_at.desc(), sessions.c.token_hash)
    )
    return [Session(**row._mapping) for row in rows]


def touch_session(
    connection: Connection, session: Session, now: Instant, ip: str = "", user_agent: str = ""
) -> None:
    """Move the idle limit on, and note from where."""
    seen = Entrance(method=session.method, ip=ip, user_agent=user_agent).as_row()
    connection.execute(
        update(sessions)
        .where(sessions.c.token_hash == session.token_hash)
        .values(seen_at=now, **seen)
    )


def renew_session(
    connection: Connection, session: Session, now: Instant, method: str | None = None
) -> tuple[str, Session] | None:
    """The person has proved again who they are: a new token, and the session as it is now; the old
    token opens nothing any more. None where the session ended meanwhile."""
    token, method = secrets.token_urlsafe(32), method or session.method
    renewed = connection.execute(
        update(sessions)
        .where(sessions.c.token_hash == session.token_hash)
        .values(token_hash=_hash(token), confirmed_at=now, method=method)
    )
    if renewed.rowcount != 1:
        return None
    changed = {"token_hash": _hash(token), "confirmed_at": now, "method": method}
    return token, structs.replace(session, **changed)


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


def end_session_of(connection: Connection, person_id: int, handle: str) -> bool:
    """End one session of a person, by its handle; False where they have no such session."""
    if len(handle) != _HANDLE or not set(handle) <= set("0123456789abcdef"):
        return False
    ended = connection.execute(
        delete(sessions).where(
            sessions.c.person_id == person_id, sessions.c.token_hash == bytes.fromhex(handle)
        )
    )
    return ended.rowcount == 1


def end_sessions_of(connection: Connection, person_id: int, but: Session | None = None) -> int:
    """Sign a person out everywhere, except in one session when given; how many ended."""
    ending = delete(sessions).where(sessions.c.person_id == person_id)
    if but is not None:
        ending = ending.where(sessions.c.token_hash != but.token_hash)
    return connection.execute(ending).rowcount


def _is_live(now: Instant, limits: Limits) -> ColumnElement[bool]:
    return and_(
        sessions.c.expires_at > now,
        sessions.c.seen_at > now - limits.idle,
        sessions.c.created_at > now - limits.absolute,  # the limit may be a shorter one now
    )


_COLUMNS: Final = tuple(
    people.c[name] if name in ("username", "name") else sessions.c[name]
    for name in Session.__struct_fields__
)
# Asked for each page: put together once.
_FIND: Final = (
    select(*_COLUMNS)
    .join(people, people.c.id == sessions.c.person_id)
    .where(
        sessions.c.token_hash == bindparam("hashed"),
        people.c.disabled_at.is_(None),
        sessions.c.expires_at > bindparam("now"),
        sessions.c.seen_at > bindparam("idle_since"),
        sessions.c.created_at > bindparam("since"),
    )
)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
