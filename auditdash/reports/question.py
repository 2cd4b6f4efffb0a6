"""What a report asks: its query and its period as one query, frozen at one sequence number."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from auditdash.events.instants import Instant, parse_zone
from auditdash.events.periods import Period
from auditdash.reports.orders.kinds import EVENTS, find_kind
from auditdash.reports.orders.order import order_of, span_of
from auditdash.search.edit import freeze
from auditdash.search.parse import parse
from auditdash.search.period import frozen
from auditdash.search.print import print_query
from auditdash.search.query import Query, Term, query_of
from auditdash.search.scope import Clock, Scope
from auditdash.store.report_runs import ReportRun

COMPLIANCE: Final = "compliance"


def report_id(run: ReportRun) -> str:
    """What people call the report: `AD-000012`."""
    return f"AD-{run.id:06}"


class Question(Struct, frozen=True, kw_only=True):
    """Query, scope and clock belong together; `text` finds the same events in the search box.

    `asked` is the query without its period and without what the kind adds to it.
    """

    query: Query
    asked: Query
    scope: Scope
    clock: Clock
    period: Period
    text: str

    @property
    def start(self) -> Instant:
        """The first instant of the period."""
        return self.period.start if self.period.start is not None else Instant(0)

    @property
    def end(self) -> Instant:
        """The first instant after the period."""
        return self.period.end if self.period.end is not None else self.clock.now

    @property
    def elapsed_end(self) -> Instant:
        """The first instant after what of the period was over when it was asked."""
        return max(self.start, min(self.end, self.clock.now))


def question_of(run: ReportRun) -> Question:
    """The question of a run; the same run asks the same for ever. A bad query is BadInput."""
    order = order_of(run)
    kind = find_kind(order.kind)
    clock = Clock(run.requested_at, parse_zone(order.zone))
    asked = parse(freeze(order.query, clock))
    period = span_of(order)
    during = (Term("created", (frozen(period),)),) if kind.lines == EVENTS else ()
    query = query_of((*during, *asked.parts, *parse(kind.within).parts), "created-asc")
    return Question(
        query=query,
        asked=query_of(asked.parts, "created-asc"),
        scope=Scope(workspace_id=run.workspace_id, highest_seq=run.highest_seq),
        clock=clock,
        period=period,
        text=print_query(query if during else Query(query.node)),
    )


def narrowed(question: Question, text: str) -> Question:
    """The same question with one more condition, such as `is:export`."""
    query = query_of((*question.query.parts, *parse(text).parts), question.query.order)
    return replace(question, query=query, text=print_query(query))


def at_any_time(question: Question, within: str) -> Query:
    """What is asked, of all times; `within` is what the kind adds."""
    return query_of((*question.asked.parts, *parse(within).parts), question.query.order)
