"""Orders of events, and of permission changes among them."""

from __future__ import annotations

from typing import Final

from auditdash.downloads.lasting_rows import lasting_table
from auditdash.downloads.orders.order import Asked, Order
from auditdash.downloads.permission_rows import changes_table
from auditdash.downloads.tables.events import EventTable
from auditdash.downloads.tables.table import Table
from auditdash.events.instants import DAY
from auditdash.queries.permission_answers.lasting import find_lasting
from auditdash.queries.permission_answers.roles import count_derived
from auditdash.queries.permissions.selection import Derived
from auditdash.queries.timeline import count_events

_LONGEST_FILE: Final = 1 << 16


class EventsOrder(Order, frozen=True, kw_only=True, tag="events"):
    """The events of a search."""

    @property
    def stem(self) -> str:
        """As in the file's name."""
        return "events"

    @property
    def title(self) -> str:
        """For people."""
        return "Events"

    def table(self, asked: Asked) -> Table:
        """In the order of the search."""
        return EventTable(*asked.question)

    def count(self, asked: Asked) -> int | None:
        """Exactly."""
        return count_events(*asked.question)


class ChangesOrder(Order, frozen=True, kw_only=True, tag="permission-changes"):
    """Permission changes, each with what was before."""

    derived: Derived

    @property
    def stem(self) -> str:
        """As in the file's name."""
        return "permission-changes"

    @property
    def title(self) -> str:
        """For people."""
        return "Permission changes"

    @property
    def arguments(self) -> tuple[tuple[str, str], ...]:
        """What is asked of each change that no event tells."""
        told = self.derived
        given = (("direction", told.direction), ("before", told.before), ("after", told.after))
        return tuple((name, value) for name, value in given if value)

    def table(self, asked: Asked) -> Table:
        """Newest first."""
        return changes_table(*asked.question, self.derived)

    def count(self, asked: Asked) -> int | None:
        """Exactly."""
        return count_derived(*asked.question, self.derived)


class LastingOrder(Order, frozen=True, kw_only=True, tag="permission-lasting"):
    """Access by how long it lasted: taken `within` days, or given `older` days ago and never."""

    within: int
    older: int

    @property
    def stem(self) -> str:
        """As in the file's name."""
        return "permission-lasting"

    @property
    def title(self) -> str:
        """For people."""
        return "How long access lasted"

    @property
    def arguments(self) -> tuple[tuple[str, str], ...]:
        """Both in days."""
        return (("within_days", str(self.within)), ("older_than_days", str(self.older)))

    def table(self, asked: Asked) -> Table:
        """All of both kinds."""
        found = find_lasting(
            *asked.question,
            within=self.within * DAY,
            older=self.older * DAY,
            limit=_LONGEST_FILE,
        )
        return lasting_table(found, asked.clock.now)
