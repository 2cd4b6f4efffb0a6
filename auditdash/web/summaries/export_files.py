"""The files of the exports page, and the two charts that are files, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection

from auditdash.charts.overview import draw_exports_over_time, draw_hours_of_week
from auditdash.charts.series import Series
from auditdash.downloads.orders.summaries import EXPORTS, ExportsOrder
from auditdash.queries.data_exports import export_actions
from auditdash.queries.heatmap import count_hours_of_week
from auditdash.queries.histogram import count_actions_over_time
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.web.frame import exports_view
from auditdash.web.taking.files import Drawn, drawn_file


def find_order(name: str) -> ExportsOrder | Drawn | None:
    """One of TABLES, or None."""
    if name in _CHARTS:
        return drawn_file(f"exports-{name}", f"exports-{name}", _CHARTS[name])
    found = next((table for table in EXPORTS if table == name), None)
    return None if found is None else ExportsOrder(name=found)


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


_CHARTS: Final[dict[str, Callable[[Connection, Query, Scope, Clock], Series]]] = {
    "over-time": exports_over_time,
    "hours": hours_of_exports,
}
TABLES: Final = (*EXPORTS, *_CHARTS)
