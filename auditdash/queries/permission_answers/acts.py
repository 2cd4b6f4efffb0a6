"""Permission changes by the act they belong to: what somebody did at a stretch is one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final, Literal, TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from sqlalchemy import Connection

from auditdash.events.instants import Instant
from auditdash.index.view import View
from auditdash.queries.permission_changes import PermissionChange, tell_changes
from auditdash.queries.permissions.changes import AllChanges
from auditdash.queries.permissions.directions import DIRECTIONS, KINDS, Direction, Kind
from auditdash.queries.permissions.ledger import Ledger, ledger_of
from auditdash.queries.permissions.numbering import Numbers
from auditdash.queries.permissions.runs import Acts, Runs, make_runs
from auditdash.queries.permissions.selection import (
    ANYTHING,
    Derived,
    answer,
    select_places,
)
from auditdash.queries.sight.views import open_view
from auditdash.queries.timeline import Cursor, cursor_of, is_rising
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

_Word = TypeVar("_Word", bound=str)
_MOST_SHOWN: Final = 25  # changes of one act
_AT_ONCE: Final = 100
_LOOKED_AT: Final = 50  # changes for each head that is wanted, before all are looked at
_SIDES: Final[tuple[Literal["left", "right"], ...]] = ("left", "right")


class Act(Struct, frozen=True, kw_only=True):
    """The changes of one act that were asked for: `count` of them, of which `changes` are the first
    in the order of the query. `of` is how many it has in all."""

    changes: tuple[PermissionChange, ...]
    count: int
    of: int
    first_at: Instant
    last_at: Instant
    kinds: dict[Kind, int]
    directions: dict[Direction, int]


class ActPage(Struct, frozen=True, kw_only=True):
    """Acts in the order of the query, each where its first change stands; `following` leads to the
    rest, None at the end."""

    acts: tuple[Act, ...]
    following: Cursor | None


class _Listed(Struct, frozen=True, eq=False):
    """Which places answer, and in order those of them with which a run begins to be told."""

    chosen: NDArray[np.bool_]
    heads: NDArray[np.int32]

    @property
    def nbytes(self) -> int:
        """How much memory they take."""
        return self.chosen.nbytes + self.heads.nbytes


def find_acts(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    derived: Derived = ANYTHING,
    after: Cursor | None = None,
    limit: int = 100,
) -> ActPage:
    """Acts with together about `limit` changes that are shown, after the cursor."""
    view = open_view(connection, scope)
    changes, ledger = ledger_of(view)
    rising = is_rising(query)
    runs = answer(view, Query(), clock, "runs", lambda: make_runs(view, changes, ledger))

    most = limit if after is None else None  # the first page needs no other heads

    def listing() -> _Listed:
        places = select_places(view, query, clock, derived)
        return _list(len(ledger), places if rising else places[::-1], runs, most)

    listed = answer(view, query, clock, ("acts", derived, rising, most), listing)
    start = 0 if after is None else _behind(changes, ledger, listed.heads, after, rising=rising)
    told = _iterate(Acts(view, runs, ledger.seqs), runs, listed, start, rising=rising)
    found: list[tuple[Numbers, int]] = []
    room = limit
    while room > 0 and (one := next(told, None)) is not None:
        found.append(one)
        room -= min(len(one[0]), _MOST_SHOWN)
    acts = tuple(_tell(view, ledger, found))
    more = bool(acts) and next(told, None) is not None
    following = cursor_of(acts[-1].changes[0].event) if more else None
    return ActPage(acts=acts, following=following)


def _list(count: int, ordered: NDArray[Any], runs: Runs, most: int | None) -> _Listed:
    """With all heads, or with more than `most` where there are more."""
    chosen = np.zeros(count, np.bool_)
    chosen[ordered] = True
    heads = _heads(ordered if most is None else ordered[: most * _LOOKED_AT], runs)
    if most is not None and len(heads) <= most:
        heads = _heads(ordered, runs)
    return _Listed(chosen, heads)


def _heads(ordered: NDArray[Any], runs: Runs) -> NDArray[np.int32]:
    """The first of each run, in this order: those of its beginning are the beginning of these."""
    run = runs.of_place[ordered]
    first = np.zeros(len(runs.starts) - 1, np.int32)
    numbers = np.arange(len(run), dtype=np.int32)
    first[run[::-1]] = numbers[::-1]  # the last that is written stays
    heads: NDArray[np.int32] = ordered[first[run] == numbers].astype(np.int32)
    return heads


def _behind(
    changes: AllChanges,
    ledger: Ledger,
    heads: NDArray[np.int32],
    after: Cursor,
    *,
    rising: bool,
) -> int:
    """How many heads do not stand behind the cursor."""
    place = min(ledger.place(after.seq), len(ledger) - 1)
    at_it = np.flatnonzero(heads == place)
    if len(at_it) and ledger.seqs[place] == after.seq:  # as the page before has left it
        return int(at_it[0]) + 1
    times, by_time = changes.by_place("time"), ledger.by_time
    when = times[by_time]
    start, end = (int(np.searchsorted(when, after.occurred_at, side)) for side in _SIDES)
    rank = start + int(np.searchsorted(ledger.seqs[by_time[start:end]], after.seq, "right"))
    ranks = np.empty(len(by_time), np.int64)
    ranks[by_time] = np.arange(len(by_time))
    mine = ranks[heads]
    # As many stand before it and at it, counted from the oldest.
    if rising:
        return int(np.searchsorted(mine, rank))
    itself = bool(rank) and ledger.seqs[by_time[rank - 1]] == after.seq
    return len(mine) - int(np.searchsorted(mine[::-1], rank - itself))


def _iterate(
    acts: Acts, runs: Runs, listed: _Listed, start: int, *, rising: bool
) -> Iterator[tuple[Numbers, int]]:
    """The places of each act that were asked for, in order, and how many changes it has."""
    for begin in range(start, len(listed.heads), _AT_ONCE):
        heads = listed.heads[begin : begin + _AT_ONCE].tolist()
        acts.look_at(runs.of_place[heads].tolist())
        for head in heads:
            members = runs.members(*acts.bounds(int(runs.of_place[head])))
            mine = members[listed.chosen[members]].astype(np.int64)
            ordered = mine if rising else mine[::-1]
            if ordered[0] == head:  # else it was told with a run before it
                yield ordered, len(members)


def _tell(view: View, ledger: Ledger, found: Sequence[tuple[Numbers, int]]) -> Iterator[Act]:
    shown = [ordered[:_MOST_SHOWN] for ordered, _ in found]
    # Of an act that is shown whole the last change is read with it.
    ends = [ordered[len(some) :][-1:] for some, (ordered, _) in zip(shown, found, strict=True)]
    read = np.concatenate(
        [np.zeros(0, np.int64), *(each for pair in zip(shown, ends, strict=True) for each in pair)]
    )
    changes = tell_changes(view, ledger.seqs[read].tolist())
    for (ordered, of), some, end in zip(found, shown, ends, strict=True):
        first = tuple(islice(changes, len(some)))
        last = next(changes) if len(end) else first[-1]
        instants = sorted(each.event.occurred_at for each in (first[0], last))
        yield Act(
            changes=first,
            count=len(ordered),
            of=of,
            first_at=instants[0],
            last_at=instants[1],
            kinds=_counted(KINDS, ledger.kinds[ordered]),
            directions=_counted(DIRECTIONS, ledger.directions[ordered]),
        )


def _counted(words: Sequence[_Word], numbers: NDArray[np.uint8]) -> dict[_Word, int]:
    """How often each word occurs, of those that do."""
    counts = np.bincount(numbers, minlength=len(words)).tolist()
    return {word: count for word, count in zip(words, counts, strict=True) if count}
