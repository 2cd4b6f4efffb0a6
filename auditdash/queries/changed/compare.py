"""Two periods compared: names that occur in one of them and not in the other, with their events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.catalogue import action_label, actions
from auditdash.events.periods import Period
from auditdash.index.adopt import Dictionaries
from auditdash.index.batch import Entry
from auditdash.index.view import View
from auditdash.queries.counting.counts import Counts, count_codes
from auditdash.queries.counting.groups import KEYS, MISSING, groups_of, rank
from auditdash.queries.exports.listed import Listed
from auditdash.queries.exports.namesakes import namesakes_of
from auditdash.queries.inventory.domains import find_inside_domains, is_outside
from auditdash.queries.sight.views import open_view
from auditdash.search.edit import atom_of
from auditdash.search.period import frozen
from auditdash.search.query import Atom, Node, Not, Present, Query, Term, query_of
from auditdash.search.scope import Clock, Scope

_EXPORTS: Final = Term("category", (Atom("exports"),))


class Kind(Struct, frozen=True, kw_only=True):
    """What is compared: the groups of a dictionary, in events that `nodes` narrow to.

    Without `vanished` what is there no more is what occurs in the earlier period alone; with it,
    new and gone are what events of these two sorts in the later period tell of.
    """

    name: str
    title: str
    groups: str
    new_head: str
    gone_head: str
    nodes: tuple[Node, ...] = ()
    gone_nodes: tuple[Node, ...] | None = None


class Named(Struct, frozen=True, kw_only=True):
    """One name, and how many events of which `node` it has; `note` tells twins apart. `outside`: it
    is an address whose domain is none of the workspace's; None where that cannot be told."""

    label: str
    note: str
    outside: bool | None
    count: int
    nodes: tuple[Node, ...]
    period: Period


class Compared(Struct, frozen=True, kw_only=True):
    """One kind; most events first."""

    kind: Kind
    new: Sequence[Named]
    gone: Sequence[Named]


def _events(category: str, *ops: str) -> tuple[Node, ...]:
    names = [each.name for each in actions() if each.category == category and each.op in ops]
    return (Term("action", tuple(Atom(name, quoted=True) for name in names)),)


_OF_RECIPIENTS: Final = ("email", "channel")


def _recipients(op: str) -> tuple[Node, ...]:
    names = [each.name for each in actions() if each.subject in _OF_RECIPIENTS and each.op == op]
    return (Term("action", tuple(Atom(name, quoted=True) for name in names)),)


# In the order of the page: what lets data out or people in comes first.
KINDS: Final = (
    Kind(
        name="recipients",
        title="Recipients of schedules",
        groups="recipient",
        new_head="Added",
        gone_head="Removed",
        nodes=_recipients("grant"),
        gone_nodes=_recipients("revoke"),
    ),
    Kind(
        name="tokens",
        title="API tokens",
        groups="report",
        new_head="Made",
        gone_head="Revoked",
        nodes=_events("api-tokens", "create"),
        gone_nodes=_events("api-tokens", "revoke"),
    ),
    Kind(
        name="exporters",
        title="Exporters",
        groups="actor",
        new_head="New",
        gone_head="Not any more",
        nodes=(_EXPORTS,),
    ),
    Kind(name="actors", title="Actors", groups="actor", new_head="New", gone_head="Not any more"),
    Kind(name="networks", title="Networks", groups="ip", new_head="New", gone_head="Not any more"),
    Kind(
        name="actions", title="Actions", groups="action", new_head="New", gone_head="Not any more"
    ),
)


def compare(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    periods: tuple[Period, Period],
    domains: frozenset[str] = frozenset(),
) -> tuple[Compared, ...]:
    """Each kind in the earlier and the later period, of the events that the query asks for.
    `domains` are the workspace's own, where they are configured."""
    view = open_view(connection, scope)
    inside = domains or find_inside_domains(view)
    return tuple(_compare(view, query, clock, periods, kind, inside) for kind in KINDS)


