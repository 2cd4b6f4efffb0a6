"""What a chart says, in one or two plain sentences: for everyone who does not look at bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from auditdash.charts.scale import plain_label
from auditdash.events.calendars import Unit
from auditdash.events.instants import Instant
from auditdash.events.wording import day_text
from auditdash.queries.histogram import Histogram
from auditdash.queries.rankings import Ranking

NOTHING: Final = "No events."
_PREPOSITIONS: Final[dict[Unit, str]] = {
    "hour": "in the hour from",
    "day": "on",
    "week": "in the",
    "month": "in",
    "year": "in",
    "decade": "from",
    "century": "from",
}


def say_over_time(histogram: Histogram, labels: Sequence[str], unit: str = "events") -> str:
    """How many, from when to when, and where the highest bar is."""
    start, end, zone = histogram.period.start, histogram.period.end, histogram.zone
    if not histogram.total or start is None or end is None:
        return NOTHING
    first, last = day_text(start, zone), day_text(Instant(end - 1), zone)
    span = f"on {first}" if first == last else f"from {first} to {last}"
    sums = [sum(column) for column in zip(*histogram.counts.values(), strict=True)]
    if len(sums) == 1:
        return f"{_count(histogram.total, unit)} {span}."
    highest = labels[sums.index(max(sums))]
    highest = highest.replace("Week of", "week of")
    most = f"{_PREPOSITIONS[histogram.unit]} {highest}"
    return f"{_count(histogram.total, unit)} {span}. Most {most}: {max(sums):,}."


def say_by_category(counts: Sequence[tuple[str, int]]) -> str:
    """The largest category and its share; `counts` begins with it."""
    if not counts:
        return NOTHING
    total = sum(count for _, count in counts)
    label, most = counts[0]
    share = f"{most:,} of {total:,} events ({_share(most, total)})"
    return f"{label} is the largest of {len(counts)} categories: {share}."


def say_ranking(ranking: Ranking, one: str, many: str) -> str:
    """How many names there are, and how much the first ones account for."""
    names = len(ranking.ranks) + ranking.others
    if not names:
        return NOTHING if not ranking.total else f"None of {_events(ranking.total)} names an {one}."
    first = ranking.ranks[0]
    name = plain_label(first.name or first.id or "", 60)
    known = f"1 {one}: {name}" if names == 1 else f"{names:,} {many}. First is {name}"
    share = _share(first.count, ranking.total)
    return f"{known} with {_events(first.count)}, {share} of all."


def say_hours_of_week(
    counts: Sequence[Sequence[int]], weekdays: Sequence[str], zone: ZoneInfo, unit: str = "events"
) -> str:
    """The busiest hour, and the share of the weekend."""
    total = sum(map(sum, counts))
    if not total:
        return NOTHING
    most, day, hour = max(
        (count, -day, -hour) for day, row in enumerate(counts) for hour, count in enumerate(row)
    )
    weekend = sum(counts[5]) + sum(counts[6])
    busiest = f"{weekdays[-day]} from {-hour:02}:00 with {_count(most, unit)}"
    return f"Busiest: {busiest}. At weekends: {_share(weekend, total)}. Hours of {zone.key}."


def _events(count: int) -> str:
    return _count(count, "events")


def _count(count: int, unit: str) -> str:
    return f"1 {unit.removesuffix('s')}" if count == 1 else f"{count:,} {unit}"


def _share(part: int, whole: int) -> str:
    """In per cent; never 0 % of something, never 100 % of less than all."""
    percent = 100 * part / whole
    if 0 < percent < 1:
        return "less than 1%"
    return "more than 99%" if 99 < percent < 100 else f"{percent:.0f}%"
