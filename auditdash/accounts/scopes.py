"""From a membership to what its member may see."""

from __future__ import annotations

from functools import lru_cache

from auditdash.accounts.memberships import Membership
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.search.parse import parse
from auditdash.search.query import DATES, Query, find_moving
from auditdash.search.scope import Limit, Scope


@lru_cache(maxsize=256)
def parse_limit(text: str) -> Query:
    """The query of a limit; raises BadInput where it is none, or depends on more than an event."""
    query = parse(text)
    if moving := find_moving(query):
        expected = "the two dates beside it" if moving in DATES else "another mark"
        said = f"{moving}:" if moving in DATES else moving
        raise BadInput(f"{said} is no limit", where="limit", expected=expected)
    return Query(query.node)


def scope_of(membership: Membership, now: Instant) -> Scope:
    """The events that they may see, and whether with addresses.

    A limit that this version cannot read any more raises BadInput: nothing is shown, not all.
    """
    limits = membership.limits
    limit = None
    if membership.is_limited:
        period = Period(limits.period_start, limits.period_end)
        limit = Limit(query=parse_limit(limits.query), period=period)
    return Scope(
        workspace_id=membership.workspace.id,
        limit=limit,
        addresses=sees_addresses(membership, now),
    )


def sees_addresses(membership: Membership, now: Instant) -> bool:
    """Whether addresses are shown: always, or since they were revealed a while ago."""
    if membership.role.addresses == "shown":
        return True
    until = membership.revealed_until
    return membership.limits.addresses and until is not None and now < until
