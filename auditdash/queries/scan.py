"""The rows that answer a question, segment by segment, in the order in which they are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.index.files.segment import Column, Segment
from auditdash.queries.compile import Condition
from auditdash.queries.conditions.masks import Rows

Index: TypeAlias = slice | NDArray[np.int64]
_SAMPLED: Final = 1 << 10  # one row of so many, to divide time into windows
_WINDOW_ROWS: Final = 1 << 15


class Found(Struct, frozen=True, eq=False):
    """Rows of one segment that answer; they rise in time."""

    segment: Segment
    index: Index
    count: int

    def __len__(self) -> int:
        return self.count

    def column(self, name: str) -> Column:
        """The numbers of a column in these rows."""
        return self.segment.column(name)[self.index]

    @property
    def times(self) -> NDArray[np.int64]:
        """When each happened."""
        return self.segment.times[self.index]

    @property
    def ends(self) -> tuple[int, int]:
        """When the first and the last of them happened; there is at least one."""
        index = self.index
        first, last = (
            (index.start, index.stop - 1) if isinstance(index, slice) else (index[0], index[-1])
        )
        return int(self.segment.times[first]), int(self.segment.times[last])

    @property
    def seqs(self) -> NDArray[np.int64]:
        """The seq of each."""
        return self.column("seq").astype(np.int64) + self.segment.first_seq

    def part(self, start: int, end: int) -> Found:
        """Those from the place `start` until before `end`."""
        if isinstance(self.index, slice):
            begin = self.index.start
            return Found(self.segment, slice(begin + start, begin + end), end - start)
        return Found(self.segment, self.index[start:end], end - start)


def scan(condition: Condition) -> Iterator[Found]:
    """All rows that answer, by segment; a segment without one is left out."""
    for segment in condition.view.segments:
        found = find_in(condition, segment)
        if len(found):
            yield found


def find_in(
    condition: Condition, segment: Segment, start: int | None = None, end: int | None = None
) -> Found:
    """The rows of one segment that answer, of those that happened in [start, end)."""
    rows = condition.rows(segment)
    first = 0 if start is None else int(np.searchsorted(rows.times, start))
    last = len(rows) if end is None else int(np.searchsorted(rows.times, end))
    rows = Rows(segment, rows.start + first, rows.start + max(first, last))
    few = condition.places(rows) if len(rows) else None
    if few is not None:
        return Found(segment, few + rows.start, len(few))
    mask = condition.mask(rows) if len(rows) else None
    if mask is None:
        return Found(segment, slice(rows.start, rows.end), len(rows))
    places = np.flatnonzero(mask) + rows.start
    return Found(segment, places, len(places))


def count(condition: Condition) -> int:
    """How many rows answer."""
    return sum(len(found) for found in scan(condition))


def bounds(condition: Condition) -> tuple[int, int] | None:
    """When the first and the last row that answer happened."""
    first = last = None
    segments = condition.view.segments
    for segment in sorted(segments, key=lambda each: each.described.first_at):
        if first is not None and segment.described.first_at >= first:
            break
        found = find_in(condition, segment)
        if len(found) and (first is None or found.times[0] < first):
            first = int(found.times[0])
    for segment in sorted(segments, key=lambda each: -each.described.last_at):
        if last is not None and segment.described.last_at <= last:
            break
        found = find_in(condition, segment)
        if len(found) and (last is None or found.times[-1] > last):
            last = int(found.times[-1])
    return None if first is None or last is None else (first, last)


def find_ordered(
    condition: Condition, *, rising: bool, after: tuple[int, int] | None, limit: int
) -> list[tuple[int, int]]:
    """At most `limit` pairs of time and seq, in their order, behind the pair `after`."""
    best: list[tuple[int, int]] = []
    turned = 1 if rising else -1

    def edge(segment: Segment) -> int:
        return segment.described.first_at if rising else -segment.described.last_at

    start = after[0] if after and rising else None
    end = after[0] + 1 if after and not rising else None
    for segment in sorted(condition.view.segments, key=edge):
        if len(best) == limit and edge(segment) > best[-1][0] * turned:
            break
        found = find_in(condition, segment, start, end)
        best += _pairs(found, rising=rising, after=after, limit=limit)
        best = sorted(best, reverse=not rising)[:limit]
    return best


def _pairs(
    found: Found, *, rising: bool, after: tuple[int, int] | None, limit: int
) -> list[tuple[int, int]]:
    """The first ones of a segment. Rows of one instant stand by their seqs, since they came so."""
    taken = 0
    pairs: list[tuple[int, int]] = []
    while taken < len(found) and len(pairs) < limit:
        # Those of the instant of the cursor may stand before it, however many.
        some = min(limit, len(found) - taken)
        start = taken if rising else len(found) - taken - some
        part = found.part(start, start + some)
        both = zip(part.times.tolist(), part.seqs.tolist(), strict=True)
        pairs += [
            pair for pair in both if after is None or (pair > after if rising else pair < after)
        ]
        taken += some
    return pairs


def iterate_ordered(condition: Condition, *, rising: bool) -> Iterator[NDArray[np.int64]]:
    """The seqs of all rows that answer, in their order, some ten thousand at a time."""
    windows = _windows(condition)
    for start, end in windows if rising else reversed(windows):
        times, seqs = [], []
        for segment in condition.view.segments:
            if segment.described.last_at < start or segment.described.first_at >= end:
                continue
            found = find_in(condition, segment, start, end)
            times.append(found.times)
            seqs.append(found.seqs)
        if seqs:
            together = np.concatenate(seqs)
            order = np.lexsort((together, np.concatenate(times)))
            yield together[order if rising else order[::-1]]


def _windows(condition: Condition) -> list[tuple[int, int]]:
    """Periods, rising, that together hold all rows, each with about as many."""
    segments = condition.view.segments
    if not segments:
        return []
    samples = np.sort(np.concatenate([segment.times[::_SAMPLED] for segment in segments]))
    edges = np.unique(samples[:: _WINDOW_ROWS // _SAMPLED]).tolist()
    last = max(segment.described.last_at for segment in segments) + 1
    return list(zip(edges, [*edges[1:], last], strict=True))
