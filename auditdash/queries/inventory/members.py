"""Groups and who is in them, from the picture of access."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.index.view import View
from auditdash.queries.access.nodes import kind_number
from auditdash.queries.access.picture import Picture, find_picture
from auditdash.queries.access.replay import OPEN
from auditdash.queries.access.rows import Evidence, Sight, evidence
from auditdash.queries.exports.listed import Listed
from auditdash.queries.exports.order import Ints, lengths_of, starts_of
from auditdash.queries.inventory.chosen import find_seqs
from auditdash.queries.inventory.rows import Mark, Wanted
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

_WANTED: Final = Wanted(
    "memberships", frozenset({"group_member_added", "group_member_removed", "group_deleted"})
)
_NONE: Final = -1


class Membership(Struct, frozen=True, kw_only=True):
    """Somebody in a group. `began` None: from before the first event; `ended` None: to this day.
    `listed`: not an event tells so, but a line of a baseline."""

    group: str
    member: str
    began: Mark | None
    ended: Mark | None
    listed: Evidence | None


class Group(Struct, frozen=True, kw_only=True):
    """A group with those who are or were in it: those who are, first. `deleted`: when it ended."""

    name: str
    id: str | None
    now: int
    members: Sequence[Membership]
    deleted: Mark | None


class Groups(Struct, frozen=True, kw_only=True):
    """Most members first."""

    all: Sequence[Group]
    now: int


def find_groups(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Groups:
    """Groups that somebody came into by an event that the query asks for, and these members."""
    view = open_view(connection, scope)
    picture = find_picture(view)
    places = _chosen(view, picture, query, clock)
    intervals = picture.intervals
    there = intervals.ends[places] == OPEN
    order = np.lexsort((-intervals.begins[places], ~there, intervals.objects[places]))
    places, there = places[order], there[order]
    groups = intervals.objects[places]
    starts = starts_of(groups)
    lengths = lengths_of(starts, len(groups))
    now = np.add.reduceat(there.astype(np.int64), starts) if len(starts) else starts
    ranked = np.lexsort((groups[starts], -lengths, -now))
    deleted = _deleted(picture)

    def make(number: int) -> Group:
        start, length = int(starts[number]), int(lengths[number])
        node = picture.nodes.node(int(groups[start]))
        mine = places[start : start + length].tolist()
        return Group(
            name=node.label,
            id=node.id,
            now=int(now[number]),
            members=Listed(mine, lambda place: _membership(view, picture, place)),
            deleted=_mark(view, picture, int(deleted[groups[start]])),
        )

    return Groups(all=Listed(ranked.tolist(), make), now=int(there.sum()))


def _chosen(view: View, picture: Picture, query: Query, clock: Clock) -> Ints:
    intervals, kinds = picture.intervals, picture.nodes.kinds
    of_groups = kinds[intervals.objects] == kind_number("group")
    of_members = kinds[intervals.subjects] == kind_number("member")
    places = np.flatnonzero(of_groups & of_members)
    if query.node is None:
        return places
    told = np.where(intervals.begun == _NONE, intervals.ended, intervals.begun)[places]
    seqs = find_seqs(view, query, clock, _WANTED)
    chosen: Ints = places[np.isin(picture.facts.seqs[told], seqs) & (told != _NONE)]
    return chosen


def _deleted(picture: Picture) -> Ints:
    """For each node the fact that deleted it, unless it was made again; _NONE where none did."""
    found = np.full(len(picture.nodes), _NONE, np.int64)
    life = picture.life
    found[life.nodes] = np.where(life.deletes, life.facts, _NONE)  # in the order of time
    return found


def _membership(view: View, picture: Picture, place: int) -> Membership:
    intervals, nodes = picture.intervals, picture.nodes
    begun = int(intervals.begun[place])
    told = evidence(Sight(view, picture), begun)
    return Membership(
        group=nodes.node(int(intervals.objects[place])).label,
        member=nodes.node(int(intervals.subjects[place])).label,
        began=_mark(view, picture, begun),
        ended=_mark(view, picture, int(intervals.ended[place])),
        listed=told if told is not None and told.line else None,
    )


def _mark(view: View, picture: Picture, fact: int) -> Mark | None:
    told = evidence(Sight(view, picture), fact)
    return None if told is None or told.line else Mark(told.seq, told.at, told.actor)
