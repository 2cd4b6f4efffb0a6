"""Orders of the tables of access, and of its baselines."""

from __future__ import annotations

from typing import Final, Literal

from auditdash.downloads.access_rows import deltas_table, oddities_table, ways_table
from auditdash.downloads.baseline_rows import baselines_table, lines_table
from auditdash.downloads.orders.order import Asked, Order
from auditdash.downloads.tables.table import Table
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.queries.access import difference as between
from auditdash.queries.access import paths as ways
from auditdash.queries.access.baselines import find_effects
from auditdash.queries.access.narrow import narrow
from auditdash.queries.access.oddities import find_oddities, iterate_oddities
from auditdash.queries.access.rows import find_of_one, iterate_ways, open_sight
from auditdash.store.baselines.table import find_baseline, find_baselines

AccessTable = Literal["standing", "one", "history", "differences", "contradictions"]
ACCESS: Final[dict[AccessTable, str]] = {
    "standing": "Standing access",
    "one": "Access of one",
    "history": "History of access",
    "differences": "Differences of access",
    "contradictions": "Contradictions",
}


class AccessOrder(Order, frozen=True, kw_only=True, tag="access"):
    """One table of access as of a moment; `earlier` is what differences are counted from. `kind`
    narrows differences and contradictions, `node` is whom one and history are of: kind, id, name.
    """

    name: AccessTable
    at: Instant
    earlier: Instant
    kind: str = ""
    node: tuple[str, str | None, str | None] = ("", None, None)

    @property
    def stem(self) -> str:
        """As in the file's name."""
        return f"access-{self.name}"

    @property
    def title(self) -> str:
        """For people."""
        return ACCESS[self.name]

    @property
    def arguments(self) -> tuple[tuple[str, str], ...]:
        """The moments, and of whom."""
        since = (("from", to_rfc3339(self.earlier)),) if self.name == "differences" else ()
        of = zip(("kind", "id", "name"), self.node, strict=True) if self._is_of_one else ()
        kind = (("kind", self.kind),) if self.kind and not self._is_of_one else ()
        named = tuple((f"of_{key}", value) for key, value in of if value)
        return (*since, ("as_of", to_rfc3339(self.at)), *kind, *named)

    @property
    def _is_of_one(self) -> bool:
        return self.name in {"one", "history"}

    def exists(self, asked: Asked) -> bool:
        """Whether there is such a table; a QueryError tells what cannot be asked of it."""
        sight = open_sight(asked.connection, asked.scope)
        everyone = ways.find_all(sight.picture, self.at)
        narrow(asked.query, sight.view, sight.picture, asked.clock, everyone)
        return not self._is_of_one or sight.picture.nodes.find(*self.node) is not None

    def table(self, asked: Asked) -> Table:
        """Whole."""
        sight = open_sight(asked.connection, asked.scope)
        match self.name:
            case "differences":
                moments = (self.earlier, self.at)
                found = between.find_difference(sight, *moments, asked.query, asked.clock)
                return deltas_table(between.iterate_deltas(sight, found.of_kind(self.kind)))
            case "contradictions":
                return oddities_table(iterate_oddities(sight, find_oddities(sight, self.kind)))
            case "standing":
                found_ways = ways.find_all(sight.picture, self.at)
            case _:
                number = sight.picture.nodes.find(*self.node) or 0
                at_all = None if self.name == "history" else self.at
                found_ways = find_of_one(sight, number, at_all)
        narrowed = narrow(asked.query, sight.view, sight.picture, asked.clock, found_ways)
        return ways_table(iterate_ways(sight, narrowed))


class BaselinesOrder(Order, frozen=True, kw_only=True, tag="baselines"):
    """All baselines that were ever imported."""

    @property
    def stem(self) -> str:
        """As in the file's name."""
        return "baselines"

    @property
    def title(self) -> str:
        """For people."""
        return "Baselines"

    def table(self, asked: Asked) -> Table:
        """The list."""
        return baselines_table(find_baselines(asked.connection, asked.scope.workspace_id))


class BaselineLinesOrder(Order, frozen=True, kw_only=True, tag="baseline-lines"):
    """The lines of one baseline, or those of one effect."""

    number: int
    effect: str = ""

    @property
    def stem(self) -> str:
        """As in the file's name."""
        return f"baseline-{self.number}"

    @property
    def title(self) -> str:
        """For people."""
        return f"Lines of baseline {self.number}"

    @property
    def arguments(self) -> tuple[tuple[str, str], ...]:
        """The effect, where only one is asked for."""
        return (("effect", self.effect),) if self.effect else ()

    def table(self, asked: Asked) -> Table:
        """In the order of the file."""
        baseline = find_baseline(asked.connection, asked.scope.workspace_id, self.number)
        if baseline is None:
            raise BadInput(f"there is no baseline {self.number}")
        sight = open_sight(asked.connection, asked.scope)
        effects = find_effects(asked.connection, sight, baseline)
        return lines_table(effects.iterate(effects.of_effect(self.effect)))
