"""The histogram above the rows: bars that are links, drawn here so that they come with the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup
from msgspec import Struct

from auditdash.charts.buckets import HEADS, bucket_short, bucket_text
from auditdash.charts.links import link_within_each
from auditdash.charts.marks import number
from auditdash.charts.scale import nice_ticks, spread
from auditdash.events.catalogue import categories
from auditdash.events.instants import DAY, Instant, is_instant, to_datetime, to_rfc3339
from auditdash.events.periods import Period, local_date, midnight
from auditdash.queries.histogram import Histogram
from auditdash.search import edit
from auditdash.search.query import Query, Term
from auditdash.search.scope import Clock
from auditdash.web.frame.question import link

HIGH: Final = 100  # units of the picture, however high it is shown
CELL: Final = 10  # units that one bar and its gap are wide
_LEAST: Final = 2.0  # units of a bar that stands for anything at all
_MOST_TICKS: Final = 6
_CELL, _END = Markup('<td class="num">'), Markup("</td>")
_BETWEEN: Final = _END + _CELL
_LAST_TICK: Final = 0.95  # of the way: behind it no word has room


class Bar(Struct, frozen=True, kw_only=True):
    """One bar: `text` names its time, `counts` has a number for each part of the legend; `href`
    narrows to it, "" where the question would be too long; `start` is RFC 3339."""

    text: str
    total: int
    counts: tuple[int, ...]
    href: str
    start: str

    @property
    def cells(self) -> Markup:
        """The counts as cells of a table: there may be a thousand."""
        return _CELL + _BETWEEN.join(f"{count:,}" for count in self.counts) + _END


class Part(Struct, frozen=True, kw_only=True):
    """The bars of one category: `path` draws them all."""

    slug: str
    label: str
    total: int
    path: str


class Tick(Struct, frozen=True):
    """A word at `at` percent of the way; every second one is `minor` and gives way on a phone."""

    at: str
    text: str
    minor: bool = False


class HistogramView(Struct, frozen=True, kw_only=True):
    """What templates/timeline/_histogram.html shows. `end` is where the last bar ends; `wider` and
    `everything` lead out of the period that was asked for, "" when none was. After `until` the
    wider period is another one."""

    head: str
    bars: tuple[Bar, ...]
    parts: tuple[Part, ...]
    width: int
    ticks: tuple[Tick, ...]
    levels: tuple[Tick, ...]
    end: str
    wider: str
    everything: str
    until: Instant | None


def histogram_view(
    histogram: Histogram, path: str, text: str, query: Query, clock: Clock, **more: int
) -> HistogramView | None:
    """The view of a histogram, or None when it has no event; `more` stands in each address."""
    found = [each for each in categories() if any(histogram.counts[each.slug])]
    if not found:
        return None
    columns = [histogram.counts[each.slug] for each in found]
    sums = [sum(counts) for counts in zip(*columns, strict=True)]
    texts = link_within_each(query, histogram.buckets, clock)
    hrefs = [link(path, each, **more) if each else "" for each in texts]
    levels = nice_ticks(max(sums), 2)
    paths = _paths(columns, sums, levels[-1])
    is_narrowed = any(isinstance(part, Term) and part.field == "created" for part in query.parts)
    wide = _wider(histogram, clock.zone)
    is_over = wide.end is not None and wide.end < clock.now
    wider = edit.within(text, wide if is_over else Period(wide.start), clock.zone)
    return HistogramView(
        head=HEADS[histogram.unit],
        bars=_bars(histogram, columns, sums, hrefs),
        parts=tuple(
            Part(slug=each.slug, label=each.label, total=sum(counts), path=drawn)
            for each, counts, drawn in zip(found, columns, paths, strict=True)
        ),
        width=CELL * len(sums),
        ticks=_ticks(histogram),
        levels=tuple(
            Tick(number(HIGH - HIGH * level / levels[-1]), f"{level:,}") for level in levels[1:]
        ),
        end=to_rfc3339(histogram.buckets[-1].end or Instant(0)),
        wider=link(path, wider, **more) if is_narrowed else "",
        everything=link(path, edit.without(text, "created"), **more) if is_narrowed else "",
        until=wide.end if is_narrowed and not is_over else None,
    )


def _bars(
    histogram: Histogram,
    columns: Sequence[Sequence[int]],
    sums: Sequence[int],
    hrefs: Sequence[str],
) -> tuple[Bar, ...]:
    unit, zone = histogram.unit, histogram.zone
    return tuple(
        Bar(
            text=bucket_text(bucket, unit, zone),
            total=total,
            counts=counts,
            href=href,
            start=to_rfc3339(bucket.start or Instant(0)),
        )
        for bucket, total, counts, href in zip(
            histogram.buckets, sums, zip(*columns, strict=True), hrefs, strict=True
        )
    )


def _paths(columns: Sequence[Sequence[int]], sums: Sequence[int], top: int) -> list[str]:
    """One path for each column: what it adds to each bar, from the ground up."""
    inset = 0.5 if len(sums) > 60 else 1 if len(sums) > 20 else 2
    width = number(CELL - 2 * inset)
    scales = [_scale(total, top) for total in sums]
    lefts = [number(CELL * at + inset) for at in range(len(sums))]
    ground = [float(HIGH)] * len(sums)
    paths = []
    for counts in columns:
        drawn = []
        for at, count in enumerate(counts):
            if count:
                high = number(count * scales[at])
                ground[at] -= count * scales[at]
                drawn.append(f"M{lefts[at]} {number(ground[at])}h{width}v{high}h-{width}z")
        paths.append("".join(drawn))
    return paths


def _scale(total: int, top: int) -> float:
    """Units for one event; whatever is not nothing can be seen."""
    return max(HIGH / top, _LEAST / total) if total else 0


def _ticks(histogram: Histogram) -> tuple[Tick, ...]:
    count = len(histogram.buckets)
    whole = _whole_hours(histogram) if histogram.unit == "hour" else range(count)
    shown = [whole[at] for at in spread(len(whole), _MOST_TICKS)]
    return tuple(
        Tick(
            number(100 * at / count),
            bucket_short(histogram.buckets[at], histogram.unit, histogram.zone),
            minor=place % 2 == 1,
        )
        for place, at in enumerate(shown)
        if at == 0 or at / count < _LAST_TICK
    )


def _whole_hours(histogram: Histogram) -> Sequence[int]:
    """The buckets that begin a day; where these are few, every sixth hour, or each."""
    hours = [
        to_datetime(bucket.start or Instant(0), histogram.zone).hour for bucket in histogram.buckets
    ]
    by_step = ([at for at, hour in enumerate(hours) if hour % step == 0] for step in (24, 6))
    return next((found for found in by_step if len(found) >= 3), range(len(hours)))


def _wider(histogram: Histogram, zone: ZoneInfo) -> Period:
    """Three times the span that is shown, in whole days when it is at least one."""
    start, end = histogram.buckets[0].start, histogram.buckets[-1].end
    if start is None or end is None:
        return Period()
    span = end - start
    first, last = Instant(start - span), Instant(end + span)
    if not is_instant(first) or not is_instant(last):
        return Period()
    if span >= DAY:
        first, last = (midnight(local_date(side, zone), zone) for side in (first, last))
    return Period(first, last)
