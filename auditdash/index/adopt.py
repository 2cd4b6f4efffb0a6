"""A batch becomes columns of one index: its numbers become codes of the index's dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import Final, TypeVar, cast

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from auditdash.events.folding import fold_case, join_words
from auditdash.events.instants import DAY
from auditdash.index.batch import CODED, CORRELATION, Batch, Entry, Numbers
from auditdash.index.files.concealed import Concealed
from auditdash.index.files.dictionary import Dictionary
from auditdash.index.files.segment import Columns
from auditdash.index.order import order_codes, order_leaves, order_words
from auditdash.index.words import word_keys

# Of a path no more values than these are in the dictionary, and none that is longer. The others
# are ELSEWHERE: in the record, found by their words.
MOST_VALUES: Final = 20_000
MOST_IN_ALL: Final = 400_000
LONGEST_VALUE: Final = 512
ELSEWHERE: Final = 0
LATE, FIRST_SEEN = 1, 2
LATE_AFTER: Final = DAY
_NEVER: Final = -(1 << 62)

PATHS, VALUES, DOINGS = "paths", "values", "doings"
_Memory = TypeVar("_Memory")


class Mark(Struct, frozen=True):
    """How far the archive had come: by the code of each source its newest instant, at which it is
    told what comes late. One source's history is not late because another one is up to date."""

    newest: dict[int, int] = field(default_factory=dict)


class Dictionaries:
    """All dictionaries of one index."""

    def __init__(self) -> None:
        self._of: dict[str, Dictionary] = {name: _coded(name) for name in CODED}
        self._of[PATHS] = Dictionary(PATHS, lambda entry: [path_key(entry)], lambda _: "")
        self._of[VALUES] = Dictionary(VALUES, _value_keys, lambda entry: join_words(entry[2:]))
        self._of[DOINGS] = Dictionary(DOINGS, lambda _: (), lambda _: "")
        self._kept: dict[type[object], object] = {}
        self._per_path: dict[Entry, int] = {}
        self._counted = 0
        self._done: set[tuple[int, int]] = set()

    def __getitem__(self, name: str) -> Dictionary:
        return self._of[name].current()

    def apart(self, conceal: Iterable[tuple[str, Callable[[Entry], Entry]]]) -> Dictionaries:
        """The same codes, some standing for less, and nothing that questions have kept so far."""
        twin = Dictionaries()
        hidden = {name: Concealed(self._of[name], how) for name, how in conceal}
        twin._of = {**self._of, **hidden}
        return twin

    def all(self) -> list[Dictionary]:
        """Each of them."""
        return list(self._of.values())

    def kept(self, kind: type[_Memory]) -> _Memory:
        """What questions keep in terms of these codes; it goes when they do."""
        found = self._kept.get(kind)
        if not isinstance(found, kind):
            found = kind()
            found = cast(_Memory, self._kept.setdefault(kind, found))
        return found

    def value_codes(
        self, paths: Sequence[tuple[str, str]], values: Sequence[tuple[int, str]]
    ) -> list[int]:
        """The code of each (number of its path, text), none of them twice; ELSEWHERE where the text
        is too long or one of too many."""
        dictionary = self._of[VALUES]
        if not len(dictionary):
            dictionary.code((None,))  # ELSEWHERE
        self._count_paths()
        known = dictionary.codes()
        taken = [self._per_path.get(path, 0) for path in paths]
        codes = []
        for number, text in values:
            entry = (*paths[number], text)
            code = known.get(entry)
            if code is None:
                code = ELSEWHERE
                free = taken[number] < MOST_VALUES and len(dictionary) < MOST_IN_ALL
                if free and len(text) <= LONGEST_VALUE:
                    code = dictionary.code(entry)
                    taken[number] += 1
            codes.append(code)
        self._count_paths()
        return codes

    def _count_paths(self) -> None:
        entries = self._of[VALUES].entries
        for number in range(max(self._counted, 1), len(entries)):
            path = entries[number][:2]
            self._per_path[path] = self._per_path.get(path, 0) + 1
        self._counted = len(entries)

    def new_doings(self, pairs: Sequence[tuple[int, int]]) -> list[bool]:
        """Which of these (actor, action) were not met before; from here on they were."""
        doings = self._of[DOINGS]
        self._done.update(
            (int(actor or 0), int(action or 0))
            for actor, action in doings.entries[len(self._done) :]
        )
        new = [pair not in self._done for pair in pairs]
        for actor, action in compress(pairs, new):
            doings.code((str(actor), str(action)))
            self._done.add((actor, action))
        return new


def path_key(entry: Sequence[str | None]) -> str:
    """The key of a path: its kind and its name."""
    return f"{entry[0]}{entry[1]}"


def value_key(kind: str, path: str, text: str) -> str:
    """The key of a value: equal for texts that differ in case."""
    return f"{kind}{path}\x00{fold_case(text)}"


def _value_keys(entry: Entry) -> list[str]:
    match entry:
        case (str(kind), str(path), str(text)):
            return [value_key(kind, path, text)]
    return []  # ELSEWHERE


