"""What a report asks: its query and its period as one query, frozen at one sequence number."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from auditdash.events.instants import Instant, parse_zone
from auditdash.events.periods import Period
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
    """Query, scope and clock belong together; `text` finds the same events in the search box."""

    query: Query
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


def question_of(run: ReportRun) -> Question:
    """The question of a run; the same run asks the same for ever. A bad query is BadInput."""
    order = order_of(run)
    clock = Clock(run.requested_at, parse_zone(order.zone))
    asked = parse(freeze(order.query, clock))
    period = span_of(order)
    query = query_of((Term("created", (frozen(period),)), *asked.parts), "created-asc")
    return Question(
        query=query,
        scope=Scope(workspace_id=run.workspace_id, highest_seq=run.highest_seq),
        clock=clock,
        period=period,
        text=print_query(query),
    )


def narrowed(question: Question, text: str) -> Question:
    """The same question with one more condition, such as `is:export`."""
    query = query_of((*question.query.parts, *parse(text).parts), question.query.order)
    return replace(question, query=query, text=print_query(query))
