"""Changes that belong together: what one actor did at a stretch is one act.

The next change of an actor belongs to the same act when it comes within 60 seconds, or within an
hour with the same correlation id. What is near in time is told from columns for all changes at
once; correlation ids are in the records, and read where an act is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.instants import HOUR, MINUTE
from auditdash.index.view import View
from auditdash.queries.counting.groups import MISSING, groups_of
from auditdash.queries.permissions.changes import AllChanges
from auditdash.queries.permissions.ledger import Ledger
from auditdash.queries.permissions.numbering import Numbers
from auditdash.queries.permissions.ordering import put_in_order

AT_A_STRETCH: Final = MINUTE
_BY_CORRELATION: Final = HOUR


class Runs(Struct, frozen=True, eq=False):
    """Changes of one actor without a pause of more than 60 seconds.

    `by_actor` has the places by actor and time; run r is those from `starts[r]` until before
    `starts[r + 1]`. `of_place` has the run of each place. `near` tells of each run whether the next
    is of the same actor and begins within an hour.
    """

    by_actor: NDArray[np.int32]
    starts: NDArray[np.int32]
    of_place: NDArray[np.int32]
    near: NDArray[np.bool_]

    @property
    def nbytes(self) -> int:
        """How much memory they take."""
        return sum(each.nbytes for each in (self.by_actor, self.starts, self.of_place, self.near))

    def members(self, first: int, last: int) -> NDArray[np.int32]:
        """The places of the runs from `first` to `last`, by time."""
        return self.by_actor[self.starts[first] : self.starts[last + 1]]


def make_runs(view: View, changes: AllChanges, ledger: Ledger) -> Runs:
    """Those of all changes in sight. Who is not named has no other change."""
    actors = groups_of(view, "actor").of_code[changes.by_place("actor")]
    times = changes.by_place("time")
    order = put_in_order(ledger.by_time.astype(np.int64), actors)
    who, when = actors[order], times[order]
    same = (who[1:] == who[:-1]) & (who[1:] != MISSING)
    pause = np.diff(when)
    begins = np.append(True, ~same | (pause > AT_A_STRETCH))[: len(order)]
    starts = np.flatnonzero(begins)
    of_place = np.empty(len(order), np.int32)
    of_place[order] = np.cumsum(begins) - 1
    return Runs(
        by_actor=order.astype(np.int32),
        starts=np.append(starts, len(order)).astype(np.int32),
        of_place=of_place,
        near=(same & (pause <= _BY_CORRELATION))[starts[1:] - 1],
    )


class Acts:
    """Which runs are one act. `seqs` has the seq of each place."""

    def __init__(self, view: View, runs: Runs, seqs: Numbers) -> None:
        self._view = view
        self._runs = runs
        self._seqs = seqs
        self._correlations: dict[int, str | None] = {}

    def look_at(self, runs: Iterable[int]) -> None:
        """Read what is needed to tell about these runs and their neighbours, all at once."""
        pairs = [pair for run in runs for pair in (run - 1, run) if self._is_near(pair)]
        self._read([place for pair in pairs for place in self._edge(pair)])

    def bounds(self, run: int) -> tuple[int, int]:
        """The first and the last run of the act that this run belongs to."""
        first = last = run
        while self._is_one(first - 1):
            first -= 1
        while self._is_one(last):
            last += 1
        return first, last

    def _is_near(self, run: int) -> bool:
        return 0 <= run < len(self._runs.near) and bool(self._runs.near[run])

    def _is_one(self, run: int) -> bool:
        """Whether this run and the next are of one act."""
        if not self._is_near(run):
            return False
        edge = self._edge(run)
        self._read(edge)
        one, other = (self._correlations[place] for place in edge)
        return bool(one) and one == other

    def _edge(self, run: int) -> tuple[int, int]:
        """The last place of a run and the first of the next."""
        start = int(self._runs.starts[run + 1])
        return int(self._runs.by_actor[start - 1]), int(self._runs.by_actor[start])

    def _read(self, places: Iterable[int]) -> None:
        missing = sorted({place for place in places if place not in self._correlations})
        seqs = self._seqs[missing].tolist() if missing else []
        view = self._view
        events = view.events(seqs)
        for place, event in zip(missing, events, strict=True):
            self._correlations[place] = event.correlation_id
