"""When an action came to pass: the one question that what stores events has itself."""

from __future__ import annotations

import numpy as np

from auditdash.index.view import View


def find_occurrences(view: View, action: str, source: str, start: int, end: int) -> list[int]:
    """The instants from `start` to `end`, both in, of the events with this action and source."""
    wanted = [
        (name, view.dictionaries[name].find((text,)))
        for name, text in (("action", action), ("source", source))
    ]
    if any(code is None for _, code in wanted):
        return []
    found: list[int] = []
    for segment in view.segments:
        first = int(np.searchsorted(segment.times, start, "left"))
        last = int(np.searchsorted(segment.times, end, "right"))
        within = view.in_sight(segment)
        mask = np.ones(last - first, bool) if within is None else within[first:last]
        for name, code in wanted:
            mask = mask & (segment.column(name)[first:last] == code)
        found.extend(segment.times[first:last][mask].tolist())
    return sorted(found)
