"""All exceptions of a report: their file, their numbers, and the first of each rule for paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from auditdash.downloads.cells import Value
from auditdash.downloads.csv import iterate_table
from auditdash.events.catalogue import action_label
from auditdash.events.event import Event
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.reports.exceptions.rules import Rule

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
    """One line of the population under one rule, as it is printed; `at` None: not recorded."""

    seq: int
    id: str
    at: Instant | None
    actor: str | None
    subject: str | None
    entity: str | None
    label: str
    role: str | None
    note: str


class Met(Struct, frozen=True, kw_only=True):
    """A line that a rule finds: as it is printed, what was done, and its cells between the note and
    the reason."""

    row: ExceptionRow
    action: str
    cells: tuple[Value, ...]


class RulePart(Struct, frozen=True, kw_only=True):
    """A rule with the number of its events; `rows` are the first of them."""

    rule: Rule
    count: int
    rows: tuple[ExceptionRow, ...]


class Exceptions(Struct, frozen=True, kw_only=True):
    """Every rule, also those without a line. A line counts once for each of its rules, but once
    alone in `by_action`, the lines that are an exception by any of them."""

    parts: tuple[RulePart, ...]
    by_action: Mapping[str, int]

    @property
    def total(self) -> int:
        """The rows of exceptions.csv."""
        return sum(part.count for part in self.parts)

    @property
    def events(self) -> int:
        """How many lines they are."""
        return sum(self.by_action.values())


class Collector:
    """Tells exceptions.csv piece by piece, and afterwards what was in it."""

    def __init__(
        self,
        columns: Sequence[str],
        rules: Sequence[Rule],
        find: Callable[[Rule], Iterable[Met]],
        limit: int,
    ) -> None:
        self._columns = columns
        self._rules = rules
        self._find = find
        self._limit = limit
        self._counts: Counter[str] = Counter()
        self._actions: Counter[str] = Counter()
        # A bit for each number of a line: a set of millions would be large.
        self._seen = bytearray()
        self._rows: dict[str, list[ExceptionRow]] = {rule.name: [] for rule in rules}

    def iterate_csv(self) -> Iterator[bytes]:
        """The header and a row for each exception: by rule, then by time."""
        return iterate_table(self._columns, self._lines())

    def found(self) -> Exceptions:
        """What was written so far."""
        parts = (
            RulePart(rule=rule, count=self._counts[rule.name], rows=tuple(self._rows[rule.name]))
            for rule in self._rules
        )
        return Exceptions(parts=tuple(parts), by_action=dict(self._actions))

    def _lines(self) -> Iterator[tuple[Value, ...]]:
        for rule in self._rules:
            for met in self._find(rule):
                self._counts[rule.name] += 1
                self._actions[met.action] += self._is_first(met.row.seq)
                if len(self._rows[rule.name]) < self._limit:
                    self._rows[rule.name].append(met.row)
                yield (rule.name, rule.title, met.row.note or None, *met.cells, rule.reason)

    def _is_first(self, seq: int) -> bool:
        place, bit = seq >> 3, 1 << (seq & 7)
        self._seen.extend(bytes(max(0, place + 1 - len(self._seen))))
        known = self._seen[place] & bit
        self._seen[place] |= bit
        return not known


def met_of(event: Event, note: str) -> Met:
    """An event as what a rule found."""
    actor = event.actor.username or event.actor.id
    subject = event.subject.name or event.subject.id
    entity = event.entity.name or event.entity.id
    return Met(
        row=ExceptionRow(
            seq=event.seq,
            id=event.id,
            at=event.occurred_at,
            actor=actor,
            subject=subject,
            entity=entity,
            label=action_label(event.action),
            role=event.role,
            note=note,
        ),
        action=event.action,
        cells=(
            event.seq,
            event.id,
            to_rfc3339(event.occurred_at),
            event.action,
            event.category,
            actor,
            event.actor.ip,
            subject,
            entity,
            event.role,
        ),
    )
