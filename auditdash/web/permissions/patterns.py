"""Permission changes in numbers: over time, from role to role, and who grants to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, abort
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.charts.overview import draw_changes_over_time, draw_directions_over_time
from auditdash.charts.series import Series
from auditdash.charts.table import table
from auditdash.downloads.cells import Value
from auditdash.downloads.orders.order import Asked as Wanted
from auditdash.downloads.tables.table import Table, numbered_columns
from auditdash.events.catalogue import actions
from auditdash.queries.histogram import count_actions_over_time
from auditdash.queries.permission_answers.granting import count_granting
from auditdash.queries.permission_answers.over_time import count_directions_over_time
from auditdash.queries.permission_answers.roles import count_steps
from auditdash.queries.timeline import has_events
from auditdash.search.errors import QueryError
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.web import fragments, params, readers
from auditdash.web.frame.chart_view import chart_view
from auditdash.web.frame.question import bar
from auditdash.web.keeping.results import ACCESS, Asked, Made, find_results, of_categories
from auditdash.web.permissions import matrices
from auditdash.web.permissions.directions import LABELS
from auditdash.web.permissions.tabs import PATH, tabs
from auditdash.web.summaries.answers import answer_error, file_href
from auditdash.web.taking.files import FORM, METHODS, Drawn, answer_file, frozen_scope

blueprint = Blueprint("permission_patterns", __name__)

PATTERNS: Final = f"{PATH}/patterns"
_PAGE: Final = "permissions/patterns.html"
_RESULTS: Final = "permissions/_patterns.html"
_NAMES: Final = tuple(action.name for action in actions() if action.permission)
_Lines = Callable[[Connection, Query, Scope, Clock], list[tuple[Value, ...]]]


@blueprint.get(PATTERNS)
@readers.needs(Permission.READ, scoped=True)
def show() -> Response:
    """The chart and both matrices of what is asked."""
    text = params.query_text()
    try:
        query = params.query()
    except QueryError as error:
        return answer_error(_PAGE, PATTERNS, text, error)
    clock, scope = readers.clock(), readers.scope()
    with reading(readers.engine()) as connection:
        filled = has_events(connection, scope, readers.SOURCE)
        asked = Asked(
            template=_RESULTS,
            text=text,
            query=query,
            scope=scope,
            clock=clock,
            watched=of_categories(*ACCESS),
            more=filled,
        )
        results = find_results(connection, asked, lambda: _made(connection, asked, filled))
    if filled:
        readers.record_access("permission-patterns", text)
    return fragments.render(
        _PAGE,
        _PAGE,
        200,
        bar=bar(PATTERNS, text, query, clock),
        tabs=tabs(PATTERNS, text),
        results=results.html,
    )


@blueprint.route(f"{PATTERNS}/<name>.{FORM}", methods=METHODS)
@readers.needs(Permission.DOWNLOAD, scoped=True)
def download(name: str, form: str) -> Response:
    """The numbers of one of them, whole."""
    if name not in _FILES:
        abort(404)
    query, scope = params.query(), frozen_scope()
    readers.record_access("permissions-file", params.query_text(), form=form, table=name)

    def rows(asked: Wanted) -> Table:
        head, *lines = _FILES[name](*asked.question)
        return Table(numbered_columns(head, lines), lines)

    title = name.replace("-", " ").capitalize()
    drawn = Drawn(stem=f"permission-{name}", title=title, table=rows)
    return answer_file(drawn, form, scope, query)


def _made(connection: Connection, asked: Asked, filled: bool) -> Made:
    """What permissions/_patterns.html shows."""
    text, query = asked.text, asked.query
    question = (connection, query, asked.scope, asked.clock)
    series, ways = _over_time(*question), _directions(*question)
    files = {name: file_href(connection, f"{PATTERNS}/{name}.csv", text) for name in _FILES}
    return Made(
        context={
            "path": PATTERNS,
            "is_empty": not filled and not series.total,
            "count": series.total,
            "charts": [
                chart_view(ways, files["directions"]),
                chart_view(series, files["over-time"]),
            ],
            "roles": matrices.role_matrix(count_steps(*question), query, text),
            "granting": matrices.granting_matrix(count_granting(*question), query),
            "files": files,
        }
    )


def _over_time(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Series:
    asked = matrices.narrow_to_changes(query)
    histogram = count_actions_over_time(connection, asked, scope, clock, _NAMES)
    return draw_changes_over_time(histogram, asked, clock)


def _directions(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Series:
    asked = matrices.narrow_to_changes(query)
    histogram = count_actions_over_time(connection, asked, scope, clock, _NAMES)
    counts = count_directions_over_time(connection, asked, scope, clock, histogram)
    return draw_directions_over_time(counts, asked, clock, LABELS, PATH)


def _lines_over_time(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> list[tuple[Value, ...]]:
    return list(table(_over_time(connection, query, scope, clock), whole=True).lines)


def _lines_of_directions(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> list[tuple[Value, ...]]:
    return list(table(_directions(connection, query, scope, clock), whole=True).lines)


def _lines_of_roles(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> list[tuple[Value, ...]]:
    steps = count_steps(connection, query, scope, clock)
    return [
        ("before", "after", "changes"),
        *((step.before, step.after, step.count) for step in steps),
    ]


def _lines_of_granting(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> list[tuple[Value, ...]]:
    found = count_granting(connection, query, scope, clock, limit=_MOST)
    names = [*found.actors, "others"], [*found.subjects, "others"]
    return [
        ("actor", "subject", "grants"),
        *(
            (actor, subject, found.counts[row][column])
            for row, actor in enumerate(names[0])
            for column, subject in enumerate(names[1])
            if found.counts[row][column]
        ),
    ]


_MOST: Final = 500  # actors and subjects in the file
_FILES: Final[dict[str, _Lines]] = {
    "directions": _lines_of_directions,
    "over-time": _lines_over_time,
    "roles": _lines_of_roles,
    "who-to-whom": _lines_of_granting,
}
