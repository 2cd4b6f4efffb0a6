"""Rows of `deliveries`: one thing for one recipient. Claimed as report runs are: each claim counts
an attempt and holds for a lease, and who lost it can change nothing any more.

Attempts are only ever counted up, in rounds: what failed and is tried again by hand begins another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, update

from auditdash.events.instants import Instant
from auditdash.store.engine import insert_new
from auditdash.store.schema import deliveries, report_runs

_c = deliveries.c
ROUND = 6  # attempts


class Delivery(Struct, frozen=True, kw_only=True):
    """`state` is waiting, sending, done, failed or skipped; `outcome` says so in words. Size and
    hash are of the file that went."""

    id: int
    workspace_id: int
    key: str
    purpose: str
    run_id: int | None
    destination_id: int | None
    recipient: str
    note: str
    when_empty: bool
    created_at: Instant
    state: str
    attempts: int
    next_at: Instant
    claimed_until: Instant | None
    outcome: str
    finished_at: Instant | None
    size: int | None
    sha256: bytes | None


class NewDelivery(Struct, frozen=True, kw_only=True):
    """Something to send, as soon as its run is done where it has one."""

    workspace_id: int
    key: str
    purpose: str
    recipient: str = ""
    note: str = ""
    run_id: int | None = None
    destination_id: int | None = None
    when_empty: bool = True


_COLUMNS = tuple(_c[name] for name in Delivery.__struct_fields__)


def insert_deliveries(connection: Connection, new: Iterable[NewDelivery], now: Instant) -> None:
    """Queue them; one whose key is known is there already."""
    rows = [
        {name: getattr(each, name) for name in NewDelivery.__struct_fields__}
        | {"created_at": now, "next_at": now, "state": "waiting", "attempts": 0, "outcome": ""}
        for each in new
    ]
    if rows:
        connection.execute(insert_new(connection, deliveries), rows)


def is_delivery_due(connection: Connection, now: Instant) -> bool:
    """Whether claim_delivery has something to look at."""
    return connection.execute(select(exists().where(_is_due(now)))).scalar_one()


def claim_delivery(connection: Connection, *, now: Instant, until: Instant) -> Delivery | None:
    """The one that is due longest, now ours until `until`; None when there is none.

    One whose worker died comes behind those that nobody has tried: it may be what kills them.
    """
    due = select(*_COLUMNS).where(_is_due(now)).order_by(_c.next_at, _c.id).limit(1)
    while row := connection.execute(due).mappings().first():
        seen = Delivery(**row)
        claimed = connection.execute(
            update(deliveries)
            .where(_unchanged(seen), _is_due(now))
            .values(state="sending", claimed_until=until, next_at=until, attempts=seen.attempts + 1)
            .returning(*_COLUMNS)
        )
        if got := claimed.mappings().first():
            return Delivery(**got)
    return None


def finish_delivery(
    connection: Connection,
    known: Delivery,
    *,
    state: str,
    outcome: str,
    now: Instant,
    size: int | None = None,
    sha256: bytes | None = None,
) -> bool:
    """It is done, failed or skipped; False when it is no longer ours."""
    values = {"state": state, "outcome": outcome, "finished_at": now}
    values |= {"size": size, "sha256": sha256, "claimed_until": None}
    return _change(connection, known, values)


def postpone_delivery(
    connection: Connection, known: Delivery, *, outcome: str, next_at: Instant
) -> bool:
    """It is to be tried again; False when it is no longer ours."""
    values = {"state": "waiting", "outcome": outcome, "next_at": next_at, "claimed_until": None}
    return _change(connection, known, values)


def retry_delivery(
    connection: Connection, workspace_id: int, delivery_id: int, now: Instant
) -> bool:
    """Try a failed one again, or one that waits at once; False when it is neither."""
    changed = connection.execute(
        update(deliveries)
        .where(_c.workspace_id == workspace_id, _c.id == delivery_id)
        .where(_c.state.in_(("failed", "waiting")))
        .values(state="waiting", next_at=now, finished_at=None)
    )
    return changed.rowcount == 1


def give_up(connection: Connection, now: Instant) -> list[Delivery]:
    """Fail those whose workers died in the last attempt of a round; which they are."""
    over = and_(_c.state == "sending", _c.claimed_until < now, _c.attempts % ROUND == 0)
    reason = f"The worker stopped while sending it, after {ROUND} attempts."
    failed = (
        update(deliveries)
        .where(over)
        .values(state="failed", outcome=reason, finished_at=now, claimed_until=None)
    )
    rows = connection.execute(failed.returning(*_COLUMNS)).mappings().all()
    return [Delivery(**row) for row in rows]


def give_up_all(connection: Connection, outcome: str, now: Instant) -> int:
    """Fail all that wait or were being sent, in all workspaces; how many they were."""
    open_ones = update(deliveries).where(_c.state.in_(("waiting", "sending")))
    values = {"state": "failed", "outcome": outcome, "finished_at": now, "claimed_until": None}
    return connection.execute(open_ones.values(values)).rowcount


def list_deliveries(connection: Connection, run_ids: Sequence[int]) -> list[Delivery]:
    """Of these runs, oldest first."""
    found = select(*_COLUMNS).where(_c.run_id.in_(run_ids)).order_by(_c.id)
    return [Delivery(**row) for row in connection.execute(found).mappings()]


def count_failed(connection: Connection, workspace_id: int, since: Instant) -> int:
    """How many were given up since then."""
    found = select(func.count()).where(
        _c.workspace_id == workspace_id, _c.state == "failed", _c.finished_at >= since
    )
    return int(connection.execute(found).scalar_one())


def list_by_key(connection: Connection, workspace_id: int, begins: str) -> list[Delivery]:
    """Those whose key begins so, oldest first."""
    mine = and_(_c.workspace_id == workspace_id, _c.key.startswith(begins, autoescape=True))
    found = select(*_COLUMNS).where(mine).order_by(_c.id)
    return [Delivery(**row) for row in connection.execute(found).mappings()]


def list_tests(connection: Connection, destination_id: int, limit: int = 5) -> list[Delivery]:
    """What was sent there to try it, newest first."""
    found = select(*_COLUMNS).where(_c.destination_id == destination_id, _c.purpose == "test")
    rows = connection.execute(found.order_by(_c.id.desc()).limit(limit)).mappings()
    return [Delivery(**row) for row in rows]


def _change(connection: Connection, known: Delivery, values: dict[str, object]) -> bool:
    changed = connection.execute(update(deliveries).where(_unchanged(known)).values(values))
    return changed.rowcount == 1


def _unchanged(known: Delivery) -> ColumnElement[bool]:
    return and_(_c.id == known.id, _c.state == known.state, _c.attempts == known.attempts)


def _is_due(now: Instant) -> ColumnElement[bool]:
    """A report is due once it is made."""
    left = and_(_c.state == "sending", _c.claimed_until < now)
    waits = and_(_c.state == "waiting", _c.next_at <= now)
    made = exists().where(report_runs.c.id == _c.run_id, report_runs.c.state == "done")
    return and_(or_(waits, left), or_(_c.run_id.is_(None), _c.purpose != "report", made))
