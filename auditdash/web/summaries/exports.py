"""Who took data out: the page of exports."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.queries.data_exports import ExportSummary, summarise_exports
from auditdash.queries.exports.around.gained import find_both_events, find_gained
from auditdash.queries.exports.around.networks import find_networks
from auditdash.queries.inventory.recipients import find_recipients
from auditdash.queries.permission_changes import find_first_recorded
from auditdash.queries.timeline import has_events
from auditdash.search.edit import without_field
from auditdash.search.errors import QueryError
from auditdash.search.period import period_of
from auditdash.search.print import print_query
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.web import fragments, params, readers
from auditdash.web.frame import exports_view
from auditdash.web.frame.chart_view import chart_view
from auditdash.web.frame.question import bar, link
from auditdash.web.keeping.results import (
    ACCESS,
    Asked,
    Context,
    Made,
    find_results,
    of_categories,
)
from auditdash.web.summaries import beside_view, export_files, recipients_view
from auditdash.web.summaries.answers import answer_error, file_href
from auditdash.web.taking.files import FORM, METHODS, answer_file, frozen_scope

blueprint = Blueprint("exports", __name__)

PATH: Final = "/summaries/exports"
_PAGE: Final = "summaries/exports.html"
_FIRST_ROWS: Final = 15
_MOST_ROWS: Final = 500
_FEW: Final = 8
# Of schedules and of members' addresses, of what somebody gained before, and of the exports.
_WATCHED: Final = of_categories("exports", "schedules", "reports", *ACCESS)


@blueprint.get(PATH)
@readers.needs(Permission.READ, scoped=True)
def show_exports() -> Response:
    """The exports among what is asked; `all` names the table that is shown whole."""
    text = params.query_text()
    try:
        query = params.query()
    except QueryError as error:
        return answer_error(_PAGE, PATH, text, error)
    whole = params.choice("all", ("", "people", "reports", "networks"), "")
    clock, scope = readers.clock(), readers.scope()
    with reading(readers.engine()) as connection:
        filled = has_events(connection, scope, readers.SOURCE)
        asked = Asked(
            template="summaries/_exports.html",
            text=text,
            query=query,
            scope=scope,
            clock=clock,
            watched=_WATCHED,
            more=(whole, filled, readers.settings().domains),
        )
        results = find_results(
            connection, asked, lambda: Made(context=_results(connection, asked, whole, filled))
        )
    if filled:
        readers.record_access("exports", text)
    return fragments.render(
        _PAGE,
        _PAGE,
        200,
        bar=bar(PATH, text, query, clock),
        home=_home(),
        results=results.html,
    )


@blueprint.route(f"{PATH}/<name>.{FORM}", methods=METHODS)
@readers.needs(Permission.DOWNLOAD, scoped=True)
def download_exports(name: str, form: str) -> Response:
    """One table of the exports page, whole."""
    order = export_files.find_order(name)
    if order is None:
        abort(404)
    query, scope = params.query(), frozen_scope()
    readers.record_access("exports-file", params.query_text(), form=form, table=name)
    return answer_file(order, form, scope, query)


def _home() -> ZoneInfo:
    """The zone of the workspace, whose nights count."""
    return ZoneInfo(readers.reader().workspace.zone)


def _results(connection: Connection, asked: Asked, whole: str, filled: bool) -> Context:
    """What summaries/_exports.html shows."""
    text, query, clock, home = asked.text, asked.query, asked.clock, _home()
    question = (connection, query, asked.scope, clock)
    summary = summarise_exports(*question, home)
    files = {
        name: file_href(connection, f"{PATH}/{name}.csv", text) for name in export_files.TABLES
    }
    around = _around(*question, text, whole) if summary.total else {}
    around |= _schedules(*question) | _charts(*question, files)
    first = find_first_recorded(connection, asked.scope)
    start = period_of(query, clock).start
    shows_new = start is not None and first is not None and start > first
    return {
        "path": PATH,
        "is_empty": not filled and not summary.total,
        "home": home,
        "hides_addresses": not asked.scope.addresses,
        "shows_new": shows_new,
        "files": files,
        "noticed": exports_view.noticed_people(summary, query, shows_new=shows_new),
        **around,
        **_exports_context(summary, query, text, whole),
    }


def _around(
    connection: Connection, query: Query, scope: Scope, clock: Clock, text: str, whole: str
) -> dict[str, object]:
    """From where, and what the people had gained before."""
    networks = find_networks(connection, query, scope, clock)
    gained = find_gained(connection, query, scope, clock)
    rows = networks.all[: _MOST_ROWS if whole == "networks" else _FIRST_ROWS]
    return {
        "networks": beside_view.network_views(rows, query),
        "network_count": len(networks.all),
        "all_networks_href": _all_href("networks", text, len(rows), len(networks.all), whole),
        "new_networks": beside_view.new_network_views(networks.new[:_FEW], query),
        "new_network_count": len(networks.new),
        "gained": beside_view.gained_views(
            find_both_events(connection, scope, gained[:_FEW]), query
        ),
        "gained_count": len(gained),
    }


def _schedules(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> dict[str, object]:
    domains = readers.settings().domains
    recipients = find_recipients(connection, query, scope, clock, domains)
    ever = without_field(query, "created")
    older = 0
    if ever != query:  # what was set up long ago still sends
        always = find_recipients(connection, ever, scope, clock, domains)
        older = always.outside_now - recipients.outside_now
    return {
        "recipients": recipients,
        "older_outside": older,
        "older_href": link("/inventory/schedules", print_query(ever)),
        "recipient_rows_shown": recipients_view.recipient_views(recipients, _FEW),
        "inside": recipients_view.inside_text(recipients.inside, configured=bool(domains)),
    }


def _charts(
    connection: Connection, query: Query, scope: Scope, clock: Clock, files: dict[str, str]
) -> dict[str, object]:
    asked = (connection, query, scope, clock)
    return {
        "over_time": chart_view(export_files.exports_over_time(*asked), files["over-time"]),
        "hours": chart_view(export_files.hours_of_exports(*asked), files["hours"]),
    }


def _exports_context(
    summary: ExportSummary, query: Query, text: str, whole: str
) -> dict[str, object]:
    people = summary.people[: _MOST_ROWS if whole == "people" else _FIRST_ROWS]
    reports = summary.reports[: _MOST_ROWS if whole == "reports" else _FIRST_ROWS]
    return {
        "summary": summary,
        "total_href": exports_view.events_href(query),
        "off_hours_href": exports_view.events_href(query, exports_view.OFF_HOURS),
        "new_people": len(summary.new),
        "kinds": exports_view.kind_views(summary, query),
        "burst_count": len(summary.bursts),
        "bursts": exports_view.burst_views(summary, query, readers.zone(), _home()),
        "unlike": beside_view.unlike_views(summary.unlike_alone[:_FEW], query, _home()),
        "unlike_count": len(summary.unlike_alone),
        "people": exports_view.person_views(people, query),
        "reports": exports_view.report_views(reports, query),
        "all_people_href": _all_href("people", text, len(people), len(summary.people), whole),
        "all_reports_href": _all_href("reports", text, len(reports), len(summary.reports), whole),
    }


def _all_href(name: str, text: str, shown: int, count: int, whole: str) -> str:
    if shown == count or whole == name:
        return ""
    return f"{link(PATH, text, all=name)}#{name}"
