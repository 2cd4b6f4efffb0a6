"""From when to when something was there, by the events that began and ended it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Literal

import numpy as np
from msgspec import Struct

from auditdash.queries.exports.order import Bools, Ints

Verb = Literal["begin", "end", "clear"]
MISSING = -1


class Step(Struct, frozen=True):
    """One event: it begins or ends what `key` names, which stands in all of the `places`, or clears
    whatever stands in the first of them."""

    verb: Verb
    key: Hashable
    places: tuple[Hashable, ...]


class Stretches(Struct, frozen=True, kw_only=True, eq=False):
    """Of each thing the last time that it was there: the numbers of the steps that began and ended
    it, and whether it ended because its place was cleared.

    MISSING: no event tells when it began, or it has not ended. `told` is the first step that tells
    of it.
    """

    began: Ints
    ended: Ints
    cleared: Bools
    told: Ints

    @property
    def there(self) -> Bools:
        """Which of them have not ended."""
        found: Bools = self.ended == MISSING
        return found


def find_stretches(steps: Iterable[Step]) -> Stretches:
    """The last stretch of each key, of steps in their order.

    Who is added twice has been there since the first time; who is removed without ever having been
    added was there from before the first event.
    """
    found: dict[Hashable, tuple[int, int, bool]] = {}
    there: dict[Hashable, set[Hashable]] = defaultdict(set)
    for number, step in enumerate(steps):
        if step.verb == "clear":
            for key in there.pop(step.places[0], ()):
                began, ended, _ = found[key]
                if ended == MISSING:
                    found[key] = began, number, True
            continue
        known = found.get(step.key)
        is_there = known is not None and known[1] == MISSING
        if step.verb == "begin" and not is_there:
            found[step.key] = number, MISSING, False
            for place in step.places:
                there[place].add(step.key)
        elif step.verb == "end" and (known is None or is_there):
            found[step.key] = MISSING if known is None else known[0], number, False
    columns = list(zip(*found.values(), strict=True)) or [(), (), ()]
    first, last = (np.array(column, np.int64) for column in columns[:2])
    return Stretches(
        began=first,
        ended=last,
        cleared=np.array(columns[2], np.bool_),
        told=np.where(first == MISSING, last, first),
    )
