"""In which hours of the week events happen, by the reader's clocks."""

from __future__ import annotations

from typing import Final

import numpy as np
from sqlalchemy import Connection

from auditdash.queries.compile import compile_query
from auditdash.queries.conditions.local_time import hours_of_week
from auditdash.queries.counting.totals import Sums, key_of_ever, question_key, sum_over
from auditdash.queries.scan import Found
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

DAYS: Final = 7
HOURS: Final = 24


def count_hours_of_week(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> tuple[tuple[int, ...], ...]:
    """Seven rows, Monday first, of 24 numbers: the events in that hour of the local week."""

    def measure(found: Found) -> Sums:
        hours = hours_of_week(found.times, clock.zone)
        return (np.bincount(hours, minlength=DAYS * HOURS),)

    question = question_key(query, clock)
    key = None if question is None else ("hours of the week", question)
    condition = compile_query(query, open_view(connection, scope), clock)
    sums = sum_over(condition, key, measure, key_of_ever(query, clock, "hours of the week"))
    counts = sums[0].tolist() if sums else [0] * DAYS * HOURS
    return tuple(tuple(counts[day * HOURS : (day + 1) * HOURS]) for day in range(DAYS))
