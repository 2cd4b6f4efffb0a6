"""Who changed whose access to what: the page of permission changes and its file."""

from __future__ import annotations

from itertools import islice
from typing import Final

from flask import Blueprint, Response
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.downloads.orders.events import ChangesOrder
from auditdash.downloads.permission_rows import unknown_text
from auditdash.queries.permission_answers.acts import ActPage, find_acts
from auditdash.queries.permission_answers.roles import count_derived, count_directions
from auditdash.queries.permission_changes import (
    PermissionChange,
    count_permission_changes,
    find_first_recorded,
    find_permission_changes,
    iterate_permission_changes,
)
from auditdash.queries.permissions.selection import ANYTHING, Derived
from auditdash.queries.timeline import Cursor, cursor_text, has_events, parse_cursor
from auditdash.search.errors import QueryError
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.web import fragments, params, readers
from auditdash.web.frame import permissions_view
from auditdash.web.frame.permissions_view import AskedChanges
from auditdash.web.frame.question import bar, link
from auditdash.web.keeping.results import (
    ACCESS,
    Asked,
    Made,
    find_results,
    of_categories,
)
from auditdash.web.permissions import directions
from auditdash.web.permissions.acts_view import act_days
from auditdash.web.permissions.tabs import PATH, tabs
from auditdash.web.summaries.answers import answer_error, file_href
from auditdash.web.taking.files import FORM, METHODS, answer_file, frozen_scope

blueprint = Blueprint("permissions", __name__)

_PAGE: Final = "summaries/permissions.html"
_RESULTS: Final = "summaries/_permissions.html"
_ROWS: Final = "summaries/_changes.html"  # of the next page
_WATCHED: Final = of_categories(*ACCESS)
_CHANGES: Final = 100
_NOTICED: Final = 3


@blueprint.get(PATH)
@readers.needs(Permission.READ, scoped=True)
def show_permissions() -> Response:
    """The permission changes among what is asked, by act; with `after`, those that follow."""
    text = params.query_text()
    derived = directions.asked()
    try:
        query = params.query()
    except QueryError as error:
        return answer_error(_PAGE, PATH, text, error)
    given = params.text("after")
    after = parse_cursor(given) if given else None
    more = after is not None and fragments.is_fragment()
    clock, scope = readers.clock(), readers.scope()
    with reading(readers.engine()) as connection:
        filled = has_events(connection, scope, readers.SOURCE)
        asked = Asked(
            template=_ROWS if more else _RESULTS,
            text=text,
            query=query,
            scope=scope,
            clock=clock,
            watched=_WATCHED,
            more=(derived, after, filled),
        )
        results = find_results(
            connection, asked, lambda: _made(connection, asked, derived, after, filled)
        )
    if filled or more:
        record(text, derived, **({"after": given} if given else {}))
    if more:
        return fragments.part(results.html)
    return fragments.render(
        _PAGE,
        _PAGE,
        200,
        bar=bar(PATH, text, query, clock),
        tabs=tabs(PATH, text),
        results=results.html,
    )


@blueprint.route(f"{PATH}.{FORM}", methods=METHODS)
@readers.needs(Permission.DOWNLOAD, scoped=True)
def download_permissions(form: str) -> Response:
    """All permission changes of `?q=`."""
    query, scope = params.query(), frozen_scope()
    derived = directions.asked()
    only = directions.arguments(derived)
    readers.record_access("permissions-file", params.query_text(), form=form, **only)
    return answer_file(ChangesOrder(derived=derived), form, scope, query)


def record(text: str, derived: Derived, **more: str) -> None:
    """Keep that somebody looked, and at what."""
    readers.record_access("permissions", text, **directions.arguments(derived), **more)


def _made(
    connection: Connection, asked: Asked, derived: Derived, after: Cursor | None, filled: bool
) -> Made:
    """What the rows show, and around them, unless they follow others."""
    text, query, scope, clock = asked.text, asked.query, asked.scope, asked.clock
    page = find_acts(connection, query, scope, clock, derived, after, _CHANGES)
    context = _acts_context(connection, page, query, scope, clock, text, after, derived)
    if asked.template == _RESULTS:
        context |= _around_changes(connection, query, scope, clock, text, derived)
        context["is_empty"] = not filled and not context["count"]
    return Made(context=context)


def _acts_context(
    connection: Connection,
    page: ActPage,
    query: Query,
    scope: Scope,
    clock: Clock,
    text: str,
    after: Cursor | None,
    derived: Derived,
) -> dict[str, object]:
    unknown = unknown_text(find_first_recorded(connection, scope), clock.zone)
    following = cursor_text(page.following) if page.following else ""
    only = directions.arguments(derived)
    return {
        "text": text,
        "days": act_days(page.acts, query, clock, unknown, after),
        "next_href": link(PATH, text, after=following, **only) if following else "",
        "newest_href": link(PATH, text, **only) if after else "",
    }


def _around_changes(
    connection: Connection, query: Query, scope: Scope, clock: Clock, text: str, derived: Derived
) -> dict[str, object]:
    """What stands around the rows: the bar, the count, the filters, changes of one's own access."""
    own = permissions_view.narrow_to_own(query)
    count = count_permission_changes(connection, query, scope, clock, derived)
    shown: tuple[PermissionChange, ...] = ()
    if count.self_made and own != query:
        shown = _first_of(connection, own, scope, clock, derived)
    numbers = count_directions(connection, query, scope, clock)
    only = directions.arguments(derived)
    asked = AskedChanges(path=PATH, query=query, derived=derived, only=only)
    return {
        "count": count.total,
        "own_count": count.self_made,
        "own_changes": [change.event for change in shown],
        "own_href": asked.href(own),
        "noticed": _noticed(connection, asked, scope, clock),
        "only": directions.said(derived),
        "any_href": link(PATH, text),
        "kinds": permissions_view.kind_filters(connection, asked, scope, clock),
        "objects": permissions_view.object_filters(connection, asked, scope, clock),
        "directions": directions.filters(numbers, text, derived, PATH),
        "facets": permissions_view.facets(connection, asked, scope, clock),
        "timeline_href": "" if only else permissions_view.events_href(query),
        "csv_href": file_href(connection, f"{PATH}.csv", text, **only),
        "start_href": link(PATH, ""),
    }


def _first_of(
    connection: Connection, query: Query, scope: Scope, clock: Clock, derived: Derived
) -> tuple[PermissionChange, ...]:
    """A few of them; of any direction without a look at the others."""
    if derived == ANYTHING:
        return find_permission_changes(connection, query, scope, clock, limit=_NOTICED).changes
    every = iterate_permission_changes(connection, query, scope, clock, derived)
    return tuple(islice(every, _NOTICED))


def _noticed(
    connection: Connection, asked: AskedChanges, scope: Scope, clock: Clock
) -> list[tuple[directions.Noticed, int, str]]:
    """What an auditor looks at first, with its number and where it leads."""
    return [
        (
            each,
            count_derived(connection, each.query, scope, clock, asked.derived),
            asked.href(each.query),
        )
        for each in directions.noticed(asked.query)
    ]
