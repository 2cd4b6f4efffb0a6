"""Ways to reach something as plain rows: who, what, with which role, since when, told by what."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final, Literal

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.catalogue import role_ranks
from auditdash.events.folding import fold_case
from auditdash.events.instants import Instant
from auditdash.index.view import View
from auditdash.queries.access import paths as ways
from auditdash.queries.access.nodes import Node, kind_number, kind_word
from auditdash.queries.access.paths import DIRECT, Paths
from auditdash.queries.access.picture import Picture, find_picture
from auditdash.queries.access.replay import NEVER_BEGAN, OPEN, Places
from auditdash.queries.permissions.numbering import Numbers
from auditdash.queries.sight.views import open_view
from auditdash.search.scope import Scope

_CATEGORIES: Final = {
    "connection": "connections",
    "collection": "collections",
    "default": "collections",
    "workspace": "user-membership",
}


class Sight(Struct, frozen=True, eq=False):
    """The picture, and the view that it is of."""

    view: View
    picture: Picture


class BaselineLine(Struct, frozen=True):
    """A line of a baseline, by the number of the baseline and that of the line in its file."""

    baseline: int
    line: int


class Evidence(Struct, frozen=True):
    """What tells something: an event by its number, when it happened, and who did it; or a line of
    a baseline, and the moment that it is of. `seq` is 0 where it is no event."""

    seq: int
    at: Instant
    actor: str | None
    line: BaselineLine | None = None


class Way(Struct, frozen=True, kw_only=True):
    """One way in which somebody reaches something.

    `since` None: nothing recorded tells; `until` None: nothing recorded ends it. `given` is the
    event that gave it, or the line of a baseline that states it, None where only its end is
    recorded (`ended`); `joined` the one that brought the person into the group. `doubtful`: given
    when the thing or the group was already deleted, or stated against the events.
    """

    subject: Node
    object: Node
    role: str | None
    through: Node | None
    since: Instant | None
    until: Instant | None
    given: Evidence | None
    joined: Evidence | None
    ended: Evidence | None
    doubtful: bool

    @property
    def stated(self) -> tuple[Evidence, ...]:
        """The lines of baselines that it rests on."""
        return tuple(each for each in (self.given, self.joined) if each is not None and each.line)

    @property
    def kind(self) -> Literal["direct", "group", "default"]:
        """How it leads there."""
        if self.through is None:
            return "direct"
        return "group" if self.through.kind == "group" else "default"


def open_sight(connection: Connection, scope: Scope) -> Sight:
    """The picture of what is in scope."""
    view = open_view(connection, scope)
    return Sight(view, find_picture(view))


def until_fact(sight: Sight, at: Instant) -> Instant | None:
    """The last moment before a fact that comes to pass after `at`; None where none does."""
    times = sight.picture.facts.times
    coming = int(np.searchsorted(times, at, "right"))
    return Instant(int(times[coming]) - 1) if coming < len(times) else None


def sort_ways(sight: Sight, paths: Paths, by: Literal["subject", "object", "since"]) -> Paths:
    """By what is reached or by who reaches it, then by the other; the strongest role first."""
    since = ways.begins(sight.picture.intervals, paths)
    if by == "since":
        return paths.take(np.argsort(since, kind="stable"))
    names = (paths.subjects, paths.objects)
    first, second = names if by == "subject" else names[::-1]
    return paths.take(np.lexsort((since, -_strengths(sight, paths), second, first)))


def find_of_one(sight: Sight, number: int, at: int | None) -> Paths:
    """Who reaches a thing, or what a person or group reaches; of a group, both."""
    picture = sight.picture
    kind = picture.nodes.word(number)
    reaching = sort_ways(sight, ways.find_from(picture, number, at), "object")
    if not is_reached(kind):
        return reaching
    reached = sort_ways(sight, ways.find_to(picture, number, at), "subject")
    return ways.join(reached, reaching) if kind == "group" else reached


def iterate_ways(sight: Sight, paths: Paths) -> Iterator[Way]:
    """Each as a row."""
    picture = sight.picture
    some = picture.intervals
    since, until = ways.begins(some, paths), ways.ends(some, paths)
    for at in range(len(paths)):
        grant, join = int(paths.grants[at]), int(paths.joins[at])
        through = int(paths.through[at])
        ending = _last(sight, grant, join)
        yield Way(
            subject=picture.nodes.node(int(paths.subjects[at])),
            object=picture.nodes.node(int(paths.objects[at])),
            role=picture.role(int(some.roles[grant])),
            through=None if through == DIRECT else picture.nodes.node(through),
            since=None if since[at] == NEVER_BEGAN else Instant(int(since[at])),
            until=None if until[at] == OPEN else Instant(int(until[at])),
            given=evidence(sight, int(some.begun[grant])),
            joined=None if join == DIRECT else evidence(sight, int(some.begun[join])),
            ended=evidence(sight, ending),
            doubtful=bool(some.doubtful[grant]) or (join != DIRECT and bool(some.doubtful[join])),
        )


def evidence(sight: Sight, fact: int) -> Evidence | None:
    """What the fact at a place tells; None of no place."""
    if fact < 0:
        return None
    picture = sight.picture
    seq, at = int(picture.facts.seqs[fact]), Instant(int(picture.facts.times[fact]))
    if seq < 0:
        lines = picture.lines
        baseline = lines.baselines[int(lines.which[-1 - seq])]
        return Evidence(0, at, None, BaselineLine(baseline.id, int(lines.numbers[-1 - seq])))
    identity, name = sight.view.dictionaries["actor"].entries[int(picture.actors[fact])]
    return Evidence(seq, at, name or identity)


def count_nodes(sight: Sight, numbers: Places, kind: str) -> int:
    """How many different ones of this kind there are among them."""
    nodes = sight.picture.nodes
    seen = np.zeros(len(nodes), np.bool_)
    seen[numbers] = True
    return int(np.count_nonzero(seen & (nodes.kinds == kind_number(kind))))


def of_first_nodes(paths: Paths, by: Literal["subject", "object"], most: int) -> tuple[Paths, int]:
    """Those of the first so many people, or things, and how many of these there are."""
    others = paths.subjects if by == "subject" else paths.objects
    distinct = np.unique(others)
    return paths.take(np.isin(others, distinct[:most])), len(distinct)


def is_reached(kind: str) -> bool:
    """Whether something of this kind is what access is to; a group is that, and has access."""
    return kind not in {"member", "everyone"}


@cache
def rank(kind: str, role: str | None) -> int:
    """How much a role allows on a thing of this kind: more is more, 0 is not known."""
    if role is None:
        return 0
    return role_ranks(_CATEGORIES.get(kind, "")).get(fold_case(role), 0)


def roles_of(kind: str) -> list[str]:
    """The roles that are known on a thing of this kind, the strongest first."""
    ranks = role_ranks(_CATEGORIES.get(kind, ""))
    return sorted((role for role, found in ranks.items() if found), key=lambda role: -ranks[role])


def _strengths(sight: Sight, paths: Paths) -> Numbers:
    picture = sight.picture
    kinds = picture.nodes.kinds[paths.objects].astype(np.int64)
    keys = kinds << 32 | (picture.intervals.roles[paths.grants].astype(np.int64) + 1)
    known, which = np.unique(keys, return_inverse=True)
    ranks = [
        rank(kind_word(key >> 32), picture.role((key & 0xFFFFFFFF) - 1)) for key in known.tolist()
    ]
    found: Numbers = np.array(ranks, np.int64)[which]
    return found


def _last(sight: Sight, grant: int, join: int) -> int:
    """The fact that ends a way first."""
    some = sight.picture.intervals
    ends = [int(some.ended[at]) for at in (grant, join) if at != DIRECT]
    known = [fact for fact in ends if fact >= 0]
    return min(known, default=-1)
