"""The charts of what is asked: each with its table, its file, and links to the events it counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, abort
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.charts.overview import (
    draw_by_category,
    draw_hours_of_week,
    draw_over_time,
    draw_top_actors,
    draw_top_entities,
)
from auditdash.charts.series import Series
from auditdash.queries.heatmap import count_hours_of_week
from auditdash.queries.histogram import count_over_time
from auditdash.queries.rankings import count_by_category, rank_actors, rank_entities
from auditdash.queries.timeline import has_events
from auditdash.search.errors import QueryError
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.web import fragments, params, readers
from auditdash.web.frame.chart_view import chart_view
from auditdash.web.frame.question import Bar, bar
from auditdash.web.keeping.results import Asked, Made, find_results
from auditdash.web.summaries.answers import file_href
from auditdash.web.taking.files import FORM, METHODS, answer_file, drawn_file, frozen_scope

blueprint = Blueprint("charts", __name__)

PATH: Final = "/charts"
_PAGE: Final = "charts/page.html"
_Draw = Callable[[Connection, Query, Scope, Clock], Series]


def _over_time(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Series:
    return draw_over_time(count_over_time(connection, query, scope, clock), query, clock)


def _by_category(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Series:
    return draw_by_category(count_by_category(connection, query, scope, clock), query)


def _hours_of_week(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Series:
    return draw_hours_of_week(count_hours_of_week(connection, query, scope, clock), clock)


def _top_actors(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Series:
    return draw_top_actors(rank_actors(connection, query, scope, clock), query)


def _top_entities(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Series:
    return draw_top_entities(rank_entities(connection, query, scope, clock), query)


# In the order of the page.
_CHARTS: Final[dict[str, _Draw]] = {
    "over-time": _over_time,
    "by-category": _by_category,
    "hours-of-week": _hours_of_week,
    "top-actors": _top_actors,
    "top-entities": _top_entities,
}


@blueprint.get(PATH)
@readers.needs(Permission.READ, scoped=True)
def show() -> Response:
    """All charts of `?q=`."""
    text = params.query_text()
    try:
        query = params.query()
    except QueryError as error:
        return _answer_error(text, error)
    clock, scope = readers.clock(), readers.scope()
    with reading(readers.engine()) as connection:
        filled = has_events(connection, scope, readers.SOURCE)
        asked = Asked(
            template="charts/_charts.html",
            text=text,
            query=query,
            scope=scope,
            clock=clock,
            watched=query,
            more=filled,
        )
        results = find_results(connection, asked, lambda: _made(connection, asked, filled))
    if filled:
        readers.record_access("charts", text)
    return fragments.render(_PAGE, _PAGE, bar=bar(PATH, text, query, clock), results=results.html)


def _made(connection: Connection, asked: Asked, filled: bool) -> Made:
    """What charts/_charts.html shows."""
    question = (connection, asked.query, asked.scope, asked.clock)
    drawn = [draw(*question) for draw in _CHARTS.values()]
    files = [file_href(connection, f"{PATH}/{name}.csv", asked.text) for name in _CHARTS]
    return Made(
        context={
            "is_empty": not filled and not drawn[0].total,
            "count": drawn[0].total,
            "charts": [chart_view(*each) for each in zip(drawn, files, strict=True)],
        }
    )


@blueprint.route(f"{PATH}/<name>.{FORM}", methods=METHODS)
@readers.needs(Permission.DOWNLOAD, scoped=True)
def download(name: str, form: str) -> Response:
    """The numbers of one chart as a file."""
    if name not in _CHARTS:
        abort(404)
    query, scope = params.query(), frozen_scope()
    readers.record_access("chart-file", params.query_text(), form=form, chart=name)
    return answer_file(drawn_file(name, name, _CHARTS[name]), form, scope, query)


def _answer_error(text: str, error: QueryError) -> Response:
    """400; a page that HTMX changes keeps its charts and shows what is wrong with the query."""
    answer = fragments.render(_PAGE, _PAGE, 400, bar=Bar(path=PATH, text=text, error=error))
    answer.headers["HX-Retarget"] = answer.headers["HX-Reselect"] = "#question"
    answer.headers["HX-Reswap"] = "outerHTML"
    return answer
