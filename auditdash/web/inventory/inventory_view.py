"""Inventories made ready for their pages: each row with the search that shows its events."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from auditdash.charts import links
from auditdash.queries.exports.rows import export_actions
from auditdash.queries.inventory.members import Group, Membership
from auditdash.queries.inventory.reports import EDITED, SQL_ACTIONS, Report, actions_term
from auditdash.queries.inventory.rows import Mark
from auditdash.queries.inventory.tokens import Token
from auditdash.search.edit import atom_of
from auditdash.search.query import Atom, Node, Not, Present, Query, Term, query_of
from auditdash.web.frame.exports_view import Count
from auditdash.web.frame.question import link

_TIMELINE = "/timeline"
_MEMBERS = 12


class TokenView(Struct, frozen=True, kw_only=True):
    """One token; `href` leads to all that the log tells of it."""

    token: Token
    title: str
    href: str


class GroupView(Struct, frozen=True, kw_only=True):
    """One group and the first of its members."""

    group: Group
    members: Sequence[Membership]
    more: int
    href: str


class ReportView(Struct, frozen=True, kw_only=True):
    """One report whose SQL changed."""

    name: str | None
    id: str
    exports: Count
    sql_changes: Count
    people: Count
    edits: Count
    last: Mark


def token_views(tokens: Sequence[Token]) -> list[TokenView]:
    """One row for each token."""
    return [
        TokenView(
            token=each,
            title=each.name or each.id or "",
            href=_href(Query(), _category("api-tokens"), *_entity(each.id, each.name)),
        )
        for each in tokens
    ]


def group_views(groups: Sequence[Group]) -> list[GroupView]:
    """One row for each group."""
    return [
        GroupView(
            group=each,
            members=each.members[:_MEMBERS],
            more=max(0, len(each.members) - _MEMBERS),
            href=_href(Query(), _category("user-groups"), *_entity(each.id, each.name)),
        )
        for each in groups
    ]


def report_views(reports: Sequence[Report], query: Query) -> list[ReportView]:
    """One row for each report."""
    return [
        ReportView(
            name=each.name,
            id=each.id if each.id and each.name != each.id else "",
            exports=_count(each.exports, query, each, export_actions()),
            sql_changes=_count(each.sql_changes, query, each, SQL_ACTIONS),
            people=_count(each.people, query, each, SQL_ACTIONS),
            edits=_count(each.edits, query, each, (EDITED,)),
            last=each.last,
        )
        for each in reports
    ]


def sql_href(query: Query) -> str:
    """All changes of SQL that were asked for."""
    return _href(query, actions_term(SQL_ACTIONS))


def _count(value: int, query: Query, report: Report, actions: Sequence[str]) -> Count:
    if not value:
        return Count(0)
    name = None if report.id else report.name
    return Count(value, _href(query, actions_term(actions), *_entity(report.id, name)))


def _entity(identity: str | None, name: str | None) -> tuple[Node, ...]:
    if identity:
        return (Term("entity_id", (atom_of("entity_id", identity),)),)
    if name:
        missing = Not(Term("entity_id", (Present(),)))
        return Term("entity", (atom_of("entity", name),)), missing
    return (Not(Term("entity", (Present(),))),)


def _category(slug: str) -> Node:
    return Term("category", (Atom(slug),))


def _href(query: Query, *nodes: Node) -> str:
    text = links.link(query_of((*query.parts, *nodes), query.order))
    return link(_TIMELINE, text) if text else ""
