"""Why an event is not in a result: the terms that keep it out, and what it has instead."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.events.event import Event
from auditdash.search.help.found import Facts, found_instead
from auditdash.search.match import NO_MARKS, UTC, Marks, matches
from auditdash.search.print import print_node
from auditdash.search.query import And, Node, Not, Or, Query, Span, Term, Text
from auditdash.search.scope import Clock


class Reason(Struct, frozen=True, kw_only=True):
    """One term that keeps an event out: `text` is the term as a query writes it, `span` its place,
    `sentence` what the event has, without a capital and a full stop.

    `negated`: the event has what is excluded. Reasons of the same `group` (not 0) stand on the
    sides of one OR: one of them would have to be different; of the others, each.
    """

    text: str
    span: Span
    sentence: str
    negated: bool = False
    group: int = 0


def explain(
    query: Query, event: Event, clock: Clock, marks: Marks = NO_MARKS, home: ZoneInfo = UTC
) -> tuple[Reason, ...]:
    """The innermost terms that are responsible, in the order of the text; () when it matches.

    `marks` and `home` as in `match.matches`.
    """
    facts = Facts(event=event, clock=clock, marks=marks, home=home)
    return tuple(_Search(facts).reasons(query.node))


class _Search:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.groups = 0

    def reasons(self, node: Node | None) -> Iterator[Reason]:
        if node is not None and not self._holds(node):
            yield from self._blame(node, node, wanted=True, group=0)

    def _holds(self, node: Node) -> bool:
        facts = self.facts
        return matches(node, facts.event, facts.clock, facts.marks, facts.home)

    def _blame(self, node: Node, written: Node, *, wanted: bool, group: int) -> Iterator[Reason]:
        """The terms by which the node is not as wanted. `written` has the minus, if there is one
        right before a term."""
        match node:
            case Not(inner):
                yield from self._blame(inner, node, wanted=not wanted, group=group)
            case And(nodes) | Or(nodes):
                either = isinstance(node, Or) is wanted
                if either and not group:
                    self.groups += 1
                    group = self.groups
                for inner in nodes:
                    if either or self._holds(inner) is not wanted:
                        yield from self._blame(inner, inner, wanted=wanted, group=group)
            case Term() | Text():
                yield Reason(
                    text=print_node(written),
                    span=written.span,
                    sentence=found_instead(node, self.facts, wanted=wanted),
                    negated=not wanted,
                    group=group,
                )
