"""Which class or category of another schema an action has: the tables of *.toml, read once.

What a table names wrongly stops the reading, so that no event finds out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec
from msgspec import Struct

from auditdash.events.catalogue import Action, find_action
from auditdash.events.errors import BadInput

_UNKNOWN: Final = ("unknown", "Other")


class Severity(Struct, frozen=True, forbid_unknown_fields=True):
    """How much an event weighs: one that failed, else a sensitive one, else any other."""

    usual: int
    sensitive: int
    failure: int

    def of(self, action: str, outcome: str) -> int:
        """The number for an event."""
        if outcome == "failure":
            return self.failure
        found = find_action(action)
        return self.sensitive if found is not None and found.sensitive else self.usual


class OcsfClass(Struct, frozen=True, forbid_unknown_fields=True):
    """A class of OCSF, and those of its activities that we use."""

    uid: int
    category_uid: int
    activity: dict[str, int]


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """A class with what fills its objects: attribute → the name of a filler."""

    of: str = msgspec.field(name="class")
    fill: dict[str, str] = {}


class Ocsf(Struct, frozen=True, forbid_unknown_fields=True):
    """All of ocsf.toml. A place is the name of a shape and of an activity."""

    version: str
    severity: Severity
    classes: dict[str, OcsfClass] = msgspec.field(name="class")
    shape: dict[str, Shape]
    category: dict[str, dict[str, tuple[str, str]]]
    action: dict[str, tuple[str, str]]

    def place_of(self, name: str) -> tuple[str, str]:
        """Shape and activity of an action, also of one that nobody knows."""
        if name in self.action:
            return self.action[name]
        found = find_action(name)
        if found is None:
            return _UNKNOWN
        ops = self.category.get(found.category, {})
        return ops.get(f"{found.op} {found.subject}") or ops.get(found.op) or _UNKNOWN


class EcsCategory(Struct, frozen=True, forbid_unknown_fields=True):
    """event.category of a category of ours, and where its ops have other types than usual."""

    category: tuple[str, ...]
    subjects: bool = False
    op: dict[str, str] = {}


class EcsAction(Struct, frozen=True, forbid_unknown_fields=True):
    """event.category and event.type of one action."""

    category: tuple[str, ...] = ()
    type: tuple[str, ...] = ("info",)


class _Types(Struct, frozen=True, forbid_unknown_fields=True):
    op: dict[str, str]
    subject: dict[str, str]


class Ecs(Struct, frozen=True, forbid_unknown_fields=True):
    """All of ecs.toml."""

    version: str
    severity: Severity
    type: _Types
    category: dict[str, EcsCategory]
    action: dict[str, EcsAction]

    def place_of(self, name: str) -> EcsAction:
        """Categories and types of an action, also of one that nobody knows."""
        if name in self.action:
            return self.action[name]
        found = find_action(name)
        if found is None or found.category not in self.category:
            return EcsAction()
        of = self.category[found.category]
        return EcsAction(category=of.category, type=self._types(of, found))

    def _types(self, of: EcsCategory, action: Action) -> tuple[str, ...]:
        by_op = of.op.get(action.op) or self.type.op[action.op]
        if not of.subjects:
            return (by_op,)
        return self.type.subject[action.subject or "none"], by_op


@cache
def ocsf() -> Ocsf:
    """The tables of OCSF."""
    tables = msgspec.convert(_tables("ocsf.toml"), Ocsf)
    ops = [place for category in tables.category.values() for place in category.values()]
    for shape, activity in [*ops, *tables.action.values()]:
        known = tables.shape.get(shape)
        if known is None or activity not in tables.classes[known.of].activity:
            raise BadInput(f"there is no {shape} {activity}", where="ocsf.toml")
    return tables


@cache
def ecs() -> Ecs:
    """The tables of ECS."""
    return msgspec.convert(_tables("ecs.toml"), Ecs)


def _tables(name: str) -> Mapping[str, object]:
    text = files("auditdash.downloads.forms").joinpath(name).read_text(encoding="utf-8")
    return tomllib.loads(text)
