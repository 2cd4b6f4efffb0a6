"""A segment with some of its rows alone: whoever asks it cannot come upon the others."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditdash.index.batch import CODED
from auditdash.index.files.segment import Columns, Described, Segment, pack_columns
from auditdash.index.order import order_codes, order_leaves, order_words

_PLAIN: Final = ("time", "seq", "received", "receipt", "flags", *CODED)
Rows = NDArray[np.int64]


def narrow(segment: Segment, rows: Rows) -> Segment | None:
    """A segment with some of its rows, which rise; None where there are none."""
    if not len(rows):
        return None
    columns: Columns = {name: segment.column(name)[rows] for name in _PLAIN}
    columns["time"] = segment.times[rows]
    columns |= order_codes(columns)
    places = np.full(len(segment), -1, np.int64)
    places[rows] = np.arange(len(rows))
    columns |= order_leaves(*_leaves(segment, places))
    columns |= order_words(*_words(segment, places))
    data = pack_columns(columns)
    was = segment.described
    described = Described(
        first_seq=was.first_seq,
        last_seq=was.last_seq,
        first_at=int(columns["time"][0]),
        last_at=int(columns["time"][-1]),
        crc=0,
        size=len(data),
        hash=was.hash,
    )
    return Segment(described, data)


def _leaves(segment: Segment, places: Rows) -> tuple[NDArray[np.uint32], ...]:
    """Paths, rows and codes of the leaves of the rows that stay."""
    postings = segment.rows_by("leaf")
    rows, codes = postings.every()
    starts = segment.column("leaf_start").astype(np.int64)
    of_code = np.repeat(segment.column("leaf_path"), starts[1:] - starts[:-1])
    paths = np.repeat(of_code, postings.lengths)
    now = places[rows]
    stays = now >= 0
    return tuple(each[stays].astype(np.uint32) for each in (paths, now, codes))


def _words(segment: Segment, places: Rows) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    now = places[segment.column("word_row")]
    stays = now >= 0
    return segment.column("word_key")[stays].astype(np.uint64), now[stays].astype(np.uint32)
