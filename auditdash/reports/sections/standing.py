"""Numbers of grants, tokens, recipients and readings, counted in the attached files."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from auditdash.queries.control_totals import count_events
from auditdash.reports.attached.counted import iterate_rows
from auditdash.reports.attached.files import POPULATION
from auditdash.reports.question import narrowed
from auditdash.reports.source import Source


class Grants(Struct, frozen=True, kw_only=True):
    """Whose they are and what they are on; `by_kind`: by what kind of thing."""

    subjects: int
    objects: int
    to_everyone: int
    unseen: int
    by_kind: dict[str, int]


class Tokens(Struct, frozen=True, kw_only=True):
    """Those that are there when the report is asked for; of makers who lost a part of their role,
    and of others who are away."""

    now: int
    lowered: int
    away: int


class Recipients(Struct, frozen=True, kw_only=True):
    """Those that are there when the report is asked for, and how many of them are outside."""

    now: int
    outside: int


class Readings(Struct, frozen=True, kw_only=True):
    """How often something was taken away as a file, and how often the log was read at night."""

    files: int
    nights: int


def count_grants(source: Source) -> Grants:
    """Over the lines of population.csv."""
    subjects: set[tuple[str, ...]] = set()
    objects: set[tuple[str, ...]] = set()
    kinds: Counter[str] = Counter()
    to_everyone = unseen = 0
    for row in iterate_rows(source, POPULATION):
        subjects.add(tuple(row[f"subject_{part}"] for part in ("kind", "name", "id")))
        objects.add(tuple(row[f"object_{part}"] for part in ("kind", "name", "id")))
        kinds[row["object_kind"]] += 1
        to_everyone += row["subject_kind"] == "everyone"
        unseen += not row["since"]
    return Grants(
        subjects=len(subjects),
        objects=len(objects),
        to_everyone=to_everyone,
        unseen=unseen,
        by_kind=dict(sorted(kinds.items())),
    )


def count_tokens(source: Source) -> Tokens:
    """Over the rows of tokens.csv."""
    there = [row for row in iterate_rows(source, "tokens.csv") if not row["ended_at"]]
    lowered = [row for row in there if row["maker_lost_role_at"]]
    away = [row for row in there if row["maker_away"] == "yes" and not row["maker_lost_role_at"]]
    return Tokens(now=len(there), lowered=len(lowered), away=len(away))


def count_recipients(source: Source) -> Recipients:
    """Over the rows of recipients.csv."""
    there = [row for row in iterate_rows(source, "recipients.csv") if not row["ended_at"]]
    return Recipients(now=len(there), outside=sum(row["outside"] == "yes" for row in there))


def count_readings(source: Source) -> Readings:
    """Files over the rows of readers.csv, nights over the events."""
    asked = narrowed(source.question, "is:night")
    return Readings(
        files=sum(int(row["files"]) for row in iterate_rows(source, "readers.csv")),
        nights=count_events(source.connection, asked.query, asked.scope, asked.clock),
    )