def _compare(
    view: View,
    query: Query,
    clock: Clock,
    periods: tuple[Period, Period],
    kind: Kind,
    inside: frozenset[str],
) -> Compared:
    earlier, later = periods
    named = partial(_named, view, kind, inside)
    now = _count(view, query, clock, later, kind, kind.nodes)
    if kind.gone_nodes is not None:
        gone = _count(view, query, clock, later, kind, kind.gone_nodes)
        return Compared(
            kind=kind,
            new=named(now, kind.nodes, later),
            gone=named(gone, kind.gone_nodes, later),
        )
    before = _count(view, query, clock, earlier, kind, kind.nodes)
    return Compared(
        kind=kind,
        new=named(np.where(before > 0, 0, now), kind.nodes, later),
        gone=named(np.where(now > 0, 0, before), kind.nodes, earlier),
    )


def _count(
    view: View, query: Query, clock: Clock, period: Period, kind: Kind, nodes: tuple[Node, ...]
) -> Counts:
    """The events of each group."""
    asked = narrowed(query, *nodes, during(period))
    dictionary, _ = KEYS[kind.groups]
    groups = groups_of(view, kind.groups)
    return groups.add(count_codes(view, asked, clock, [dictionary])[dictionary])


def narrowed(query: Query, *nodes: Node) -> Query:
    """What was asked, and what the nodes say besides."""
    return query_of((*query.parts, *nodes), query.order)


def during(period: Period) -> Node:
    """Events of a period."""
    return Term("created", (frozen(period),))


def _named(
    view: View,
    kind: Kind,
    inside: frozenset[str],
    counts: Counts,
    nodes: tuple[Node, ...],
    period: Period,
) -> Listed[Named]:
    groups = groups_of(view, kind.groups)
    occurring = int((counts > 0).sum()) - int(counts[MISSING] > 0)
    ranked = rank(groups, counts, occurring) if occurring else []
    dictionaries, say = view.dictionaries, _SAY[kind.groups]
    dictionary, _ = KEYS[kind.groups]

    def make(group: int) -> Named:
        entry = dictionaries[dictionary].entries[groups.codes[group][-1]]
        label, note, named = say(dictionaries, str(groups.keys[group]), entry)
        return Named(
            label=label,
            note=note,
            outside=is_outside(label, inside) if kind.groups == "recipient" else None,
            count=int(counts[group]),
            nodes=(*nodes, *named),
            period=period,
        )

    return Listed(ranked, make)


_Said = tuple[str, str, tuple[Node, ...]]


def _term(field: str, text: str) -> Node:
    return Term(field, (atom_of(field, text),))


def _actor(dictionaries: Dictionaries, key: str, entry: Entry) -> _Said:
    identity, username = entry
    others = (Not(_term("actor", each)) for each in namesakes_of(dictionaries, key))
    return username or identity or "", "", (_term("actor", key), *others)


def _network(_: Dictionaries, key: str, entry: Entry) -> _Said:
    return key, "", (_term("ip", key),)


def _action(_: Dictionaries, key: str, entry: Entry) -> _Said:
    return action_label(key), key, (Term("action", (Atom(key, quoted=True),)),)


def _recipient(_: Dictionaries, key: str, entry: Entry) -> _Said:
    kind, identity, name = entry
    return name or identity or "", kind or "", (_term("subject", name or identity or ""),)


def _token(_: Dictionaries, key: str, entry: Entry) -> _Said:
    identity, name = entry[1:]
    if identity:
        return name or identity, identity if name else "", (_term("entity_id", identity),)
    missing = Not(Term("entity_id", (Present(),)))
    return name or "", "", (_term("entity", name or ""), missing)


_SAY: Final[dict[str, Callable[[Dictionaries, str, Entry], _Said]]] = {
    "actor": _actor,
    "ip": _network,
    "action": _action,
    "recipient": _recipient,
    "report": _token,
}
