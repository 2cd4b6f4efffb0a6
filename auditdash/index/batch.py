"""Consecutive events as columns of numbers, and the distinct values that the numbers stand for.

Pure: it knows no index yet, so any process may do it. `adopt.py` makes its numbers those of one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Final, TypeAlias, TypeVar

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from auditdash.events.event import Event
from auditdash.events.folding import path_below, storable
from auditdash.events.leaves import leaves

Entry: TypeAlias = tuple[str | None, ...]
Numbers: TypeAlias = NDArray[np.uint32]
Instants: TypeAlias = NDArray[np.int64]
_Key = TypeVar("_Key", bound=Hashable)
_Whole = TypeVar("_Whole", bound=np.integer)
_Place: TypeAlias = str | tuple[str, str]  # a key of a context, or a path

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


def encode(events: Sequence[Event], receipts: Sequence[int]) -> Batch:
    """Events of one workspace with consecutive seqs, and the receipt of each."""
    coded = dict(_encode_parts(events))
    leaf_rows, leaf_values, paths, values = _encode_leaves(events)
    return Batch(
        first_seq=events[0].seq if events else 1,
        times=np.fromiter((event.occurred_at for event in events), np.int64, len(events)),
        received=np.fromiter((event.received_at for event in events), np.int64, len(events)),
        receipts=np.array(receipts, np.int64),
        codes={name: coded[name][0] for name in CODED},
        leaf_rows=leaf_rows,
        leaf_values=leaf_values,
        entries={name: coded[name][1] for name in CODED},
        paths=paths,
        values=values,
    )


def number(batch: Batch, first_seq: int, received_at: int, receipt_id: int) -> Batch:
    """The same, now that it is known how its events are numbered, and when and how they came."""
    return replace(
        batch,
        first_seq=first_seq,
        received=np.full(len(batch), received_at, np.int64),
        receipts=np.full(len(batch), receipt_id, np.int64),
    )


def pick(batch: Batch, places: Sequence[int]) -> Batch:
    """Some rows of it, in their order, as if nothing else had been encoded."""
    rows = np.array(places, np.int64)
    new_rows = np.full(len(batch), -1, np.int64)
    new_rows[rows] = np.arange(len(rows))
    kept = new_rows[batch.leaf_rows] >= 0
    codes: dict[str, Numbers] = {}
    entries: dict[str, list[Entry]] = {}
    for name in CODED:
        codes[name], used = _number_whole(batch.codes[name][rows])
        entries[name] = [batch.entries[name][entry] for entry in used.tolist()]
    leaf_values, used = _number_whole(batch.leaf_values[kept])
    values = [batch.values[value] for value in used.tolist()]
    paths, used = _number_whole(np.array([path for path, _ in values], np.int64))
    return replace(
        batch,
        times=batch.times[rows],
        received=batch.received[rows],
        receipts=batch.receipts[rows],
        codes=codes,
        leaf_rows=new_rows[batch.leaf_rows[kept]].astype(np.uint32),
        leaf_values=leaf_values,
        entries=entries,
        paths=[batch.paths[path] for path in used.tolist()],
        values=list(zip(paths.tolist(), (text for _, text in values), strict=True)),
    )


def _number(found: Iterable[_Key]) -> tuple[Numbers, list[_Key]]:
    """The number of each in the order of their first occurrence, and what they stand for."""
    keys = list(found)
    distinct = dict.fromkeys(keys)
    numbers = dict(zip(distinct, range(len(distinct)), strict=True))
    return np.fromiter(map(numbers.__getitem__, keys), np.uint32, len(keys)), list(distinct)


def _number_whole(found: NDArray[_Whole]) -> tuple[Numbers, NDArray[_Whole]]:
    """The same of whole numbers."""
    distinct, firsts, inverse = np.unique(found, return_index=True, return_inverse=True)
    order = np.argsort(firsts)
    numbers = np.empty(len(order), np.uint32)
    numbers[order] = np.arange(len(order), dtype=np.uint32)
    return numbers[inverse], distinct[order]


def _renumber(numbers: Numbers, stand_for: Iterable[_Key]) -> tuple[Numbers, list[_Key]]:
    """The same for what is told of each distinct thing, which may be the same of several."""
    others, distinct = _number(stand_for)
    return others[numbers], distinct


def _encode_parts(events: Sequence[Event]) -> Iterator[tuple[str, tuple[Numbers, list[Entry]]]]:
    """The numbers and entries of each coded column. Who and what come as the same few things over
    and over, so each is taken apart once."""
    actors, who = _number(event.actor for event in events)
    yield "actor", _renumber(actors, [(each.id, each.username) for each in who])
    yield "ip", _renumber(actors, [(each.ip,) for each in who])
    yield "ua", _renumber(actors, [(each.user_agent,) for each in who])
    entities, what = _number(event.entity for event in events)
    yield "entity", _renumber(entities, [(each.type, each.id, each.name) for each in what])
    subjects, whom = _number(event.subject for event in events)
    yield "subject", _renumber(subjects, [(each.type, each.id, each.name) for each in whom])
    for name in _TEXTS:
        numbers, texts = _number(map(attrgetter(name), events))
        yield name, (numbers, [(text,) for text in texts])


_TEXTS: Final = ("action", "role", "outcome", "source", "workspace")


def _encode_leaves(
    events: Sequence[Event],
) -> tuple[Numbers, Numbers, list[tuple[str, str]], list[tuple[int, str]]]:
    """Row and value of each leaf, no pair twice; and what the values and their paths stand for."""
    lengths, places, texts = _list_leaves(events)
    place_numbers, distinct_places = _number(places)
    path_numbers, paths = _renumber(place_numbers, map(_path_of, distinct_places))
    text_numbers, distinct_texts = _number(texts)
    if not _are_storable(distinct_texts):
        text_numbers, distinct_texts = _renumber(text_numbers, map(storable, distinct_texts))
    pairs = path_numbers.astype(np.int64) << 32 | text_numbers
    leaf_values, pairs = _number_whole(pairs)
    of_values = map(distinct_texts.__getitem__, (pairs & 0xFFFFFFFF).tolist())
    values = list(zip((pairs >> 32).tolist(), of_values, strict=True))
    rows = np.repeat(np.arange(len(events), dtype=np.uint32), np.array(lengths, np.int64))
    if len(paths) < len(distinct_places) or any(map(_is_nested, distinct_places)):
        rows, leaf_values = _without_twins(rows, leaf_values)
    return rows, leaf_values, paths, values


def _is_nested(place: _Place) -> bool:
    """Whether an event may have several leaves here: all other places are keys of one object."""
    return not isinstance(place, str) and place[0] == CONTEXT


def _without_twins(rows: Numbers, leaf_values: Numbers) -> tuple[Numbers, Numbers]:
    _, firsts = np.unique(rows.astype(np.int64) << 32 | leaf_values, return_index=True)
    firsts.sort()
    return rows[firsts], leaf_values[firsts]


def _list_leaves(events: Sequence[Event]) -> tuple[list[int], list[_Place], list[str]]:
    """How many leaves each event has, where each stands, and its text."""
    lengths: list[int] = []
    places: list[_Place] = []
    texts: list[str] = []
    for event in events:
        before = len(texts)
        for key, value in event.context.items():
            if type(value) is str:  # most are
                places.append(key)
                texts.append(value)
            else:
                for path, text in leaves({key: value}):
                    places.append((CONTEXT, path))
                    texts.append(text)
        if event.description is not None:
            places.append(_DESCRIPTION_PATH)
            texts.append(event.description)
        if event.correlation_id is not None:
            places.append(_CORRELATION_PATH)
            texts.append(event.correlation_id)
        lengths.append(len(texts) - before)
    return lengths, places, texts


def _path_of(place: _Place) -> tuple[str, str]:
    """Of a key of the context, or what is a path already."""
    return (CONTEXT, path_below("", place)) if isinstance(place, str) else place


def _are_storable(texts: Iterable[str]) -> bool:
    joined = "".join(texts)
    try:
        joined.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return "\0" not in joined


_DESCRIPTION_PATH: Final = (DESCRIPTION, "")
_CORRELATION_PATH: Final = (CORRELATION, "")
