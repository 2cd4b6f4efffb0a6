"""Control totals: events per day, how many came late, and the balance of what came in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import islice
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.instants import Instant
from auditdash.events.periods import local_date
from auditdash.queries.control_totals import (
    Received,
    count_by_day,
    count_events,
    count_received,
)
from auditdash.reports.question import Question, narrowed

MOST_WEEKS: Final = 110


class Week(Struct, frozen=True, kw_only=True):
    """Monday to Sunday; None is a day that is not in the period."""

    monday: date
    days: tuple[int | None, ...]

    @property
    def count(self) -> int:
        """All events of the week."""
        return sum(day or 0 for day in self.days)


class Totals(Struct, frozen=True, kw_only=True):
    """`days` are all with events, `weeks` the first MOST_WEEKS of those from the first such day to
    the last. `late` came more than a day late. `received`: by source, since the period began."""

    days: Mapping[date, int]
    weeks: tuple[Week, ...]
    late: int
    received: tuple[Received, ...]

    @property
    def count(self) -> int:
        """The sum over all days."""
        return sum(self.days.values())

    @property
    def weeks_shown(self) -> int:
        """The events of the weeks that are printed."""
        return sum(week.count for week in self.weeks)

    @property
    def duplicates(self) -> int:
        """Records that were already known, to the byte, when they came again."""
        return sum(each.known for each in self.received)


def gather_totals(connection: Connection, question: Question) -> Totals:
    """Count all of it; deliveries count from the start of the period to the request."""
    scope, clock = question.scope, question.clock
    days = count_by_day(connection, question.query, scope, clock)
    late = count_events(connection, narrowed(question, "is:late").query, scope, clock)
    return Totals(
        days=days,
        weeks=tuple(islice(_weeks(days, question), MOST_WEEKS)),
        late=late,
        received=tuple(count_received(connection, scope, question.start, clock.now)),
    )


def _weeks(days: Mapping[date, int], question: Question) -> Iterator[Week]:
    if not days:
        return
    zone = question.clock.zone
    first = local_date(question.start, zone)
    last = local_date(Instant(question.end - 1), zone)
    monday = min(days) - timedelta(days=min(days).weekday())
    while monday <= max(days):
        week = [monday + timedelta(days=number) for number in range(7)]
        counts = (days.get(day, 0) if first <= day <= last else None for day in week)
        yield Week(monday=monday, days=tuple(counts))
        monday += timedelta(days=7)
