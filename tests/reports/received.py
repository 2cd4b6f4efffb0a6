"""A report as its reader has it: what its attachments say, and the text of each section."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pikepdf

from auditdash.events.instants import Instant, parse_instant, parse_zone
from auditdash.events.periods import Period
from auditdash.reports.orders.dates import languages
from auditdash.reports.orders.sections import sections
from tests.reports.papers import attachment, manifest, pages

Row = dict[str, str]
# How a section begins that follows on the page of the one before it.
_FLOWING = {"limits": "This report is as complete", "dictionary": "What the columns"}


class Paper:
    """What the attachments say, and the text of each section."""

    def __init__(self, path: Path) -> None:
        self.manifest: dict[str, Any] = manifest(path)
        with pikepdf.open(path) as pdf:
            names = [name for name in pdf.attachments if name.endswith(".csv")]
        self.files = {name: attachment(path, name) for name in names}
        self.rows = self.listed("population.csv")
        self.exceptions = self.listed("exceptions.csv")
        self.sample = self.listed("sample.csv")
        self.order: dict[str, Any] = self.manifest["order"]
        self.zone = ZoneInfo(self.manifest["question"]["zone"])
        self.catalogue: dict[str, dict[str, Any]] = self.manifest.get("catalogue", {})
        self.dates = languages()[self.order["language"]]
        self.starts: dict[str, int] = {}
        self.texts = self._texts(path)

    def listed(self, name: str) -> list[Row]:
        """The rows of an attached file; none where it is not there."""
        return read_rows(self.files[name]) if name in self.files else []

    def _texts(self, path: Path) -> dict[str, str]:
        found = {"cover": ""}
        section = "cover"
        titles: dict[str, str] = self.manifest["sections"]
        known = "|".join(map(re.escape, titles.values()))
        head = rf"((^| )({known}) \D{{1,80}} · {re.escape(self.period())})?"
        page_of = r"Page (?P<page>\d+) of (?P<all>\d+)(?= |$)"
        foot = re.compile(rf"{head} {self.manifest['report']} {page_of}")
        printed = pages(path)
        for number, page in enumerate(printed, 1):
            told = foot.search(page)  # before the rows of a long table, which are drawn last
            assert told is not None, page[-200:]
            assert (told["page"], told["all"]) == (str(number), str(len(printed)))
            rest = foot.sub("", page, count=1)
            for name, title in titles.items():
                if name in self.starts:
                    continue
                before, start, after = self._split(rest, name, title)
                if start:
                    found[section] += " " + before
                    self.starts[name], section, rest = number, name, after
                    found[section] = ""
            found[section] += " " + rest
        assert set(found) == {"cover", *titles}
        return found

    def _split(self, text: str, name: str, title: str) -> tuple[str, str, str]:
        if not sections()[name].flow:
            starts = text.startswith(f"{title} ")
            return ("", title, text.removeprefix(title)) if starts else (text, "", "")
        before, start, after = text.partition(f"{title} {_FLOWING[name]}")
        return before, start, after

    @property
    def of_events(self) -> bool:
        """Whether its lines are events."""
        return bool(self.manifest["lines"] == "events")

    @property
    def start(self) -> Instant:
        """The first instant of its period."""
        return parse_instant(self.manifest["question"]["start"])

    @property
    def end(self) -> Instant:
        """The first instant after it."""
        return parse_instant(self.manifest["question"]["end"])

    def period(self) -> str:
        """The period in words."""
        zone = parse_zone(self.manifest["question"]["zone"])
        return self.dates.period_text(Period(self.start, self.end), zone)

    def moment(self, instant: str | datetime, zone: ZoneInfo | None = None) -> str:
        """`8 March 2026, 14:05:09 CET`, in the language of the report."""
        read = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
        local = read.astimezone(zone or self.zone)
        day = self.dates.day.format(
            day=self.dates.first if local.day == 1 else local.day,
            month=self.dates.months[local.month - 1],
            year=local.year,
        )
        return f"{day}{self.dates.joint}{local:%H:%M:%S} {local.tzname()}"

    def local(self, row: Row, name: str = "occurred_at") -> datetime:
        """When it was by the clocks of the report."""
        return read_instant(row[name]).astimezone(self.zone)

    def label(self, action: str) -> str:
        """What people call an action."""
        return str(self.catalogue[action]["label"]) if action in self.catalogue else action

    def of(self, mark: str) -> list[Row]:
        """The events whose action the catalogue marks so."""
        return [row for row in self.rows if self.catalogue.get(row["action"], {}).get(mark)]

    def ruled(self, rule: str) -> list[Row]:
        """The exceptions of a rule."""
        return [row for row in self.exceptions if row["rule"] == rule]

    def has(self, section: str) -> bool:
        """Whether a section is printed."""
        return section in self.starts

    def page(self, *names: str) -> str:
        """Where the first of these sections that is printed begins."""
        name = next((each for each in names if self.has(each)), "evidence")
        return f"page {self.starts[name]}"


def read_rows(content: bytes) -> list[Row]:
    """The rows of a CSV."""
    csv.field_size_limit(1 << 24)
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def read_instant(text: str) -> datetime:
    """RFC 3339, as in all attachments."""
    return datetime.fromisoformat(text)


def span_text(start: str, end: str) -> str:
    """`2 days 3 h 20 min`, between two instants."""
    length = read_instant(end) - read_instant(start)
    seconds = -(-length // timedelta(seconds=1))
    days = seconds // 86400
    parts = (
        (days, " day" if days == 1 else " days"),
        (seconds // 3600 % 24, " h"),
        (seconds // 60 % 60, " min"),
        (seconds % 60, " s"),
    )
    return " ".join(f"{count:,}{unit}" for count, unit in parts if count) or "0 s"
