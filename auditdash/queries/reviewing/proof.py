"""Whether what was decided was done: by the events that came later, in the picture of access.

To remove is done when nothing stands any more, to change when the role stands, or nothing. What
stands again, or otherwise again, came back. All of it is told from the picture as it is seen now,
so an event that comes in late proves what happened when it happened.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import numpy as np
from msgspec import Struct

from auditdash.events.folding import fold_case
from auditdash.events.instants import Instant
from auditdash.queries.access.rows import Evidence, Sight, evidence
from auditdash.store.campaigns.rows import REMOVE, Decision, Line

State = Literal["done", "back", "open", "unclear"]
DONE, BACK, OPEN, UNCLEAR = STATES = ("done", "back", "open", "unclear")
_KEY: Final = 32


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a decision. `told` is the event that did it, `back` the one that undid it;
    `early`: it was so before the decision; `instead`: taken away where another role was decided.
    `unclear`: the log names nobody and nothing any more that is this one for certain."""

    state: State
    told: Evidence | None = None
    back: Evidence | None = None
    early: bool = False
    instead: bool = False


class _Span(Struct, frozen=True):
    """Access of one to one thing with one role; `begun` and `ended` are places of facts."""

    begins: int
    ends: int
    role: str
    begun: int
    ended: int


class Proofs:
    """What became of decisions up to `now`, in one picture."""

    def __init__(self, sight: Sight, now: Instant) -> None:
        self._sight = sight
        self._now = now
        self._numbers: dict[tuple[str, str | None, str | None], int | None] = {}
        some = sight.picture.intervals
        self._keys = some.objects.astype(np.int64) << _KEY | some.subjects

    def find(self, lines: Iterable[Line]) -> dict[int, Outcome]:
        """By the number of the line, for those by whose decision something had to be done."""
        return {
            each.line: self._outcome(each, each.decided)
            for each in lines
            if each.decided is not None and each.decided.decision != "keep"
        }

    def _outcome(self, line: Line, decided: Decision) -> Outcome:
        thing = self._number(line.object_kind, line.object_id, line.object_name)
        who = self._number(line.subject_kind, line.subject_id, line.subject_name)
        if thing is None or who is None:
            return Outcome(state="unclear")
        spans = [each for each in self._spans(thing, who) if each.begins <= self._now]
        if not spans:
            return Outcome(state="unclear")
        if decided.decision == REMOVE:
            return self._removed(spans, decided.decided_at)
        return self._changed(spans, decided.decided_at, fold_case(decided.to_role))

    def _removed(self, spans: list[_Span], decided_at: int) -> Outcome:
        last = spans[-1]
        if last.ends <= self._now:
            return self._gone(last, decided_at)
        first = len(spans) - 1  # where what stands now began: a change of role is no end
        while first and spans[first - 1].ends == spans[first].begins:
            first -= 1
        if spans[first].begins <= decided_at:
            return Outcome(state="open")
        ended = spans[first - 1].ended if first else -1
        return Outcome(state="back", told=self._told(ended), back=self._told(spans[first].begun))

    def _changed(self, spans: list[_Span], decided_at: int, role: str) -> Outcome:
        last = spans[-1]
        if last.ends <= self._now:
            gone = self._gone(last, decided_at)
            return Outcome(state="done", told=gone.told, early=gone.early, instead=True)
        if last.role == role:
            early = last.begins <= decided_at
            return Outcome(state="done", told=self._told(last.begun), early=early)
        was = [each for each in spans[:-1] if each.role == role and each.ends > decided_at]
        if not was:
            return Outcome(state="open")
        told = self._told(was[-1].begun)
        return Outcome(state="back", told=told, back=self._told(last.begun))

    def _gone(self, last: _Span, decided_at: int) -> Outcome:
        return Outcome(state="done", told=self._told(last.ended), early=last.ends <= decided_at)

    def _told(self, fact: int) -> Evidence | None:
        return evidence(self._sight, fact)

    def _spans(self, thing: int, who: int) -> list[_Span]:
        """All of them, by their begin."""
        key, picture = thing << _KEY | who, self._sight.picture
        some = picture.intervals
        first, after = (int(np.searchsorted(self._keys, key, side)) for side in ("left", "right"))
        return [
            _Span(
                int(some.begins[at]),
                int(some.ends[at]),
                fold_case(picture.role(int(some.roles[at])) or ""),
                int(some.begun[at]),
                int(some.ended[at]),
            )
            for at in range(first, after)
        ]

    def _number(self, kind: str, identity: str | None, name: str | None) -> int | None:
        key = (kind, identity, name)
        if key not in self._numbers:
            self._numbers[key] = self._sight.picture.nodes.find(*key)
        return self._numbers[key]
