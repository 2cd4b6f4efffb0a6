"""Who has access to what now, for the pages of one name: the picture of access, whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.instants import Instant
from auditdash.queries.access import paths as ways
from auditdash.queries.access.nodes import Node
from auditdash.queries.access.paths import Paths
from auditdash.queries.access.rows import (
    Sight,
    Way,
    iterate_ways,
    open_sight,
    sort_ways,
    until_fact,
)
from auditdash.queries.explore.names import EntityName, narrowed, on_entity, on_subject, value_of
from auditdash.search import query as asking
from auditdash.search.query import And, Atom, Query, Term, conjunction, disjunction, query_of
from auditdash.search.scope import Clock, Scope

_HOLDERS: Final = ("member", "group")
_THINGS: Final = {
    "connection": "connections",
    "collection": "collections",
    "group": "user-groups",
}
_PERMISSION: Final = Term("is", (Atom("permission"),))
_WORKSPACE: Final = "workspace"


class AccessNow(Struct, frozen=True, kw_only=True):
    """The access that stands: `shown` of `count` ways. `nodes` are all that bear the name; `query`
    finds the changes behind it. It stands up to `until`, unless another event comes."""

    nodes: tuple[Node, ...]
    shown: tuple[Way, ...]
    count: int
    query: Query
    until: Instant | None


def find_access_of(
    connection: Connection, name: str, scope: Scope, clock: Clock, most: int
) -> AccessNow:
    """What the member or group of this name or id reaches."""
    sight = open_sight(connection, scope)
    found = sight.picture.nodes.find_called(name, _HOLDERS)
    paths = [ways.find_from(sight.picture, each, clock.now) for each in found]
    names = _names(sight, found)
    query = query_of((value_of("subject", *names),)) if names else on_subject(name)
    return _now(sight, found, sort_ways(sight, ways.join(*paths), "object"), query, most, clock.now)


def find_access_to(
    connection: Connection, named: EntityName, scope: Scope, clock: Clock, most: int
) -> AccessNow:
    """Who reaches one entity; of the workspace, what everyone has by default."""
    sight = open_sight(connection, scope)
    nodes = sight.picture.nodes
    found = nodes.find_called(named.id or named.name or "", tuple(_THINGS))
    kind = (named.type or "").casefold()
    of_type = [each for each in found if nodes.word(each) in kind]
    found = of_type or found
    if not found and kind == _WORKSPACE:
        default = nodes.find("default", None, None)
        found = [] if default is None else [default]
    paths = [ways.find_to(sight.picture, each, clock.now) for each in found]
    query = _on_things(sight, found, named)
    return _now(
        sight, found, sort_ways(sight, ways.join(*paths), "subject"), query, most, clock.now
    )


def _now(
    sight: Sight, found: Sequence[int], paths: Paths, query: Query, most: int, at: Instant
) -> AccessNow:
    return AccessNow(
        nodes=tuple(map(sight.picture.nodes.node, found)),
        shown=tuple(iterate_ways(sight, paths.take(slice(0, most)))),
        count=len(paths),
        query=narrowed(query, _PERMISSION),
        until=until_fact(sight, at),
    )


def _names(sight: Sight, found: Iterable[int]) -> list[str]:
    """The ids, and the names where there is none."""
    nodes = [sight.picture.nodes.node(each) for each in found]
    return sorted({text for node in nodes for text in (node.id, node.name) if text})


def _on_things(sight: Sight, found: Sequence[int], named: EntityName) -> Query:
    """What was done to the entity, and what names it in its context as its entity is another."""
    nodes = [sight.picture.nodes.node(each) for each in found]
    parts: list[asking.Node] = [conjunction(on_entity(named).parts)]
    for kind, category in _THINGS.items():
        texts = sorted({node.id or node.name or "" for node in nodes if node.kind == kind} - {""})
        for ending in ("id", "name"):
            if texts:
                term = Term("category", (Atom(category),))
                parts.append(And((term, value_of(f"context.{kind}_{ending}", *texts))))
    return query_of((disjunction(tuple(parts)),))
