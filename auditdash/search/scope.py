"""What a reader is allowed to see. Never merged with the query: the server ANDs it to each one."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.events.instants import Instant


class Scope(Struct, frozen=True, kw_only=True):
    """One workspace, up to a sequence number when the view is frozen (None: all there is)."""

    workspace_id: int
    highest_seq: int | None = None


class Clock(Struct, frozen=True):
    """When a query is asked and in which zone: what relative dates and calendar days need."""

    now: Instant
    zone: ZoneInfo
