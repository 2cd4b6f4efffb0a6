"""The charts of the report: the same series as on the screen, drawn for paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from auditdash.charts.overview import draw_by_category, draw_over_time, draw_top_actors
from auditdash.charts.series import ACCENT, Label, Series, Trace
from auditdash.charts.still import svg
from auditdash.events.catalogue import action_label
from auditdash.events.instants import DAY, Instant, to_datetime
from auditdash.events.periods import Period
from auditdash.queries.evidence import count_by_action
from auditdash.queries.histogram import Histogram, count_over_time
from auditdash.queries.rankings import count_by_category, rank_actors
from auditdash.reports.attached.grants import iterate_grants, moment_of
from auditdash.reports.orders.dates import Dates, languages
from auditdash.reports.source import Source

_TOP: Final = 6
# CSS pixels: the width of the text, and of half of it.
_WHOLE: Final = 658
_HIGH: Final = 128
# Bars are drawn larger than they are printed, which makes their letters smaller.
_WHOLE_OF_BARS: Final = 860
_HALF: Final = 400
_AGES: Final = (
    (30, "At most 30 days"),
    (90, "31 to 90 days"),
    (365, "91 days to a year"),
    (1 << 30, "Longer than a year"),
)
_UNTOLD: Final = "Not recorded"
_OTHERS: Final = "All others"


class Chart(Struct, frozen=True, kw_only=True):
    """A drawn chart and its title; None where there is nothing to draw."""

    title: str
    svg: Markup | None


def gather_charts(source: Source) -> tuple[Chart, ...]:
    """The charts of the kind: the first is drawn over the whole width where it is one of time."""
    first, *others = (_DRAWN[name](source) for name in source.kind.charts)
    width = _WHOLE if first.kind == "stacked-bars" else _WHOLE_OF_BARS
    return (_chart(first, width, _HIGH), *(_chart(each, _HALF, _HIGH) for each in others))


def _chart(series: Series, width: float, height: float) -> Chart:
    # The title of the SVG is what a screen reader says of the figure.
    said = replace(series, title=f"{series.title}. {series.summary}")
    # charts.still escapes every text that it draws
    drawn = Markup(svg(said, width, height)) if series.labels else None  # noqa: S704 - escaped there
    return Chart(title=series.title, svg=drawn)


def _over_time(source: Source) -> Series:
    asked = source.question
    histogram = count_over_time(source.connection, asked.query, asked.scope, asked.clock)
    series = draw_over_time(histogram, asked.query, asked.clock)
    dates = languages()[source.order.language]
    return series if dates.word == "en" else replace(series, labels=_labels(histogram, dates))


def _labels(histogram: Histogram, dates: Dates) -> tuple[Label, ...]:
    texts = [_short(histogram, dates, bucket) for bucket in histogram.buckets]
    return tuple(Label(text=text, short=text) for text in texts)


def _short(histogram: Histogram, dates: Dates, bucket: Period) -> str:
    local = to_datetime(bucket.start or Instant(0), histogram.zone)
    if histogram.unit == "hour" and local.hour:
        return f"{local:%H:%M}"
    if histogram.unit in {"hour", "day", "week"}:
        return dates.short_text(local.date())
    return dates.short_month_text(local.date()) if histogram.unit == "month" else str(local.year)


def _by_category(source: Source) -> Series:
    asked = source.question
    counts = count_by_category(source.connection, asked.query, asked.scope, asked.clock)
    series = draw_by_category(counts, asked.query)
    values = series.traces[0].values
    if len(values) <= _TOP:
        return series
    rest = Label(text=_OTHERS, short=_OTHERS)
    trace = replace(series.traces[0], values=(*values[:_TOP], sum(values[_TOP:])), links=())
    return replace(series, labels=(*series.labels[:_TOP], rest), traces=(trace,))


def _top_actors(source: Source) -> Series:
    asked = source.question
    ranking = rank_actors(source.connection, asked.query, asked.scope, asked.clock, limit=_TOP)
    return draw_top_actors(ranking, asked.query)


def _by_action(source: Source) -> Series:
    asked = source.question
    counted = count_by_action(source.connection, asked.query, asked.scope, asked.clock)
    counts = {action_label(name): each.count for name, each in counted.items()}
    return _bars("by-action", "Events by action", "Action", "events", _most(counts))


def _by_role(source: Source) -> Series:
    counts = Counter(way.role or "none recorded" for way in iterate_grants(source))
    return _bars("by-role", "Grants by role", "Role", "grants", _most(counts))


def _by_object(source: Source) -> Series:
    counts = Counter(way.object.kind.capitalize() for way in iterate_grants(source))
    return _bars("by-object", "Grants by what they are on", "Kind", "grants", _most(counts))


def _by_since(source: Source) -> Series:
    moment = moment_of(source)
    counts = dict.fromkeys((*(name for _, name in _AGES), _UNTOLD), 0)
    for way in iterate_grants(source):
        days = None if way.since is None else (moment - way.since) // DAY
        counts[_age(days)] += 1
    shown = list(counts.items())
    return _bars("by-since", "Grants by how long they have stood", "Age", "grants", shown)


def _age(days: int | None) -> str:
    return _UNTOLD if days is None else next(name for most, name in _AGES if days <= most)


def _most(counts: Mapping[str, int]) -> Sequence[tuple[str, int]]:
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    rest = sum(count for _, count in ordered[_TOP:])
    return [*ordered[:_TOP], *([(_OTHERS, rest)] if rest else [])]


def _bars(name: str, title: str, head: str, unit: str, pairs: Sequence[tuple[str, int]]) -> Series:
    return Series(
        name=name,
        kind="ranking",
        title=title,
        summary=", ".join(f"{text[:80]}: {count:,}" for text, count in pairs) or "Nothing",
        label_head=head,
        unit=unit,
        labels=tuple(Label(text=text, short=text) for text, _ in pairs),
        traces=(Trace(name=unit, slug=ACCENT, values=tuple(count for _, count in pairs)),),
    )


_DRAWN: Final[Mapping[str, Callable[[Source], Series]]] = {
    "over-time": _over_time,
    "by-category": _by_category,
    "by-action": _by_action,
    "top-actors": _top_actors,
    "by-role": _by_role,
    "by-object": _by_object,
    "by-since": _by_since,
}
CHARTS: Final = tuple(_DRAWN)
