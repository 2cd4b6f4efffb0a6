"""Answers that are kept for the next one who asks the same: until one of the events comes that they
are made of, for events only ever follow."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Final, TypeVar, cast

from auditdash.index.view import View
from auditdash.queries.counting.counts import count_codes
from auditdash.queries.counting.totals import question_key
from auditdash.search.query import Query
from auditdash.search.scope import Clock

_KEPT: Final = 12
_EVERYTHING: Final = Query()
_Answer = TypeVar("_Answer")


class _Memory:
    """The last answers, by what was asked."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> object | None:
        with self._lock:
            return self._kept.get(key)

    def put(self, key: Hashable, answer: object) -> None:
        with self._lock:
            self._kept[key] = answer
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def remembered(
    view: View,
    query: Query,
    clock: Clock,
    name: Hashable,
    actions: frozenset[str],
    make: Callable[[], _Answer],
) -> _Answer:
    """The answer called `name` to a question about events of these actions alone."""
    question = question_key(query, clock)
    if question is None:
        return make()
    counts = count_codes(view, _EVERYTHING, clock, ["action"])["action"].tolist()
    entries = view.dictionaries["action"].entries
    events = tuple(
        (code, count) for code, count in enumerate(counts) if count and entries[code][0] in actions
    )
    key = name, question, view.zone.key, events
    memory = view.dictionaries.kept(_Memory)
    known = memory.get(key)
    if known is None:
        known = make()
        memory.put(key, known)
    return cast(_Answer, known)
