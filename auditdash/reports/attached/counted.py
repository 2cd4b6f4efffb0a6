"""Lists that are counted over the rows of population.csv, as anyone can do again."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from auditdash.downloads.cells import plain
from auditdash.downloads.csv import iterate_table
from auditdash.events.catalogue import find_action
from auditdash.events.folding import fold_case
from auditdash.reports.attached.files import POPULATION
from auditdash.reports.source import Source

GRANTING: Final = ("given_by", "given_to", "grants")
READERS: Final = ("reader", "source", "readings", "files", "days", "first_at", "last_at")
_GRANTED: Final = frozenset({"grant", "invite", "create"})
_TAKEN: Final = frozenset({"download", "api-events"})
_NOBODY: Final = "nobody named"

_Row = dict[str, str]


def iterate_rows(source: Source, name: str = POPULATION) -> Iterator[_Row]:
    """The rows of an attached file that stands already, as they were before they were defused."""
    csv.field_size_limit(1 << 24)
    with (source.work / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {column: plain(text) for column, text in row.items()}


def iterate_granting(source: Source) -> Iterator[bytes]:
    """Who granted to whom how often, most first; names as they were written last."""
    counts: Counter[tuple[str, str]] = Counter()
    names: dict[str, str] = {}
    for row in iterate_rows(source):
        action = find_action(row["action"])
        if action is None or not action.permission or row["op"] not in _GRANTED:
            continue
        pair = (
            _person(row, "actor_username", "actor_id"),
            _person(row, "subject_name", "subject_id"),
        )
        keys = fold_case(pair[0]), fold_case(pair[1])
        names |= dict(zip(keys, pair, strict=True))
        counts[keys] += 1
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return iterate_table(GRANTING, ((names[by], names[to], n) for (by, to), n in ordered))


def iterate_readers(source: Source) -> Iterator[bytes]:
    """Who read the log, from which source, most readings first; days by the zone of the report."""
    zone = source.question.clock.zone
    found: dict[tuple[str, str], _Reader] = {}
    for row in iterate_rows(source):
        name = _person(row, "actor_username", "actor_id")
        reader = found.setdefault((fold_case(name), row["source"]), _Reader())
        local = datetime.fromisoformat(row["occurred_at"]).astimezone(zone)
        reader.add(name, row, local.date().isoformat())
    ordered = sorted(found.items(), key=lambda each: (-each[1].count, each[0]))
    return iterate_table(
        READERS,
        (
            (
                each.name,
                source_name,
                each.count,
                each.files,
                len(each.days),
                each.first_at,
                each.last_at,
            )
            for (_, source_name), each in ordered
        ),
    )


def is_file(row: _Row) -> bool:
    """Whether an event is that something left auditdash as a file."""
    if row["source"] != "auditdash" or not row["context"]:
        return False
    what = json.loads(row["context"]).get("what")
    return isinstance(what, str) and (what.endswith("-file") or what in _TAKEN)


class _Reader:
    """What one reader did so far."""

    def __init__(self) -> None:
        self.name = self.first_at = self.last_at = ""
        self.count = self.files = 0
        self.days: set[str] = set()

    def add(self, name: str, row: _Row, day: str) -> None:
        """One reading more; they come oldest first."""
        self.name = name
        self.first_at = self.first_at or row["occurred_at"]
        self.last_at = row["occurred_at"]
        self.count += 1
        self.files += is_file(row)
        self.days.add(day)


def _person(row: _Row, *columns: str) -> str:
    return next((row[column] for column in columns if row[column]), _NOBODY)
