"""Consecutive events as columns of numbers, and the distinct values that the numbers stand for.

Pure: it knows no index yet, so any process may do it. `adopt.py` makes its numbers those of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.event import Event
from auditdash.events.folding import path_below, storable
from auditdash.events.leaves import leaves

Entry: TypeAlias = tuple[str | None, ...]
Numbers: TypeAlias = NDArray[np.uint32]
Instants: TypeAlias = NDArray[np.int64]

# Each a dictionary, and a column of its codes.
CODED: Final = (
    "action",
    "actor",
    "entity",
    "subject",
    "ip",
    "ua",
    "role",
    "outcome",
    "source",
    "workspace",
)
# What a leaf is: of the context, the description, or the correlation id.
CONTEXT, DESCRIPTION, CORRELATION = "c", "d", "k"


class Batch(Struct, frozen=True, kw_only=True):
    """`codes` and `leaf_values` number the `entries` in the order of their first occurrence.

    The entry of an actor is (id, username), of an entity and a subject (type, id, name), of a path
    (kind, path), of a value (path number, text), of the rest (text,). Row n has seq first_seq + n.
    """

    first_seq: int
    times: Instants
    received: Instants
    receipts: Instants
    codes: dict[str, Numbers]
    leaf_rows: Numbers
    leaf_values: Numbers
    entries: dict[str, list[Entry]]
    paths: list[tuple[str, str]]
    values: list[tuple[int, str]]

    def __len__(self) -> int:
        return len(self.times)


class _Numbering(dict[Any, int]):
    """Numbers each new key with the next number."""

    def __missing__(self, key: Any) -> int:
        number = len(self)
        self[key] = number
        return number


def encode(events: Sequence[Event], receipts: Sequence[int]) -> Batch:
    """Events of one workspace with consecutive seqs, and the receipt of each."""
    codes: dict[str, Numbers] = {}
    entries: dict[str, list[Entry]] = {}
    for name in CODED:
        codes[name], entries[name] = _number(map(_PARTS[name], events))
    paths, values = _Numbering(), _Numbering()
    leaf_rows: list[int] = []
    leaf_values: list[int] = []
    for row, event in enumerate(events):
        for path, text in dict.fromkeys(_leaves_of(event)):
            leaf_rows.append(row)
            leaf_values.append(values[paths[path], text])
    return Batch(
        first_seq=events[0].seq if events else 1,
        times=np.fromiter((event.occurred_at for event in events), np.int64, len(events)),
        received=np.fromiter((event.received_at for event in events), np.int64, len(events)),
        receipts=np.array(receipts, np.int64),
        codes=codes,
        leaf_rows=np.array(leaf_rows, np.uint32),
        leaf_values=np.array(leaf_values, np.uint32),
        entries=entries,
        paths=list(paths),
        values=list(values),
    )


def _number(found: Iterable[Any]) -> tuple[Numbers, list[Entry]]:
    """The number of each value, and the entries: a text alone stands for an entry of its own."""
    numbering = _Numbering()
    numbers = np.array([numbering[each] for each in found], np.uint32)
    return numbers, [each if isinstance(each, tuple) else (each,) for each in numbering]


_PARTS: Final[dict[str, Callable[[Event], Any]]] = {
    "action": lambda event: event.action,
    "actor": lambda event: ((actor := event.actor).id, actor.username),
    "entity": lambda event: ((entity := event.entity).type, entity.id, entity.name),
    "subject": lambda event: ((subject := event.subject).type, subject.id, subject.name),
    "ip": lambda event: event.actor.ip,
    "ua": lambda event: event.actor.user_agent,
    "role": lambda event: event.role,
    "outcome": lambda event: event.outcome,
    "source": lambda event: event.source,
    "workspace": lambda event: event.workspace,
}


def _leaves_of(event: Event) -> Iterator[tuple[tuple[str, str], str]]:
    for key, value in event.context.items():
        if type(value) is str:  # most are; the path of a key is always the same
            plain = value.isascii() and "\0" not in value
            yield _path_of(key), value if plain else storable(value)
        else:
            for path, text in leaves({key: value}):
                yield (CONTEXT, path), text
    if event.description is not None:
        yield _DESCRIPTION_PATH, event.description
    if event.correlation_id is not None:
        yield _CORRELATION_PATH, event.correlation_id


@lru_cache(maxsize=4096)
def _path_of(key: str) -> tuple[str, str]:
    return CONTEXT, path_below("", key)


_DESCRIPTION_PATH: Final = (DESCRIPTION, "")
_CORRELATION_PATH: Final = (CORRELATION, "")
