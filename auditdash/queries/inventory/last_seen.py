"""When each person did something for the last time."""

from __future__ import annotations

from threading import Lock
from typing import Final

import numpy as np

from auditdash.index.files.segment import Segment
from auditdash.index.view import View
from auditdash.queries.counting.groups import groups_of
from auditdash.queries.counting.totals import split
from auditdash.queries.exports.order import Ints

NEVER: Final = -(1 << 62)


class _Memory:
    """What settled segments say: they do not change again."""

    def __init__(self) -> None:
        self.settled: tuple[int, Ints] = (0, np.zeros(0, np.int64))
        self.lock = Lock()


def find_last_seen(view: View) -> Ints:
    """For each group of the actors the instant of its last event in sight, or NEVER."""
    settled, open_ones = split(view)
    memory = view.dictionaries.kept(_Memory)
    size = len(groups_of(view, "actor").keys)
    with memory.lock:
        until = settled[-1].last_seq if settled else 0
        last_seq, seen = memory.settled
        if last_seq > until:
            last_seq, seen = 0, np.zeros(0, np.int64)
        seen = np.concatenate((seen, np.full(max(0, size - len(seen)), NEVER)))
        for segment in settled:
            if segment.first_seq > last_seq:
                seen = np.maximum(seen, _seen_in(view, segment, len(seen)))
        if until > memory.settled[0]:
            memory.settled = (until, seen)
    for segment in open_ones:
        seen = np.maximum(seen, _seen_in(view, segment, len(seen)))
    return seen


def _seen_in(view: View, segment: Segment, size: int) -> Ints:
    people, times = groups_of(view, "actor").of_code[segment.column("actor")], segment.times
    within = view.in_sight(segment)
    if within is not None:
        people, times = people[within], times[within]
    found = np.full(max(size, int(people.max()) + 1 if len(people) else 0), NEVER)
    found[people] = times  # they rise, and what is assigned last stays
    return found[:size] if len(found) > size else found
