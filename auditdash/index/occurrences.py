"""When events came to pass: the questions that what stores events has itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auditdash.index.view import View


def find_occurrences(view: View, action: str, source: str, start: int, end: int) -> list[int]:
    """The instants from `start` to `end`, both in, of the events with this action and source."""
    return sorted(at for at, _ in find_places(view, action, source, start, end))


def find_places(
    view: View, action: str, source: str, start: int, end: int
) -> list[tuple[int, int]]:
    """The instant and the seq of each of them."""
    wanted = [
        (name, view.dictionaries[name].find((text,)))
        for name, text in (("action", action), ("source", source))
    ]
    if any(code is None for _, code in wanted):
        return []
    found: list[tuple[int, int]] = []
    for segment in view.segments:
        first = int(np.searchsorted(segment.times, start, "left"))
        last = int(np.searchsorted(segment.times, end, "right"))
        within = view.in_sight(segment)
        mask = np.ones(last - first, bool) if within is None else within[first:last]
        for name, code in wanted:
            mask = mask & (segment.column(name)[first:last] == code)
        times, seqs = segment.times[first:last][mask], segment.seqs[first:last][mask]
        found.extend(zip(times.tolist(), seqs.tolist(), strict=True))
    return found


def find_first_received(view: View, source: str) -> int | None:
    """When the first event of a source came in; None without one."""
    code = view.dictionaries["source"].find((source,))
    for segment in view.segments if code is not None else ():  # they are in the order of arrival
        mask = segment.column("source") == code
        within = view.in_sight(segment)
        mask = mask if within is None else mask & within
        if mask.any():
            return int(segment.column("received")[mask].min())
    return None


def find_stretches(
    view: View, source: str, since: int, until: int, *, column: str, longer_than: int
) -> tuple[list[tuple[int, int]], int | None, int | None]:
    """Between which events of a source longer than so many microseconds passed, the first one, and
    the last one; of those from `since` to `until`, both in.

    `column` is the clock: "time" (theirs) or "received" (ours). Readings of the log are left out:
    each pull makes one, so that they come however silent the feed is.
    """
    codes = {
        name: view.dictionaries[name].find((text,))
        for name, text in (("action", "audit_log_accessed"), ("source", source))
    }
    found: list[NDArray[np.int64]] = []
    for segment in view.segments if codes["source"] is not None else ():
        rows = slice(None)
        if column == "time":  # they rise
            ends = np.searchsorted(segment.times, (since, until + 1)).tolist()
            rows = slice(*ends)
        instants = segment.column(column)[rows].astype(np.int64)
        mask = (instants >= since) & (instants <= until)
        mask &= segment.column("source")[rows] == codes["source"]
        if codes["action"] is not None:
            mask &= segment.column("action")[rows] != codes["action"]
        within = view.in_sight(segment)
        found.append(instants[mask if within is None else mask & within[rows]])
    every = np.sort(np.concatenate(found)) if found else np.zeros(0, np.int64)
    if not len(every):
        return [], None, None
    places = np.flatnonzero(np.diff(every) > longer_than)
    pairs = zip(every[places].tolist(), every[places + 1].tolist(), strict=True)
    return list(pairs), int(every[0]), int(every[-1])
