"""The order in which leaves and words stand in a segment, so that they are found without reading
all of them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditdash.index.batch import Numbers
from auditdash.index.files.segment import Columns

MARKED: Final = 1 << 8  # one word of so many stands apart, to begin the search there


def order_leaves(paths: Numbers, rows: Numbers, codes: Numbers) -> Columns:
    """Leaves by path, code and row. Each code stands once for each path: `leaf_start` is where the
    codes of a path begin, `leaf_from` where the rows of a code do."""
    order = np.lexsort((rows, codes, paths))
    paths, codes = paths[order], codes[order]
    begins = np.ones(len(order), np.bool_)
    begins[1:] = (codes[1:] != codes[:-1]) | (paths[1:] != paths[:-1])
    values = np.flatnonzero(begins)
    distinct, starts = np.unique(paths[values], return_index=True)
    return {
        "leaf_path": distinct.astype(np.uint32),
        "leaf_start": np.append(starts, len(values)).astype(np.uint32),
        "leaf_code": codes[values],
        "leaf_from": np.append(values, len(order)).astype(np.uint32),
        "leaf_row": rows[order],
    }


def order_words(keys: NDArray[np.uint64], rows: Numbers) -> Columns:
    """Words that are elsewhere by key, and the row of each."""
    order = np.lexsort((rows, keys))
    keys = keys[order]
    return {"word_key": keys, "word_row": rows[order], "word_mark": keys[::MARKED]}
