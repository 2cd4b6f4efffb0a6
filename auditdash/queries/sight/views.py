"""What a reader sees of the events: all of them, or those within their limits and nothing else.

Every question opens its view here. Whoever is limited gets segments without the other rows
(`index.apart`), so that nothing that is counted, ranked, completed or derived can tell of them.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import structs
from numpy.typing import NDArray
from sqlalchemy import Connection

from auditdash.events.instants import Instant
from auditdash.index import view as index_view
from auditdash.index.apart.twin import Apart
from auditdash.index.files.segment import Segment
from auditdash.index.view import View
from auditdash.queries.compile import compile_query
from auditdash.queries.scan import find_in
from auditdash.search.period import overlap
from auditdash.search.scope import Clock, Limit, Scope

_MOST: Final = 8  # kinds of limited readers of one index that are remembered
_ANY_TIME: Final = Clock(Instant(0), ZoneInfo("UTC"))  # a limit depends on no clock


class _Memory:
    """What stands apart for each kind of reader."""

    def __init__(self) -> None:
        self._known: OrderedDict[object, Apart] = OrderedDict()
        self._lock = Lock()

    def of(self, view: View, scope: Scope) -> Apart:
        key = (scope.limit, scope.addresses, str(view.zone))
        with self._lock:
            found = self._known.get(key)
            if found is None:
                found = Apart(view.dictionaries, addresses=scope.addresses)
                self._known[key] = found
            self._known.move_to_end(key)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
            return found


def open_view(connection: Connection, scope: Scope) -> View:
    """The events in scope; raises as `index.view.open_whole` does."""
    return _seen(index_view.open_whole(connection, _whole(scope)), scope)


def open_what_there_is(connection: Connection, scope: Scope) -> View:
    """The same for who does not wait for the index: what is behind it is left out."""
    return _seen(index_view.open_what_there_is(connection, _whole(scope), 0), scope)


def _whole(scope: Scope) -> Scope:
    return structs.replace(scope, limit=None, addresses=True)


def _seen(view: View, scope: Scope) -> View:
    if scope.is_whole:
        return view
    apart = view.dictionaries.kept(_Memory).of(view, scope)
    segments = view.snapshot.segments
    if scope.limit is not None:
        segments = apart.narrowed(segments, _Chooser(view, scope.limit))
    snapshot = structs.replace(view.snapshot, segments=segments, dictionaries=apart.dictionaries)
    return structs.replace(view, snapshot=snapshot, addresses=scope.addresses)


class _Chooser:
    """Which rows of a whole segment are within a limit."""

    def __init__(self, view: View, limit: Limit) -> None:
        # A segment is narrowed once for all questions, also for those that see more of it.
        everything = structs.replace(view, highest_seq=view.snapshot.highest_seq)
        condition = compile_query(limit.query, everything, _ANY_TIME)
        period = overlap(condition.period, limit.period)
        self._condition = structs.replace(condition, period=period)

    def __call__(self, segment: Segment) -> NDArray[np.int64]:
        found = find_in(self._condition, segment)
        if isinstance(found.index, slice):
            return np.arange(found.index.start, found.index.stop)
        return found.index
