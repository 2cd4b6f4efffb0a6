"""Whether an answer is still the answer: it is until an event comes that has a part in it."""

from __future__ import annotations

from collections.abc import Hashable

from auditdash.index.files.segment import Segment
from auditdash.index.view import View
from auditdash.queries.compile import Condition, compile_query
from auditdash.queries.counting.totals import question_key
from auditdash.search.period import period_of
from auditdash.search.query import Query
from auditdash.search.scope import Clock


def standing_key(query: Query, clock: Clock) -> Hashable:
    """Equal for questions that only new events can answer otherwise; None for one that time does:
    its dates move with the clock, or its period is not over."""
    end = period_of(query, clock).end
    return None if end is not None and end > clock.now else question_key(query, clock)


def has_news(view: View, query: Query, clock: Clock, seq: int) -> bool:
    """Whether an event in sight with a number above `seq` is one of those that are asked for."""
    if seq >= view.highest_seq:
        return False
    condition = compile_query(query, view, clock)
    later = (segment for segment in view.segments if segment.last_seq > seq)
    return any(_answers_above(condition, segment, seq) for segment in later)


def _answers_above(condition: Condition, segment: Segment, seq: int) -> bool:
    rows = condition.rows(segment)
    newer = rows.column("seq") > seq - segment.first_seq
    seen = condition.view.in_sight(segment)
    if seen is not None:
        newer &= seen[rows.start : rows.end]
    if condition.test is None or not newer.any():
        return bool(newer.any())
    # Of other rows than these the test may say what it likes, and reads none of their records.
    return bool((condition.test(rows, newer) & newer).any())
