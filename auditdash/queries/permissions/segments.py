"""What is made of the rows of each segment, kept for as long as there is the segment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from auditdash.index.files.segment import Described, Segment
from auditdash.index.view import View

_Made = TypeVar("_Made")
Look: TypeAlias = Callable[[View, Segment, NDArray[np.bool_] | None], _Made]


class OfSegments(Generic[_Made]):
    """`look` makes it of a segment and the rows that are in sight, None: all. Its words never
    change, so a whole segment is looked at once."""

    def __init__(self, look: Look[_Made]) -> None:
        self._look = look
        self._kept: dict[Described, _Made] = {}

    def of(self, view: View, segment: Segment) -> _Made:
        """What is made of one segment."""
        seen = view.in_sight(segment)
        if seen is not None:  # a part of it, which is another one for each reader
            return self._look(view, segment, seen)
        found = self._kept.get(segment.described)
        if found is None:
            found = self._kept[segment.described] = self._look(view, segment, None)
        return found

    def of_all(self, view: View) -> list[_Made]:
        """What is made of each in sight; what was made of segments that are gone is forgotten."""
        found = [self.of(view, segment) for segment in view.segments]
        standing = {segment.described for segment in view.snapshot.segments}
        self._kept = {key: kept for key, kept in self._kept.items() if key in standing}
        return found
