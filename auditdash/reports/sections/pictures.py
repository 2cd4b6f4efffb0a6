"""The charts of the report: the same series as on the screen, drawn for paper."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from auditdash.charts.overview import draw_by_category, draw_over_time, draw_top_actors
from auditdash.charts.series import Series
from auditdash.charts.still import svg
from auditdash.queries.histogram import count_over_time
from auditdash.queries.rankings import count_by_category, rank_actors
from auditdash.reports.question import Question

_TOP: Final = 8
# CSS pixels: the width of the text, and of half of it.
_WHOLE: Final = 658
_HALF: Final = 316


class Chart(Struct, frozen=True, kw_only=True):
    """A drawn chart and its title."""

    title: str
    svg: Markup


def gather_charts(connection: Connection, question: Question) -> dict[str, Chart]:
    """Each chart by the name that the template calls it."""
    asked = (connection, question.query, question.scope, question.clock)
    over_time = draw_over_time(count_over_time(*asked), question.query, question.clock)
    by_category = draw_by_category(count_by_category(*asked), question.query)
    actors = draw_top_actors(rank_actors(*asked, limit=_TOP), question.query)
    return {
        "over_time": _chart(over_time, _WHOLE, 200),
        "by_category": _chart(by_category, _HALF),
        "top_actors": _chart(actors, _HALF),
    }


def _chart(series: Series, width: float, height: float = 0) -> Chart:
    # The title of the SVG is what a screen reader says of the figure.
    said = replace(series, title=f"{series.title}. {series.summary}")
    # charts.still escapes every text that it draws
    return Chart(title=series.title, svg=Markup(svg(said, width, height)))  # noqa: S704 - escaped there
