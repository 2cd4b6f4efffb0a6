"""Small segments into larger ones, so that a question meets few of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from auditdash.index.batch import Numbers
from auditdash.index.files.segment import Column, Columns, Described, Segment
from auditdash.index.order import POSTED, order_codes, order_leaves, order_words

MOST_ROWS: Final = 1 << 16
_MOST_BYTES: Final = 64 << 20
_TIMES_LARGER: Final = 3
_LEAVES: Final = {"leaf_path", "leaf_start", "leaf_code", "leaf_from", "leaf_row"}
_WORDS: Final = {"word_key", "word_row", "word_mark"}
_NONE: Final[Column] = np.zeros(0, np.uint32)
_POSTED: Final = {f"{name}_{part}" for name in POSTED for part in ("code", "from", "row")}
_ODD: Final = {"seq"} | _POSTED | _LEAVES | _WORDS


def choose_run(segments: Sequence[Described]) -> int:
    """How many of the last segments to merge; 0 or 1 is none.

    The sizes then fall from the first to the last, each at least three times the next: an event is
    written a few times in its life, however it came.
    """
    run, rows, size = 0, 0, 0
    for number, segment in enumerate(reversed(segments)):
        rows += len(segment)
        size += segment.size
        if rows > MOST_ROWS or size > _MOST_BYTES:
            break
        if number == 0 or len(segment) < _TIMES_LARGER * (rows - len(segment)):
            run = number + 1
        else:
            break
    return run


def merge(segments: Sequence[Segment]) -> Columns:
    """The columns of consecutive segments in one."""
    first_seq = segments[0].first_seq
    times = np.concatenate([segment.times for segment in segments])
    seqs = np.concatenate([segment.seqs - first_seq for segment in segments])
    order = np.lexsort((seqs, times))
    places = np.empty(len(order), np.uint32)
    places[order] = np.arange(len(order), dtype=np.uint32)
    columns: Columns = {"seq": seqs[order].astype(np.uint32)}
    for name in segments[0].columns():
        if name not in _ODD:
            columns[name] = np.concatenate([segment.column(name) for segment in segments])[order]
    starts = np.cumsum([0, *(len(segment) for segment in segments)])
    columns |= order_codes(columns)
    columns |= _leaves(segments, starts.tolist(), places)
    keys = np.concatenate([segment.column("word_key") for segment in segments])
    rows = _rows(segments, starts.tolist(), "word_row")
    return columns | order_words(keys.astype(np.uint64), places[rows])


def _leaves(segments: Sequence[Segment], starts: Sequence[int], places: Numbers) -> Columns:
    paths, codes = [_NONE], [_NONE]
    for segment in segments:
        here = segment.leaves_by()
        if here is not None:
            codes.append(here.every()[1])
            paths.append(np.repeat(_paths(segment), here.lengths))
    rows = _rows(segments, starts, "leaf_row")
    return order_leaves(
        np.concatenate(paths).astype(np.uint32),
        places[rows],
        np.concatenate(codes).astype(np.uint32),
    )


def _rows(segments: Sequence[Segment], starts: Sequence[int], name: str) -> Column:
    counted = zip(segments, starts, strict=False)  # behind the last start there is no segment
    return np.concatenate(
        [segment.column(name).astype(np.int64) + start for segment, start in counted]
    )


def _paths(segment: Segment) -> Column:
    """The path of each code of a leaf."""
    starts = segment.column("leaf_start").astype(np.int64)
    return np.repeat(segment.column("leaf_path"), starts[1:] - starts[:-1])
