"""The order in which values stand in a segment, so that they are found without reading all of
them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditdash.index.batch import Numbers
from auditdash.index.files.segment import Column, Columns

POSTED: Final = ("action", "actor", "entity", "subject", "ip")  # of these the rows of each code
MARKED: Final = 1 << 8  # one word of so many stands apart, to begin the search there


def order_codes(columns: Columns) -> Columns:
    """The rows of each code, for the columns that are asked for it."""
    found: Columns = {}
    for name in POSTED:
        codes = columns[name]
        narrow = codes.astype(np.min_scalar_type(int(codes.max(initial=0))))
        order = np.argsort(narrow, kind="stable")
        found |= _posted(name, codes[order], order.astype(np.uint32), ())
    return found


def order_leaves(paths: Numbers, rows: Numbers, codes: Numbers) -> Columns:
    """Leaves by path, code and row; `leaf_start` is where the codes of each path begin."""
    order = np.lexsort((rows, codes, paths))
    paths = paths[order]
    found = _posted("leaf", codes[order], rows[order], (paths,))
    of_code = paths[found["leaf_from"][:-1]]
    distinct, starts = np.unique(of_code, return_index=True)
    starts = np.append(starts, len(of_code))
    return found | {"leaf_path": distinct, "leaf_start": starts.astype(np.uint32)}


def _posted(name: str, codes: Column, rows: Numbers, apart: Sequence[Column]) -> Columns:
    """Each code once, and where its rows begin; those that differ in `apart` are others."""
    begins = np.ones(len(codes), np.bool_)
    begins[1:] = codes[1:] != codes[:-1]
    for column in apart:
        begins[1:] |= column[1:] != column[:-1]
    firsts = np.flatnonzero(begins)
    starts = np.append(firsts, len(codes)).astype(np.uint32)
    return {f"{name}_code": codes[firsts], f"{name}_from": starts, f"{name}_row": rows}


def order_words(keys: NDArray[np.uint64], rows: Numbers) -> Columns:
    """Words that are elsewhere by key, and the row of each."""
    order = np.lexsort((rows, keys))
    keys = keys[order]
    return {"word_key": keys, "word_row": rows[order], "word_mark": keys[::MARKED]}
