"""All exports by person and time, as columns: an export that comes is put where it belongs, without
putting the others in order again."""

from __future__ import annotations

from collections.abc import Iterator
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
from auditdash.queries.exports.kept.sums import place_of
from auditdash.queries.exports.order import Bools, Ints, order_by
from auditdash.queries.exports.rows import exports_of, kind_of_code
from auditdash.queries.scan import Found, find_in

Codes = NDArray[np.uint32]
Columns = dict[str, Any]  # arrays by their names in a table
AT_NIGHT, OFF_HOURS = 1, 2
_MANY: Final = 8  # where more than one of so many is new, all are put in order


class Table(Struct, frozen=True, kw_only=True, eq=False):
    """One number of each column for each export up to `last_seq`, by person, time and seq.

    The rows of a person begin at `starts`, by their group; one start more is where the last end.
    `days` are local; `marks` tell night and closed offices. `order` are the rows by time and seq.
    """

    last_seq: int = 0
    starts: Ints
    order: NDArray[np.int32]
    seqs: Codes
    times: Ints
    actors: Codes
    entities: Codes
    ips: Codes
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

    def narrowed(self, chosen: Bools, last_seq: int) -> Table:
        """The chosen rows alone, none of them behind this seq."""
        numbers = np.cumsum(chosen, dtype=np.int32) - 1
        columns: Columns = {name: getattr(self, name)[chosen] for name in _COLUMNS}
        return Table(
            last_seq=last_seq,
            starts=np.searchsorted(np.flatnonzero(chosen), self.starts),
            order=numbers[self.order[chosen[self.order]]],
            **columns,
        )


_COLUMNS: Final = ("seqs", "times", "actors", "entities", "ips", "kinds", "days", "marks")


class Grown(Struct, frozen=True, eq=False):
    """A table with what came, and how many rows come before the first new one in time."""

    table: Table
    same: int


def grow(view: View, known: Table, zone: ZoneInfo) -> Grown:
    """All exports in sight, of which those of before are known; `zone` is that of days and
    nights."""
    return _together(view, known, _new(view, known, zone))


def _new(view: View, known: Table, zone: ZoneInfo) -> Table:
    """What came behind the known ones, by seq."""
    every = list(_found(view, known.last_seq, zone))
    columns: Columns = {
        name: np.concatenate([each[name] for each in (_no_columns(), *every)]) for name in _COLUMNS
    }
    return Table(starts=_NOTHING, order=_NO_ROWS, **columns)


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
        "ips": found.column("ip").astype(np.uint32),
        "kinds": kinds[found.column("action")].astype(np.uint8),
        "days": days.astype(np.int32),
        "marks": marks.astype(np.uint8),
    }


def _together(view: View, known: Table, new: Table) -> Grown:
    if not len(new):
        return Grown(replace(known, last_seq=view.highest_seq), len(known))
    of_code = groups_of(view, "actor").of_code
    if len(new) * _MANY > len(known):
        both = {
            name: np.concatenate((getattr(known, name), getattr(new, name))) for name in _COLUMNS
        }
        by_time = _by_time(both["times"], both["seqs"])
        by_person = order_by(of_code[both["actors"][by_time]])
        columns: Columns = {name: column[by_time[by_person]] for name, column in both.items()}
        order = np.empty(len(by_person), np.int32)
        order[by_person] = np.arange(len(by_person))
        same = 0
    else:
        by_time = _by_time(new.times, new.seqs)
        by_person = by_time[order_by(of_code[new.actors[by_time]])]
        new = Table(
            starts=_NOTHING,
            order=_NO_ROWS,
            **{name: getattr(new, name)[by_person] for name in _COLUMNS},
        )
        places = _places(known, of_code[new.actors], new.times)
        columns = {
            name: _insert(getattr(known, name), places, getattr(new, name)) for name in _COLUMNS
        }
        order, same = _order(known, new, places)
    counts = np.bincount(of_code[columns["actors"]])
    starts = np.concatenate(([0], np.cumsum(counts)))
    return Grown(Table(last_seq=view.highest_seq, starts=starts, order=order, **columns), same)


def _by_time(times: Ints, seqs: Codes) -> Ints:
    """By time and seq."""
    order = np.argsort(seqs, kind="stable")
    return order[np.argsort(times[order], kind="stable")]


def _order(known: Table, new: Table, places: Ints) -> tuple[NDArray[np.int32], int]:
    """All rows by time, when the new ones are put before these places; and how many of the known
    ones come before the first of them."""
    moved = np.cumsum(np.bincount(places, minlength=len(known) + 1), dtype=np.int32)
    by_time = _by_time(new.times, new.seqs)
    # Later seqs come behind equal times.
    behind = place_of(known.times, known.order, new.times[by_time], "right")
    order = known.order + moved[known.order]
    rows = (places + np.arange(len(places)))[by_time].astype(np.int32)
    return np.insert(order, behind, rows), int(behind[0])


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


def chosen(table: Table, condition: Condition) -> Bools:
    """Which rows answer a condition on exports."""
    answers = np.zeros(table.last_seq + 1, np.bool_)
    narrowed = exports_of(condition)
    for segment in condition.view.segments:
        answers[find_in(narrowed, segment).seqs] = True
    return answers[table.seqs]


_NOTHING: Final = np.zeros(0, np.int64)
_NO_ROWS: Final = np.zeros(0, np.int32)


def _no_columns() -> Columns:
    return {name: getattr(NONE, name) for name in _COLUMNS}


NONE: Final = Table(
    starts=np.zeros(1, np.int64),
    order=_NO_ROWS,
    seqs=np.zeros(0, np.uint32),
    times=_NOTHING,
    actors=np.zeros(0, np.uint32),
    entities=np.zeros(0, np.uint32),
    ips=np.zeros(0, np.uint32),
    kinds=np.zeros(0, np.uint8),
    days=np.zeros(0, np.int32),
    marks=np.zeros(0, np.uint8),
)
