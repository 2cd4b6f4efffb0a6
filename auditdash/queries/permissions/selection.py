"""The permission changes that a question asks for, of which also what only the ledger knows may be
asked: what somebody had before, and whether they got more or less."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from threading import Lock
from typing import Any, Final, TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.folding import fold_case
from auditdash.index.view import View
from auditdash.queries.compile import by_action, compile_query
from auditdash.queries.conditions.masks import at
from auditdash.queries.counting.groups import groups_of
from auditdash.queries.counting.totals import question_key
from auditdash.queries.permissions.changes import AllChanges, Changes
from auditdash.queries.permissions.directions import (
    DIRECTIONS,
    FIRST_ROLE,
    HAS_NONE,
    HAS_UNKNOWN,
    HAS_UNNAMED,
    Direction,
)
from auditdash.queries.permissions.ledger import Ledger, ledger_of
from auditdash.queries.permissions.numbering import Numbers
from auditdash.search.query import Query
from auditdash.search.scope import Clock

_Answer = TypeVar("_Answer")
_MOST_KEPT: Final = 64
_KEPT_BYTES: Final = 48 << 20
_NO_STATE: Final = -1
_STATES: Final = {"none": HAS_NONE, "unknown": HAS_UNKNOWN, "unnamed": HAS_UNNAMED}


class Derived(Struct, frozen=True, kw_only=True):
    """What is asked besides the query, for no single event tells it. None: anything.

    What somebody had is `none`, `unknown`, `unnamed`, or `role:` and its folded name.
    """

    direction: Direction | None = None
    before: str | None = None
    after: str | None = None


ANYTHING: Final = Derived()


class Selection(Struct, frozen=True, eq=False):
    """The changes that answer. `parts` has, for each segment, which of its changes they are."""

    ledger: Ledger
    parts: Sequence[tuple[Changes, Numbers]]
    places: Numbers

    def __len__(self) -> int:
        return len(self.places)

    def column(self, name: str) -> NDArray[Any]:
        """A column of the index, for each change in the order of `places`."""
        columns = [some.segment.column(name)[some.rows[which]] for some, which in self.parts]
        return np.concatenate(columns) if columns else np.zeros(0, np.int64)

    def ordered(self, *, rising: bool) -> Numbers:
        """The places by time and seq."""
        chosen = np.zeros(len(self.ledger), np.bool_)
        chosen[self.places] = True
        by_time = self.ledger.by_time
        found = by_time[chosen[by_time]].astype(np.int64)
        return found if rising else found[::-1]


class _Answers:
    """Answers to questions that stay the same until another change comes."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.kept: OrderedDict[Hashable, object] = OrderedDict()

    @property
    def fit(self) -> bool:
        """Whether no more is kept than may be; what does not tell its size is small."""
        size = sum(getattr(each, "nbytes", 0) for each in self.kept.values())
        return size <= _KEPT_BYTES and len(self.kept) <= _MOST_KEPT


def select(view: View, query: Query, clock: Clock, derived: Derived = ANYTHING) -> Selection:
    """All changes that the query and `derived` ask for."""
    changes, ledger = ledger_of(view)
    parts = list(_answering(view, changes, query, clock))
    wanted = _wanted(view, ledger, derived)
    places, kept, start = [], [], 0
    for some, which in parts:
        here = start + some.ranks[which].astype(np.int64)
        start += len(some)
        holds = slice(None) if wanted is None else wanted[here]
        places.append(here[holds])
        kept.append((some, which[holds]))
    return Selection(ledger, kept, np.concatenate(places) if places else np.zeros(0, np.int64))


def select_places(
    view: View, query: Query, clock: Clock, derived: Derived = ANYTHING
) -> NDArray[Any]:
    """The places of the same changes alone, by time and seq. Where nothing but actions and a period
    is asked for, it is a stretch of all of them."""
    changes, ledger = ledger_of(view)
    factored = by_action(query, view)
    rest = query if factored is None else factored[0]
    condition = compile_query(rest, view, clock)
    if condition.test is not None:
        return select(view, query, clock, derived).ordered(rising=True)
    first = last = 0
    for some in changes.segments:
        rows = condition.rows(some.segment)
        first += int(some.rows.searchsorted(rows.start))
        last += int(some.rows.searchsorted(rows.end))
    places: NDArray[np.int32] = ledger.by_time[first:last]
    if factored is not None:
        places = places[np.flatnonzero(factored[1][ledger.actions[places]])]
    wanted = _wanted(view, ledger, derived)
    found: NDArray[Any] = places if wanted is None else places[wanted[places]]
    return found


def answer(
    view: View, query: Query, clock: Clock, what: Hashable, tell: Callable[[], _Answer]
) -> _Answer:
    """What `tell` tells of the changes that the query asks for, kept until another change comes.

    `what` names what is told. It must not depend on any other event.
    """
    question = question_key(query, clock)
    if question is None:  # it asks for another time whenever it is asked
        return tell()
    _, ledger = ledger_of(view)
    key = (what, question, str(view.zone), len(ledger))
    answers = view.dictionaries.kept(_Answers)
    with answers.lock:
        if key in answers.kept:
            answers.kept.move_to_end(key)
            return answers.kept[key]  # type: ignore[return-value]  # `what` tells its type
    found = tell()
    with answers.lock:
        answers.kept[key] = found
        while len(answers.kept) > 1 and not answers.fit:
            answers.kept.popitem(last=False)
    return found


def _answering(
    view: View, changes: AllChanges, query: Query, clock: Clock
) -> Iterator[tuple[Changes, Numbers]]:
    condition = compile_query(query, view, clock)
    for some in changes.segments:
        rows = condition.rows(some.segment)
        first, last = (int(each) for each in np.searchsorted(some.rows, (rows.start, rows.end)))
        which = np.arange(first, last)
        if first < last and condition.test is not None:  # nothing is asked of any other row
            places = some.rows[first:last].astype(np.int64) - rows.start
            which = which[at(condition.test, rows, places)]
        yield some, which


def _wanted(view: View, ledger: Ledger, derived: Derived) -> NDArray[np.bool_] | None:
    tests = []
    if derived.direction is not None:
        tests.append(ledger.directions == DIRECTIONS.index(derived.direction))
    for column, text in ((ledger.had, derived.before), (ledger.states, derived.after)):
        if text is not None:
            tests.append(column == _state_number(view, text))
    return np.logical_and.reduce(tests) if tests else None


def _state_number(view: View, text: str) -> int:
    kind, _, role = text.partition(":")
    if kind != "role":
        return _STATES.get(kind, _NO_STATE)
    keys = groups_of(view, "role").keys
    key = fold_case(role)
    return keys.index(key) - 1 + FIRST_ROLE if key in keys else _NO_STATE


def state_text(view: View, state: int) -> str:
    """How a state is asked for: the opposite."""
    if state >= FIRST_ROLE:
        return f"role:{groups_of(view, 'role').keys[state - FIRST_ROLE + 1]}"
    return next(text for text, number in _STATES.items() if number == state)
