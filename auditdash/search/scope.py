"""What a reader is allowed to see. Never merged with the query: the server ANDs it to each one."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.search.query import Query


class Limit(Struct, frozen=True, kw_only=True):
    """Only the events that answer this query, within this period. The query depends on no clock:
    `accounts.scopes.parse_limit` refuses what moves."""

    query: Query
    period: Period = Period()


class Scope(Struct, frozen=True, kw_only=True):
    """One workspace, up to a sequence number when the view is frozen (None: all there is), within a
    limit if there is one; with or without IP `addresses`.

    It is copied with `msgspec.structs.replace`, never made anew from another: nothing may get lost.
    """

    workspace_id: int
    highest_seq: int | None = None
    limit: Limit | None = None
    addresses: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether all of each event of the workspace is in it."""
        return self.limit is None and self.addresses


class Clock(Struct, frozen=True):
    """When a query is asked and in which zone: what relative dates and calendar days need."""

    now: Instant
    zone: ZoneInfo
