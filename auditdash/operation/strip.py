"""A feed day by day: what was fetched, what happened, what came late, and when nothing came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, shorten, to_datetime
from auditdash.events.periods import Period, day_period, local_date
from auditdash.index.occurrences import find_first_received
from auditdash.ingest.accesses import SOURCE as OURS
from auditdash.ingest.coverage import Coverage, Span, length_text
from auditdash.ingest.coverage_days import Calendar, Day, count_days, count_unasked_days
from auditdash.queries.compile import compile_query
from auditdash.queries.histogram import count_over_time
from auditdash.queries.scan import bounds
from auditdash.queries.sight.views import open_view
from auditdash.search.edit import include
from auditdash.search.parse import parse
from auditdash.search.period import instant_text
from auditdash.search.scope import Clock, Scope

LATE: Final = "is:late"
STATES: Final = {
    "covered": "fetched",
    "part": "partly fetched",
    "gap": "never fetched",
    "unasked": "pushed or imported",
    "open": "not over yet",
    "outside": "before what is fetched",
    "ahead": "still to come",
}
_GAPS_SAID: Final = 3


class Cell(Struct, frozen=True, kw_only=True):
    """One local day. `state` and `missing` are those of `ingest.coverage_days.Day`, `gaps` what of
    the day was not fetched; `late` of its `events` came more than a day late, though the source was
    there when they happened; `silent` is how much of the day lies in a silence that was told, in
    microseconds. `query` finds its events."""

    on: date
    state: str
    missing: int
    gaps: tuple[Span, ...]
    events: int
    late: int
    silent: int
    query: str

    def said(self, zone: ZoneInfo) -> str:
        """All of it in words, times by the clock of the zone."""
        words = [STATES[self.state]] if self.state != "unasked" else []
        if self.state in {"part", "open"} and self.gaps:
            spans = [_span_text(each, zone) for each in self.gaps[:_GAPS_SAID]]
            more = len(self.gaps) - len(spans)
            words.append(f"not {', '.join(spans)}" + (f" and {more} gaps more" if more else ""))
        if self.state != "ahead" or self.events:
            words.append(_count_text(self.events, "event"))
        if self.late:
            words.append(f"{self.late:,} of them late")
        if self.silent:
            words.append(f"silent for {length_text(self.silent)}")
        return ", ".join(words)


class Strip(Struct, frozen=True, kw_only=True):
    """The days of one source, by month, oldest first; `earlier` is the last month before them that
    has something to show. Of a source that is not pulled nothing is known but what came."""

    source: str
    is_pulled: bool
    months: tuple[tuple[Cell, ...], ...]
    earlier: date | None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All days that are not before the start, nor ahead."""
        return tuple(
            each
            for month in self.months
            for each in month
            if each.state not in {"outside", "ahead"} or each.events
        )


def find_sources(connection: Connection, scope: Scope) -> list[str]:
    """The names of all that events came from, but for auditdash's own log, in order."""
    entries = open_view(connection, scope).dictionaries["source"].entries
    return sorted({each[0] for each in entries if each[0]} - {OURS})


def parse_month(text: str) -> date | None:
    """The month that a calendar ends with, 2026-03; None for "", BadInput for anything else."""
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise BadInput(
            f"{shorten(text)} does not fit", where="until", expected="a month such as 2026-03"
        ) from None


def gather_strip(
    connection: Connection,
    scope: Scope,
    clock: Clock,
    source: str,
    covered: Coverage | None,
    silences: Sequence[Span],
    until: date | None = None,
) -> Strip:
    """Twelve months of one source up to that of `until`; `covered` where it is pulled."""
    query = include("", "source", source)
    calendar = _calendar(connection, scope, clock, query, covered, until)
    first, last = calendar.months[0].days[0].on, calendar.months[-1].days[-1].on
    asked = f"{query} created:{first}..{last}"
    events = _count(connection, scope, clock, asked)
    late = _count_late(connection, scope, clock, source, asked) if events else {}

    def cell(day: Day) -> Cell:
        return Cell(
            on=day.on,
            state=day.state,
            missing=day.missing,
            gaps=_parts(day, clock, covered.gaps) if covered and day.missing else (),
            events=events.get(day.on, 0),
            late=late.get(day.on, 0),
            silent=_silent(day.on, clock, silences),
            query=f"{query} created:{day.on}",
        )

    return Strip(
        source=source,
        is_pulled=covered is not None,
        months=tuple(tuple(map(cell, month.days)) for month in calendar.months),
        earlier=calendar.earlier,
    )


def _calendar(
    connection: Connection,
    scope: Scope,
    clock: Clock,
    query: str,
    covered: Coverage | None,
    until: date | None,
) -> Calendar:
    ends = bounds(compile_query(parse(query), open_view(connection, scope), clock))
    first = Instant(min(ends[0], clock.now - 1)) if ends else None
    if covered is not None:
        return count_days(covered, clock.zone, until, first)
    span = Span(Instant(clock.now - 1) if first is None else first, clock.now)
    return count_unasked_days(span, clock.zone, until)


def _count_late(
    connection: Connection, scope: Scope, clock: Clock, source: str, asked: str
) -> Mapping[date, int]:
    """Of what has happened since the source first came in: its past comes late by nature."""
    first = find_first_received(open_view(connection, scope), source)
    since = "" if first is None else f" created:>={instant_text(Instant(first))}"
    return _count(connection, scope, clock, f"{asked} {LATE}{since}")


def _count(connection: Connection, scope: Scope, clock: Clock, text: str) -> Mapping[date, int]:
    found = count_over_time(connection, parse(text), scope, clock, "day")
    return {
        local_date(bucket.start, clock.zone): sum(numbers)
        for bucket, *numbers in zip(found.buckets, *found.counts.values(), strict=True)
        if bucket.start is not None and any(numbers)
    }


def _silent(day: date, clock: Clock, silences: Sequence[Span]) -> int:
    if not silences:
        return 0
    whole = day_period(day, clock.zone)
    return sum(each.length for each in _within(whole, silences))


def _parts(day: Day, clock: Clock, gaps: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(_within(day_period(day.on, clock.zone), gaps))


def _within(period: Period, spans: Iterable[Span]) -> Iterator[Span]:
    """What of each span lies in a closed period."""
    first, last = period.start or Instant(0), period.end or Instant(0)
    for each in spans:
        start, end = max(each.start, first), min(each.end, last)
        if start < end:
            yield Span(start, end)


def _span_text(span: Span, zone: ZoneInfo) -> str:
    start, end = to_datetime(span.start, zone), to_datetime(span.end, zone)
    until = "24:00" if end.date() > start.date() else f"{end:%H:%M}"
    return f"from {start:%H:%M} to {until}"


def _count_text(count: int, what: str) -> str:
    if not count:
        return f"no {what}"
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
