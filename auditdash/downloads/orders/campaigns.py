"""The order of the lines of an access review."""

from __future__ import annotations

from auditdash.downloads.campaign_rows import lines_table
from auditdash.downloads.orders.order import Asked, Order
from auditdash.downloads.tables.table import Table
from auditdash.events.errors import BadInput
from auditdash.queries.access.rows import open_sight
from auditdash.queries.reviewing.proof import Proofs
from auditdash.store.campaigns.lines import Which, find_to_do, iterate_lines
from auditdash.store.campaigns.table import find_campaign


class CampaignOrder(Order, frozen=True, kw_only=True, tag="access-review"):
    """All lines of a review with the decisions that held then, and what came of them."""

    number: int

    @property
    def stem(self) -> str:
        """As in the file's name."""
        return f"access-review-{self.number}"

    @property
    def title(self) -> str:
        """For people."""
        return f"Lines of access review {self.number}"

    @property
    def arguments(self) -> tuple[tuple[str, str], ...]:
        """Which review."""
        return (("review", str(self.number)),)

    def table(self, asked: Asked) -> Table:
        """By the number of the line."""
        if find_campaign(asked.connection, asked.scope.workspace_id, self.number) is None:
            raise BadInput(f"there is no access review {self.number}")
        which = Which(campaign_id=self.number, seq=asked.scope.highest_seq or 0)
        proofs = Proofs(open_sight(asked.connection, asked.scope), asked.clock.now)
        outcomes = proofs.find(find_to_do(asked.connection, which))
        return lines_table(iterate_lines(asked.connection, which), outcomes, asked.clock.now)
