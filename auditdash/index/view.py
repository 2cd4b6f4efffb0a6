"""What a question sees of the index: exactly the events of its snapshot and scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from auditdash.events.event import Event
from auditdash.events.instants import parse_zone
from auditdash.index.adopt import Dictionaries
from auditdash.index.archive import Archive, Snapshot
from auditdash.index.batch import encode
from auditdash.index.events import find_stored, iterate_numbered
from auditdash.index.files.damage import IndexBehind, IndexDamaged
from auditdash.index.files.segment import Segment
from auditdash.search.scope import Scope
from auditdash.store.engine import index_place, remembered_by, writes
from auditdash.store.schema import events, workspaces

_AT_ONCE: Final = 5_000
_PATIENCE_SECONDS: Final = 20.0


class View(Struct, frozen=True, kw_only=True, eq=False):
    """The events 1 … highest_seq of one workspace; of a reader who is limited, those that they may
    see. `behind` more are stored and not yet indexed. Without `addresses` no event tells any."""

    connection: Connection
    workspace_id: int
    slug: str
    zone: ZoneInfo
    highest_seq: int
    behind: int
    snapshot: Snapshot
    addresses: bool = True

    @property
    def dictionaries(self) -> Dictionaries:
        """The values that codes stand for."""
        return self.snapshot.dictionaries

    def events(self, seqs: Iterable[int]) -> Iterator[Event]:
        """The events with these numbers, all of them in sight, in this order, as the reader may see
        them; a few hundred are held at once."""
        return iterate_numbered(
            self.connection, self.workspace_id, self.slug, seqs, addresses=self.addresses
        )

    @property
    def segments(self) -> list[Segment]:
        """Those with an event in sight, by their seqs."""
        return [each for each in self.snapshot.segments if each.first_seq <= self.highest_seq]

    def has(self, seq: int) -> bool:
        """Whether the event with this number is one of them."""
        if not 1 <= seq <= self.highest_seq:
            return False
        here = (each for each in self.segments if each.first_seq <= seq <= each.last_seq)
        return any((each.column("seq") == seq - each.first_seq).any() for each in here)

    def in_sight(self, segment: Segment) -> NDArray[np.bool_] | None:
        """Which rows of a segment are in sight; None: all of them."""
        if segment.last_seq <= self.highest_seq:
            return None
        seen: NDArray[np.bool_] = segment.column("seq") <= self.highest_seq - segment.first_seq
        return seen


def open_whole(connection: Connection, scope: Scope) -> View:
    """All events of a workspace, after the index has caught up with this connection's snapshot.

    An index that is not of this database, or damaged, is made again. Raises IndexBehind when that
    takes longer than some seconds: an answer is from all events or there is none. Questions that
    read one snapshot see the same, so it is looked for once.
    """
    known = remembered_by(connection)
    view: View | None = known.get(scope)
    if view is None or view.connection is not connection:
        view = known[scope] = open_what_there_is(connection, scope, _PATIENCE_SECONDS)
    if view.behind:
        raise IndexBehind(view.highest_seq, view.highest_seq + view.behind)
    return view


def open_what_there_is(connection: Connection, scope: Scope, patience_seconds: float) -> View:
    """The same for those who make the index: the view ends where the index does after so long, and
    says how many events are behind it."""
    if not scope.is_whole:
        raise ValueError("this would show more than its reader may see: queries.sight opens it")
    found = select(workspaces.c.last_seq, workspaces.c.slug, workspaces.c.zone)
    row = connection.execute(found.where(workspaces.c.id == scope.workspace_id)).one_or_none()
    last_seq, slug, zone = row if row is not None else (0, "", "UTC")
    if writes(connection):  # what is not committed may never have been
        last_seq = min(last_seq, _last_seq_now(connection, scope.workspace_id))
    highest = last_seq if scope.highest_seq is None else min(last_seq, scope.highest_seq)
    archive = archive_of(connection, scope.workspace_id)
    snapshot = _snapshot(connection, archive, scope.workspace_id, last_seq)
    if snapshot.highest_seq < highest:
        until = monotonic() + patience_seconds
        snapshot = catch_up(connection, archive, scope.workspace_id, slug, highest, until)
    seen = min(highest, snapshot.highest_seq)
    return View(
        connection=connection,
        workspace_id=scope.workspace_id,
        slug=slug,
        zone=parse_zone(zone),
        highest_seq=seen,
        behind=highest - seen,
        snapshot=snapshot,
    )


def archive_of(connection: Connection, workspace_id: int) -> Archive:
    """The index of a workspace: one object for each process and database."""
    place = index_place(connection)
    with place.lock:
        found = place.archives.get(workspace_id)
        if not isinstance(found, Archive):
            found = Archive(place.folder / str(workspace_id))
            place.archives[workspace_id] = found
    return found


def catch_up(
    connection: Connection,
    archive: Archive,
    workspace_id: int,
    slug: str,
    highest: int,
    until: float,
) -> Snapshot:
    """Add what is stored up to `highest`, a few thousand events at a time, until `monotonic()`.

    Raises IndexBehind when the files cannot be written, as on a full disk.
    """
    while True:
        first = archive.look().highest_seq + 1
        try:
            snapshot = _add_some(connection, archive, workspace_id, slug, highest)
        except OSError as error:
            raise IndexBehind(first - 1, highest) from error
        if snapshot.highest_seq >= highest or monotonic() > until:
            return snapshot


def _add_some(
    connection: Connection, archive: Archive, workspace_id: int, slug: str, highest: int
) -> Snapshot:
    with archive.writer() as writer:
        first = writer.snapshot.highest_seq + 1
        if first <= highest:
            last = min(highest, first + _AT_ONCE - 1)
            stored = find_stored(connection, workspace_id, slug, first, last)
            added = [each.event for each in stored]
            batch = encode(added, [each.receipt_id for each in stored])
            writer.append(batch, added[-1].content_hash)
        return writer.snapshot


def _snapshot(
    connection: Connection, archive: Archive, workspace_id: int, last_seq: int
) -> Snapshot:
    """What stands, when it is of this database; else an empty beginning."""
    try:
        snapshot = archive.look()
        check(connection, archive, snapshot, workspace_id, last_seq)
    except IndexDamaged:
        archive.start_over()
        snapshot = archive.look()
    return snapshot


def check(
    connection: Connection, archive: Archive, snapshot: Snapshot, workspace_id: int, last_seq: int
) -> None:
    """Raises IndexDamaged where the index is not of this database: one that was restored, or is
    another one, has other events under the same numbers."""
    if snapshot.highest_seq > last_seq:
        last_seq = _last_seq_now(connection, workspace_id)
        if snapshot.highest_seq > last_seq:
            raise IndexDamaged("the index knows events that the database does not have")
    new = [
        each.described for each in snapshot.segments if each.described.hash not in archive.checked
    ]
    if not new:
        return
    numbers = [described.last_seq for described in new if described.last_seq <= last_seq]
    statement = select(events.c.seq, events.c.content_hash).where(
        events.c.workspace_id == workspace_id, events.c.seq.in_(numbers)
    )
    hashes = {row.seq: bytes(row.content_hash) for row in connection.execute(statement)}
    for described in new:
        if hashes.get(described.last_seq, described.hash) != described.hash:
            raise IndexDamaged("the index is of another database")
    archive.checked.update(described.hash for described in new)


def _last_seq_now(connection: Connection, workspace_id: int) -> int:
    """As of now: this connection's snapshot may be older than the index."""
    with connection.engine.connect() as other:
        found = select(workspaces.c.last_seq).where(workspaces.c.id == workspace_id)
        return int(other.execute(found).scalar() or 0)
