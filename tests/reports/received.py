"""A report as its reader has it: what its attachments say, and the text of each section."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.reports.papers import attachment, manifest, pages

Row = dict[str, str]
SECTIONS = {
    "result": ("The result on one page", "Events, "),
    "categories": ("What happened, by category", "Every action"),
    "exports": ("Data exports", "Who took data out"),
    "permissions": ("Permission changes", "Who changed whose"),
    "exceptions": ("Exceptions", "Events that somebody"),
    "controls": ("Control matrix", "For which controls"),
    "sample": ("Sample for the auditor", "Events to be traced"),
    "intake": ("Unmapped, rejected and conflicting", "Nothing that came"),
    "coverage": ("Coverage of the feed", "How much of the period"),
    "limits": ("What the feed cannot show", "This report is as complete"),
    "evidence": ("Information produced by the entity", "How this report was made"),
    "dictionary": ("Field dictionary", "What the columns"),
    "signoff": ("Sign-off", "Who prepared"),
}


class Paper:
    """What the attachments say, and the text of each section."""

    def __init__(self, path: Path) -> None:
        self.manifest: dict[str, Any] = manifest(path)
        self.files = {
            name: attachment(path, name)
            for name in ("population.csv", "exceptions.csv", "sample.csv")
        }
        self.rows, self.exceptions, self.sample = map(read_rows, self.files.values())
        self.zone = ZoneInfo(self.manifest["question"]["zone"])
        self.catalogue: dict[str, dict[str, Any]] = self.manifest["catalogue"]
        self.starts: dict[str, int] = {}
        self.texts = self._texts(path)

    def _texts(self, path: Path) -> dict[str, str]:
        found = {"cover": ""}
        section = "cover"
        titles = "|".join(title for title, _ in SECTIONS.values())
        head = rf"( ({titles}) \D{{1,80}} · \w+ \d{{4}})?"
        foot = re.compile(rf"{head} {self.manifest['report']} Page (?P<page>\d+) of (?P<all>\d+)$")
        printed = pages(path)
        for number, page in enumerate(printed, 1):
            told = foot.search(page)
            assert told is not None
            assert (told["page"], told["all"]) == (str(number), str(len(printed)))
            rest = foot.sub("", page)
            for name, (title, lead) in SECTIONS.items():
                before, start, after = rest.partition(f"{title} {lead}")
                if start and name not in self.starts:
                    found[section] += " " + before
                    self.starts[name], section, rest = number, name, lead + after
                    found[section] = ""
            found[section] += " " + rest
        assert set(found) == {"cover", *SECTIONS}
        return found

    def local(self, row: Row, name: str = "occurred_at") -> datetime:
        """When it was by the clocks of the report."""
        return read_instant(row[name]).astimezone(self.zone)

    def month(self) -> str:
        """The month that the report is about."""
        return f"{read_instant(self.manifest['question']['start']).astimezone(self.zone):%B %Y}"

    def label(self, action: str) -> str:
        """What people call an action."""
        return str(self.catalogue[action]["label"]) if action in self.catalogue else action

    def of(self, mark: str) -> list[Row]:
        """The events whose action the catalogue marks so."""
        return [row for row in self.rows if self.catalogue.get(row["action"], {}).get(mark)]

    def ruled(self, rule: str) -> list[Row]:
        """The exceptions of a rule."""
        return [row for row in self.exceptions if row["rule"] == rule]


def read_rows(content: bytes) -> list[Row]:
    """The rows of a CSV."""
    csv.field_size_limit(1 << 24)
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def read_instant(text: str) -> datetime:
    """RFC 3339, as in all attachments."""
    return datetime.fromisoformat(text)
