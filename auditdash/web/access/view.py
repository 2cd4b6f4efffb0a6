"""Access made ready for templates/access/: rows with the pages and events they lead to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from auditdash.downloads.access_rows import doubt_of, role_text
from auditdash.events.instants import Instant
from auditdash.queries.access.difference import Delta
from auditdash.queries.access.nodes import Node
from auditdash.queries.access.oddities import Oddity
from auditdash.queries.access.rows import Evidence, Way
from auditdash.queries.explore.names import EntityName
from auditdash.search.print import print_query
from auditdash.search.query import Atom, Term, query_of
from auditdash.search.query import Node as Part
from auditdash.web.access.asked import Asked
from auditdash.web.frame.event_fields import actor_href, entity_href
from auditdash.web.frame.question import link

# What a kind is called where its name stands alone.
_ONLY: Final = {
    "workspace": "The workspace",
    "default": "Collections, by default access",
    "everyone": "Everyone",
}
_NOUNS: Final = {"group": "group", "connection": "connection", "collection": "collection"}
# What the kinds of contradictions mean, in the order in which they weigh.
ODD: Final = {
    "on a deleted thing": (
        "Given on something deleted",
        "The collection or connection was already deleted. The access is shown, in doubt.",
    ),
    "to a deleted group": (
        "Given to a deleted group",
        "The group was already deleted. The access is shown, in doubt.",
    ),
    "removed without access": (
        "Removed without access",
        "Nothing was there to be removed: it was taken away before, or what it was on is new.",
    ),
    "changed without access": (
        "Changed without access",
        "There was no access to change. From here on it is shown.",
    ),
    "given twice": ("Given twice", "It was given before and not taken away between."),
    "in a baseline without access": (
        "Listed, but not by the events",
        "A baseline lists it, and by the events before it was taken away, or never given on"
        " something new. From then on it is shown, in doubt.",
    ),
    "in a baseline with another role": (
        "Listed with another role",
        "A baseline lists another role than the one that stood by then. From then on its role"
        " is shown.",
    ),
    "created twice": ("Created twice", "It was there already."),
    "deleted twice": ("Deleted twice", "It was deleted already."),
    "unclear": (
        "Not clear whose",
        "The event names nobody or nothing, or a name that several bear. It is in no list.",
    ),
    "not seen to begin": (
        "Not seen to begin",
        "Removed or changed, and nothing is recorded before: it was given before the log begins,"
        " or the feed left it out.",
    ),
}


class NodeView(Struct, frozen=True):
    """A person or a thing: `noun` stands before its label, `href` is its page."""

    label: str
    noun: str
    href: str


class WayView(Struct, frozen=True, kw_only=True):
    """One row of who reaches what. `role_known` is false where plain words stand for it."""

    subject: NodeView
    object: NodeView
    role: str
    role_known: bool
    through: NodeView | None
    by_default: bool
    since: Instant | None
    until: Instant | None
    given: Evidence | None
    joined: Evidence | None
    ended: Evidence | None
    note: str


class DeltaView(Struct, frozen=True, kw_only=True):
    """One row of what is different; "" where there was or is no access."""

    kind: str
    subject: NodeView
    object: NodeView
    before: str
    after: str
    told: Evidence | None


class OddView(Struct, frozen=True, kw_only=True):
    """One row of what does not fit together."""

    title: str
    told: Evidence
    other: Evidence | None
    subject: NodeView | None
    object: NodeView | None


def node_view(node: Node, asked: Asked) -> NodeView:
    """A person or thing with its page."""
    label = _ONLY.get(node.kind) or node.label
    return NodeView(label, _NOUNS.get(node.kind, ""), asked.node_href(node))


def way_views(ways: Iterable[Way], asked: Asked) -> list[WayView]:
    """Rows of who reaches what."""
    return [_way_view(way, asked) for way in ways]


def _way_view(way: Way, asked: Asked) -> WayView:
    return WayView(
        subject=node_view(way.subject, asked),
        object=node_view(way.object, asked),
        role=role_text(way.role, way.object),
        role_known=way.role is not None or way.object.kind == "group",
        through=node_view(way.through, asked) if way.through else None,
        by_default=way.kind == "default",
        since=way.since,
        until=way.until,
        given=way.given,
        joined=way.joined,
        ended=way.ended,
        note=doubt_of(way),
    )


def delta_views(deltas: Iterable[Delta], asked: Asked) -> list[DeltaView]:
    """Rows of what is different."""
    return [
        DeltaView(
            kind=each.kind,
            subject=node_view(each.subject, asked),
            object=node_view(each.object, asked),
            before="" if each.kind == "gained" else role_text(each.before, each.object),
            after="" if each.kind == "lost" else role_text(each.after, each.object),
            told=each.told,
        )
        for each in deltas
    ]


def odd_views(oddities: Iterable[Oddity], asked: Asked) -> list[OddView]:
    """Rows of what does not fit together."""
    return [
        OddView(
            title=ODD[each.kind][0],
            told=each.told,
            other=each.other,
            subject=node_view(each.subject, asked) if each.subject else None,
            object=node_view(each.object, asked) if each.object else None,
        )
        for each in oddities
    ]


def profile_href(node: Node) -> str:
    """The page of all that the log tells about a person or thing."""
    if node.kind == "member":
        return actor_href(node.id or node.name)
    if node.kind in _NOUNS and node.kind != "group":  # which may be nothing but a subject
        return entity_href(EntityName(id=node.id, name=None if node.id else node.name))
    return ""


def events_href(node: Node) -> str:
    """The timeline of the changes behind what is told of one person or thing."""
    permission: Part = Term("is", (Atom("permission"),))
    names = tuple(Atom(text, quoted=True) for text in (node.id, node.name) if text)
    if node.kind == "workspace":
        parts: tuple[Part, ...] = (permission, Term("category", (Atom("user-membership"),)))
    elif not names:
        parts = (Term("action", (Atom("workspace_default_access_changed", quoted=True),)),)
    elif node.kind == "member":
        parts = (permission, Term("subject", names))
    else:
        category = f"{'user-group' if node.kind == 'group' else node.kind}s"
        parts = (Term("category", (Atom(category),)), Term("entity", names))
    return link("/timeline", print_query(query_of(parts)))
