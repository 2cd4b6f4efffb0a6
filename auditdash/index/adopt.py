"""A batch becomes columns of one index: its numbers become codes of the index's dictionaries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar, cast

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.folding import fold_case, join_words
from auditdash.events.instants import DAY
from auditdash.index.batch import CODED, CORRELATION, Batch, Entry, Numbers
from auditdash.index.files.dictionary import Dictionary
from auditdash.index.files.segment import Columns
from auditdash.index.words import word_keys

# Of a path no more values than these are in the dictionary, and none that is longer. The others
# are ELSEWHERE: in the record, found by their words.
MOST_VALUES: Final = 20_000
MOST_IN_ALL: Final = 400_000
LONGEST_VALUE: Final = 512
ELSEWHERE: Final = 0
LATE, FIRST_SEEN = 1, 2
LATE_AFTER: Final = DAY

PATHS, VALUES, DOINGS = "paths", "values", "doings"
_Memory = TypeVar("_Memory")


class Mark(Struct, frozen=True):
    """How far the archive had come: the newest event, by the earlier of its two clocks."""

    newest_at: int = -(1 << 62)


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

    def __getitem__(self, name: str) -> Dictionary:
        return self._of[name]

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

    def value_code(self, entry: Entry) -> int:
        """The code of (kind, path, text); ELSEWHERE where it is too long or of too many."""
        values = self._of[VALUES]
        if not len(values):
            values.code((None,))  # ELSEWHERE
        found = values.find(entry)
        if found is not None:
            return found
        self._count_paths()
        kind, path, text = entry
        taken = self._per_path.get((kind, path), 0)
        full = taken >= MOST_VALUES or len(values) >= MOST_IN_ALL
        if full or text is None or len(text) > LONGEST_VALUE:
            return ELSEWHERE
        return values.code(entry)

    def _count_paths(self) -> None:
        entries = self._of[VALUES].entries
        for number in range(max(self._counted, 1), len(entries)):
            path = entries[number][:2]
            self._per_path[path] = self._per_path.get(path, 0) + 1
        self._counted = len(entries)


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
    capped = np.minimum(batch.times, batch.received)
    newest = np.maximum.accumulate(np.concatenate(([mark.newest_at], capped)))
    flags = np.where(batch.times < newest[:-1] - LATE_AFTER, LATE, 0).astype(np.uint8)
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
    places = np.empty(len(order), np.uint32)
    places[order] = np.arange(len(order), dtype=np.uint32)
    columns.update(_leaf_columns(batch, dictionaries, places))
    return columns, Mark(int(newest[-1]))


def _recode(batch: Batch, name: str, dictionary: Dictionary) -> Numbers:
    codes = [dictionary.code(entry) for entry in batch.entries[name]]
    return np.array(codes, np.uint32)[batch.codes[name]]


def _first_seen(codes: dict[str, Numbers], dictionaries: Dictionaries) -> list[int]:
    """The rows of the first event in which an actor does an action."""
    pairs = codes["actor"].astype(np.int64) << 32 | codes["action"]
    doings = dictionaries[DOINGS]
    nobody = dictionaries["actor"].find((None, None))
    rows = []
    distinct, firsts = np.unique(pairs, return_index=True)
    for row, pair in sorted(zip(firsts.tolist(), distinct.tolist(), strict=True)):
        actor, action = pair >> 32, pair & 0xFFFFFFFF
        entry = (str(actor), str(action))
        if actor != nobody and doings.find(entry) is None:
            doings.code(entry)
            rows.append(row)
    return rows


def _leaf_columns(batch: Batch, dictionaries: Dictionaries, places: Numbers) -> Columns:
    path_codes = [dictionaries[PATHS].code(path) for path in batch.paths]
    value_codes = [
        dictionaries.value_code((*batch.paths[path], text)) for path, text in batch.values
    ]
    paths_of_values = np.array([path_codes[path] for path, _ in batch.values], np.uint32)
    rows = places[batch.leaf_rows]
    paths = paths_of_values[batch.leaf_values] if len(rows) else rows
    codes = np.array(value_codes, np.uint32)[batch.leaf_values] if len(rows) else rows
    keys, key_rows = _elsewhere(batch, value_codes, rows, codes)
    return order_leaves(paths, rows, codes) | order_words(keys, key_rows)


def _elsewhere(
    batch: Batch, value_codes: Sequence[int], rows: Numbers, codes: Numbers
) -> tuple[NDArray[np.uint64], Numbers]:
    keys: list[int] = []
    key_rows: list[int] = []
    of_value: dict[int, set[int]] = {}
    leaves = np.flatnonzero(codes == ELSEWHERE)
    pairs = zip(rows[leaves].tolist(), batch.leaf_values[leaves].tolist(), strict=True)
    for row, value in pairs:
        path, text = batch.values[value]
        # What a correlation id says stands in the context, too.
        if batch.paths[path][0] == CORRELATION:
            continue
        if value not in of_value:
            of_value[value] = word_keys(text)
        keys.extend(of_value[value])
        key_rows.extend([row] * len(of_value[value]))
    return np.array(keys, np.uint64), np.array(key_rows, np.uint32)


def order_leaves(paths: Numbers, rows: Numbers, codes: Numbers) -> Columns:
    """Leaves by path, row and code; `leaf_start` is where each path begins."""
    order = np.lexsort((codes, rows, paths))
    distinct, starts = np.unique(paths[order], return_index=True)
    return {
        "leaf_path": distinct.astype(np.uint32),
        "leaf_start": np.append(starts, len(order)).astype(np.uint32),
        "leaf_row": rows[order],
        "leaf_code": codes[order],
    }


def order_words(keys: NDArray[np.uint64], rows: Numbers) -> Columns:
    """Words that are elsewhere by key, and the row of each."""
    order = np.lexsort((rows, keys))
    return {"word_key": keys[order], "word_row": rows[order]}
