"""A series as templates/charts/_chart.html shows it."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup
from msgspec import Struct

from auditdash.charts.interactive import Figure, block, height
from auditdash.charts.scale import LEVELS
from auditdash.charts.series import Series
from auditdash.charts.still import svg
from auditdash.charts.table import Table, table

_WIDE: Final = 1080
_HALF: Final = 560
_PHONE: Final = 350


class ChartView(Struct, frozen=True, kw_only=True):
    """One chart, drawn still, wide and for a phone, and what charts.js draws it from."""

    series: Series
    table: Table
    figure: Figure
    still: Markup
    phone_still: Markup
    csv_href: str
    levels: tuple[int, ...]


def chart_view(series: Series, csv_href: str) -> ChartView:
    """The view of a series; `csv_href` leads to its numbers as a file."""
    high = height(series)
    wide = _WIDE if series.kind == "stacked-bars" else _HALF
    return ChartView(
        series=series,
        table=table(series),
        figure=block(series),
        still=_markup(svg(series, wide, high, theme=None, legend=False)),
        phone_still=_markup(svg(series, _PHONE, high, theme=None, legend=False, suffix="-phone")),
        csv_href=csv_href,
        levels=tuple(range(LEVELS + 1)) if series.kind == "heatmap" else (),
    )


def _markup(picture: str) -> Markup:
    return Markup(picture)  # noqa: S704  # still.py escapes each word of a stranger; tests hold it
