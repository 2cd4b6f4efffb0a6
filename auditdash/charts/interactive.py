"""A series as a Plotly figure: the only importer of plotly, which checks what the browser draws."""

from __future__ import annotations

from typing import Any, Final

from plotly import graph_objects

from auditdash.charts.scale import fit_label, heat_level, nice_ticks, plain_label, spread
from auditdash.charts.series import Series, Trace
from auditdash.charts.themes import DARK, LIGHT, Theme

Figure = dict[str, Any]  # JSON: {"data": […], "layout": {…}}
_plotly: Any = graph_objects  # it has no types

_FONT: Final = '"Inter Variable", system-ui, sans-serif'
_TICKS: Final = 18  # labels under a wide chart; charts.js leaves out what a phone has no room for
_ROW: Final = 26
_checked: Final = set[str]()  # kinds of charts
HEIGHTS: Final = {"stacked-bars": 280, "heatmap": 232}


def figure(series: Series, theme: Theme = LIGHT) -> Figure:
    """The figure in one theme. A heat map is bars of one unit: the basic bundle has no other."""
    data = [_trace(series, trace, theme) for trace in series.drawn]
    layout = {**_layout(series), "template": _template(series, theme)}
    return {"data": data, "layout": layout}


def check(drawn: Figure) -> Figure:
    """The same figure as Plotly understands it; ValueError for what it does not know."""
    checked: Figure = _plotly.Figure(drawn).to_plotly_json()
    return checked


def block(series: Series) -> Figure:
    """What charts.js reads: the figure, what each theme changes in it, and where clicks lead.

    Plotly checks the first of each kind in a process: all have the same keys, and to check one
    takes longer than to make and write it.
    """
    light = figure(series, LIGHT)
    if series.kind not in _checked and light["data"]:
        check(light)
        _checked.add(series.kind)
    return {
        "data": [{**trace, "marker": None} for trace in light["data"]],
        "layout": {**light["layout"], "template": None},
        "themes": {theme.name: _changes(series, theme) for theme in (LIGHT, DARK)},
        "links": [list(trace.links) for trace in series.drawn],
        "path": series.path,
        "more": [trace.more for trace in series.drawn],
    }


def _changes(series: Series, theme: Theme) -> Figure:
    return {
        "template": _template(series, theme),
        "markers": [_marker(series, trace, theme) for trace in series.drawn],
    }


def _trace(series: Series, trace: Trace, theme: Theme) -> Figure:
    labels = [_escape(label.text) for label in series.labels]
    common = {
        "type": "bar",
        "name": _escape(trace.name),
        "customdata": list(trace.values),  # the numbers, whatever the bars' lengths are
        "hovertext": labels,
    }
    if series.kind == "ranking":
        return common | _ranking_trace(series, trace, theme)
    head = f"{_escape(trace.name)}<br>%{{hovertext}}<br>"
    ones = [1] * len(labels)
    return common | {
        "x": list(range(len(labels))),
        "y": ones if series.kind == "heatmap" else list(trace.values),
        "hovertemplate": f"{head}%{{customdata:,}} {series.unit}<extra></extra>",
        "marker": _marker(series, trace, theme),
    }


def _ranking_trace(series: Series, trace: Trace, theme: Theme) -> Figure:
    places = range(len(series.labels))
    return {
        "orientation": "h",
        "x": list(trace.values),
        "y": list(places),
        "hovertemplate": f"%{{hovertext}}<br>%{{customdata:,}} {series.unit}<extra></extra>",
        "text": [f"\u00a0{value:,}" for value in trace.values],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": _marker(series, trace, theme),
    }


def _marker(series: Series, trace: Trace, theme: Theme) -> Figure:
    if series.kind == "ranking":
        places = range(len(series.labels))
        colours = [theme.fill(series.colour_slug(trace, place)) for place in places]
        return {"color": colours, "cornerradius": 2}
    if series.kind == "stacked-bars":
        return {"color": theme.fill(trace.slug), "line": {"color": theme.surface, "width": 0.75}}
    shades = [theme.heat[heat_level(value, series.highest)] for value in trace.values]
    return {"color": shades, "cornerradius": 3, "line": {"color": theme.surface, "width": 2}}


def _layout(series: Series) -> Figure:
    own = {
        "ranking": _ranking_layout,
        "heatmap": _heatmap_layout,
        "stacked-bars": _bars_layout,
    }[series.kind]
    return {
        "height": height(series),
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": False,
        "barmode": "stack",
        **own(series),
    }


def _bars_layout(series: Series) -> Figure:
    ticks = nice_ticks(series.highest)
    labels = [label.short for label in series.labels]
    return {
        "margin": {"l": 52, "r": 4, "t": 8, "b": 26},
        "bargap": 0.22 if len(labels) > 3 else 0.7,
        "xaxis": _axis(spread(len(labels), _TICKS), labels),
        "yaxis": {"tickvals": list(ticks), "range": [0, ticks[-1]], "tickformat": ",d"},
    }


def _ranking_layout(series: Series) -> Figure:
    names = [fit_label(label.text, 170, 12) for label in series.labels]
    axis = _axis(range(len(names)), names)
    return {
        "margin": {"l": 8, "r": 56, "t": 0, "b": 0},
        "bargap": 0.42,
        "xaxis": {"visible": False, "range": [0, max(series.highest, 1)]},
        "yaxis": axis | {"range": [len(names) - 0.5, -0.5], "automargin": True},
    }


def _heatmap_layout(series: Series) -> Figure:
    rows = [trace.name[:3] for trace in series.traces]
    return {
        "margin": {"l": 40, "r": 0, "t": 0, "b": 24},
        "bargap": 0,
        "xaxis": _axis(spread(len(series.labels), 8), [label.short for label in series.labels]),
        "yaxis": {
            "tickvals": [row + 0.5 for row in range(len(rows))],
            "ticktext": rows,
            "range": [len(rows), 0],
            "showgrid": False,
        },
    }


def height(series: Series) -> int:
    """How high the chart is, in CSS pixels."""
    return HEIGHTS.get(series.kind) or max(_ROW * len(series.labels), _ROW)


def _axis(places: range, labels: list[str]) -> Figure:
    return {
        "tickvals": list(places),
        "ticktext": [_escape(labels[place]) for place in places],
        "range": [-0.5, len(labels) - 0.5],
        "showgrid": False,
        "tickangle": 0,
    }


def _template(series: Series, theme: Theme) -> Figure:
    names = series.kind == "ranking"  # names are read first, numbers of an axis when needed
    axis = {
        "gridcolor": theme.line,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "fixedrange": True,
        "tickfont": {"color": theme.muted},
    }
    layout = {
        "font": {"family": _FONT, "size": 12, "color": theme.ink},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": axis | {"ticklabelstandoff": 3},
        "yaxis": axis
        | {"ticklabelstandoff": 8, "tickfont": {"color": theme.ink if names else theme.muted}},
        "hoverlabel": {
            "bgcolor": theme.raised,
            "bordercolor": theme.edge,
            "font": {"color": theme.ink, "size": 12},
            "align": "left",
        },
    }
    bar = {"type": "bar", "textfont": {"color": theme.muted}}
    return {"layout": layout, "data": {"bar": [bar]}}


def _escape(text: str) -> str:
    """A stranger's text as Plotly shows it letter for letter: it would take <b> and <a> for marks,
    and %{…} for a number."""
    plain = plain_label(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("%{", "%\u2060{")
