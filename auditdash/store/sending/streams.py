"""Rows of `streams`: what a workspace sends on as it comes, and how far that has got.

A worker holds a stream by a claim: `claimed_until`, which is also its mark and rises with each
batch. What people do to a stream leaves the claim and raises `turn`: the worker that sends finds
its batch not counted, and lets go, so that there is never a second one beside it.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, exists, insert, or_, select, update

from auditdash.events.instants import HOUR, Instant
from auditdash.store.schema import streams, workspaces

_c = streams.c


class Stream(Struct, frozen=True, kw_only=True):
    """`query` is the text of a search, `config` JSON of its kind, `sealed` what opens it; `form` is
    how an event is written. All events up to `cursor` are sent, or did not answer the query."""

    id: int
    workspace_id: int
    name: str
    query: str
    kind: str
    config: str
    sealed: bytes | None
    form: str
    owner_id: int | None
    tell: str
    created_at: Instant
    ended_at: Instant | None
    paused: bool
    reason: str
    cursor: int
    turn: int
    next_at: Instant
    claimed_until: Instant | None
    failures: int
    failing_since: Instant | None
    last_error: str
    last_ok_at: Instant | None
    last_outcome: str
    sent: int
    hour: int
    hour_sent: int
    before_sent: int

    def rates(self, now: Instant) -> tuple[int, int]:
        """How many events were sent in this hour, and in the whole one before."""
        behind = now // HOUR - self.hour
        if behind == 0:
            return self.hour_sent, self.before_sent
        return 0, self.hour_sent if behind == 1 else 0


class NewStream(Struct, frozen=True, kw_only=True):
    """What somebody decides about a stream."""

    name: str
    query: str
    kind: str
    config: str
    form: str
    tell: str = ""


_COLUMNS = tuple(_c[name] for name in Stream.__struct_fields__)


def insert_stream(
    connection: Connection,
    workspace_id: int,
    new: NewStream,
    *,
    sealed: bytes | None,
    cursor: int,
    owner_id: int | None,
    now: Instant,
) -> int:
    """A stream that is on, behind this seq; its id."""
    row = _decided(new) | {"workspace_id": workspace_id, "sealed": sealed, "cursor": cursor}
    row |= {"owner_id": owner_id, "created_at": now, "next_at": now, "paused": False}
    row |= {"reason": "", "last_error": "", "last_outcome": ""}
    return int(connection.execute(insert(streams).values(row).returning(_c.id)).scalar_one())


def change_stream(
    connection: Connection, known: Stream, new: NewStream, *, sealed: bytes | None
) -> None:
    """Other decisions, tried at once; what opens it stays where `sealed` is None."""
    values = _decided(new) | _fresh(known.next_at)
    if sealed is not None:
        values["sealed"] = sealed
    _act(connection, known, values)


def pause_stream(connection: Connection, known: Stream) -> None:
    """Nothing is sent until it is resumed."""
    _act(connection, known, {"paused": True, "reason": ""})


def pause_all_streams(connection: Connection, reason: str) -> int:
    """Pause those that are on, in all workspaces, for this reason; how many they were."""
    on = update(streams).where(_c.paused.is_(False), _c.ended_at.is_(None))
    values = {"paused": True, "reason": reason, "turn": _c.turn + 1, "claimed_until": None}
    return connection.execute(on.values(values)).rowcount


def resume_stream(connection: Connection, known: Stream, now: Instant) -> None:
    """Go on where it stopped, at once."""
    _act(connection, known, {"paused": False, "reason": ""} | _fresh(now))


def move_stream(connection: Connection, known: Stream, cursor: int, now: Instant) -> None:
    """Go on behind this seq instead."""
    _act(connection, known, {"cursor": cursor} | _fresh(now))


def end_stream(connection: Connection, known: Stream, now: Instant) -> None:
    """Over for good; what opened it is forgotten."""
    _act(connection, known, {"ended_at": now, "sealed": None})


def find_stream(connection: Connection, workspace_id: int, stream_id: int) -> Stream | None:
    """One of this workspace, also when it has ended."""
    found = select(*_COLUMNS).where(_c.workspace_id == workspace_id, _c.id == stream_id)
    row = connection.execute(found).mappings().first()
    return Stream(**row) if row else None


def list_streams(connection: Connection, workspace_id: int | None = None) -> list[Stream]:
    """Those that have not ended, of a workspace or of all, by name."""
    wanted = select(*_COLUMNS).where(_c.ended_at.is_(None))
    if workspace_id is not None:
        wanted = wanted.where(_c.workspace_id == workspace_id)
    return [Stream(**row) for row in connection.execute(wanted.order_by(_c.name, _c.id)).mappings()]


def is_stream_due(connection: Connection, now: Instant) -> bool:
    """Whether claim_stream has something to look at."""
    return connection.execute(select(exists().where(_is_due(now)))).scalar_one()


def claim_stream(connection: Connection, *, now: Instant, lease: int) -> Stream | None:
    """The one that has waited longest, ours for `lease` microseconds; None when there is none."""
    due = select(*_COLUMNS).where(_is_due(now)).order_by(_c.next_at, _c.id).limit(1)
    while row := connection.execute(due).mappings().first():
        seen = Stream(**row)
        mine = and_(_c.id == seen.id, _c.turn == seen.turn, _is_due(now))
        if claimed := _renew(connection, mine, seen, now, lease, {}):
            return claimed
    return None


def advance_stream(
    connection: Connection,
    known: Stream,
    *,
    cursor: int,
    sent: int,
    outcome: str,
    now: Instant,
    lease: int,
) -> Stream | None:
    """All up to `cursor` is done, and it is ours for another lease; None when it no longer is."""
    values: dict[str, object] = {"cursor": cursor}
    if sent:
        this, before = known.rates(now)
        values |= {"sent": known.sent + sent, "last_ok_at": now, "last_outcome": outcome}
        values |= {"hour": now // HOUR, "hour_sent": this + sent, "before_sent": before}
        values |= {"failures": 0, "failing_since": None, "last_error": ""}
    mine = and_(_held(known), _c.turn == known.turn)
    return _renew(connection, mine, known, now, lease, values)


def fail_stream(
    connection: Connection, known: Stream, *, said: str, now: Instant, next_at: Instant
) -> bool:
    """It did not arrive, and is tried again then; False when somebody has changed it meanwhile."""
    values = {"failures": known.failures + 1, "last_error": said, "next_at": next_at}
    values |= {"failing_since": known.failing_since or now}
    return _settle(connection, known, values)


def stop_stream(connection: Connection, known: Stream, *, said: str, now: Instant) -> bool:
    """Pause it for a reason; False when somebody has changed it meanwhile."""
    values = {"failures": known.failures + 1, "last_error": said, "reason": said, "paused": True}
    values |= {"failing_since": known.failing_since or now}
    return _settle(connection, known, values)


def release_stream(connection: Connection, known: Stream) -> None:
    """It is nobody's, unless another worker's."""
    connection.execute(update(streams).where(_held(known)).values(claimed_until=None))


def _decided(new: NewStream) -> dict[str, Any]:
    return {name: getattr(new, name) for name in NewStream.__struct_fields__}


def _fresh(next_at: Instant) -> dict[str, Any]:
    """As if it had never failed."""
    return {"next_at": next_at, "failures": 0, "failing_since": None, "last_error": ""}


def _act(connection: Connection, known: Stream, values: dict[str, Any]) -> None:
    mine = (_c.id == known.id, _c.ended_at.is_(None))
    connection.execute(update(streams).where(*mine).values(turn=_c.turn + 1, **values))


def _settle(connection: Connection, known: Stream, values: dict[str, Any]) -> bool:
    mine = update(streams).where(_held(known), _c.turn == known.turn)
    changed = connection.execute(mine.values(claimed_until=None, **values)).rowcount == 1
    if not changed:
        release_stream(connection, known)
    return changed


def _renew(
    connection: Connection,
    mine: ColumnElement[bool],
    known: Stream,
    now: Instant,
    lease: int,
    values: dict[str, Any],
) -> Stream | None:
    """A claim that differs from the one before, whatever the clock does: it is the mark."""
    until = Instant(max(now + lease, (known.claimed_until or 0) + 1))
    changed = update(streams).where(mine).values(claimed_until=until, **values)
    row = connection.execute(changed.returning(*_COLUMNS)).mappings().first()
    return Stream(**row) if row else None


def _held(known: Stream) -> ColumnElement[bool]:
    return and_(_c.id == known.id, _c.claimed_until == known.claimed_until)


def _is_due(now: Instant) -> ColumnElement[bool]:
    """On, unclaimed, not waiting after a failure, and with events behind its cursor."""
    free = or_(_c.claimed_until.is_(None), _c.claimed_until <= now)
    behind = exists().where(workspaces.c.id == _c.workspace_id, workspaces.c.last_seq > _c.cursor)
    on = and_(_c.ended_at.is_(None), _c.paused.is_(False), _c.next_at <= now)
    return and_(on, free, behind)
