"""Permission changes made ready for their templates: rows, and filters that edit the text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.charts import links
from auditdash.downloads.permission_rows import access_texts, object_text
from auditdash.events.catalogue import action_label, find_action, highest_roles
from auditdash.events.folding import fold_case
from auditdash.events.instants import Instant
from auditdash.queries.permission_changes import (
    PermissionChange,
    count_by_category,
    count_permission_changes,
    rank_changers,
    rank_targets,
)
from auditdash.queries.permissions.selection import Derived
from auditdash.search import edit
from auditdash.search.query import Atom, Node, Query, Term, query_of
from auditdash.search.scope import Clock, Scope
from auditdash.web.frame.facets import ChoiceView, FacetView
from auditdash.web.frame.question import link

_KINDS: Final = {
    "granted": ("Granted", ("grant", "invite")),
    "revoked": ("Revoked", ("revoke", "remove")),
    "changed": ("Role changed", ("modify",)),
}
_OWN: Final = Term("is", (Atom("own-access"),))
_PERMISSION: Final = Term("is", (Atom("permission"),))
_OBJECTS: Final = {
    "connections": ("Connections", "connection"),
    "collections": ("Collections", "collection"),
    "user-groups": ("Groups", "group"),
    "user-membership": ("Workspace", ""),
}
_MOST: Final = {"connections": 20, "collections": 6, "user-groups": 6}
_MOST_GRANTERS: Final = 8


class ChangeView(Struct, frozen=True, kw_only=True):
    """One change as a row. A name is None where there is none; `noun` says what `target` is."""

    seq: int
    occurred_at: Instant
    label: str
    kind: str
    kind_label: str
    actor: str | None
    subject: str | None
    subject_type: str
    everyone: bool
    target: str | None
    noun: str
    before: str
    after: str
    before_unknown: bool
    self_made: bool
    direction: str = "unknown"
    highest: bool = False


class Filter(Struct, frozen=True, kw_only=True):
    """One choice of a row of filters: how many it leaves, and where it leads."""

    label: str
    count: int
    href: str
    current: bool


class AskedChanges(Struct, frozen=True, kw_only=True):
    """What a page of changes is asked: `only` are the arguments that say `derived` in an address.
    Numbers beside its list are of that, and lead there."""

    path: str
    query: Query
    derived: Derived
    only: dict[str, str]

    def href(self, query: Query) -> str:
        """The address of another query, with the same beside it."""
        return address(self.path, query, **self.only)


def change_view(change: PermissionChange, unknown: str) -> ChangeView:
    """The row of one change; `unknown` is said of a role that nothing recorded tells."""
    event = change.event
    action = find_action(event.action)
    before, after = access_texts(change, unknown)
    return ChangeView(
        seq=event.seq,
        occurred_at=event.occurred_at,
        label=action_label(event.action),
        kind=change.kind,
        kind_label=_KINDS[change.kind][0],
        actor=event.actor.username or event.actor.id,
        subject=event.subject.name or event.subject.id,
        subject_type=event.subject.type or "",
        everyone=action is not None and action.subject is None,
        target=object_text(event),
        noun=_OBJECTS[event.category][1] if action is not None and action.subject else "",
        before=before,
        after=after,
        before_unknown=before == unknown,
        self_made=change.self_made,
        direction=change.direction,
        highest=_is_highest(change),
    )


def _is_highest(change: PermissionChange) -> bool:
    """Whether the subject now has the role that allows most."""
    highest = map(fold_case, highest_roles(change.event.category))
    return change.after.role is not None and fold_case(change.after.role) in highest


def narrow_to_own(query: Query) -> Query:
    """What was asked, of changes alone that people made to their own access."""
    return query if _OWN in query.parts else query_of((*query.parts, _OWN), query.order)


def events_href(query: Query) -> str:
    """The timeline of the permission changes that were asked for."""
    parts = query.parts if _PERMISSION in query.parts else (*query.parts, _PERMISSION)
    return address("/timeline", query_of(parts, query.order))


def kind_filters(
    connection: Connection, asked: AskedChanges, scope: Scope, clock: Clock
) -> tuple[Filter, ...]:
    """All, granted, revoked, changed, one's own: counted without what the query says of these."""
    query, derived = asked.query, asked.derived
    rest = _without(query, "op", own=True)
    counts = count_permission_changes(connection, rest, scope, clock, derived)
    kinds = [(label, getattr(counts, kind), _ops(ops)) for kind, (label, ops) in _KINDS.items()]
    chosen = [("All", counts.total, None), *kinds, ("Own access", counts.self_made, _OWN)]
    return tuple(_filter(*each, rest, asked) for each in chosen)


