"""Sums over all rows that answer. What settled segments add is kept: they do not change again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from threading import Lock
from typing import Final, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.instants import DAY, Instant
from auditdash.events.periods import Period
from auditdash.index.files.segment import Segment
from auditdash.index.merge import MOST_ROWS
from auditdash.index.view import View
from auditdash.queries.compile import Condition, without_period
from auditdash.queries.scan import Found, find_in
from auditdash.search.dates import resolve
from auditdash.search.query import Query, Term, walk
from auditdash.search.scope import Clock

Sums: TypeAlias = tuple[NDArray[np.int64], ...]
Measure: TypeAlias = Callable[[Found], Sums]
_KEPT_BYTES: Final = 32 << 20


class _Kept(Struct, frozen=True, eq=False):
    """The sums of all segments up to this seq."""

    last_seq: int
    sums: Sums

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(each.nbytes for each in self.sums)


class Memory:
    """Sums of settled segments by what was asked, the least used ones forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> _Kept | None:
        """What is kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Hashable, kept: _Kept) -> None:
        """Keep it."""
        with self._lock:
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while sum(each.size for each in self._kept.values()) > _KEPT_BYTES:
                self._kept.popitem(last=False)


def sum_over(condition: Condition, key: Hashable, measure: Measure, ever: Hashable = None) -> Sums:
    """The sums of what `measure` tells of the rows of each segment.

    `key` tells the question and the measure from all others (`question_key`); None keeps nothing.
    `ever` is the key of the same question about all times: of a long period only what lies outside
    of it is looked at then.
    """
    settled, open_ones = split(condition.view)
    sums = _sum_settled(condition, settled, key, measure, ever) if settled else ()
    return _add(sums, (measure(each) for each in _answers(condition, open_ones)))


def _sum_settled(
    condition: Condition,
    settled: Sequence[Segment],
    key: Hashable,
    measure: Measure,
    ever: Hashable = None,
) -> Sums:
    view = condition.view
    memory = view.dictionaries.kept(Memory)
    if key is not None:
        key = (key, str(view.zone))  # off hours are those of the workspace
    kept = None if key is None else memory.get(key)
    if kept is None or kept.last_seq > settled[-1].last_seq:
        kept = _Kept(0, ())
    fresh = [segment for segment in settled if segment.first_seq > kept.last_seq]
    if not fresh:
        return kept.sums
    is_kept = ever is not None and memory.get((ever, str(view.zone))) is not None
    if not kept.sums and ever and _is_long(condition, settled, 2 if is_kept else 4):
        always = Condition(view, Period(), condition.test)
        sums = _sum_settled(always, settled, ever, measure)
        for part in (Period(None, condition.period.start), Period(condition.period.end, None)):
            if part != Period():
                outside = _answers(Condition(view, part, condition.test), settled)
                sums = _add(sums, (tuple(-each for each in measure(found)) for found in outside))
    else:
        sums = _add(kept.sums, (measure(each) for each in _answers(condition, fresh)))
    if key is not None:
        memory.put(key, _Kept(settled[-1].last_seq, sums))
    return sums


def _is_long(condition: Condition, segments: Sequence[Segment], times: int) -> bool:
    """Whether a period has so many times more rows than are outside of it."""
    rows = sum(map(len, segments))
    inside = sum(len(condition.rows(segment)) for segment in segments)
    return inside > times * (rows - inside)


def question_key(query: Query, clock: Clock) -> Hashable:
    """Equal for questions that have the same answer whenever they are asked; None if none do."""
    later = Clock(Instant(clock.now + 400 * DAY), clock.zone)
    for node in walk(query.node):
        if isinstance(node, Term) and node.field in {"created", "received"}:
            for value in node.values:
                if resolve(value, clock) != resolve(value, later):
                    return None
    return query.node, str(clock.zone)


def key_of_ever(query: Query, clock: Clock, name: Hashable) -> Hashable:
    """The key of the same sums of all times; None where a query names no period."""
    ever = without_period(query)
    question = None if ever is None else question_key(ever, clock)
    return None if question is None else (name, question)


def _answers(condition: Condition, segments: Iterable[Segment]) -> Iterable[Found]:
    for segment in segments:
        found = find_in(condition, segment)
        if len(found):
            yield found


def split(view: View) -> tuple[Sequence[Segment], Sequence[Segment]]:
    """The segments that no merge will take, and those that one may, or that are partly in sight."""
    stored = view.snapshot.segments
    number, rows = len(stored), 0
    while number and rows + len(stored[number - 1]) <= MOST_ROWS:
        number -= 1
        rows += len(stored[number])
    settled = [each for each in stored[:number] if each.last_seq <= view.highest_seq]
    return settled, view.segments[len(settled) :]


def _add(sums: Sums, more: Iterable[Sums]) -> Sums:
    """Each with its own; a shorter one has zeros for what it does not know yet."""
    total = [each.copy() for each in sums]
    for added in more:
        if not total:
            total = [each.astype(np.int64) for each in added]
            continue
        for number, each in enumerate(added):
            known = total[number]
            if len(each) > len(known):
                grown = np.zeros(len(each), np.int64)
                grown[: len(known)] = known
                total[number] = known = grown
            known[: len(each)] += each
    return tuple(total)
