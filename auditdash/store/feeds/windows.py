"""Rows of `pull_windows`: which spans of a feed were asked for, how far, and what came of it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Subquery, case, func, select, update

from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.store.schema import pull_windows as table


class Window(Struct, frozen=True, kw_only=True):
    """One span of a feed, [start_at, end_at). Open until `done_at`; `cursor` is the next page."""

    id: int
    workspace_id: int
    connection_id: int
    start_at: Instant
    end_at: Instant
    cursor: str | None
    pages: int
    received: int
    added: int
    receipt_id: int
    opened_at: Instant
    done_at: Instant | None


class Page(Struct, frozen=True, kw_only=True):
    """What one answered page adds to its window; without a cursor the window is done."""

    cursor: str | None
    received: int
    added: int


def open_window(
    connection: Connection,
    workspace_id: int,
    connection_id: int,
    period: Period,
    receipt_id: int,
    now: Instant,
) -> Window:
    """A new window over a closed period."""
    row = connection.execute(
        table.insert()
        .values(
            workspace_id=workspace_id,
            connection_id=connection_id,
            start_at=period.start,
            end_at=period.end,
            receipt_id=receipt_id,
            opened_at=now,
        )
        .returning(*table.c)
    ).one()
    return _window(row)


def find_open(connection: Connection, connection_id: int) -> Window | None:
    """The window that a pull left unfinished."""
    statement = (
        select(table)
        .where(table.c.connection_id == connection_id, table.c.done_at.is_(None))
        .order_by(table.c.id)
        .limit(1)
    )
    row = connection.execute(statement).one_or_none()
    return _window(row) if row else None


def advance(connection: Connection, window: Window, page: Page, now: Instant) -> Window:
    """Count a page; it ends the window when it has no cursor."""
    row = connection.execute(
        update(table)
        .where(table.c.id == window.id, table.c.done_at.is_(None))
        .values(
            cursor=page.cursor,
            pages=table.c.pages + 1,
            received=table.c.received + page.received,
            added=table.c.added + page.added,
            done_at=now if page.cursor is None else None,
        )
        .returning(*table.c)
    ).one()
    return _window(row)


def restart(connection: Connection, window: Window) -> Window:
    """Forget the cursor: the next page asked for is the first."""
    row = connection.execute(
        update(table).where(table.c.id == window.id).values(cursor=None).returning(*table.c)
    ).one()
    return _window(row)


def list_windows(
    connection: Connection, connection_id: int, limit: int, before: int | None = None
) -> list[Window]:
    """Newest first; `before` is the id where the page before ended."""
    statement = (
        select(table)
        .where(table.c.connection_id == connection_id)
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(table.c.id < before)
    return [_window(row) for row in connection.execute(statement)]


def find_covered(connection: Connection, connection_id: int, settled: int = 0) -> list[Period]:
    """The union of all done windows, oldest first: periods that neither touch nor overlap.

    With `settled`, only of windows that were opened that many microseconds after their end.
    """
    island = _islands(connection_id, settled)
    statement = (
        select(func.min(island.c.start_at), func.max(island.c.end_at))
        .group_by(island.c.number)
        .order_by(func.min(island.c.start_at))
    )
    return [Period(Instant(start), Instant(end)) for start, end in connection.execute(statement)]


def _islands(connection_id: int, settled: int) -> Subquery:
    """Done windows with the number of the island that each is part of."""
    order = (table.c.start_at, table.c.end_at, table.c.id)
    reached = func.max(table.c.end_at).over(order_by=order, rows=(None, -1)).label("reached")
    wanted = select(table.c.id, table.c.start_at, table.c.end_at, reached).where(
        table.c.connection_id == connection_id, table.c.done_at.is_not(None)
    )
    if settled:
        wanted = wanted.where(table.c.opened_at >= table.c.end_at + settled)
    done = wanted.subquery()
    begins = case((done.c.start_at <= done.c.reached, 0), else_=1)
    number = func.sum(begins).over(order_by=(done.c.start_at, done.c.end_at, done.c.id))
    return select(done.c.start_at, done.c.end_at, number.label("number")).subquery()


def count_done(connection: Connection, connection_id: int, period: Period) -> int:
    """Done windows that reach into a closed period."""
    statement = select(func.count()).where(
        table.c.connection_id == connection_id,
        table.c.done_at.is_not(None),
        table.c.start_at < period.end,
        table.c.end_at > period.start,
    )
    return int(connection.execute(statement).scalar_one())


def find_opened(
    connection: Connection, connection_id: int, period: Period
) -> list[tuple[Instant, Instant]]:
    """When each window opened and was done, of those opened and done in the closed period."""
    statement = select(table.c.opened_at, table.c.done_at).where(
        table.c.connection_id == connection_id,
        table.c.opened_at >= period.start,
        table.c.done_at < period.end,
    )
    rows = connection.execute(statement.order_by(table.c.opened_at))
    return [(Instant(opened_at), Instant(done_at)) for opened_at, done_at in rows]


def _window(row: Row[Any]) -> Window:
    return Window(**row._mapping)
