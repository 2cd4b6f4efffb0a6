"""The exports that were asked for, as columns of numbers in the order in which they happened."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Struct

from auditdash.events.catalogue import actions
from auditdash.events.instants import DAY
from auditdash.index.files.segment import Segment
from auditdash.index.view import View
from auditdash.queries.compile import Condition
from auditdash.queries.conditions.local_time import at_night, local_times
from auditdash.queries.conditions.masks import all_of
from auditdash.queries.conditions.values import coded
from auditdash.queries.counting.groups import groups_of
from auditdash.queries.exports.order import Bools, Ints
from auditdash.queries.scan import find_in


class Exports(Struct, frozen=True, kw_only=True, eq=False):
    """One number of each column for each export.

    `people` and `reports` are groups of the dictionaries; `days` are local.
    """

    times: Ints
    people: Ints
    reports: Ints
    days: Ints
    at_night: Bools

    def __len__(self) -> int:
        return len(self.times)


@cache
def export_actions() -> tuple[str, ...]:
    """The actions that take data out, in the catalogue's order."""
    return tuple(action.name for action in actions() if action.op == "export")


def exports_of(condition: Condition) -> Condition:
    """The exports alone of what answers a condition."""
    names = export_actions()
    choice = condition.view.dictionaries["action"].where("exports", lambda entry: entry[0] in names)
    tests = [coded("action", choice)]
    if condition.test is not None:
        tests.append(condition.test)
    return Condition(condition.view, condition.period, all_of(tests))


def read_exports(condition: Condition, segments: Iterable[Segment], zone: ZoneInfo) -> Exports:
    """What answers in these segments, which rise by seq; `zone` is that of days and nights."""
    view = condition.view
    every = [found for each in segments if len(found := find_in(condition, each))]
    if not every:
        return _EMPTY
    times: Ints = np.concatenate([found.times for found in every])
    actors, entities = (
        np.concatenate([found.column(name).astype(np.uint32) for found in every])
        for name in ("actor", "entity")
    )
    if (times[1:] < times[:-1]).any():
        # Rows of one instant stay in the order of their seqs: so they come.
        order = np.argsort(times, kind="stable")
        times, actors, entities = (column[order] for column in (times, actors, entities))
    local = local_times(times, zone)
    days = local // DAY
    return Exports(
        times=times,
        people=groups_of(view, "actor").of_code[actors],
        reports=groups_of(view, "report").of_code[entities],
        days=days,
        at_night=at_night(local - days * DAY),
    )


def kind_of_code(view: View) -> Ints:
    """For each code of an action its place in `export_actions()`."""
    numbers = {name: number for number, name in enumerate(export_actions())}
    entries = view.dictionaries["action"].entries
    return np.array([numbers.get(entry[0] or "", 0) for entry in entries], np.int64)


_NOTHING: Final = np.zeros(0, np.int64)
_EMPTY: Final = Exports(
    times=_NOTHING,
    people=_NOTHING,
    reports=_NOTHING,
    days=_NOTHING,
    at_night=np.zeros(0, np.bool_),
)
