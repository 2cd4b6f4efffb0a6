"""From a membership to what its member may see."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from auditdash.accounts.memberships import Membership
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.search.parse import parse
from auditdash.search.query import Atom, Query, Term, walk
from auditdash.search.scope import Limit, Scope

_MOVING: Final = {
    "created": "the two dates beside it",
    "received": "the two dates beside it",
}


@lru_cache(maxsize=256)
def parse_limit(text: str) -> Query:
    """The query of a limit; raises BadInput where it is none, or depends on more than an event."""
    query = parse(text)
    for node in walk(query.node):
        if not isinstance(node, Term):
            continue
        if node.field in _MOVING:
            raise BadInput(
                f"{node.field}: is no limit", where="limit", expected=_MOVING[node.field]
            )
        if any(isinstance(value, Atom) and value.text == "own-access" for value in node.values):
            raise BadInput("is:own-access is no limit", where="limit", expected="another mark")
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
