"""Rows of `echo_tests`: one reading of a feed each, and whether it came back as an event.

Each step claims its test by moving `next_at`, so of several workers one takes it.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from auditdash.events.instants import Instant
from auditdash.store.schema import echo_tests as table

_c = table.c
OPEN = ("asked", "waiting")


class EchoTest(Struct, frozen=True, kw_only=True):
    """`state` is asked, waiting, back, lost or failed, `said` what came of it in words. The reading
    took from `read_at` to `done_at`; the echo happened at `occurred_at` by their clock, and came in
    at `found_at` by ours. `mark` is what the reading carried as its user agent."""

    id: int
    workspace_id: int
    connection_id: int
    asked_by: str
    asked_at: Instant
    mark: str
    state: str
    read_at: Instant | None
    done_at: Instant | None
    occurred_at: Instant | None
    found_at: Instant | None
    said: str
    next_at: Instant

    @property
    def is_over(self) -> bool:
        """Whether it is known what came of it."""
        return self.state not in OPEN


_COLUMNS = tuple(_c[name] for name in EchoTest.__struct_fields__)


def insert_test(
    connection: Connection,
    *,
    workspace_id: int,
    connection_id: int,
    asked_by: str,
    mark: str,
    now: Instant,
) -> int:
    """A test that was asked for, due at once; its id."""
    row = {"workspace_id": workspace_id, "connection_id": connection_id, "asked_by": asked_by}
    row |= {"mark": mark, "asked_at": now, "next_at": now, "state": "asked", "said": ""}
    return int(connection.execute(insert(table).values(row).returning(_c.id)).scalar_one())


def find_newest_test(connection: Connection, workspace_id: int) -> EchoTest | None:
    """The last one that was asked for."""
    found = select(*_COLUMNS).where(_c.workspace_id == workspace_id).order_by(_c.id.desc())
    row = connection.execute(found.limit(1)).mappings().first()
    return EchoTest(**row) if row else None


def find_test(connection: Connection, test_id: int) -> EchoTest | None:
    """By its id."""
    row = connection.execute(select(*_COLUMNS).where(_c.id == test_id)).mappings().first()
    return EchoTest(**row) if row else None


def find_due_test(connection: Connection, now: Instant) -> EchoTest | None:
    """The one that has waited longest for its next step."""
    due = select(*_COLUMNS).where(_c.state.in_(OPEN), _c.next_at <= now)
    row = connection.execute(due.order_by(_c.next_at, _c.id).limit(1)).mappings().first()
    return EchoTest(**row) if row else None


def claim_test(connection: Connection, seen: EchoTest, until: Instant) -> EchoTest | None:
    """Ours until then; None when somebody else has taken it."""
    until = Instant(max(until, seen.next_at + 1))
    mine = update(table).where(_c.id == seen.id, _c.next_at == seen.next_at)
    row = connection.execute(mine.values(next_at=until).returning(*_COLUMNS)).mappings().first()
    return EchoTest(**row) if row else None


def change_test(connection: Connection, known: EchoTest, **values: Any) -> None:
    """What a step found out; without effect when it was taken by another since."""
    mine = update(table).where(_c.id == known.id, _c.next_at == known.next_at)
    connection.execute(mine.values(**values))
