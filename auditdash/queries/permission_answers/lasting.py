"""How long access lasted: given and taken again soon, or given long ago and never taken."""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from sqlalchemy import Connection

from auditdash.events.instants import Instant
from auditdash.index.view import View
from auditdash.queries.permission_answers.deleted import Deleted, find_deleted
from auditdash.queries.permission_changes import PermissionChange, tell_changes
from auditdash.queries.permissions.directions import GRANTED, HAS_NONE
from auditdash.queries.permissions.ledger import NO_PLACE, ledger_of
from auditdash.queries.permissions.numbering import Numbers
from auditdash.queries.permissions.selection import answer, select
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

_OPEN: Final = NO_PLACE


class Lasted(Struct, frozen=True, kw_only=True):
    """Access that was given, and what took it; None: nothing did."""

    given: PermissionChange
    taken: PermissionChange | None


class Lasting(Struct, frozen=True, kw_only=True):
    """The first of each kind, and how many there are. `temporary` was taken within the chosen time,
    the newest first; `standing` was not taken and is older than chosen, the oldest first. Access to
    what was deleted since (`gone`), and grants that name nobody or nothing for certain (`unclear`),
    are counted alone. After `until` another one is older than chosen."""

    grants: int
    temporary: tuple[Lasted, ...]
    temporary_count: int
    standing: tuple[Lasted, ...]
    standing_count: int
    gone: int
    unclear: int
    until: Instant | None


class _Spans(Struct, frozen=True, eq=False):
    """Each grant that was asked for: its place, that of its end or _OPEN, and both instants."""

    places: NDArray[np.int32]
    ends: NDArray[np.int32]
    given_at: NDArray[np.int64]
    lasted: NDArray[np.int64]
    things: NDArray[np.int32]
    subjects: NDArray[np.int32]
    unclear: int

    @property
    def nbytes(self) -> int:
        """How much memory they take."""
        columns = (self.places, self.ends, self.given_at, self.lasted, self.things, self.subjects)
        return sum(each.nbytes for each in columns)


def find_lasting(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    *,
    within: int,
    older: int,
    limit: int,
) -> Lasting:
    """Of the grants that the query asks for: those taken again `within` so many microseconds, and
    those given longer ago than `older` and never taken."""
    view = open_view(connection, scope)
    spans = answer(view, query, clock, "spans", lambda: _spans(view, query, clock))
    ended = spans.ends != _OPEN
    temporary = np.flatnonzero(ended & (spans.lasted <= within))
    is_old = spans.given_at <= clock.now - older
    old = np.flatnonzero(~ended & is_old)
    young = spans.given_at[~ended & ~is_old]
    gone = find_deleted(view, clock).since(
        spans.given_at[old], spans.things[old], spans.subjects[old]
    )
    standing = old[~gone]
    newest = temporary[np.argsort(-spans.given_at[temporary], kind="stable")][:limit]
    oldest = standing[np.argsort(spans.given_at[standing], kind="stable")][:limit]
    return Lasting(
        grants=len(spans.places) + spans.unclear,
        temporary=_tell(view, spans, newest),
        temporary_count=len(temporary),
        standing=_tell(view, spans, oldest),
        standing_count=len(standing),
        gone=int(gone.sum()),
        unclear=spans.unclear,
        until=Instant(int(young.min()) + older - 1) if len(young) else None,
    )


def _spans(view: View, query: Query, clock: Clock) -> _Spans:
    selection = select(view, query, clock)
    changes, ledger = ledger_of(view)
    chosen = selection.places
    begins = (
        (ledger.kinds[chosen] == GRANTED)
        & (ledger.had[chosen] == HAS_NONE)
        & (ledger.states[chosen] != HAS_NONE)
    )
    clear = begins & ledger.known[chosen]
    places = chosen[clear]

    def tell() -> NDArray[np.int32]:
        return _ends(ledger.before, ledger.states == HAS_NONE)

    ends = answer(view, Query(), clock, "ends", tell)[places]
    times = changes.by_place("time")
    things, subjects = Deleted.groups(view)
    return _Spans(
        places=places.astype(np.int32),
        ends=ends.astype(np.int32),
        given_at=times[places],
        lasted=np.where(ends == _OPEN, 0, times[ends] - times[places]),
        things=things[selection.column("entity")[clear]].astype(np.int32),
        subjects=subjects[selection.column("subject")[clear]].astype(np.int32),
        unclear=int(begins.sum() - clear.sum()),
    )


def _ends(before: NDArray[np.int32], is_end: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The first end in the history of each place after it, _OPEN where there is none.

    From each change to the next one, two steps at once, four, eight, until all stand at an end: a
    history may be as long as it likes.
    """
    nowhere = len(before)
    following = np.full(nowhere + 1, nowhere, np.int32)
    has = np.flatnonzero(before != NO_PLACE)
    following[before[has]] = has
    at_end = np.append(is_end, True)
    steps = np.where(at_end, np.arange(nowhere + 1, dtype=np.int32), following)
    while not at_end[steps].all():
        steps = steps[steps]
    found = steps[following[:-1]]
    return np.where(found == nowhere, np.int32(_OPEN), found)


def _tell(view: View, spans: _Spans, chosen: Numbers) -> tuple[Lasted, ...]:
    _, ledger = ledger_of(view)
    given = ledger.seqs[spans.places[chosen]].tolist()
    taken = [int(ledger.seqs[end]) if end != _OPEN else None for end in spans.ends[chosen].tolist()]
    wanted = sorted({*given, *(seq for seq in taken if seq is not None)})
    told = {each.event.seq: each for each in tell_changes(view, wanted)}
    return tuple(
        Lasted(given=told[one], taken=None if other is None else told[other])
        for one, other in zip(given, taken, strict=True)
    )


def span_of(lasted: Lasted, now: Instant) -> tuple[Instant, Instant]:
    """From when to when access lasted, so far."""
    start = lasted.given.event.occurred_at
    return start, lasted.taken.event.occurred_at if lasted.taken else now
