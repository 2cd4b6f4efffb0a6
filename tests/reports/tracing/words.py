"""How a report says what an attachment has: patterns of its text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from tests.reports.received import Paper, Row, read_instant


def said(*parts: object) -> str:
    """These texts and numbers, one after the other."""
    texts = (f"{part:,}" if isinstance(part, int) else str(part) for part in parts)
    return " ".join(re.escape(text) for text in texts if text)


def when(moment: datetime) -> str:
    """`2026-03-08 14:05:09`."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def name_of(row: Row, what: str) -> str:
    """The name of an actor, an entity, …, or its id."""
    return row[f"{what}_{'username' if what == 'actor' else 'name'}"] or row[f"{what}_id"]


def folded(row: Row, what: str) -> str:
    """The same for whoever compares."""
    return name_of(row, what).casefold()


def people(rows: Iterable[Row]) -> int:
    """How many named people acted."""
    return len({folded(row, "actor") for row in rows} - {""})


def printed(count: int, most: int = 500) -> str:
    """What stands below a list."""
    if count > most:
        return said("Rows printed: the first", most, "of", f"{count:,}.")
    return said("Rows printed:", count, "of", f"{count:,}.") if count else ""


def at_night(paper: Paper, row: Row) -> bool:
    """Whether it was, by the clocks of the workspace."""
    zone = paper.manifest["workspace_zone"]
    hour = read_instant(row["occurred_at"]).astimezone(ZoneInfo(zone)).hour
    return hour >= 22 or hour < 6


def exports(paper: Paper) -> list[Row]:
    """The rows that are exports."""
    return [row for row in paper.rows if row.get("op") == "export"]


def kind_of(row: Row) -> str:
    """Granted, Revoked or Changed."""
    kinds = {"revoke": "Revoked", "remove": "Revoked"}
    kinds |= dict.fromkeys(("grant", "invite", "create"), "Granted")
    return kinds.get(row["op"], "Changed")


def bursts(paper: Paper) -> list[tuple[str, Row, Row, int, str]]:
    """Who, first, last, how many, on a usual day: each has as many exceptions as its note tells."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in paper.ruled("export-burst"):
        found.setdefault((row["actor"], row["note"]), []).append(row)
    every = []
    for (actor, note), rows in found.items():
        told = re.fullmatch(r"one of ([\d,]+); (\S+) on a usual day", note)
        assert told is not None
        size = int(told[1].replace(",", ""))
        assert len(rows) % size == 0
        for start in range(0, len(rows), size):
            every.append((actor, rows[start], rows[start + size - 1], size, told[2]))
    return every
