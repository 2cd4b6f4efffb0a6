"""More or less access: what the log derives, and so no search can ask for. It stands beside the
query in the address, in sight, and every list and file of these pages respects it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from auditdash.events.catalogue import highest_roles
from auditdash.queries.permission_answers.roles import DirectionCounts
from auditdash.queries.permissions.directions import DIRECTIONS, Direction
from auditdash.queries.permissions.selection import Derived
from auditdash.search.query import Atom, Query, Term, query_of
from auditdash.web import params
from auditdash.web.frame.permissions_view import Filter
from auditdash.web.frame.question import link

LABELS: Final[dict[Direction, str]] = {
    "up": "More access",
    "down": "Less access",
    "sideways": "As much",
    "unknown": "Not known",
}
_GIVES: Final = Term("op", tuple(Atom(op) for op in ("grant", "invite", "create", "modify")))


class Noticed(Struct, frozen=True, kw_only=True):
    """What an auditor looks at first: how many changes, and the question that shows them."""

    label: str
    note: str
    query: Query


def asked() -> Derived:
    """What the address asks besides the query."""
    given = params.choice("direction", ("", *DIRECTIONS), "")
    return Derived(
        direction=next((each for each in DIRECTIONS if each == given), None),
        before=params.exact("before") or None,
        after=params.exact("became") or None,
    )


def arguments(derived: Derived) -> dict[str, str]:
    """The same as arguments of an address."""
    given = {"direction": derived.direction, "before": derived.before, "became": derived.after}
    return {name: text for name, text in given.items() if text}


def said(derived: Derived) -> str:
    """The same in words, as a condition that stands beside the search box."""
    parts = [LABELS[derived.direction].lower()] if derived.direction else []
    if derived.before:
        parts.append(f"before: {state_words(derived.before)}")
    if derived.after:
        parts.append(f"after: {state_words(derived.after)}")
    return ", ".join(parts)


def state_words(state: str) -> str:
    """What somebody had, in words."""
    words = {"none": "nothing", "unknown": "not known", "unnamed": "access without a role"}
    return words.get(state) or state.removeprefix("role:")


def filters(counts: DirectionCounts, text: str, derived: Derived, path: str) -> tuple[Filter, ...]:
    """Any direction, and each of them."""
    numbers: Mapping[Direction, int] = counts
    chosen = [
        Filter(
            label=LABELS[each],
            count=numbers[each],
            href=link(path, text, direction=each),
            current=derived.direction == each,
        )
        for each in DIRECTIONS
    ]
    total = sum(numbers.values())
    anything = Filter(label="Any", count=total, href=link(path, text), current=derived == Derived())
    return (anything, *chosen)


def noticed(query: Query) -> tuple[Noticed, ...]:
    """The highest roles, and what everyone has."""
    objects = tuple(Atom(each) for each in ("connections", "collections"))
    manage = dict.fromkeys(role for each in objects for role in highest_roles(each.text))
    return (
        Noticed(
            label="Manage given",
            note="on connections and collections",
            query=_narrow(query, _GIVES, Term("category", objects), _roles(manage)),
        ),
        Noticed(
            label="Made admin",
            note="of the workspace",
            query=_narrow(
                query,
                _GIVES,
                Term("category", (Atom("user-membership"),)),
                _roles(dict.fromkeys(highest_roles("user-membership"))),
            ),
        ),
        Noticed(
            label="Default for everyone",
            note="times changed",
            query=_narrow(
                query, Term("action", (Atom("workspace_default_access_changed", quoted=True),))
            ),
        ),
    )


def _roles(names: Mapping[str, None]) -> Term:
    return Term("role", tuple(Atom(name) for name in names))


def _narrow(query: Query, *terms: Term) -> Query:
    kept = tuple(part for part in query.parts if part not in terms)
    return query_of((*kept, *terms), query.order)
