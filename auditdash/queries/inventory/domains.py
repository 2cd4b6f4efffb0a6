"""Which mail domains are the workspace's own: those of its members' addresses, as the feed told."""

from __future__ import annotations

from typing import Final

import numpy as np
from sqlalchemy import Connection

from auditdash.events.catalogue import actions, catalogue
from auditdash.events.folding import fold_case
from auditdash.events.periods import Period
from auditdash.index.adopt import PATHS, VALUES
from auditdash.index.batch import CONTEXT
from auditdash.index.view import View
from auditdash.queries.compile import Condition
from auditdash.queries.conditions import values as on
from auditdash.queries.inventory.rows import Rows, Wanted, derive, read_rows
from auditdash.queries.scan import scan
from auditdash.queries.sight.views import open_view
from auditdash.search.scope import Scope

_LONGEST: Final = 254
_MEMBERS: Final = Wanted(
    "members", frozenset(each.name for each in actions() if each.category == "user-membership")
)


def domain_of(address: str) -> str | None:
    """What stands behind the @ of an address, folded; None where it is no address."""
    box, at, domain = address.strip().rpartition("@")
    is_one = at and box and "." in domain and len(domain) <= _LONGEST and not domain.count(" ")
    return fold_case(domain) if is_one else None


def is_outside(address: str, inside: frozenset[str]) -> bool | None:
    """Whether an address has none of the domains; None where that cannot be told."""
    domain = domain_of(address)
    return None if domain is None or not inside else domain not in inside


def find_outside(
    connection: Connection, scope: Scope, domains: frozenset[str], address: str
) -> bool | None:
    """The same by the configured domains, or else by those of the members in sight."""
    return is_outside(address, domains or find_inside_domains(open_view(connection, scope)))


def find_inside_domains(view: View) -> frozenset[str]:
    """The domains of the addresses with which members were invited, of events in sight."""
    return derive(view, "domains", read_rows(view, _MEMBERS), _find)


def _find(view: View, rows: Rows) -> frozenset[str]:
    subjects = view.dictionaries["subject"].entries
    texts = {subjects[code][2] for code in np.unique(rows.codes["subject"]).tolist()}
    texts |= _in_contexts(view)
    return frozenset(domain for text in texts if text and (domain := domain_of(text)))


def _in_contexts(view: View) -> set[str | None]:
    """Addresses that the contexts of these events tell beside the name."""
    keys = [key for key in catalogue().subjects["member"].name_keys if "email" in key]
    paths = [view.dictionaries[PATHS].find((CONTEXT, key)) for key in keys]
    choice = view.dictionaries["action"].where(
        ("inventory", _MEMBERS.name), lambda entry: entry[0] in _MEMBERS.actions
    )
    values = view.dictionaries[VALUES].entries
    found: set[str | None] = set()
    for each in scan(Condition(view, Period(), on.coded("action", choice))):
        chosen = np.zeros(len(each.segment), np.bool_)
        chosen[each.index] = True
        for path in paths:
            here = None if path is None else each.segment.leaves(path)
            if here is not None:
                codes = np.unique(here[1][chosen[here[0]]]).tolist()
                found |= {values[code][2] for code in codes if code}
    return found
