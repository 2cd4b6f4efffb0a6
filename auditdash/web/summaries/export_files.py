"""The files of the exports page, and the two charts that are files, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from auditdash.charts.overview import draw_exports_over_time, draw_hours_of_week
from auditdash.charts.series import Series
from auditdash.charts.table import table
from auditdash.downloads.csv import iterate_table
from auditdash.downloads.summaries.export_rows import (
    iterate_gained_csv,
    iterate_networks_csv,
    iterate_new_networks_csv,
    iterate_people_csv,
    iterate_reports_csv,
)
from auditdash.downloads.summaries.inventory_rows import iterate_recipients_csv
from auditdash.queries.data_exports import export_actions, summarise_exports
from auditdash.queries.exports.around.gained import find_gained
from auditdash.queries.exports.around.networks import find_networks
from auditdash.queries.heatmap import count_hours_of_week
from auditdash.queries.histogram import count_actions_over_time
from auditdash.queries.inventory.recipients import find_recipients
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.web.frame import exports_view

_Asked = tuple[Connection, Query, Scope, Clock]


def iterate_file(
    name: str,
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    home: ZoneInfo,
    domains: frozenset[str],
) -> Iterator[bytes]:
    """The lines of one of TABLES."""
    asked = (connection, query, scope, clock)
    if name == "recipients":
        return iterate_recipients_csv(find_recipients(*asked, domains))
    if name in {"people", "reports"}:
        summary = summarise_exports(*asked, home)
        return iterate_people_csv(summary) if name == "people" else iterate_reports_csv(summary)
    return _OTHERS[name](asked)


def exports_over_time(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Series:
    """Bars of time, by kind."""
    asked = exports_view.narrow_to_exports(query)
    histogram = count_actions_over_time(connection, asked, scope, clock, export_actions())
    return draw_exports_over_time(histogram, asked, clock)


def hours_of_exports(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Series:
    """The hours of the week."""
    asked = exports_view.narrow_to_exports(query)
    counts = count_hours_of_week(connection, asked, scope, clock)
    return draw_hours_of_week(counts, clock, unit="exports")


def _lines(series: Series) -> Iterator[bytes]:
    head, *rows = table(series, whole=True).lines
    return iterate_table([str(cell) for cell in head], rows)


_OTHERS: Final[dict[str, Callable[[_Asked], Iterator[bytes]]]] = {
    "networks": lambda asked: iterate_networks_csv(find_networks(*asked)),
    "new-networks": lambda asked: iterate_new_networks_csv(find_networks(*asked)),
    "gained": lambda asked: iterate_gained_csv(asked[0], asked[2], find_gained(*asked)),
    "over-time": lambda asked: _lines(exports_over_time(*asked)),
    "hours": lambda asked: _lines(hours_of_exports(*asked)),
}
TABLES: Final = ("people", "reports", "recipients", *_OTHERS)
