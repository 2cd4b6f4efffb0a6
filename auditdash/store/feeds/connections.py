"""Rows of `connections`: one feed for each workspace and source, and who is pulling it now.

A puller holds a claim: `claimed_until`, which is also its mark. Every page renews the claim in the
transaction that stores the page, so of two pullers only the later one can ever store anything.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Update, or_, select, update

from auditdash.events.instants import Instant
from auditdash.store.engine import insert_new
from auditdash.store.schema import connections as table


class ClaimLostError(RuntimeError):
    """Another puller has taken over; what this one did since its last commit is rolled back."""


class Feed(Struct, frozen=True, kw_only=True):
    """One connection to an audited system. An empty `sealed_secret`: the environment holds it."""

    id: int
    workspace_id: int
    source: str
    base_url: str
    remote_workspace: str
    token: str
    sealed_secret: bytes
    start_at: Instant
    created_at: Instant
    next_at: Instant
    claimed_until: Instant | None
    paused: bool
    last_ok_at: Instant | None
    last_error: str | None


class Access(Struct, frozen=True, kw_only=True):
    """Where a feed is and what opens it."""

    base_url: str
    remote_workspace: str
    token: str
    sealed_secret: bytes
    start_at: Instant


def save(
    connection: Connection, workspace_id: int, source: str, access: Access, now: Instant
) -> int:
    """Make or change the one feed of this workspace and source, due at once; its id."""
    fields = {
        "base_url": access.base_url,
        "remote_workspace": access.remote_workspace,
        "token": access.token,
        "sealed_secret": access.sealed_secret,
        "start_at": access.start_at,
        "next_at": now,
        "last_error": None,
    }
    key = {"workspace_id": workspace_id, "source": source}
    fresh = {**key, **fields, "created_at": now, "paused": False}
    insertion = insert_new(connection, table).values(fresh).returning(table.c.id)
    made = connection.execute(insertion).scalar_one_or_none()
    if made is not None:
        return int(made)
    change = update(table).filter_by(**key).values(fields).returning(table.c.id)
    return int(connection.execute(change).scalar_one())


def find(connection: Connection, workspace_id: int, source: str) -> Feed | None:
    """The feed of a workspace."""
    statement = select(table).filter_by(workspace_id=workspace_id, source=source)
    row = connection.execute(statement).one_or_none()
    return _feed(row) if row else None


def find_all(connection: Connection, workspace_id: int | None = None) -> list[Feed]:
    """Every feed of a workspace, or of all of them, oldest first."""
    statement = select(table).order_by(table.c.id)
    if workspace_id is not None:
        statement = statement.where(table.c.workspace_id == workspace_id)
    return [_feed(row) for row in connection.execute(statement)]


def claim_due(connection: Connection, now: Instant, lease: int) -> Feed | None:
    """Claim the feed that has waited longest, for `lease` microseconds; None when none is due."""
    due = (
        select(table)
        .where(table.c.paused.is_(False), table.c.next_at <= now, _unclaimed(now))
        .order_by(table.c.next_at, table.c.id)
    )
    for row in connection.execute(due).all():
        won = (
            update(table)
            .where(table.c.id == row.id, table.c.next_at == row.next_at, _unclaimed(now))
            .where(table.c.paused.is_(False))
        )
        claimed = _claim(connection, won, _feed(row), now, lease)
        if claimed:
            return claimed
    return None


def take_over(connection: Connection, feed: Feed, now: Instant, lease: int) -> Feed:
    """Claim a feed whoever else holds it: for a person who asks for it now."""
    mine = update(table).where(table.c.id == feed.id)
    current = connection.execute(select(table).where(table.c.id == feed.id).with_for_update()).one()
    claimed = _claim(connection, mine, _feed(current), now, lease)
    if claimed is None:
        raise ClaimLostError(f"connection {feed.id} is gone")
    return claimed


def renew(connection: Connection, feed: Feed, now: Instant, lease: int) -> Feed:
    """Hold the claim for another `lease`; raises ClaimLostError when another puller took it."""
    claimed = _claim(connection, _held(feed), feed, now, lease)
    if claimed is None:
        raise ClaimLostError(f"another pull of connection {feed.id} took over")
    return claimed


def finish(
    connection: Connection, feed: Feed, now: Instant, next_at: Instant, error: str | None
) -> None:
    """Give the claim back and say when the feed is due again; without effect when it was lost."""
    outcome: dict[str, Any] = {"last_error": error}
    if error is None:
        outcome["last_ok_at"] = now
    connection.execute(_held(feed).values(claimed_until=None, next_at=next_at, **outcome))


def set_paused(connection: Connection, feed_id: int, paused: bool, now: Instant) -> None:
    """Pause, or resume: then it is due at once."""
    change: dict[str, Any] = {"paused": paused} if paused else {"paused": False, "next_at": now}
    connection.execute(update(table).where(table.c.id == feed_id).values(change))


def make_due(connection: Connection, feed_id: int, now: Instant) -> None:
    """Let the worker pull as soon as it looks."""
    connection.execute(update(table).where(table.c.id == feed_id).values(next_at=now))


def _unclaimed(now: Instant) -> Any:
    return or_(table.c.claimed_until.is_(None), table.c.claimed_until <= now)


def _held(feed: Feed) -> Update:
    return update(table).where(table.c.id == feed.id, table.c.claimed_until == feed.claimed_until)


def _claim(
    connection: Connection, statement: Update, feed: Feed, now: Instant, lease: int
) -> Feed | None:
    """Set a claim that differs from the one before, whatever the clock does: it is the mark."""
    until = Instant(max(now + lease, (feed.claimed_until or 0) + 1))
    row = connection.execute(
        statement.values(claimed_until=until).returning(*table.c)
    ).one_or_none()
    return _feed(row) if row else None


def _feed(row: Row[Any]) -> Feed:
    return Feed(**row._mapping)
