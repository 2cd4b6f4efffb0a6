"""All exports by person and time, as columns that are kept: a question looks at them in this order,
and an export that comes is put where it belongs, without putting the others in order again."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from auditdash.events.instants import DAY
from auditdash.events.periods import Period
from auditdash.index.view import View
from auditdash.queries.compile import Condition
from auditdash.queries.conditions.local_time import at_night, closed_at, local_times
from auditdash.queries.counting.groups import groups_of
from auditdash.queries.exports.order import Bools, Ints, order_by
from auditdash.queries.exports.rows import exports_of, kind_of_code
from auditdash.queries.scan import Found, find_in

Codes = NDArray[np.uint32]
Columns = dict[str, Any]  # arrays by their names in a table
AT_NIGHT, OFF_HOURS = 1, 2
_MANY: Final = 8  # where more than one of so many is new, all are put in order
_MOST_KEPT: Final = 2  # zones


class Table(Struct, frozen=True, kw_only=True, eq=False):
    """One number of each column for each export up to `last_seq`, by person, time and seq.

    The rows of a person begin at `starts`, by their group; one start more is where the last end.
    `days` are local; `marks` tell night and closed offices.
    """

    last_seq: int = 0
    starts: Ints
    seqs: Codes
    times: Ints
    actors: Codes
    entities: Codes
    kinds: NDArray[np.uint8]
    days: NDArray[np.int32]
    marks: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.times)

    def of_person(self, group: int) -> slice:
        """The rows of a person."""
        if group + 1 >= len(self.starts):
            return slice(len(self), len(self))
        return slice(int(self.starts[group]), int(self.starts[group + 1]))


_COLUMNS: Final = ("seqs", "times", "actors", "entities", "kinds", "days", "marks")


class _Kept:
    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.lock = Lock()


def table_of(view: View, zone: ZoneInfo) -> Table:
    """All exports in sight and perhaps later ones; `zone` is that of days and nights."""
    kept = view.dictionaries.kept(_Kept)
    with kept.lock:
        known = kept.tables.pop(zone.key, NONE)
        if known.last_seq < view.highest_seq:
            known = replace(
                _together(view, known, _new(view, known, zone)), last_seq=view.highest_seq
            )
        kept.tables[zone.key] = known
        while len(kept.tables) > _MOST_KEPT:
            kept.tables.pop(next(iter(kept.tables)))
    return known


def _new(view: View, known: Table, zone: ZoneInfo) -> Table:
    """What came behind the known ones, by seq."""
    every = list(_found(view, known.last_seq, zone))
    columns: Columns = {
        name: np.concatenate([each[name] for each in (_no_columns(), *every)]) for name in _COLUMNS
    }
    return Table(starts=_NOTHING, **columns)


def _found(view: View, last_seq: int, zone: ZoneInfo) -> Iterator[Columns]:
    everything = exports_of(Condition(view, Period(), None))
    kinds = kind_of_code(view)
    for segment in view.segments:
        if segment.last_seq <= last_seq:
            continue
        found = find_in(everything, segment)
        if segment.first_seq <= last_seq:
            places = np.arange(len(segment))[found.index][found.seqs > last_seq]
            found = Found(segment, places, len(places))
        yield _columns(found, kinds, zone)


def _columns(found: Found, kinds: Ints, zone: ZoneInfo) -> Columns:
    local = local_times(found.times, zone)
    days = local // DAY
    since_midnight = local - days * DAY
    marks = np.where(at_night(since_midnight), AT_NIGHT, 0)
    marks |= np.where(closed_at(local), OFF_HOURS, 0)
    return {
        "seqs": found.seqs.astype(np.uint32),
        "times": found.times.astype(np.int64),
        "actors": found.column("actor").astype(np.uint32),
        "entities": found.column("entity").astype(np.uint32),
        "kinds": kinds[found.column("action")].astype(np.uint8),
        "days": days.astype(np.int32),
        "marks": marks.astype(np.uint8),
    }


def _together(view: View, known: Table, new: Table) -> Table:
    if not len(new):
        return known
    of_code = groups_of(view, "actor").of_code
    if len(new) * _MANY > len(known):
        both = {
            name: np.concatenate((getattr(known, name), getattr(new, name))) for name in _COLUMNS
        }
        order = _order(of_code[both["actors"]], both["times"], both["seqs"])
        columns: Columns = {name: column[order] for name, column in both.items()}
    else:
        order = _order(of_code[new.actors], new.times, new.seqs)
        new = Table(starts=_NOTHING, **{name: getattr(new, name)[order] for name in _COLUMNS})
        places = _places(known, of_code[new.actors], new.times)
        columns = {
            name: _insert(getattr(known, name), places, getattr(new, name)) for name in _COLUMNS
        }
    counts = np.bincount(of_code[columns["actors"]])
    return Table(starts=np.concatenate(([0], np.cumsum(counts))), **columns)


def _order(people: Ints, times: Ints, seqs: Codes) -> Ints:
    """By person, time and seq."""
    order = np.argsort(seqs, kind="stable")
    order = order[np.argsort(times[order], kind="stable")]
    return order[order_by(people[order])]


def _places(known: Table, people: Ints, times: Ints) -> Ints:
    """Before which of the known rows each new one comes; later seqs come behind equal times."""
    found = np.empty(len(people), np.int64)
    groups, firsts = np.unique(people, return_index=True)
    ends = [*firsts[1:].tolist(), len(people)]
    for group, first, end in zip(groups.tolist(), firsts.tolist(), ends, strict=True):
        rows = known.of_person(group)
        found[first:end] = rows.start + np.searchsorted(
            known.times[rows], times[first:end], "right"
        )
    return found


def _insert(column: NDArray[Any], places: Ints, new: NDArray[Any]) -> NDArray[Any]:
    """The column with the new numbers before these places, which rise."""
    pieces: list[NDArray[Any]] = []
    before = 0
    for number, place in enumerate(places.tolist()):
        pieces += (column[before:place], new[number : number + 1])
        before = place
    return np.concatenate([*pieces, column[before:]])


def chosen(table: Table, condition: Condition) -> Bools | None:
    """Which rows answer a condition on exports; None: all of them."""
    view, period = condition.view, condition.period
    if condition.test is not None:
        answers = np.zeros(table.last_seq + 1, np.bool_)
        narrowed = exports_of(condition)
        for segment in view.segments:
            answers[find_in(narrowed, segment).seqs] = True
        return answers[table.seqs]
    tests = []
    if period.start is not None:
        tests.append(table.times >= period.start)
    if period.end is not None:
        tests.append(table.times < period.end)
    if table.last_seq > view.highest_seq:
        tests.append(table.seqs <= view.highest_seq)
    return np.logical_and.reduce(tests) if tests else None


_NOTHING: Final = np.zeros(0, np.int64)


def _no_columns() -> Columns:
    return {name: getattr(NONE, name) for name in _COLUMNS}


NONE: Final = Table(
    starts=np.zeros(1, np.int64),
    seqs=np.zeros(0, np.uint32),
    times=_NOTHING,
    actors=np.zeros(0, np.uint32),
    entities=np.zeros(0, np.uint32),
    kinds=np.zeros(0, np.uint8),
    days=np.zeros(0, np.int32),
    marks=np.zeros(0, np.uint8),
)
