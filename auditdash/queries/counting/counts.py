"""How many events have each value of a dictionary: what facets and rankings add up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from auditdash.index.view import View
from auditdash.queries.compile import by_action, compile_query
from auditdash.queries.counting.totals import key_of_ever, question_key, sum_over
from auditdash.queries.scan import Found
from auditdash.search.query import Query
from auditdash.search.scope import Clock

Counts = NDArray[np.int64]


def count_codes(view: View, query: Query, clock: Clock, names: Sequence[str]) -> dict[str, Counts]:
    """For each dictionary the number of events of each code, of those that were asked for."""
    if list(names) == ["action"]:
        factored = by_action(query, view)
        if factored is not None:
            rest, answers = factored
            counts = count_codes(view, rest, clock, names)["action"]
            # Actions that have come since have none of these events.
            answers = np.pad(answers, (0, max(0, len(counts) - len(answers))))
            return {"action": np.where(answers[: len(counts)], counts, 0)}
    sizes = {name: len(view.dictionaries[name]) for name in names}

    def measure(found: Found) -> tuple[Counts, ...]:
        return tuple(np.bincount(found.column(name), minlength=sizes[name]) for name in names)

    question, what = question_key(query, clock), ("codes", tuple(names))
    key = None if question is None else (what, question)
    ever = key_of_ever(query, clock, what)
    sums = sum_over(compile_query(query, view, clock), key, measure, ever)
    found = sums or tuple(np.zeros(0, np.int64) for _ in names)
    return {
        name: np.pad(each, (0, sizes[name] - len(each)))
        for name, each in zip(names, found, strict=True)
    }


def find_newest(view: View, query: Query, clock: Clock, name: str, codes: Sequence[int]) -> int:
    """Of these codes of a dictionary the one of the newest event (by seq) that was asked for."""
    condition = compile_query(query, view, clock)
    wanted = view.dictionaries[name].of(codes)
    for segment in reversed(view.segments):
        rows = condition.rows(segment)
        here = wanted.table[rows.column(name)]
        if not here.any():
            continue
        mask = condition.mask(rows)
        chosen = np.flatnonzero(here if mask is None else here & mask)
        if len(chosen):
            newest = chosen[np.argmax(rows.column("seq")[chosen])]
            return int(rows.column(name)[newest])
    return codes[0]
