"""What one person or group was given and lost, from the first day on."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.charts import links
from auditdash.downloads.permission_rows import unknown_text
from auditdash.events.folding import storable
from auditdash.queries.permission_answers.acts import find_acts
from auditdash.queries.permission_answers.people import rank_people
from auditdash.queries.permission_answers.roles import count_directions
from auditdash.queries.permission_changes import (
    count_permission_changes,
    find_first_recorded,
)
from auditdash.queries.permissions.directions import DIRECTIONS
from auditdash.queries.timeline import cursor_text, has_events, parse_cursor
from auditdash.search.edit import atom_of
from auditdash.search.errors import QueryError
from auditdash.search.query import Query, Term, query_of
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.web import fragments, params, readers
from auditdash.web.frame.event_fields import actor_href
from auditdash.web.frame.permissions_view import address, events_href, narrow_to_own
from auditdash.web.frame.question import bar, link
from auditdash.web.keeping.results import (
    ACCESS,
    Asked,
    Context,
    Made,
    find_results,
    of_categories,
)
from auditdash.web.permissions.acts_view import act_days
from auditdash.web.permissions.tabs import PATH, PERSON, history_href, tabs
from auditdash.web.summaries.answers import answer_error, file_href

blueprint = Blueprint("permission_person", __name__)

_PAGE: Final = "permissions/person.html"
_RESULTS: Final = "permissions/_person.html"
_ROWS: Final = "summaries/_changes.html"
_CHANGES: Final = 100
_MOST: Final = 30


@blueprint.get(PERSON)
@readers.needs(Permission.READ)
def show() -> Response:
    """Every change to the access of `?name=`, the oldest first; without a name, whom to choose."""
    text, name = params.query_text(), storable(params.exact("name"))
    try:
        query = params.query()
    except QueryError as error:
        return answer_error(_PAGE, PERSON, text, error)
    given = params.text("after")
    more = bool(given) and fragments.is_fragment()
    clock, scope = readers.clock(), readers.scope()
    with reading(readers.engine()) as connection:
        filled = has_events(connection, scope, readers.SOURCE)
        asked = Asked(
            template=_ROWS if more else _RESULTS,
            text=text,
            query=query,
            scope=scope,
            clock=clock,
            watched=of_categories(*ACCESS),
            more=(name, given, filled),
        )
        results = find_results(
            connection, asked, lambda: _made(connection, asked, name, given, filled)
        )
    if filled:
        readers.record_access("permission-person", text, **({"which": name} if name else {}))
    if more:
        return fragments.part(results.html)
    return fragments.render(
        _PAGE,
        _PAGE,
        200,
        bar=bar(PERSON, text, query, clock),
        tabs=tabs(PERSON, text),
        results=results.html,
    )


def _made(connection: Connection, asked: Asked, name: str, given: str, filled: bool) -> Made:
    """What permissions/_person.html shows, or the rows that follow others."""
    text, query, scope, clock = asked.text, asked.query, asked.scope, asked.clock
    context: Context = {"path": PERSON, "name": name, "text": text, "is_empty": not filled}
    if name:
        context |= _history(connection, name, query, scope, clock, text, given)
    else:
        people = rank_people(connection, query, scope, clock, _MOST)
        context["people"] = [(each, history_href(each.name, text)) for each in people]
    return Made(context=context)


def _history(
    connection: Connection,
    name: str,
    query: Query,
    scope: Scope,
    clock: Clock,
    text: str,
    given: str,
) -> dict[str, object]:
    about = query_of((*query.parts, Term("subject", (atom_of("subject", name),))), "created-asc")
    after = parse_cursor(given) if given else None
    page = find_acts(connection, about, scope, clock, after=after, limit=_CHANGES)
    unknown = unknown_text(find_first_recorded(connection, scope), clock.zone)
    asked = links.link(about)
    following = cursor_text(page.following) if page.following else ""
    return {
        "count": count_permission_changes(connection, about, scope, clock),
        "ways": count_directions(connection, about, scope, clock),
        "days": act_days(page.acts, about, clock, unknown, after),
        "next_href": link(PERSON, text, name=name, after=following) if following else "",
        "newest_href": link(PERSON, text, name=name) if after else "",
        "page_href": actor_href(name),
        "timeline_href": events_href(about),
        "way_hrefs": {way: link(PATH, asked, direction=way) if asked else "" for way in DIRECTIONS},
        "own_href": address(PATH, narrow_to_own(about)),
        "csv_href": file_href(connection, f"{PATH}.csv", asked),
        "list_href": link(PERSON, text),
    }