def object_filters(
    connection: Connection, asked: AskedChanges, scope: Scope, clock: Clock
) -> tuple[Filter, ...]:
    """Everything, connections, collections, groups, the workspace: whatever category is asked."""
    rest = _without(asked.query, "category")
    counts = count_by_category(connection, rest, scope, clock, asked.derived)
    found = [
        (label, counts.get(slug, 0), Term("category", (Atom(slug),)))
        for slug, (label, _) in _OBJECTS.items()
    ]
    everything = ("Everything", sum(count for _, count, _ in found), None)
    return tuple(_filter(*each, rest, asked) for each in (everything, *found))


def facets(
    connection: Connection, asked: AskedChanges, scope: Scope, clock: Clock
) -> tuple[FacetView, ...]:
    """Who gave access, and to what: each a link that asks for it."""
    query, derived = asked.query, asked.derived
    found = [_granters(connection, asked, scope, clock)]
    rest = _without(_without(query, "entity"), "category")
    everything = asked.href(rest)
    for category, limit in _MOST.items():
        chosen = edit.chosen(query, "entity") if _allows(query, category) else frozenset()
        choices = [
            _choice(
                each.name,
                each.count,
                chosen,
                asked.href(links.having(rest, category=category, entity=each.name)),
            )
            for each in rank_targets(connection, rest, scope, clock, category, limit, derived)
        ]
        found.append(_facet(_OBJECTS[category][0], choices, everything))
    return tuple(facet for facet in found if facet.choices)


def _allows(query: Query, category: str) -> bool:
    """Whether the query's choice of categories, if it has one, includes this one."""
    asked = edit.chosen(query, "category")
    return not asked or category in asked


def _granters(connection: Connection, asked: AskedChanges, scope: Scope, clock: Clock) -> FacetView:
    given = _ops(_KINDS["granted"][1])
    query = asked.query
    rest = _without(_without(query, "actor"), "op")  # one's own access alone, where that is asked
    narrow = query_of((*rest.parts, given), rest.order)
    ranks = rank_changers(connection, narrow, scope, clock, _MOST_GRANTERS, asked.derived)
    chosen = edit.chosen(query, "actor")
    choices = [
        _choice(each.name, each.count, chosen, asked.href(links.having(narrow, actor=each.name)))
        for each in ranks
    ]
    return _facet("Who gave access", choices, asked.href(_without(query, "actor")))


def _facet(title: str, choices: Sequence[ChoiceView], clear: str) -> FacetView:
    """`clear` lets go of the choice where there is one."""
    clear = clear if any(choice.state for choice in choices) else ""
    return FacetView(title=title, choices=tuple(choices), others=0, other_count=0, clear=clear)


def _choice(label: str, count: int, chosen: Collection[str], href: str) -> ChoiceView:
    state = "in" if fold_case(label) in chosen else ""
    return ChoiceView(label=label, count=count, category="", state=state, href=href, exclude="")


def _filter(label: str, count: int, term: Node | None, rest: Query, asked: AskedChanges) -> Filter:
    narrow = rest if term is None else query_of((*rest.parts, term), rest.order)
    return Filter(
        label=label,
        count=count,
        href=asked.href(narrow),
        current=asked.query == rest if term is None else term in asked.query.parts,
    )


def address(path: str, query: Query, **more: str) -> str:
    """The address of a query; "" when it is longer than a query may be."""
    text = links.link(query)
    return link(path, text, **more) if text or not query.parts else ""


def _ops(words: Sequence[str]) -> Term:
    return Term("op", tuple(Atom(word) for word in words))


def _without(query: Query, field: str, *, own: bool = False) -> Query:
    rest = edit.without_field(query, field)
    parts = tuple(part for part in rest.parts if not (own and part == _OWN))
    return query_of(parts, rest.order)
