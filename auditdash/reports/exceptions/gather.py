"""All exceptions of a report: their file, their numbers, and the first of each rule for paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from auditdash.downloads.cells import Value
from auditdash.downloads.csv import iterate_table
from auditdash.events.catalogue import action_label
from auditdash.events.event import Event
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.reports.exceptions.finders import Asked, find_exceptions
from auditdash.reports.exceptions.rules import Rule, rules

COLUMNS: Final = (
    "rule",
    "title",
    "note",
    "seq",
    "id",
    "occurred_at",
    "action",
    "category",
    "actor",
    "actor_ip",
    "subject",
    "entity",
    "role",
    "reason",
)


class ExceptionRow(Struct, frozen=True, kw_only=True):
    """One event under one rule, as it is printed."""

    seq: int
    id: str
    at: Instant
    actor: str | None
    subject: str | None
    entity: str | None
    label: str
    note: str


class RulePart(Struct, frozen=True, kw_only=True):
    """A rule with the number of its events; `rows` are the first of them."""

    rule: Rule
    count: int
    rows: tuple[ExceptionRow, ...]


class Exceptions(Struct, frozen=True, kw_only=True):
    """Every rule, also those without an event. An event counts once for each of its rules, but once
    alone in `by_action`, the events that are an exception by any of them."""

    parts: tuple[RulePart, ...]
    by_action: Mapping[str, int]

    @property
    def total(self) -> int:
        """The rows of exceptions.csv."""
        return sum(part.count for part in self.parts)

    @property
    def events(self) -> int:
        """How many events they are."""
        return sum(self.by_action.values())


class Collector:
    """Tells exceptions.csv piece by piece, and afterwards what was in it."""

    def __init__(self, asked: Asked, limit: int) -> None:
        self._asked = asked
        self._limit = limit
        self._counts: Counter[str] = Counter()
        self._actions: Counter[str] = Counter()
        # A bit for each number of an event: a set of millions would be large.
        self._seen = bytearray()
        self._rows: dict[str, list[ExceptionRow]] = {rule.name: [] for rule in rules()}

    def iterate_csv(self) -> Iterator[bytes]:
        """The header and a row for each exception: by rule, then by time."""
        return iterate_table(COLUMNS, self._lines())

    def found(self) -> Exceptions:
        """What was written so far."""
        parts = (
            RulePart(rule=rule, count=self._counts[rule.name], rows=tuple(self._rows[rule.name]))
            for rule in rules()
        )
        return Exceptions(parts=tuple(parts), by_action=dict(self._actions))

    def _lines(self) -> Iterator[tuple[Value, ...]]:
        for rule in rules():
            for event, note in find_exceptions(self._asked, rule):
                self._counts[rule.name] += 1
                self._actions[event.action] += self._is_first(event.seq)
                if len(self._rows[rule.name]) < self._limit:
                    self._rows[rule.name].append(_row(event, note))
                yield _cells(rule, event, note)

    def _is_first(self, seq: int) -> bool:
        place, bit = seq >> 3, 1 << (seq & 7)
        self._seen.extend(bytes(max(0, place + 1 - len(self._seen))))
        known = self._seen[place] & bit
        self._seen[place] |= bit
        return not known


def _cells(rule: Rule, event: Event, note: str) -> tuple[Value, ...]:
    return (
        rule.name,
        rule.title,
        note or None,
        event.seq,
        event.id,
        to_rfc3339(event.occurred_at),
        event.action,
        event.category,
        event.actor.username or event.actor.id,
        event.actor.ip,
        event.subject.name or event.subject.id,
        event.entity.name or event.entity.id,
        event.role,
        rule.reason,
    )


def _row(event: Event, note: str) -> ExceptionRow:
    return ExceptionRow(
        seq=event.seq,
        id=event.id,
        at=event.occurred_at,
        actor=event.actor.username or event.actor.id,
        subject=event.subject.name or event.subject.id,
        entity=event.entity.name or event.entity.id,
        label=action_label(event.action),
        note=note,
    )
