"""Sums for whoever watches: what came in, and what became of the newest reports."""

from __future__ import annotations

from operator import add
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, func, or_, select, text

from auditdash.events.instants import HOUR, Instant
from auditdash.store.engine import is_sqlite
from auditdash.store.receipts import COUNTS
from auditdash.store.schema import quarantine, receipts, report_runs

_Sums = dict[tuple[int, str], tuple[int, ...]]  # (workspace, channel) → receipts, failed, COUNTS
_SETTLED: Final = HOUR
_HIGHEST: Final = (1 << 63) - 1


class Delivered(Struct, frozen=True, kw_only=True):
    """All receipts of one workspace and channel; `failed` were broken off."""

    workspace_id: int
    channel: str
    receipts: int
    failed: int
    received: int
    added: int
    known: int
    conflicting: int
    rejected: int


class LastRun(Struct, frozen=True, kw_only=True):
    """The newest finished report of a workspace, of those by schedule or of those by hand."""

    workspace_id: int
    by_schedule: bool
    succeeded: bool
    finished_at: Instant


class DeliveredSums:
    """Sums of all receipts, kept up to where nothing changes any more: a million of them take a
    second to add up, and a monitor asks several times a minute."""

    def __init__(self) -> None:
        self._settled: tuple[int, _Sums] = (0, {})

    def count(self, connection: Connection, now: Instant) -> list[Delivered]:
        """One for each workspace and channel that ever brought something."""
        seen, sums = self._settled
        newest = _first_unsettled(connection, seen, Instant(now - _SETTLED)) - 1
        if newest > seen:
            sums = _add_up(sums, _sum_between(connection, seen, newest))
            self._settled = newest, sums
        whole = _add_up(sums, _sum_between(connection, newest, _HIGHEST))
        return [_delivered(*key, *whole[key]) for key in sorted(whole)]


def _first_unsettled(connection: Connection, seen: int, before: Instant) -> int:
    """The first receipt behind those seen that is open or was not so long ago: until then another
    one with a lower number may still be committed."""
    changing = or_(receipts.c.finished_at.is_(None), receipts.c.finished_at >= before)
    first = select(func.min(receipts.c.id)).where(receipts.c.id > seen, changing)
    last = select(func.max(receipts.c.id))
    found = connection.execute(first).scalar()
    return int(found or (connection.execute(last).scalar() or 0) + 1)


def _sum_between(connection: Connection, after: int, last: int) -> _Sums:
    key = (receipts.c.workspace_id, receipts.c.channel)
    sums = [func.sum(receipts.c[name]) for name in COUNTS]
    found = select(*key, func.count(), func.count(receipts.c.error), *sums)
    wanted = found.where(receipts.c.id > after, receipts.c.id <= last).group_by(*key)
    rows = connection.execute(wanted)
    return {(workspace, channel): tuple(map(int, sums)) for workspace, channel, *sums in rows}


def _add_up(one: _Sums, other: _Sums) -> _Sums:
    zero = (0,) * (len(COUNTS) + 2)
    return {
        key: tuple(map(add, one.get(key, zero), other.get(key, zero)))
        for key in one.keys() | other.keys()
    }


def _delivered(workspace_id: int, channel: str, count: int, failed: int, *sums: int) -> Delivered:
    counts = dict(zip(COUNTS, sums, strict=True))
    return Delivered(
        workspace_id=workspace_id, channel=channel, receipts=count, failed=failed, **counts
    )


def count_waiting(connection: Connection) -> dict[int, int]:
    """Workspace → records in its quarantine that nothing has become of yet."""
    key = quarantine.c.workspace_id
    found = select(key, func.count()).where(quarantine.c.replayed_at.is_(None)).group_by(key)
    return {workspace_id: int(count) for workspace_id, count in connection.execute(found)}


def find_last_runs(connection: Connection) -> list[LastRun]:
    """At most two for each workspace."""
    by_schedule = report_runs.c.schedule_id.is_not(None)
    newest = (
        select(func.max(report_runs.c.id))
        .where(report_runs.c.finished_at.is_not(None))
        .group_by(report_runs.c.workspace_id, by_schedule)
    )
    found = select(
        report_runs.c.workspace_id,
        by_schedule.label("by_schedule"),
        (report_runs.c.state == "done").label("succeeded"),
        report_runs.c.finished_at,
    ).where(report_runs.c.id.in_(newest))
    rows = connection.execute(found.order_by(report_runs.c.workspace_id, report_runs.c.id))
    return [
        LastRun(
            workspace_id=row.workspace_id,
            by_schedule=bool(row.by_schedule),
            succeeded=bool(row.succeeded),
            finished_at=Instant(row.finished_at),
        )
        for row in rows
    ]


def find_size(connection: Connection) -> int:
    """Bytes of the database, without SQLite's log beside it."""
    if is_sqlite(connection):
        pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        return int(connection.execute(text(pages)).scalar_one())
    return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
