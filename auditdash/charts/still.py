"""A series as SVG: for paper, and for pages before or without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from auditdash.charts import marks
from auditdash.charts.marks import FONT_SIZE, Paint
from auditdash.charts.scale import (
    LEVELS,
    fit_label,
    heat_level,
    nice_ticks,
    plain_label,
    spread,
    text_width,
)
from auditdash.charts.series import Series
from auditdash.charts.themes import PAPER, Theme

_AXIS = 22.0  # the strip of labels under a chart
_ROW = 26.0  # one bar of a ranking
_BAR = 14.0
_GAP = 8.0  # between a label and what it labels
_LEGEND_LINE = 20.0
_HAIR = 0.75  # between the parts of a bar
_LABEL = 62.0  # the least distance of two labels under a chart


def svg(
    series: Series,
    width: float = 720,
    height: float = 260,
    *,
    theme: Theme | None = PAPER,
    legend: bool = True,
    suffix: str = "",
) -> str:
    """The chart in units of CSS pixels. A ranking is as high as its bars need.

    Without a theme shapes get the classes of charts.css; `suffix` keeps ids apart on a page.
    """
    paint = Paint(theme)
    if series.kind == "ranking":
        shapes, height = _ranking(series, width, paint)
    elif series.kind == "heatmap":
        foot = _LEGEND_LINE if legend else 0
        shapes = list(_heatmap(series, width, height - foot, paint))
        shapes += _shades(series, height - foot / 2, paint) if legend else []
    else:
        key = _legend(series, width, paint) if legend else []
        top = _LEGEND_LINE * len(key) + (4 if key else 0)
        shapes = [shape for row in key for shape in row]
        shapes += _stacked_bars(series, width, height, top, paint)
    name = f"still-{series.name}{suffix}"
    return marks.picture(name, series.title, series.summary, width, height, shapes)


def _stacked_bars(
    series: Series, width: float, height: float, top: float, paint: Paint
) -> Iterator[str]:
    ticks = nice_ticks(series.highest)
    left = text_width([f"{tick:,}" for tick in ticks], FONT_SIZE) + _GAP
    top, bottom = top + FONT_SIZE / 2, height - _AXIS
    scale = (bottom - top) / ticks[-1]
    for tick in ticks:
        y = bottom - tick * scale
        yield marks.line(left, y, width, y, paint.line())
        yield marks.text(left - _GAP, y, f"{tick:,}", paint.muted(), "end")
    count = len(series.labels)
    band = (width - left) / max(count, 1)
    bar = min(max(band * 0.78, band - 8), 64)
    for place in range(count):
        x = left + band * place + (band - bar) / 2
        yield marks.group(
            _bar_words(series, place), _bar(series, place, x, bar, bottom, scale, paint)
        )
    for place in spread(count, int((width - left) / _LABEL)):
        middle = min(max(left + band * (place + 0.5), left + 12), width - 16)
        yield marks.text(
            middle, bottom + _AXIS / 2 + 2, series.labels[place].short, paint.muted(), "middle"
        )


def _bar(
    series: Series, place: int, x: float, width: float, bottom: float, scale: float, paint: Paint
) -> Iterator[str]:
    """The parts of one bar, the first at the bottom."""
    traces = [trace for trace in series.drawn if trace.values[place]]
    ends = accumulate(trace.values[place] for trace in traces)
    for trace, end in zip(traces, ends, strict=True):
        high = trace.values[place] * scale
        hair = _HAIR if high > 3 * _HAIR else 0
        slug = series.colour_slug(trace, place)
        yield marks.rect(x, bottom - end * scale + hair, width, high - hair, paint.category(slug))


def _bar_words(series: Series, place: int) -> str:
    label = plain_label(series.labels[place].text)
    parts = [
        f"{plain_label(each.name)}: {each.values[place]:,}"
        for each in series.drawn
        if each.values[place]
    ]
    return "\n".join([f"{label}: {series.sums[place]:,} {series.unit}", *parts])


def _ranking(series: Series, width: float, paint: Paint) -> tuple[list[str], float]:
    """Horizontal bars: the name before each, its number behind it."""
    trace = series.traces[0]
    names = [fit_label(label.text, width * 0.4, FONT_SIZE) for label in series.labels]
    numbers = [f"{value:,}" for value in trace.values]
    left = min(text_width(names, FONT_SIZE), width * 0.42) + _GAP
    right = width - text_width(numbers, FONT_SIZE) - _GAP
    scale = (right - left) / max(series.highest, 1)
    shapes = []
    for place, label in enumerate(series.labels):
        middle = _ROW * (place + 0.5)
        length = max(trace.values[place] * scale, 1 if trace.values[place] else 0)
        fill = paint.category(series.colour_slug(trace, place))
        words = f"{plain_label(label.text)}: {numbers[place]} {series.unit}"
        bar = [
            marks.text(left - _GAP, middle, names[place], paint.ink(), "end"),
            marks.rect(left, middle - _BAR / 2, length, _BAR, fill, 2),
            marks.text(left + length + 6, middle, numbers[place], paint.muted()),
        ]
        shapes.append(marks.group(words, bar))
    return shapes, _ROW * max(len(series.labels), 1)


def _heatmap(series: Series, width: float, height: float, paint: Paint) -> Iterator[str]:
    """One row for each trace, one cell for each label."""
    names = [trace.name[:3] for trace in series.traces]
    left = text_width(names, FONT_SIZE) + _GAP
    wide = (width - left) / max(len(series.labels), 1)
    high = (height - _AXIS) / max(len(series.traces), 1)
    for row, trace in enumerate(series.traces):
        yield marks.text(left - _GAP, high * (row + 0.5), names[row], paint.muted(), "end")
        for column, value in enumerate(trace.values):
            fill = paint.heat(heat_level(value, series.highest))
            words = f"{trace.name}, {series.labels[column].text}: {value:,} {series.unit}"
            x, y = left + wide * column + 1, high * row + 1
            yield marks.group(words, [marks.rect(x, y, wide - 2, high - 2, fill, 2)])
    for column in spread(len(series.labels), int((width - left) / 48)):
        label = series.labels[column].short
        yield marks.text(left + wide * column + 1, height - _AXIS / 2 + 2, label, paint.muted())


def _shades(series: Series, middle: float, paint: Paint) -> Iterator[str]:
    """From nothing to the most: the shades in order."""
    yield marks.text(0, middle, "0", paint.muted())
    for level in range(LEVELS + 1):
        yield marks.rect(14 + 14 * level, middle - 5, 12, 10, paint.heat(level), 2)
    most = f"{series.highest:,} {series.unit}"
    yield marks.text(14 * (LEVELS + 2) + _GAP, middle, most, paint.muted())


def _legend(series: Series, width: float, paint: Paint) -> list[list[str]]:
    """Lines of coloured squares with names."""
    rows: list[list[str]] = [[]]
    x = 0.0
    for trace in series.drawn:
        label = plain_label(trace.name)
        wide = text_width([label], FONT_SIZE) + 28
        if x + wide > width and rows[-1]:
            rows.append([])
            x = 0.0
        y = _LEGEND_LINE * (len(rows) - 0.5)
        rows[-1].append(marks.rect(x, y - 5, 10, 10, paint.category(trace.slug), 2))
        rows[-1].append(marks.text(x + 15, y, label, paint.ink()))
        x += wide
    return rows
