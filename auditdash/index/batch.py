"""Consecutive events as columns of numbers, and the distinct values that the numbers stand for.

Pure: it knows no index yet, so any process may do it. `adopt.py` makes its numbers those of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.event import Event
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
    numberings = {name: _Numbering() for name in CODED}
    columns: dict[str, list[int]] = {name: [] for name in CODED}
    _number(events, numberings, columns)
    paths, values = _Numbering(), _Numbering()
    leaf_rows: list[int] = []
    leaf_values: list[int] = []
    for row, event in enumerate(events):
        for kind, path, text in dict.fromkeys(_leaves_of(event)):
            leaf_rows.append(row)
            leaf_values.append(values[paths[kind, path], text])
    return Batch(
        first_seq=events[0].seq if events else 1,
        times=np.fromiter((event.occurred_at for event in events), np.int64, len(events)),
        received=np.fromiter((event.received_at for event in events), np.int64, len(events)),
        receipts=np.array(receipts, np.int64),
        codes={name: np.array(column, np.uint32) for name, column in columns.items()},
        leaf_rows=np.array(leaf_rows, np.uint32),
        leaf_values=np.array(leaf_values, np.uint32),
        entries={name: list(numbering) for name, numbering in numberings.items()},
        paths=list(paths),
        values=list(values),
    )


def _number(
    events: Iterable[Event], numberings: dict[str, _Numbering], columns: dict[str, list[int]]
) -> None:
    for event in events:
        actor, entity, subject = event.actor, event.entity, event.subject
        row: tuple[Entry, ...] = (
            (event.action,),
            (actor.id, actor.username),
            (entity.type, entity.id, entity.name),
            (subject.type, subject.id, subject.name),
            (actor.ip,),
            (actor.user_agent,),
            (event.role,),
            (event.outcome,),
            (event.source,),
            (event.workspace,),
        )
        for name, entry in zip(CODED, row, strict=True):
            columns[name].append(numberings[name][entry])


def _leaves_of(event: Event) -> Iterable[tuple[str, str, str]]:
    for path, text in leaves(event.context):
        yield CONTEXT, path, text
    if event.description is not None:
        yield DESCRIPTION, "", event.description
    if event.correlation_id is not None:
        yield CORRELATION, "", event.correlation_id
