"""The inventory: tokens, recipients of schedules, groups, reports, as events in sight tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.downloads.orders.summaries import Inventory, InventoryOrder
from auditdash.queries.inventory.members import find_groups
from auditdash.queries.inventory.recipients import find_recipients
from auditdash.queries.inventory.reports import find_reports
from auditdash.queries.inventory.tokens import find_tokens
from auditdash.queries.permission_changes import find_first_recorded
from auditdash.queries.timeline import has_events
from auditdash.search.errors import QueryError
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.web import fragments, params, readers
from auditdash.web.frame.question import bar, link
from auditdash.web.inventory import inventory_view
from auditdash.web.keeping.results import ACCESS, Asked, Made, find_results, of_categories
from auditdash.web.summaries import recipients_view
from auditdash.web.summaries.answers import answer_error, file_href
from auditdash.web.taking.files import FORM, METHODS, answer_file, frozen_scope

blueprint = Blueprint("inventory", __name__)

PATH: Final = "/inventory"
_PAGE: Final = "inventory/page.html"
_FIRST_ROWS: Final = 50
_MOST_ROWS: Final = 500
_Asked = tuple[Connection, Query, Scope, Clock]
_Context = dict[str, object]
_RESULTS: Final = "inventory/_results.html"
# Whoever made a token is seen by any event of theirs.
_WATCHED: Final = {
    "tokens": None,
    "schedules": of_categories("schedules", "reports", "user-membership"),
    "groups": of_categories(*ACCESS),
    "reports": of_categories("reports", "exports"),
}
# In the order of the tabs.
TABS: Final = (
    ("tokens", "API tokens"),
    ("schedules", "Schedules"),
    ("groups", "Groups"),
    ("reports", "Reports"),
)


@blueprint.get(PATH, defaults={"which": "tokens"})
@blueprint.get(f"{PATH}/<any(schedules, groups, reports):which>")
@readers.needs(Permission.READ)
def show(which: str) -> Response:
    """One inventory of what is asked; `all` shows more of it."""
    text, path = params.query_text(), _path(which)
    try:
        query = params.query()
    except QueryError as error:
        return answer_error(_PAGE, path, text, error)
    rows = _MOST_ROWS if params.choice("all", ("", "rows"), "") else _FIRST_ROWS
    clock, scope = readers.clock(), readers.scope()
    with reading(readers.engine()) as connection:
        filled = has_events(connection, scope, readers.SOURCE)
        asked = Asked(
            template=_RESULTS,
            text=text,
            query=query,
            scope=scope,
            clock=clock,
            watched=_WATCHED[which],
            more=(which, rows, filled, readers.settings().domains),
        )
        results = find_results(
            connection, asked, lambda: _made(connection, asked, which, rows, filled)
        )
    if filled:
        readers.record_access("inventory", text, which=dict(TABS)[which])
    return fragments.render(
        _PAGE, _PAGE, 200, bar=bar(path, text, query, clock), results=results.html
    )


@blueprint.route(f"{PATH}/<any(tokens, schedules, groups, reports):which>.{FORM}", methods=METHODS)
@readers.needs(Permission.DOWNLOAD)
def download(which: Inventory, form: str) -> Response:
    """One inventory, whole."""
    query, scope = params.query(), frozen_scope()
    title = dict(TABS)[which]
    readers.record_access("inventory-file", params.query_text(), form=form, which=title)
    return answer_file(InventoryOrder(name=which), form, scope, query)


def _made(connection: Connection, asked: Asked, which: str, rows: int, filled: bool) -> Made:
    """What inventory/_results.html shows."""
    text, path = asked.text, _path(which)
    context = _TELL[which]((connection, asked.query, asked.scope, asked.clock), rows)
    context |= {
        "is_empty": not filled,
        "which": which,
        "tabs": [(title, link(_path(name), text), name == which) for name, title in TABS],
        "csv_href": file_href(connection, f"{PATH}/{which}.csv", text),
        "all_href": link(path, text, all="rows") if rows == _FIRST_ROWS else "",
        "first": find_first_recorded(connection, asked.scope),
        "now": asked.clock.now,
    }
    return Made(context=context)


def _path(which: str) -> str:
    return PATH if which == "tokens" else f"{PATH}/{which}"


def _tokens(asked: _Asked, rows: int) -> _Context:
    found = find_tokens(*asked)
    return {
        "found": found,
        "total": len(found.all),
        "rows": inventory_view.token_views(found.all[:rows]),
    }


def _schedules(asked: _Asked, rows: int) -> _Context:
    domains = readers.settings().domains
    found = find_recipients(*asked, domains)
    return {
        "found": found,
        "total": len(found.all),
        "rows": recipients_view.recipient_views(found, rows),
        "inside": recipients_view.inside_text(found.inside, configured=bool(domains)),
    }


def _groups(asked: _Asked, rows: int) -> _Context:
    found = find_groups(*asked)
    return {
        "found": found,
        "total": len(found.all),
        "rows": inventory_view.group_views(found.all[:rows]),
    }


def _reports(asked: _Asked, rows: int) -> _Context:
    found, query = find_reports(*asked), asked[1]
    return {
        "found": found,
        "total": len(found.all),
        "rows": inventory_view.report_views(found.all[:rows], query),
        "sql_href": inventory_view.sql_href(query),
    }


_TELL: Final[dict[str, Callable[[_Asked, int], _Context]]] = {
    "tokens": _tokens,
    "schedules": _schedules,
    "groups": _groups,
    "reports": _reports,
}
