"""The two summaries an auditor asks for first: who took data out, and who changed whose access."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort
from sqlalchemy import Connection

from auditdash.charts.overview import draw_exports_over_time
from auditdash.charts.series import Series
from auditdash.charts.table import table
from auditdash.downloads.csv import iterate_table
from auditdash.downloads.export_rows import iterate_people_csv, iterate_reports_csv
from auditdash.downloads.permission_rows import iterate_changes_csv, unknown_text
from auditdash.queries.data_exports import ExportSummary, export_actions, summarise_exports
from auditdash.queries.histogram import count_actions_over_time
from auditdash.queries.permission_changes import (
    ChangePage,
    PermissionChange,
    count_permission_changes,
    find_first_recorded,
    find_permission_changes,
)
from auditdash.queries.timeline import (
    Cursor,
    cursor_text,
    find_highest_seq,
    has_events,
    parse_cursor,
)
from auditdash.search import edit
from auditdash.search.errors import QueryError
from auditdash.search.period import period_of
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.web import fragments, params, readers
from auditdash.web.frame import exports_view, permissions_view
from auditdash.web.frame.chart_view import chart_view
from auditdash.web.frame.files import CSV, frozen_scope, stream_file
from auditdash.web.frame.question import Bar, bar, link

blueprint = Blueprint("summaries", __name__, url_prefix="/summaries")

EXPORTS: Final = "/summaries/exports"
PERMISSIONS: Final = "/summaries/permissions"
_EXPORTS_PAGE: Final = "summaries/exports.html"
_PERMISSIONS_PAGE: Final = "summaries/permissions.html"
_TABLES: Final = ("people", "reports", "over-time")
_FIRST_ROWS: Final = 15
_MOST_ROWS: Final = 500
_CHANGES: Final = 100
_NOTICED: Final = 3


@blueprint.get("/exports")
def show_exports() -> Response:
    """The exports among what is asked; `all` names the table that is shown whole."""
    text = params.query_text()
    try:
        query = params.query()
    except QueryError as error:
        return _answer_error(_EXPORTS_PAGE, EXPORTS, text, error)
    whole = params.choice("all", ("", "people", "reports"), "")
    clock, scope = readers.clock(), readers.scope()
    with reading(readers.engine()) as connection:
        filled = has_events(connection, scope, readers.SOURCE)
        summary = summarise_exports(connection, query, scope, clock, _home())
        series = _exports_over_time(connection, query, scope, clock)
        first = find_first_recorded(connection, scope)
        files = {name: _file_href(connection, f"{EXPORTS}/{name}.csv", text) for name in _TABLES}
    if filled:
        readers.record_access("exports", text)
    start = period_of(query, clock).start
    shows_new = start is not None and first is not None and start > first
    return fragments.render(
        _EXPORTS_PAGE,
        _EXPORTS_PAGE,
        200,
        bar=bar(EXPORTS, text, query, clock),
        is_empty=not filled and not summary.total,
        home=_home(),
        shows_new=shows_new,
        files=files,
        noticed=exports_view.noticed_people(summary, query, shows_new=shows_new),
        chart=chart_view(series, files["over-time"]),
        **_exports_context(summary, query, text, whole),
    )


@blueprint.get("/exports/<name>.csv")
def download_exports(name: str) -> Response:
    """One table of the exports page, whole."""
    if name not in _TABLES:
        abort(404)
    query, clock, scope, home = params.query(), readers.clock(), frozen_scope(), _home()
    readers.record_access("exports-file", params.query_text(), form="csv", table=name)
    if name == "over-time":
        return stream_file(
            "exports-over-time",
            "csv",
            CSV,
            scope,
            lambda connection: _iterate_lines(_exports_over_time(connection, query, scope, clock)),
        )
    iterate = iterate_people_csv if name == "people" else iterate_reports_csv
    return stream_file(
        f"exports-{name}",
        "csv",
        CSV,
        scope,
        lambda connection: iterate(summarise_exports(connection, query, scope, clock, home)),
    )


@blueprint.get("/permissions")
def show_permissions() -> Response:
    """The permission changes among what is asked; with `after`, those that follow."""
    text = params.query_text()
    try:
        query = params.query()
    except QueryError as error:
        return _answer_error(_PERMISSIONS_PAGE, PERMISSIONS, text, error)
    given = params.text("after")
    after = parse_cursor(given) if given else None
    clock, scope = readers.clock(), readers.scope()
    with reading(readers.engine()) as connection:
        page = find_permission_changes(connection, query, scope, clock, after, _CHANGES)
        context = _changes_context(connection, page, scope, clock, text, after)
        more = after is not None and fragments.is_fragment()
        if not more:
            context |= _around_changes(connection, query, scope, clock, text)
    if not context.get("is_empty"):
        readers.record_access("permissions", text, **({"after": given} if given else {}))
    part = "summaries/_changes.html" if more else _PERMISSIONS_PAGE
    return fragments.render(_PERMISSIONS_PAGE, part, 200, **context)


@blueprint.get("/permissions.csv")
def download_permissions() -> Response:
    """All permission changes of `?q=`, streamed."""
    query, clock, scope = params.query(), readers.clock(), frozen_scope()
    readers.record_access("permissions-file", params.query_text(), form="csv")
    return stream_file(
        "permission-changes",
        "csv",
        CSV,
        scope,
        lambda connection: iterate_changes_csv(connection, query, scope, clock),
    )


def _home() -> ZoneInfo:
    """The zone of the workspace, whose nights count."""
    return ZoneInfo(readers.reader().workspace.zone)


def _file_href(connection: Connection, path: str, text: str) -> str:
    """The address of a file of what is shown now, whenever it is asked for."""
    highest = find_highest_seq(connection, readers.scope())
    return link(path, edit.freeze(text, readers.clock()), seq=highest)


def _exports_over_time(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Series:
    asked = exports_view.narrow_to_exports(query)
    histogram = count_actions_over_time(connection, asked, scope, clock, export_actions())
    return draw_exports_over_time(histogram, asked, clock)


def _exports_context(
    summary: ExportSummary, query: Query, text: str, whole: str
) -> dict[str, object]:
    people = summary.people[: _MOST_ROWS if whole == "people" else _FIRST_ROWS]
    reports = summary.reports[: _MOST_ROWS if whole == "reports" else _FIRST_ROWS]
    return {
        "summary": summary,
        "total_href": exports_view.events_href(query),
        "new_people": len(summary.new),
        "kinds": exports_view.kind_views(summary, query),
        "burst_count": exports_view.count_bursts(summary),
        "bursts": exports_view.burst_views(summary, query, readers.zone(), _home()),
        "people": exports_view.person_views(people, query),
        "reports": exports_view.report_views(reports, query),
        "all_people_href": _all_href("people", text, len(people), len(summary.people), whole),
        "all_reports_href": _all_href("reports", text, len(reports), len(summary.reports), whole),
    }


def _all_href(name: str, text: str, shown: int, count: int, whole: str) -> str:
    if shown == count or whole == name:
        return ""
    return f"{link(EXPORTS, text, all=name)}#{name}"


def _iterate_lines(series: Series) -> Iterator[bytes]:
    head, *rows = table(series, whole=True).lines
    return iterate_table([str(cell) for cell in head], rows)


def _changes_context(
    connection: Connection,
    page: ChangePage,
    scope: Scope,
    clock: Clock,
    text: str,
    after: Cursor | None,
) -> dict[str, object]:
    unknown = unknown_text(find_first_recorded(connection, scope), clock.zone)
    following = cursor_text(page.following) if page.following else ""
    return {
        "text": text,
        "days": permissions_view.day_views(page.changes, clock.zone, unknown, after),
        "next_href": link(PERMISSIONS, text, after=following) if following else "",
        "newest_href": link(PERMISSIONS, text) if after else "",
    }


def _around_changes(
    connection: Connection, query: Query, scope: Scope, clock: Clock, text: str
) -> dict[str, object]:
    """What stands around the rows: the bar, the count, the filters, changes of one's own access."""
    own = permissions_view.narrow_to_own(query)
    count = count_permission_changes(connection, query, scope, clock)
    shown: tuple[PermissionChange, ...] = ()
    if count.self_made and own != query:
        shown = find_permission_changes(connection, own, scope, clock, limit=_NOTICED).changes
    return {
        "bar": bar(PERMISSIONS, text, query, clock),
        "is_empty": not count.total and not has_events(connection, scope, readers.SOURCE),
        "count": count.total,
        "own_count": count.self_made,
        "own_changes": [change.event for change in shown],
        "own_href": permissions_view.address(PERMISSIONS, own),
        "kinds": permissions_view.kind_filters(connection, query, scope, clock, PERMISSIONS),
        "objects": permissions_view.object_filters(connection, query, scope, clock, PERMISSIONS),
        "facets": permissions_view.facets(connection, query, scope, clock, PERMISSIONS),
        "timeline_href": permissions_view.events_href(query),
        "csv_href": _file_href(connection, f"{PERMISSIONS}.csv", text),
        "start_href": link(PERMISSIONS, ""),
    }


def _answer_error(page: str, path: str, text: str, error: QueryError) -> Response:
    """400; a page that HTMX changes keeps its rows and shows what is wrong with the query."""
    answer = fragments.render(page, page, 400, bar=Bar(path=path, text=text, error=error))
    answer.headers["HX-Retarget"] = answer.headers["HX-Reselect"] = "#question"
    answer.headers["HX-Reswap"] = "outerHTML show:none"
    return answer
