"""What a report must prove about its events: how many of what, from where, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, and_, func, or_, select

from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.index.batch import Entry
from auditdash.index.files.segment import Segment
from auditdash.index.view import View
from auditdash.queries import scan
from auditdash.queries.compile import compile_query
from auditdash.queries.counting.groups import MISSING, groups_of
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.schema import conflicts, quarantine, receipts

_NAMED_CHANNELS = frozenset({"file", "upload", "demo"})


class ActionCount(Struct, frozen=True, kw_only=True):
    """How often an action occurs, by how many actors, and when first and last."""

    action: str
    count: int
    actors: int
    first_at: Instant
    last_at: Instant


class Population(Struct, frozen=True, kw_only=True):
    """All events of a question: their number, actors, first and last instants and numbers."""

    count: int
    actors: int
    first_at: Instant | None
    last_at: Instant | None
    first_seq: int | None
    last_seq: int | None


class Delivery(Struct, frozen=True, kw_only=True):
    """How many of the events came in by one way; `name` is empty where deliveries are many."""

    source: str
    channel: str
    name: str
    deliveries: int
    first_received_at: Instant
    last_received_at: Instant
    count: int


class RejectedRow(Struct, frozen=True, kw_only=True):
    """A record that could not be understood, without the record itself."""

    source: str
    received_at: Instant
    position: str
    what: str
    place: str
    expected: str


class ConflictRow(Struct, frozen=True, kw_only=True):
    """Another content that came under the id of the event `seq`."""

    source: str
    event_id: str
    seq: int
    action: str
    received_at: Instant


def count_by_action(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> dict[str, ActionCount]:
    """Each action that occurs."""
    view = open_view(connection, scope)
    groups = groups_of(view, "actor")
    seen: dict[int, _Tally] = {}
    for found in scan.scan(compile_query(query, view, clock)):
        actions, times = found.column("action"), found.times
        actors = groups.of_code[found.column("actor")]
        for action in np.unique(actions).tolist():
            here = np.flatnonzero(actions == action)
            tally = seen.setdefault(action, _Tally())
            tally.add(len(here), actors[here], int(times[here[0]]), int(times[here[-1]]))
    entries = view.dictionaries["action"].entries
    return {name: tally.of_action(name) for name, tally in _named(entries, seen)}


def find_population(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Population:
    """The control totals of a question."""
    view = open_view(connection, scope)
    groups = groups_of(view, "actor")
    extent, first_seq, last_seq = NO_EXTENT, None, None
    acting = np.zeros(len(groups.of_code), np.bool_)
    for found in scan.scan(compile_query(query, view, clock)):
        seqs = found.column("seq")
        acting[found.column("actor")] = True
        extent = extent.with_more(found)
        first_seq = first_seq or int(seqs.min()) + found.segment.first_seq  # seqs begin at 1
        last_seq = int(seqs.max()) + found.segment.first_seq
    return Population(
        count=extent.count,
        actors=len(set(groups.of_code[acting].tolist()) - {MISSING}),
        first_at=extent.first_at,
        last_at=extent.last_at,
        first_seq=first_seq,
        last_seq=last_seq,
    )


class Extent(Struct, frozen=True):
    """How many events there are, and from when to when; None without any."""

    count: int
    first_at: Instant | None
    last_at: Instant | None

    def with_more(self, found: scan.Found) -> Extent:
        """And of some more events, of which there is one at least."""
        first, last = found.ends
        if self.first_at is not None and self.last_at is not None:
            first, last = min(first, self.first_at), max(last, self.last_at)
        return Extent(self.count + len(found), Instant(first), Instant(last))


NO_EXTENT: Final = Extent(0, None, None)


def find_extent(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Extent:
    """Of the events that a query asks for: of none of them more is looked at than when it was."""
    extent = NO_EXTENT
    for found in scan.scan(compile_query(query, open_view(connection, scope), clock)):
        extent = extent.with_more(found)
    return extent


class _Tally:
    """What is counted of some events."""

    def __init__(self) -> None:
        self.count = 0
        self.actors: set[int] = set()
        self.first_at: Instant | None = None
        self.last_at: Instant | None = None

    def add(self, count: int, actors: NDArray[np.int64], first_at: int, last_at: int) -> None:
        """Some more events, by the groups of their actors."""
        self.count += count
        self.actors.update(np.unique(actors).tolist())
        first = first_at if self.first_at is None else min(self.first_at, first_at)
        last = last_at if self.last_at is None else max(self.last_at, last_at)
        self.first_at, self.last_at = Instant(first), Instant(last)

    def of_action(self, action: str) -> ActionCount:
        """The numbers of an action; there is at least one event."""
        return ActionCount(
            action=action,
            count=self.count,
            actors=len(self.actors - {MISSING}),
            first_at=self.first_at or Instant(0),
            last_at=self.last_at or Instant(0),
        )


def _named(entries: Sequence[Entry], seen: Mapping[int, _Tally]) -> Iterator[tuple[str, _Tally]]:
    for code, tally in seen.items():
        yield entries[code][0] or "", tally


def count_by_delivery(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> list[Delivery]:
    """Where the events came from: files one by one, pulls and API calls, being many, together."""
    view = open_view(connection, scope)
    counts: dict[int, tuple[int, int, int]] = {}  # receipt: events, first and last received
    for each in scan.scan(compile_query(query, view, clock)):
        receipts_here, received = each.column("receipt"), each.column("received")
        for receipt in np.unique(receipts_here).tolist():
            instants = received[receipts_here == receipt]
            count, first, last = counts.get(receipt, (0, int(instants[0]), int(instants[0])))
            ends = min(first, int(instants.min())), max(last, int(instants.max()))
            counts[receipt] = (count + len(instants), *ends)
    found: dict[tuple[str, str, str], Delivery] = {}
    for row in _receipts(connection, scope):
        if row.id not in counts:
            continue
        count, first, last = counts[row.id]
        one = Delivery(
            source=row.source,
            channel=row.channel,
            name=row.name if row.channel in _NAMED_CHANNELS else "",
            deliveries=1,
            first_received_at=Instant(first),
            last_received_at=Instant(last),
            count=count,
        )
        key = (one.source, one.channel, one.name)
        found[key] = _together(found[key], one) if key in found else one
    return sorted(found.values(), key=lambda each: (each.first_received_at, each.source, each.name))


def _receipts(connection: Connection, scope: Scope) -> Iterable[Any]:
    columns = (receipts.c.id, receipts.c.source, receipts.c.channel, receipts.c.name)
    wanted = select(*columns).where(receipts.c.workspace_id == scope.workspace_id)
    return connection.execute(wanted.order_by(receipts.c.id))


def _together(one: Delivery, other: Delivery) -> Delivery:
    return replace(
        one,
        deliveries=one.deliveries + other.deliveries,
        first_received_at=min(one.first_received_at, other.first_received_at),
        last_received_at=max(one.last_received_at, other.last_received_at),
        count=one.count + other.count,
    )


def find_rejected(
    connection: Connection, scope: Scope, period: Period, made_at: Instant, limit: int
) -> tuple[int, list[RejectedRow]]:
    """How many records waited in quarantine at `made_at`, and the first of them.

    Only those received since the period began: an earlier one cannot belong to it.
    """
    waiting = and_(
        quarantine.c.workspace_id == scope.workspace_id,
        quarantine.c.received_at >= period.start,
        quarantine.c.received_at <= made_at,
        or_(quarantine.c.replayed_at.is_(None), quarantine.c.replayed_at > made_at),
    )
    columns = [quarantine.c[name] for name in RejectedRow.__struct_fields__]
    listed = select(*columns).where(waiting).order_by(quarantine.c.id).limit(limit)
    rows = [RejectedRow(**row) for row in connection.execute(listed).mappings()]
    return _count(connection, select(func.count()).where(waiting)), rows


def find_conflicts(
    connection: Connection, query: Query, scope: Scope, clock: Clock, made_at: Instant, limit: int
) -> tuple[int, list[ConflictRow]]:
    """How many other contents came, by `made_at`, for events of the question; the first of them."""
    wanted = (
        select(
            conflicts.c.source,
            conflicts.c.event_id,
            conflicts.c.seq,
            conflicts.c.received_at,
        )
        .where(conflicts.c.workspace_id == scope.workspace_id, conflicts.c.received_at <= made_at)
        .order_by(conflicts.c.id)
    )
    view = open_view(connection, scope)
    condition = compile_query(query, view, clock)
    actions: dict[int, str] = {}
    stored = list(connection.execute(wanted))
    for segment, seqs in _by_segment(view, sorted({row.seq for row in stored})):
        found = scan.find_in(condition, segment)
        here = np.isin(found.seqs, seqs)
        for seq, code in zip(
            found.seqs[here].tolist(), found.column("action")[here].tolist(), strict=True
        ):
            actions[seq] = view.dictionaries["action"].entries[code][0] or ""
    rows = [
        ConflictRow(
            source=row.source,
            event_id=row.event_id,
            seq=row.seq,
            action=actions[row.seq],
            received_at=row.received_at,
        )
        for row in stored
        if row.seq in actions
    ]
    return len(rows), rows[:limit]


def _by_segment(view: View, seqs: Sequence[int]) -> Iterator[tuple[Segment, list[int]]]:
    """The segments that hold any of these events, and which."""
    for segment in view.segments:
        here = [seq for seq in seqs if segment.first_seq <= seq <= segment.last_seq]
        if here:
            yield segment, here


def _count(connection: Connection, statement: Select[Any]) -> int:
    return int(connection.execute(statement).scalar_one())
