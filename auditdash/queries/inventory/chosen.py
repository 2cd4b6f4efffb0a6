"""Which stretches a query asks for: those whose first event in sight answers it."""

from __future__ import annotations

import numpy as np

from auditdash.index.view import View
from auditdash.queries.compile import Condition, compile_query
from auditdash.queries.conditions.masks import all_of
from auditdash.queries.conditions.values import coded
from auditdash.queries.exports.order import Ints
from auditdash.queries.inventory.rows import Rows, Wanted
from auditdash.queries.inventory.stretches import Stretches
from auditdash.queries.scan import scan
from auditdash.search.query import Query
from auditdash.search.scope import Clock


def chosen_by(
    view: View, query: Query, clock: Clock, wanted: Wanted, rows: Rows, stretches: Stretches
) -> Ints:
    """The places of those that are asked for."""
    if query.node is None:
        return np.arange(len(stretches.began))
    asked = np.zeros(view.highest_seq + 1, np.bool_)  # a look-up: to hash millions takes seconds
    asked[find_seqs(view, query, clock, wanted)] = True
    return np.flatnonzero(asked[rows.seqs[stretches.told]])


def find_seqs(view: View, query: Query, clock: Clock, wanted: Wanted) -> Ints:
    """The events of these actions that the query asks for."""
    condition = compile_query(query, view, clock)
    choice = view.dictionaries["action"].where(
        ("inventory", wanted.name), lambda entry: entry[0] in wanted.actions
    )
    tests = [coded("action", choice)]
    if condition.test is not None:
        tests.append(condition.test)
    narrowed = Condition(view, condition.period, all_of(tests))
    found = [each.seqs for each in scan(narrowed)]
    return np.concatenate(found) if found else np.zeros(0, np.int64)
