"""All events of some actions as columns of numbers, in the order in which they happened. Those of
settled segments are kept, and so is the whole until another such event comes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from threading import Lock
from typing import Final, TypeVar, cast

import numpy as np
from msgspec import Struct

from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.index.adopt import ELSEWHERE, PATHS
from auditdash.index.batch import CONTEXT
from auditdash.index.files.segment import Segment
from auditdash.index.view import View
from auditdash.queries.compile import Condition
from auditdash.queries.conditions import values as on
from auditdash.queries.counting.totals import split
from auditdash.queries.exports.order import Ints
from auditdash.queries.scan import Found, find_in

COLUMNS: Final = ("action", "actor", "entity", "subject")
UNTOLD: Final = -1
_Derived = TypeVar("_Derived")


class Wanted(Struct, frozen=True):
    """Which events: by their actions, and of which key of the context the value is told, too."""

    name: str
    actions: frozenset[str]
    key: str = ""


class Rows(Struct, frozen=True, kw_only=True, eq=False):
    """Codes of each column for each event; `values` those of the key, UNTOLD where it has none."""

    times: Ints
    seqs: Ints
    codes: dict[str, Ints]
    values: Ints

    def __len__(self) -> int:
        return len(self.times)


class Mark(Struct, frozen=True):
    """An event that began or ended something: its seq, when, and who did it."""

    seq: int
    at: Instant
    by: str | None


class _Memory:
    """Rows by the name of what is wanted, and what was made of the last whole ones."""

    def __init__(self) -> None:
        self.settled: dict[str, tuple[int, Rows]] = {}
        self.whole: dict[str, Rows] = {}
        self.derived: dict[Hashable, tuple[Rows, object]] = {}
        self.lock = Lock()


def read_rows(view: View, wanted: Wanted) -> Rows:
    """All in sight, by time and seq. As long as no other one comes it is the same object."""
    choice = view.dictionaries["action"].where(
        ("inventory", wanted.name), lambda entry: entry[0] in wanted.actions
    )
    condition = Condition(view, Period(), on.coded("action", choice))
    settled, open_ones = split(view)
    memory = view.dictionaries.kept(_Memory)
    with memory.lock:
        until = settled[-1].last_seq if settled else 0
        last_seq, rows = memory.settled.get(wanted.name, (0, NONE))
        if last_seq > until:
            last_seq, rows = 0, NONE
        fresh = [segment for segment in settled if segment.first_seq > last_seq]
        if fresh:
            rows = _together([rows, *_read(condition, fresh, wanted.key)])
            if until > memory.settled.get(wanted.name, (0, NONE))[0]:
                memory.settled[wanted.name] = (until, rows)
        newest = _read(condition, open_ones, wanted.key)
        count = len(rows) + sum(map(len, newest))
        whole = memory.whole.get(wanted.name)
        # Events only ever follow: as many of them are the same ones.
        if whole is None or len(whole) != count:
            whole = memory.whole[wanted.name] = _in_order(_together([rows, *newest]))
    return whole


def derive(
    view: View, name: Hashable, rows: Rows, make: Callable[[View, Rows], _Derived]
) -> _Derived:
    """What `make` tells from these rows; it is kept under the name until the rows are others."""
    memory = view.dictionaries.kept(_Memory)
    known = memory.derived.get(name)
    if known is None or known[0] is not rows:
        known = memory.derived[name] = rows, make(view, rows)
    return cast(_Derived, known[1])


def mark_at(view: View, rows: Rows, number: int) -> Mark | None:
    """The event of this number among the rows; None where there is none."""
    if number == UNTOLD:
        return None
    identity, username = view.dictionaries["actor"].entries[int(rows.codes["actor"][number])]
    instant = Instant(int(rows.times[number]))
    return Mark(int(rows.seqs[number]), instant, username or identity)


def _read(condition: Condition, segments: Iterable[Segment], key: str) -> list[Rows]:
    path = condition.view.dictionaries[PATHS].find((CONTEXT, key)) if key else None
    every = [find_in(condition, each) for each in segments]
    return [_rows(found, path) for found in every if len(found)]


def _rows(found: Found, path: int | None) -> Rows:
    return Rows(
        times=found.times.astype(np.int64),
        seqs=found.seqs,
        codes={name: found.column(name).astype(np.int64) for name in COLUMNS},
        values=_values(found, path),
    )


def _values(found: Found, path: int | None) -> Ints:
    values = np.full(len(found.segment), UNTOLD, np.int64)
    here = None if path is None else found.segment.leaves(path)
    if here is not None:
        values[here[0]] = here[1]
    values[values == ELSEWHERE] = UNTOLD
    return values[found.index]


def _together(every: Sequence[Rows]) -> Rows:
    some = [each for each in every if len(each)]
    if len(some) < 2:
        return some[0] if some else NONE
    return Rows(
        times=np.concatenate([each.times for each in some]),
        seqs=np.concatenate([each.seqs for each in some]),
        codes={name: np.concatenate([each.codes[name] for each in some]) for name in COLUMNS},
        values=np.concatenate([each.values for each in some]),
    )


def _in_order(rows: Rows) -> Rows:
    order = np.lexsort((rows.seqs, rows.times))
    return Rows(
        times=rows.times[order],
        seqs=rows.seqs[order],
        codes={name: codes[order] for name, codes in rows.codes.items()},
        values=rows.values[order],
    )


_NOTHING: Final = np.zeros(0, np.int64)
NONE: Final = Rows(
    times=_NOTHING, seqs=_NOTHING, codes=dict.fromkeys(COLUMNS, _NOTHING), values=_NOTHING
)
