"""The timeline: what happened, newest first, and each event in full."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort, make_response, redirect
from msgspec import structs
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.charts import links
from auditdash.events.event import Event
from auditdash.events.instants import parse_instant
from auditdash.events.periods import Period
from auditdash.queries.inventory.domains import find_outside
from auditdash.queries.timeline import (
    Cursor,
    find_event,
    find_events,
    has_events,
    parse_cursor,
)
from auditdash.search import edit
from auditdash.search.errors import QueryError
from auditdash.search.print import print_query
from auditdash.search.query import Order, Query
from auditdash.store.engine import reading
from auditdash.store.quarantine import find_conflicts
from auditdash.web import fragments, params, readers
from auditdash.web.explorer.related_view import related_views
from auditdash.web.explorer.results import ROWS, Asked, find_results, rows_context
from auditdash.web.frame.event_fields import around_href, field_groups, record_text
from auditdash.web.frame.explorer import suggestions
from auditdash.web.frame.question import Bar, bar, link

blueprint = Blueprint("timeline", __name__)

PATH: Final = "/timeline"
_HIGHEST: Final = 2**62  # of a seq that the store could hold
_EVENT: Final = f"{PATH}/event/<int(max={_HIGHEST}):seq>"
_PAGE: Final = "timeline/page.html"


@blueprint.get(PATH)
@readers.needs(Permission.READ, scoped=True)
def show() -> Response:
    """The events that are asked for; with `after`, those that follow."""
    text = params.query_text()
    try:
        query = params.query()
    except QueryError as error:
        return _answer_error(text, error)
    given = params.text("after")
    asked = _asked(text, query, parse_cursor(given) if given else None)
    is_part = asked.after is not None and fragments.is_fragment()
    with reading(readers.engine()) as connection:
        is_filled, context = (_next_rows if is_part else _whole_page)(connection, asked)
    if is_filled:  # each page of rows is a reading of its own; where there is nothing, none is
        readers.record_access("timeline", text, **({"after": given} if given else {}))
    return fragments.render(_PAGE, "timeline/_days.html" if is_part else _PAGE, 200, **context)


@blueprint.get(_EVENT)
@readers.needs(Permission.READ, scoped=True)
def show_event(seq: int) -> Response:
    """One event in full; for HTMX only what a row opens to."""
    event = _find(seq)
    readers.record_access("event", event_id=event.id, seq=str(seq))
    text, clock = params.query_text(), readers.clock()
    with reading(readers.engine()) as connection:
        reader = readers.reader()
        is_kept_back = not reader.may(Permission.INTAKE)  # they are as they came
        conflicts = () if is_kept_back else find_conflicts(connection, reader.workspace.id, seq)
        is_part = fragments.is_fragment()
        related = () if is_part else related_views(connection, event, readers.scope(), clock)
        outside = _is_outside(connection, event)
    return fragments.render(
        "timeline/event.html",
        "timeline/_event.html",
        event=event,
        groups=field_groups(event, PATH, text, clock, outside=outside),
        record=record_text(event.record),
        conflicts=[(each.received_at, record_text(each.record)) for each in conflicts],
        related=related,
        around=around_href(event, PATH, clock),
        back=link(PATH, text),
    )


@blueprint.get(f"{_EVENT}/record.json")
@readers.needs(Permission.DOWNLOAD, scoped=True)
def download_record(seq: int) -> Response:
    """The record of one event exactly as it came."""
    event = _find(seq)
    readers.record_access("record", event_id=event.id, seq=str(seq))
    response = make_response(event.record.encode())
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="event-{seq}.json"'
    return response


@blueprint.get(f"{PATH}/period")
@readers.needs(Permission.READ, scoped=True)
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


def _is_outside(connection: Connection, event: Event) -> bool:
    """Whether a report is sent, or was, to an address of none of the workspace's domains."""
    subject = event.subject
    if subject.type != "email":
        return False
    domains, address = readers.settings().domains, subject.name or subject.id or ""
    return bool(find_outside(connection, readers.scope(), domains, address))


def _asked(text: str, query: Query, after: Cursor | None) -> Asked:
    """All there is, or up to `seq` when the view is frozen."""
    seq, scope = _frozen().get("seq", 0), readers.scope()
    return Asked(
        path=PATH,
        text=text,
        query=query,
        scope=structs.replace(scope, highest_seq=seq or scope.highest_seq),
        clock=readers.clock(),
        after=after,
        seq=seq,
    )


def _frozen() -> dict[str, int]:
    """What freezes a view, to stand in each of its addresses; empty where it is live."""
    highest = params.number("seq", 0, 0, _HIGHEST)
    return {"seq": highest} if highest else {}


_Page = tuple[bool, dict[str, object]]  # whether there is anything to read, and what is shown


def _next_rows(connection: Connection, asked: Asked) -> _Page:
    is_filled = has_events(connection, asked.scope, readers.SOURCE)
    page = find_events(connection, asked.query, asked.scope, asked.clock, asked.after, ROWS)
    return is_filled, rows_context(asked, page)


def _whole_page(connection: Connection, asked: Asked) -> _Page:
    """The results, and what stands around them: the bar, the count, the ways to take them away."""
    results = find_results(connection, asked)
    text, query, scope, clock = asked.text, asked.query, asked.scope, asked.clock
    frozen = edit.freeze(text, clock)
    found = results.count > 0
    return results.is_filled, {
        "text": text,
        "results": results,
        "is_empty": not results.is_filled and not found,
        "bar": bar(PATH, text, query, clock, **asked.more),
        "newest_href": link(PATH, text, **asked.more) if asked.after else "",
        "suggestions": () if found else suggestions(connection, query, scope, clock, PATH),
        "order": query.order,
        "order_href": link(PATH, _turned(query), **asked.more),
        "frozen_href": link(PATH, frozen, seq=results.highest_seq),
        "why_href": link(f"{PATH}/why", text, **asked.more),
        "csv_href": link("/downloads/events.csv", frozen, seq=results.highest_seq),
    }


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