def _coded(name: str) -> Dictionary:
    if name == "actor":
        return Dictionary(name, _folded, lambda entry: join_words((entry[1], entry[0])))
    if name in {"entity", "subject"}:
        texts = (1, 2) if name == "subject" else (0, 1, 2)
        return Dictionary(
            name,
            lambda entry: _folded(entry[1:]),
            lambda entry: join_words(entry[number] for number in texts),
        )
    return Dictionary(name, _folded, join_words)


def _folded(entry: Iterable[str | None]) -> list[str]:
    return [fold_case(text) for text in entry if text is not None]


def adopt(batch: Batch, dictionaries: Dictionaries, mark: Mark) -> tuple[Columns, Mark]:
    """The columns of a segment, by time and seq, and how far the archive has come with it."""
    codes = {name: _recode(batch, name, dictionaries[name]) for name in CODED}
    flags, following = _late(batch, codes["source"], mark)
    flags[_first_seen(codes, dictionaries)] |= FIRST_SEEN
    order = np.argsort(batch.times, kind="stable")
    columns: Columns = {
        "time": batch.times[order],
        "seq": order.astype(np.uint32),
        "received": batch.received[order],
        "receipt": batch.receipts[order],
        "flags": flags[order],
    }
    columns.update({name: column[order] for name, column in codes.items()})
    columns.update(order_codes(columns))
    places = np.empty(len(order), np.uint32)
    places[order] = np.arange(len(order), dtype=np.uint32)
    columns.update(_leaf_columns(batch, dictionaries, places))
    return columns, following


def _late(batch: Batch, sources: Numbers, mark: Mark) -> tuple[NDArray[np.uint8], Mark]:
    """Which rows came late, and how far each source has come with them."""
    flags = np.zeros(len(sources), np.uint8)
    capped = np.minimum(batch.times, batch.received)
    newest = dict(mark.newest)
    for source in np.unique(sources).tolist():
        rows = np.flatnonzero(sources == source)
        before = newest.get(source, _NEVER)
        reached = np.maximum.accumulate(np.concatenate(([before], capped[rows])))
        flags[rows[batch.times[rows] < reached[:-1] - LATE_AFTER]] = LATE
        newest[source] = int(reached[-1])
    return flags, Mark(newest)


def _recode(batch: Batch, name: str, dictionary: Dictionary) -> Numbers:
    codes = dictionary.code_all(batch.entries[name])
    return np.array(codes, np.uint32)[batch.codes[name]]


def _first_seen(codes: dict[str, Numbers], dictionaries: Dictionaries) -> Numbers:
    """The rows of the first event in which an actor does an action."""
    pairs = codes["actor"].astype(np.int64) << 32 | codes["action"]
    distinct, firsts = np.unique(pairs, return_index=True)
    nobody = dictionaries["actor"].find((None, None))
    if nobody is not None:
        firsts, distinct = firsts[distinct >> 32 != nobody], distinct[distinct >> 32 != nobody]
    order = np.argsort(firsts)
    firsts, distinct = firsts[order], distinct[order]
    actors, actions = (distinct >> 32).tolist(), (distinct & 0xFFFFFFFF).tolist()
    new = dictionaries.new_doings(list(zip(actors, actions, strict=True)))
    rows: Numbers = firsts[np.array(new, bool)]
    return rows


def _leaf_columns(batch: Batch, dictionaries: Dictionaries, places: Numbers) -> Columns:
    path_codes = np.array(dictionaries[PATHS].code_all(batch.paths), np.uint32)
    value_codes = np.array(dictionaries.value_codes(batch.paths, batch.values), np.uint32)
    path_of = np.array([path for path, _ in batch.values], np.uint32)  # of each value
    rows = places[batch.leaf_rows]
    paths = path_codes[path_of[batch.leaf_values]] if len(rows) else rows
    codes = value_codes[batch.leaf_values] if len(rows) else rows
    return order_leaves(paths, rows, codes) | order_words(*_elsewhere(batch, value_codes, rows))


def _elsewhere(
    batch: Batch, value_codes: Numbers, rows: Numbers
) -> tuple[NDArray[np.uint64], Numbers]:
    """The words of the values that are in no dictionary, and the row of each."""
    # What a correlation id says stands in the context, too.
    elsewhere = [
        value
        for value in np.flatnonzero(value_codes == ELSEWHERE).tolist()
        if batch.paths[batch.values[value][0]][0] != CORRELATION
    ]
    keys, lengths = word_keys([batch.values[value][1] for value in elsewhere])
    of_value = np.zeros(len(value_codes), np.int64)  # how many words each value has
    of_value[elsewhere] = lengths
    starts = np.cumsum(of_value) - of_value
    counts, starts = of_value[batch.leaf_values], starts[batch.leaf_values]
    ends = np.cumsum(counts)
    places = np.repeat(starts - ends + counts, counts) + np.arange(counts.sum())
    return keys[places], np.repeat(rows, counts)
