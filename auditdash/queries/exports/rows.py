"""The exports that were asked for, as columns of numbers in the order in which they happened."""

from __future__ import annotations

from functools import cache

import numpy as np

from auditdash.events.catalogue import actions
from auditdash.index.view import View
from auditdash.queries.compile import Condition
from auditdash.queries.conditions.masks import all_of
from auditdash.queries.conditions.values import coded
from auditdash.queries.exports.order import Ints


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


def kind_of_code(view: View) -> Ints:
    """For each code of an action its place in `export_actions()`."""
    numbers = {name: number for number, name in enumerate(export_actions())}
    entries = view.dictionaries["action"].entries
    return np.array([numbers.get(entry[0] or "", 0) for entry in entries], np.int64)
