"""Orders of the tables of summaries: exports, the inventory, what changed."""

from __future__ import annotations

from typing import Final, Literal

from auditdash.downloads.orders.order import Asked, Order
from auditdash.downloads.summaries.changed_rows import changed_table
from auditdash.downloads.summaries.export_rows import (
    gained_table,
    networks_table,
    new_networks_table,
    people_table,
    reports_table,
)
from auditdash.downloads.summaries.inventory_rows import (
    changed_reports_table,
    groups_table,
    recipients_table,
    tokens_table,
)
from auditdash.downloads.tables.table import Table
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.events.periods import Period
from auditdash.queries.changed.compare import compare
from auditdash.queries.data_exports import summarise_exports
from auditdash.queries.exports.around.gained import find_gained
from auditdash.queries.exports.around.networks import find_networks
from auditdash.queries.inventory.members import find_groups
from auditdash.queries.inventory.recipients import find_recipients
from auditdash.queries.inventory.reports import find_reports
from auditdash.queries.inventory.tokens import find_tokens

ExportTable = Literal["people", "reports", "recipients", "networks", "new-networks", "gained"]
Inventory = Literal["tokens", "schedules", "groups", "reports"]
EXPORTS: Final[dict[ExportTable, str]] = {
    "people": "People who exported",
    "reports": "Reports that were exported",
    "recipients": "Sent by schedule",
    "networks": "Exports by network",
    "new-networks": "First time from a network",
    "gained": "Access gained before exports",
}
_INVENTORIES: Final[dict[Inventory, str]] = {
    "tokens": "API tokens",
    "schedules": "Recipients of schedules",
    "groups": "Members of groups",
    "reports": "Reports whose SQL changed",
}


class ExportsOrder(Order, frozen=True, kw_only=True, tag="exports"):
    """One table of the page of exports."""

    name: ExportTable

    @property
    def stem(self) -> str:
        """As in the file's name."""
        return f"exports-{self.name}"

    @property
    def title(self) -> str:
        """For people."""
        return EXPORTS[self.name]

    def table(self, asked: Asked) -> Table:
        """Whole."""
        match self.name:
            case "recipients":
                return recipients_table(find_recipients(*asked.question, asked.domains))
            case "people":
                return people_table(summarise_exports(*asked.question, asked.home))
            case "reports":
                return reports_table(summarise_exports(*asked.question, asked.home))
            case "networks":
                return networks_table(find_networks(*asked.question))
            case "new-networks":
                return new_networks_table(find_networks(*asked.question))
        return gained_table(asked.connection, asked.scope, find_gained(*asked.question))


class InventoryOrder(Order, frozen=True, kw_only=True, tag="inventory"):
    """One inventory."""

    name: Inventory

    @property
    def stem(self) -> str:
        """As in the file's name."""
        return f"inventory-{self.name}"

    @property
    def title(self) -> str:
        """For people."""
        return _INVENTORIES[self.name]

    def table(self, asked: Asked) -> Table:
        """Whole."""
        match self.name:
            case "tokens":
                return tokens_table(find_tokens(*asked.question))
            case "schedules":
                return recipients_table(find_recipients(*asked.question, asked.domains))
            case "groups":
                return groups_table(find_groups(*asked.question))
        return changed_reports_table(find_reports(*asked.question))


class ChangedOrder(Order, frozen=True, kw_only=True, tag="what-changed"):
    """What changed between two periods, each from and until, half open."""

    earlier: tuple[Instant | None, Instant | None]
    later: tuple[Instant | None, Instant | None]

    @property
    def stem(self) -> str:
        """As in the file's name."""
        return "what-changed"

    @property
    def title(self) -> str:
        """For people."""
        return "What changed"

    @property
    def arguments(self) -> tuple[tuple[str, str], ...]:
        """Both periods."""
        ends = ((name, end) for name in ("earlier", "later") for end in (0, 1))
        return tuple(
            (f"{name}_{('from', 'until')[end]}", to_rfc3339(at))
            for name, end in ends
            if (at := getattr(self, name)[end]) is not None
        )

    def table(self, asked: Asked) -> Table:
        """All kinds, one after the other."""
        periods = (Period(*self.earlier), Period(*self.later))
        return changed_table(compare(*asked.question, periods, asked.domains))
