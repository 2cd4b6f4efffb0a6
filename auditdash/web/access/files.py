"""The tables of access as files: the same question as the page's, all of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from auditdash.downloads.access_rows import (
    iterate_deltas_csv,
    iterate_oddities_csv,
    iterate_ways_csv,
)
from auditdash.queries.access import difference as between
from auditdash.queries.access import paths as ways
from auditdash.queries.access.narrow import narrow
from auditdash.queries.access.oddities import find_oddities, iterate_oddities
from auditdash.queries.access.rows import Sight, find_of_one, iterate_ways
from auditdash.search.query import Query
from auditdash.search.scope import Clock
from auditdash.web.access.asked import Asked, Moment

TABLES: Final = ("standing", "one", "history", "differences", "contradictions")
DIFFERENCES: Final = between.KINDS
_OF_ONE: Final = ("one", "history")


class Table(Struct, frozen=True, kw_only=True):
    """Which table, and what was asked of it."""

    name: str
    query: Query
    asked: Asked
    clock: Clock
    earlier: Moment
    kind: str
    key: tuple[str, str | None, str | None]


def exists(table: Table, sight: Sight) -> bool:
    """Whether there is such a table; a QueryError tells what cannot be asked of it."""
    everyone = ways.find_all(sight.picture, table.asked.moment.at)
    narrow(table.query, sight.view, sight.picture, table.clock, everyone)
    return table.name not in _OF_ONE or sight.picture.nodes.find(*table.key) is not None


def iterate(table: Table, sight: Sight) -> Iterator[bytes]:
    """The lines of the file."""
    match table.name:
        case "differences":
            at = (table.earlier.at, table.asked.moment.at)
            found = between.find_difference(sight, *at, table.query, table.clock)
            deltas = between.iterate_deltas(sight, found.of_kind(table.kind))
            return iterate_deltas_csv(deltas)
        case "contradictions":
            return iterate_oddities_csv(iterate_oddities(sight, find_oddities(sight, table.kind)))
        case "standing":
            found_ways = ways.find_all(sight.picture, table.asked.moment.at)
        case _:
            number = sight.picture.nodes.find(*table.key) or 0
            at_all = None if table.name == "history" else table.asked.moment.at
            found_ways = find_of_one(sight, number, at_all)
    narrowed = narrow(table.query, sight.view, sight.picture, table.clock, found_ways)
    return iterate_ways_csv(iterate_ways(sight, narrowed))
