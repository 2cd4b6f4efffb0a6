"""What the log tells about one actor or one entity: when it was seen, and under which names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from auditdash.events.addresses import ip_key
from auditdash.events.folding import fold_case
from auditdash.events.instants import Instant
from auditdash.queries.compile import choice_of
from auditdash.queries.counting.counts import count_codes
from auditdash.queries.evidence import find_extent
from auditdash.queries.explore.names import EntityName, narrowed, value_of
from auditdash.queries.rankings import Rank, Ranking, rank_actors, rank_entities
from auditdash.queries.sight.views import open_view
from auditdash.search.edit import atom_of
from auditdash.search.query import Atom, Query, Term, query_of
from auditdash.search.scope import Clock, Scope

_MOST_NAMES: Final = 5
_CANDIDATES: Final = 300
_NEAREST: Final = 6
_PREFIX: Final = 2
_NEAR_ENOUGH: Final = 0.55
_COMPARED: Final = 80  # letters: to compare takes time by the square of their number
_Rank = Callable[[Connection, Query, Scope, Clock, int], Ranking]


class Seen(Struct, frozen=True, kw_only=True):
    """One value in the `count` events that `query` finds, from the first to the last."""

    value: str
    query: Query
    count: int
    first_at: Instant
    last_at: Instant


def find_seen(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    field: str,
    values: Iterable[str],
) -> tuple[Seen, ...]:
    """How often and when each value of a field occurs; those that do not are left out."""
    found = []
    for value in values:
        narrow = narrowed(query, value_of(field, value))
        seen = find_extent(connection, narrow, scope, clock)
        if seen.first_at is None or seen.last_at is None:
            continue
        found.append(
            Seen(
                value=value,
                query=narrow,
                count=seen.count,
                first_at=seen.first_at,
                last_at=seen.last_at,
            )
        )
    return tuple(found)


def find_addresses(
    connection: Connection, query: Query, scope: Scope, clock: Clock, limit: int
) -> tuple[Seen, ...]:
    """The addresses that occur most; what is no address is left out."""
    view = open_view(connection, scope)
    counts = count_codes(view, query, clock, ["ip"])["ip"]
    entries = view.dictionaries["ip"].entries
    totals: Counter[bytes] = Counter()
    texts: dict[bytes, str] = {}
    for code in counts.nonzero()[0].tolist():
        text = entries[code][0]
        key = ip_key(text) if text else None
        if text and key is not None:
            totals[key] += int(counts[code])
            texts.setdefault(key, text)
    most = sorted(totals, key=lambda key: (-totals[key], key))[:limit]
    return find_seen(connection, query, scope, clock, "ip", [texts[key] for key in most])


def find_names_of_actor(
    connection: Connection, query: Query, name: str, scope: Scope, clock: Clock
) -> tuple[Seen, ...]:
    """The other usernames and ids in the actor's events, at most five, the most frequent first."""
    return _find_others(connection, query, name, scope, clock, "actor")


def find_names_of_entity(
    connection: Connection, query: Query, named: EntityName, scope: Scope, clock: Clock
) -> tuple[Seen, ...]:
    """The names that an entity had, or the ids that share its name: at most five."""
    key = named.id or named.name or ""
    return _find_others(connection, query, key, scope, clock, "entity")


def _find_others(
    connection: Connection, query: Query, key: str, scope: Scope, clock: Clock, field: str
) -> tuple[Seen, ...]:
    """What stands beside the key in its events; of one name in several cases the most frequent."""
    view = open_view(connection, scope)
    counts = count_codes(view, query, clock, [field])[field]
    entries = view.dictionaries[field].entries
    found: dict[str, Counter[str]] = {fold_case(key): Counter()}
    for code in counts.nonzero()[0].tolist():
        for text in filter(None, entries[code][-2:]):  # its id and its name
            found.setdefault(fold_case(text), Counter())[text] += int(counts[code])
    del found[fold_case(key)]
    ranked = sorted(found, key=lambda folded: (-found[folded].total(), folded))
    names = [found[folded].most_common(1)[0][0] for folded in ranked[:_MOST_NAMES]]
    return find_seen(connection, query, scope, clock, field, names)


def find_most_active(
    connection: Connection, query: Query, scope: Scope, clock: Clock, limit: int
) -> tuple[tuple[Rank, ...], int]:
    """Who did most of what is asked, and how many others did some of it.

    Each is counted by the name that a query gives it: somebody may be told now by name, now by id.
    """
    ranking = rank_actors(connection, query, scope, clock, limit)
    view = open_view(connection, scope)
    counts = count_codes(view, query, clock, ["actor"])["actor"]
    counted = []
    for rank in ranking.ranks:
        if rank.name:
            codes = choice_of("actor", [atom_of("actor", rank.name)], view).codes
            counted.append(replace(rank, count=int(counts[codes[codes < len(counts)]].sum())))
    return tuple(sorted(counted, key=lambda rank: -rank.count)), ranking.others


def find_nearest_actors(
    connection: Connection, name: str, scope: Scope, clock: Clock
) -> tuple[str, ...]:
    """Known actors whose names are most like this one, best first."""
    ranks = _candidates(connection, "actor", name, scope, clock, rank_actors)
    return _nearest(name, [rank.name for rank in ranks if rank.name])


def find_nearest_entities(
    connection: Connection, name: str, scope: Scope, clock: Clock
) -> tuple[EntityName, ...]:
    """Known entities whose names or ids are most like this one."""
    ranks = _candidates(connection, "entity", name, scope, clock, rank_entities)
    named: dict[str, EntityName] = {}
    for rank in ranks:
        entity = EntityName(type=rank.type or "", id=rank.id or None, name=rank.name or None)
        named.setdefault(rank.name or rank.id or "", entity)
    return tuple(named[each] for each in _nearest(name, list(named)))


def _candidates(
    connection: Connection, field: str, name: str, scope: Scope, clock: Clock, rank: _Rank
) -> tuple[Rank, ...]:
    """The most frequent names, and those that begin alike."""
    ranks = rank(connection, Query(), scope, clock, _CANDIDATES).ranks
    start = name[:_PREFIX].replace("*", "")
    if not start:
        return ranks
    alike = query_of((Term(field, (Atom(f"{start}*"),)),))
    return (*rank(connection, alike, scope, clock, _CANDIDATES).ranks, *ranks)


def _nearest(name: str, known: list[str]) -> tuple[str, ...]:
    by_key = {fold_case(each)[:_COMPARED]: each for each in reversed(known)}
    word = fold_case(name)[:_COMPARED]
    close = get_close_matches(word, list(by_key), _NEAREST, _NEAR_ENOUGH)
    inside = [key for key in by_key if word in key and key not in close]
    return tuple(by_key[key] for key in [*close, *inside][:_NEAREST])
