"""Codes that mean one thing: how a dictionary's entries fall into the groups that people count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import nsmallest
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.addresses import ip_network
from auditdash.events.catalogue import category_of
from auditdash.events.folding import fold_case
from auditdash.events.user_agents import ua_family
from auditdash.index.batch import Entry
from auditdash.index.view import View

MISSING: Final = 0  # the group of what has no name
Key = Callable[[Entry], object]  # None: no name


class Groups(Struct, frozen=True, eq=False):
    """`of_code` has the group of each code; `keys` and `codes` what each group is. Group 0 is what
    has no name."""

    of_code: NDArray[np.int64]
    keys: Sequence[object]
    codes: Sequence[Sequence[int]]

    def occurring(self, group: int, counts: NDArray[np.int64]) -> list[int]:
        """The codes of a group that have events. Newer ones, which were not counted, have none."""
        return [code for code in self.codes[group] if code < len(counts) and counts[code]]

    def add(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """The events of each group, from those of each code."""
        summed = np.bincount(
            self.of_code[: len(counts)], counts[: len(self.of_code)], len(self.keys)
        )
        return summed.astype(np.int64)


class _Known:
    """Groups of this index by name: they only grow."""

    def __init__(self) -> None:
        self.groups: dict[str, Groups] = {}
        self.places: dict[str, NDArray[np.int64]] = {}


def _filled(*texts: str | None) -> str | None:
    return next((fold_case(text) for text in texts if text), None)


def _entity(entry: Entry) -> object:
    kind, identity, name = entry
    key = _filled(identity, name)
    return None if key is None else (fold_case(kind or ""), key, bool(not identity))


def _report(entry: Entry) -> object:
    """An id is one report whatever it is called, and whatever type it is said to be."""
    _, identity, name = entry
    key = _filled(identity, name)
    return None if key is None else f"{'id' if identity else 'name'}:{key}"


def _recipient(entry: Entry) -> object:
    """An address or a channel by its name: an id that is told besides is often the member's."""
    kind, identity, name = entry
    key = _filled(name, identity)
    return None if key is None else f"{kind}:{key}"


KEYS: Final[dict[str, tuple[str, Key]]] = {
    "action": ("action", lambda entry: entry[0]),
    "category": ("action", lambda entry: category_of(entry[0] or "")),
    "actor": ("actor", lambda entry: _filled(entry[1], entry[0])),
    "entity": ("entity", lambda entry: _filled(entry[2], entry[1])),
    "entity-identity": ("entity", _entity),
    "report": ("entity", _report),
    "subject": ("subject", lambda entry: _filled(entry[2], entry[1])),
    "recipient": ("subject", _recipient),
    "ip": ("ip", lambda entry: ip_network(entry[0]) if entry[0] is not None else None),
    "ua_family": ("ua", lambda entry: ua_family(entry[0]) if entry[0] else None),
    "outcome": ("outcome", lambda entry: entry[0]),
    "source": ("source", lambda entry: entry[0]),
    "entity_type": ("entity", lambda entry: _filled(entry[0])),
    "entity_id": ("entity", lambda entry: _filled(entry[1])),
    "address": ("ip", lambda entry: _filled(entry[0])),
    "ua": ("ua", lambda entry: _filled(entry[0])),
    "role": ("role", lambda entry: _filled(entry[0])),
    "workspace": ("workspace", lambda entry: _filled(entry[0])),
}


def groups_of(view: View, name: str) -> Groups:
    """How the entries of a dictionary fall into groups, of all that it has now."""
    known = view.dictionaries.kept(_Known).groups
    dictionary, key = KEYS[name]
    entries = view.dictionaries[dictionary].entries
    count = len(entries)
    found = known.get(name)
    if found is None or len(found.of_code) < count:
        found = known[name] = _group(found, entries, count, key)
    return found


def places_of(view: View, name: str) -> NDArray[np.int64]:
    """For each group its place among all of them in the order of their keys as texts."""
    known = view.dictionaries.kept(_Known).places
    keys = groups_of(view, name).keys
    found = known.get(name)
    if found is None or len(found) < len(keys):
        # Those that were in order come first: then only the new ones are put into it.
        before = [] if found is None else np.argsort(found).tolist()
        order = sorted(
            [*before, *range(len(before), len(keys))], key=lambda group: str(keys[group] or "")
        )
        found = np.empty(len(keys), np.int64)
        found[order] = np.arange(len(keys))
        known[name] = found
    return found


def _group(known: Groups | None, entries: Sequence[Entry], count: int, key: Key) -> Groups:
    keys: list[object] = [None] if known is None else list(known.keys)
    codes: list[list[int]] = [[]] if known is None else [list(each) for each in known.codes]
    numbers = {each: number for number, each in enumerate(keys)}
    start = 0 if known is None else len(known.of_code)
    of_code = np.empty(count, np.int64)
    if known is not None:
        of_code[:start] = known.of_code
    for code in range(start, count):
        group = key(entries[code])
        number = numbers.get(group)
        if number is None:
            number = numbers[group] = len(keys)
            keys.append(group)
            codes.append([])
        of_code[code] = number
        codes[number].append(code)
    return Groups(of_code, keys, codes)


def rank(groups: Groups, counts: NDArray[np.int64], limit: int) -> list[int]:
    """At most so many groups that occur and have a name: most events first, then by key."""
    occurring = np.flatnonzero(counts)
    occurring = occurring[occurring != MISSING]
    if len(occurring) > limit:
        # The rest need not be put in order.
        least = np.partition(counts[occurring], len(occurring) - limit)[len(occurring) - limit]
        occurring = occurring[counts[occurring] >= least]

    def place(group: int) -> tuple[int, object]:
        return -int(counts[group]), groups.keys[group]

    return nsmallest(limit, occurring.tolist(), key=place)
