"""Dates on paper in the language of the report: the data of dates.toml. Sentences stay English."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from auditdash.events.instants import Instant
from auditdash.events.periods import Period, day_period, local_date
from auditdash.events.wording import time_text, zone_text


class Dates(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one language writes dates; `word` is its tag, such as `de`."""

    word: str
    name: str
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    day: str
    day_of_year: str
    short: str
    first: str
    in_month: str
    joint: str

    def day_text(self, day: date) -> str:
        """`8 March 2026`."""
        return self._write(self.day, day)

    def short_text(self, day: date) -> str:
        """`8 Mar`, for the axis of a chart."""
        return self._write(self.short, day, self.short_months)

    def month_text(self, day: date) -> str:
        """`March 2026`."""
        return self._write(self.in_month, day)

    def short_month_text(self, day: date) -> str:
        """`Mar 2026`, for the axis of a chart."""
        return f"{self.short_months[day.month - 1]} {day.year}"

    def moment_text(self, instant: Instant, zone: ZoneInfo) -> str:
        """`8 March 2026, 14:05:09 CET`."""
        return f"{self._moment(instant, zone)} {zone_text(instant, zone)}"

    def period_text(self, period: Period, zone: ZoneInfo) -> str:
        """`March 2026`, `8 March 2026`, `8 March – 3 April 2026`, or with times; it is closed."""
        start, end = period.start or Instant(0), period.end or Instant(0)
        first, after = local_date(start, zone), local_date(end, zone)
        if not (_is_midnight(start, zone) and _is_midnight(end, zone)):
            return f"{self._moment(start, zone)} – {self._moment(end, zone)}"
        last = after - timedelta(days=1)
        if first.day == 1 and after.day == 1:
            return self._months_text(first, last)
        if first == last:
            return self.day_text(first)
        same = first.year == last.year
        begins = self._write(self.day_of_year if same else self.day, first)
        return f"{begins} – {self.day_text(last)}"

    def _months_text(self, first: date, last: date) -> str:
        if (first.year, first.month) == (last.year, last.month):
            return self.month_text(first)
        if first.year != last.year:
            return f"{self.month_text(first)} – {self.month_text(last)}"
        if (first.month, last.month) == (1, 12):
            return str(first.year)
        return f"{self.months[first.month - 1]} – {self.month_text(last)}"

    def _moment(self, instant: Instant, zone: ZoneInfo) -> str:
        day = self.day_text(local_date(instant, zone))
        return f"{day}{self.joint}{time_text(instant, zone)}"

    def _write(self, form: str, day: date, months: tuple[str, ...] = ()) -> str:
        return form.format(
            day=self.first if day.day == 1 else day.day,
            month=(months or self.months)[day.month - 1],
            year=day.year,
        )


@cache
def languages() -> Mapping[str, Dates]:
    """All languages by their words, in the order of the file."""
    text = files("auditdash.reports.orders").joinpath("dates.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return {word: msgspec.convert({**table, "word": word}, Dates) for word, table in tables.items()}


def _is_midnight(instant: Instant, zone: ZoneInfo) -> bool:
    return day_period(local_date(instant, zone), zone).start == instant
