"""The events that a rule means, each with what is special about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.downloads.permission_rows import access_texts, unknown_text
from auditdash.events.event import Event
from auditdash.events.folding import fold_case
from auditdash.events.instants import DAY, Instant
from auditdash.events.periods import Period
from auditdash.events.wording import time_text
from auditdash.queries.data_exports import (
    Burst,
    ExportSummary,
    iterate_night_exports,
    summarise_exports,
)
from auditdash.queries.inventory.recipients import find_recipients
from auditdash.queries.inventory.rows import Mark
from auditdash.queries.inventory.tokens import find_tokens
from auditdash.queries.permission_changes import find_first_recorded, iterate_permission_changes
from auditdash.queries.sight.views import open_view
from auditdash.queries.stream import iterate_events
from auditdash.reports.exceptions.rules import Finder, Rule
from auditdash.reports.question import Question, narrowed
from auditdash.search.period import frozen
from auditdash.search.query import Term, query_of

Found: TypeAlias = Iterator[tuple[Event, str]]


class Asked(Struct, frozen=True, kw_only=True):
    """Of which events, and by which clock and domains of the workspace; no domains: told from the
    addresses of its members."""

    connection: Connection
    question: Question
    zone: ZoneInfo
    domains: frozenset[str]

    def narrowed(self, text: str) -> Iterator[Event]:
        """The events of the question that answer this as well, oldest first."""
        asked = narrowed(self.question, text)
        return iterate_events(self.connection, asked.query, asked.scope, asked.clock)

    def exports(self, start: Instant, last: Instant) -> Iterator[Event]:
        """The exports of the question from one instant to another, both in, oldest first."""
        asked = narrowed(self.question, "is:export")
        within = Term("created", (frozen(Period(start, Instant(last + 1))),))
        query = query_of((within, *asked.query.parts), asked.query.order)
        return iterate_events(self.connection, query, asked.scope, asked.clock)

    def summary(self) -> ExportSummary:
        """The exports of the question, counted."""
        asked = self.question
        return summarise_exports(self.connection, asked.query, asked.scope, asked.clock, self.zone)


def find_exceptions(asked: Asked, rule: Rule) -> Found:
    """The events of one rule, oldest first, with a note on each (or "")."""
    return FINDERS[rule.finder](asked, rule)


def _answering(asked: Asked, rule: Rule) -> Found:
    return ((event, "") for event in asked.narrowed(rule.query))


def _widened(asked: Asked, rule: Rule) -> Found:
    """Changes that are not known to give less."""
    question = narrowed(asked.question, rule.query)
    known = (asked.connection, question.scope)
    unknown = unknown_text(find_first_recorded(*known), question.clock.zone)
    changes = iterate_permission_changes(
        asked.connection, question.query, question.scope, question.clock
    )
    for change in changes:
        if change.direction != "down":
            yield change.event, " → ".join(access_texts(change, unknown))


def _bursts(asked: Asked, rule: Rule) -> Found:
    bursts: dict[str, tuple[Burst, ...]] = {
        person.key: person.bursts for person in asked.summary().bursting
    }
    every = [burst for each in bursts.values() for burst in each]
    if not every:
        return
    first, last = min(burst.start for burst in every), max(burst.end for burst in every)
    for event in asked.exports(first, last):
        for burst in bursts.get(_person(event), ()):
            if burst.start <= event.occurred_at <= burst.end:
                yield event, f"one of {burst.count:,}; {burst.usual:g} on a usual day"


def _nights(asked: Asked, rule: Rule) -> Found:
    question = asked.question
    awake = {person.key for person in asked.summary().awake}
    if not awake:
        return
    nights = iterate_night_exports(
        asked.connection, question.query, question.scope, question.clock, asked.zone
    )
    for event in nights:
        if _person(event) in awake:
            yield event, f"at {time_text(event.occurred_at, asked.zone)}, {asked.zone.key}"


def _first_exports(asked: Asked, rule: Rule) -> Found:
    missing = {person.key: person for person in asked.summary().new}
    if not missing:
        return
    starts = [person.first_at for person in missing.values()]
    for event in asked.exports(min(starts), max(starts)):
        person = missing.pop(_person(event), None)
        if person is not None:
            others = person.count - 1
            yield event, f"{others:,} more in the period" if others else "the only one"


def _tokens(asked: Asked, rule: Rule) -> Found:
    question = asked.question
    found = find_tokens(asked.connection, question.query, question.scope, question.clock)
    kept = (token.began for token in found.all if token.ended is None)
    for event in _marked(asked, kept):
        days = max(0, question.clock.now - event.occurred_at) // DAY
        yield event, f"{days:,} day{'' if days == 1 else 's'} old"


def _recipients(asked: Asked, rule: Rule) -> Found:
    question = asked.question
    found = find_recipients(
        asked.connection, question.query, question.scope, question.clock, asked.domains
    )
    outside = {each.began: each for each in found.all if each.outside}
    gone = {mark.seq for mark, each in outside.items() if mark and each.ended}
    for event in _marked(asked, outside):
        yield event, "removed since" if event.seq in gone else "still there"


def _marked(asked: Asked, marks: Iterable[Mark | None]) -> Iterator[Event]:
    """The events that began something, oldest first; None is what no event in sight began."""
    order = sorted((mark.at, mark.seq) for mark in marks if mark is not None)
    view = open_view(asked.connection, asked.question.scope)
    seqs = (seq for _, seq in order)
    return view.events(seqs)


def _person(event: Event) -> str:
    return fold_case(event.actor.username or event.actor.id or "")


FINDERS: Final[Mapping[Finder, Callable[[Asked, Rule], Found]]] = {
    "query": _answering,
    "widened": _widened,
    "bursts": _bursts,
    "nights": _nights,
    "first-exports": _first_exports,
    "tokens": _tokens,
    "recipients": _recipients,
}
