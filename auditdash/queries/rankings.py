"""Who did most, and what it was done to most: the first few, and honest numbers for the rest."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.catalogue import categories, category_of
from auditdash.index.view import View
from auditdash.queries.counting.counts import Counts, count_codes, find_newest
from auditdash.queries.counting.groups import KEYS, MISSING, groups_of, rank
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

TOP = 10


class Rank(Struct, frozen=True, kw_only=True):
    """One actor or entity as its newest event names it, and in how many events it occurs."""

    name: str | None
    type: str | None
    id: str | None
    count: int


class Ranking(Struct, frozen=True, kw_only=True):
    """The most frequent first. `others` more names share `other_count` events; in `missing` events
    there is no name. The counts of all add up to `total`."""

    ranks: tuple[Rank, ...]
    others: int
    other_count: int
    missing: int

    @property
    def total(self) -> int:
        """The number of events that were asked for."""
        return sum(rank.count for rank in self.ranks) + self.other_count + self.missing


def rank_actors(
    connection: Connection, query: Query, scope: Scope, clock: Clock, limit: int = TOP
) -> Ranking:
    """Actors by the number of their events. A username is one actor, whatever its case; an actor
    without one is known by its id."""
    return _rank(open_view(connection, scope), "actor", query, clock, limit)


def rank_entities(
    connection: Connection, query: Query, scope: Scope, clock: Clock, limit: int = TOP
) -> Ranking:
    """Entities by the number of events on them. Type and id make an entity, so that it stays one
    when it is renamed; without an id, type and name."""
    return _rank(open_view(connection, scope), "entity-identity", query, clock, limit)


def count_by_category(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> dict[str, int]:
    """Each category, in the order of the catalogue, with its number of events."""
    view = open_view(connection, scope)
    codes = count_codes(view, query, clock, ["action"])["action"]
    counts = {category.slug: 0 for category in categories()}
    for (action,), count in zip(view.dictionaries["action"].entries, codes.tolist(), strict=False):
        counts[category_of(action or "")] += count
    return counts


def _rank(view: View, name: str, query: Query, clock: Clock, limit: int) -> Ranking:
    groups = groups_of(view, name)
    codes = count_codes(view, query, clock, [KEYS[name][0]])[KEYS[name][0]]
    counts = groups.add(codes)
    first = rank(groups, counts, limit)
    named = int((counts > 0).sum()) - int(counts[MISSING] > 0)
    return Ranking(
        ranks=tuple(
            _described(view, name, groups.occurring(group, codes), query, clock, codes)
            for group in first
        ),
        others=named - len(first),
        other_count=int(counts.sum() - counts[first].sum() - counts[MISSING]),
        missing=int(counts[MISSING]),
    )


def _described(
    view: View, name: str, codes: Sequence[int], query: Query, clock: Clock, counts: Counts
) -> Rank:
    """How the newest event of a group names it."""
    dictionary = KEYS[name][0]
    newest = codes[0] if len(codes) == 1 else find_newest(view, query, clock, dictionary, codes)
    count = sum(int(counts[code]) for code in codes)
    entry = view.dictionaries[dictionary].entries[newest]
    if name == "actor":
        identity, username = entry
        return Rank(name=username or identity, type=None, id=identity, count=count)
    kind, identity, title = entry
    return Rank(name=title, type=kind, id=identity, count=count)
