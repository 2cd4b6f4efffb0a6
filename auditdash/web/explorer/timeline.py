"""The timeline: what happened, newest first, and each event in full."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort, make_response, redirect
from sqlalchemy import Connection

from auditdash.charts import links
from auditdash.events.event import Event
from auditdash.events.instants import parse_instant
from auditdash.events.periods import Period
from auditdash.queries.facets import count_facets
from auditdash.queries.histogram import count_over_time
from auditdash.queries.timeline import (
    Cursor,
    Page,
    cursor_text,
    find_event,
    find_events,
    find_highest_seq,
    has_events,
    parse_cursor,
)
from auditdash.search import edit
from auditdash.search.errors import QueryError
from auditdash.search.print import print_query
from auditdash.search.query import Order, Query
from auditdash.search.scope import Scope
from auditdash.store.engine import reading
from auditdash.store.quarantine import find_conflicts
from auditdash.web import fragments, params, readers
from auditdash.web.explorer.histogram import HistogramView, histogram_view
from auditdash.web.explorer.related_view import related_views
from auditdash.web.frame.event_fields import around_href, field_groups, record_text
from auditdash.web.frame.explorer import days_of, suggestions
from auditdash.web.frame.facets import facet_views
from auditdash.web.frame.question import Bar, bar, link

blueprint = Blueprint("timeline", __name__)

PATH: Final = "/timeline"
_HIGHEST: Final = 2**62  # of a seq that the store could hold
_EVENT: Final = f"{PATH}/event/<int(max={_HIGHEST}):seq>"
_ROWS: Final = 50
_PAGE: Final = "timeline/page.html"


@blueprint.get(PATH)
def show() -> Response:
    """The events that are asked for; with `after`, those that follow."""
    text = params.query_text()
    try:
        query = params.query()
    except QueryError as error:
        return _answer_error(text, error)
    given = params.text("after")
    after = parse_cursor(given) if given else None
    is_part = after is not None and fragments.is_fragment()
    with reading(readers.engine()) as connection:
        scope, clock = _scope(), readers.clock()
        filled = has_events(connection, scope, readers.SOURCE)
        page = find_events(connection, query, scope, clock, after, _ROWS)
        context = _page_context(text, page, after)
        if not is_part:
            context |= _around(connection, text, query, scope, page)
            context["is_empty"] = not filled and not context["count"]
    if filled:  # each page of rows is a reading of its own; where there is nothing, none is
        readers.record_access("timeline", text, **({"after": given} if given else {}))
    return fragments.render(_PAGE, "timeline/_days.html" if is_part else _PAGE, 200, **context)


@blueprint.get(_EVENT)
def show_event(seq: int) -> Response:
    """One event in full; for HTMX only what a row opens to."""
    event = _find(seq)
    readers.record_access("event", event_id=event.id, seq=str(seq))
    text, clock = params.query_text(), readers.clock()
    with reading(readers.engine()) as connection:
        conflicts = find_conflicts(connection, readers.reader().workspace.id, seq)
        is_part = fragments.is_fragment()
        related = () if is_part else related_views(connection, event, readers.scope(), clock)
    return fragments.render(
        "timeline/event.html",
        "timeline/_event.html",
        event=event,
        groups=field_groups(event, PATH, text, clock),
        record=record_text(event.record),
        conflicts=[(each.received_at, record_text(each.record)) for each in conflicts],
        related=related,
        around=around_href(event, PATH, clock),
        back=link(PATH, text),
    )


@blueprint.get(f"{_EVENT}/record.json")
def download_record(seq: int) -> Response:
    """The record of one event exactly as it came."""
    event = _find(seq)
    readers.record_access("record", event_id=event.id, seq=str(seq))
    response = make_response(event.record.encode())
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="event-{seq}.json"'
    return response


@blueprint.get(f"{PATH}/period")
def choose_period() -> Response:
    """From two days of the picker, or two instants of the histogram, to the query that asks so."""
    if params.text("start"):
        text = _narrowed()
    else:
        text = edit.with_period(params.query_text(), params.text("from"), params.text("to"))
    return make_response(redirect(link(params.next_path(PATH), text, **_frozen()), 303))


def _narrowed() -> str:
    """The query within `start` (in) and `end` (out), if it is not too large for that."""
    ends = (parse_instant(params.text(name)) for name in ("start", "end"))
    query = params.query()
    return links.link(links.within(query, Period(*ends), readers.clock())) or params.query_text()


def _find(seq: int) -> Event:
    with reading(readers.engine()) as connection:
        event = find_event(connection, readers.scope(), seq)
    if event is None:
        abort(404)
    return event


def _scope() -> Scope:
    """All there is, or up to `seq` when the view is frozen."""
    scope = readers.scope()
    highest = _frozen().get("seq") or scope.highest_seq
    return Scope(workspace_id=scope.workspace_id, highest_seq=highest)


def _frozen() -> dict[str, int]:
    """What freezes a view, to stand in each of its addresses; empty where it is live."""
    highest = params.number("seq", 0, 0, _HIGHEST)
    return {"seq": highest} if highest else {}


def _page_context(text: str, page: Page, after: Cursor | None) -> dict[str, object]:
    zone = readers.reader().zone
    place = cursor_text(page.following) if page.following else ""
    return {
        "text": text,
        "days": days_of(page.events, zone, after, text),
        "next_href": link(PATH, text, after=place, **_frozen()) if place else "",
        "newest_href": link(PATH, text, **_frozen()) if after else "",
    }


def _around(
    connection: Connection, text: str, query: Query, scope: Scope, page: Page
) -> dict[str, object]:
    """What stands around the rows: the bar, the count, the facets, the ways to take them away."""
    clock, kept = readers.clock(), _frozen()
    counted = count_facets(connection, query, scope, clock)
    count = counted.total
    highest = find_highest_seq(connection, scope)
    frozen = edit.freeze(text, clock)
    return {
        "bar": bar(PATH, text, query, clock, **kept),
        "count": count,
        "rows": len(page.events),
        "histogram": _histogram(connection, text, query, scope) if count else None,
        "facets": facet_views(counted.facets, PATH, text, query, **kept),
        "suggestions": suggestions(connection, query, scope, clock, PATH) if count == 0 else (),
        "order": query.order,
        "order_href": link(PATH, _turned(query), **kept),
        "frozen_href": link(PATH, frozen, seq=highest),
        "why_href": link(f"{PATH}/why", text, **kept),
        "csv_href": link("/downloads/events.csv", frozen, seq=highest),
        "ndjson_href": link("/downloads/events.ndjson", frozen, seq=highest),
    }


def _histogram(
    connection: Connection, text: str, query: Query, scope: Scope
) -> HistogramView | None:
    clock = readers.clock()
    counted = count_over_time(connection, query, scope, clock)
    return histogram_view(counted, PATH, text, query, clock, **_frozen())


def _turned(query: Query) -> str:
    """The same question, its events the other way round."""
    turned: Order = "created-desc" if query.order == "created-asc" else "created-asc"
    return print_query(Query(query.node, turned))


def _answer_error(text: str, error: QueryError) -> Response:
    """400; a page that HTMX changes keeps its rows and shows what is wrong with the query."""
    answer = fragments.render(
        _PAGE, _PAGE, 400, bar=Bar(path=PATH, text=text, error=error), text=text
    )
    answer.headers["HX-Retarget"] = answer.headers["HX-Reselect"] = "#question"
    answer.headers["HX-Reswap"] = "outerHTML show:none"
    return answer
