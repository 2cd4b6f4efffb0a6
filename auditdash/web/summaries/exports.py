"""Who took data out: the page of exports and its files."""

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
from auditdash.queries.data_exports import ExportSummary, export_actions, summarise_exports
from auditdash.queries.histogram import count_actions_over_time
from auditdash.queries.permission_changes import find_first_recorded
from auditdash.queries.timeline import has_events
from auditdash.search.errors import QueryError
from auditdash.search.period import period_of
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.web import fragments, params, readers
from auditdash.web.frame import exports_view
from auditdash.web.frame.chart_view import chart_view
from auditdash.web.frame.files import CSV, frozen_scope, stream_file
from auditdash.web.frame.question import bar, link
from auditdash.web.summaries.answers import answer_error, file_href

blueprint = Blueprint("exports", __name__)

PATH: Final = "/summaries/exports"
_PAGE: Final = "summaries/exports.html"
_TABLES: Final = ("people", "reports", "over-time")
_FIRST_ROWS: Final = 15
_MOST_ROWS: Final = 500


@blueprint.get(PATH)
def show_exports() -> Response:
    """The exports among what is asked; `all` names the table that is shown whole."""
    text = params.query_text()
    try:
        query = params.query()
    except QueryError as error:
        return answer_error(_PAGE, PATH, text, error)
    whole = params.choice("all", ("", "people", "reports"), "")
    clock, scope = readers.clock(), readers.scope()
    with reading(readers.engine()) as connection:
        filled = has_events(connection, scope, readers.SOURCE)
        summary = summarise_exports(connection, query, scope, clock, _home())
        series = _exports_over_time(connection, query, scope, clock)
        first = find_first_recorded(connection, scope)
        files = {name: file_href(connection, f"{PATH}/{name}.csv", text) for name in _TABLES}
    if filled:
        readers.record_access("exports", text)
    start = period_of(query, clock).start
    shows_new = start is not None and first is not None and start > first
    return fragments.render(
        _PAGE,
        _PAGE,
        200,
        bar=bar(PATH, text, query, clock),
        is_empty=not filled and not summary.total,
        home=_home(),
        shows_new=shows_new,
        files=files,
        noticed=exports_view.noticed_people(summary, query, shows_new=shows_new),
        chart=chart_view(series, files["over-time"]),
        **_exports_context(summary, query, text, whole),
    )


@blueprint.get(f"{PATH}/<name>.csv")
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


def _home() -> ZoneInfo:
    """The zone of the workspace, whose nights count."""
    return ZoneInfo(readers.reader().workspace.zone)


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
    return f"{link(PATH, text, all=name)}#{name}"


def _iterate_lines(series: Series) -> Iterator[bytes]:
    head, *rows = table(series, whole=True).lines
    return iterate_table([str(cell) for cell in head], rows)
