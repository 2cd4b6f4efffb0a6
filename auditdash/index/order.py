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
_BITS: Final = 20  # of a code, of which there are MOST_IN_ALL, and of a row
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
    paths, codes, rows = _sorted_leaves(paths, codes, rows)
    found = _posted("leaf", codes, rows, (paths,))
    of_code = paths[found["leaf_from"][:-1]]
    distinct, starts = np.unique(of_code, return_index=True)
    starts = np.append(starts, len(of_code))
    return found | {"leaf_path": distinct, "leaf_start": starts.astype(np.uint32)}


def _sorted_leaves(
    paths: Numbers, codes: Numbers, rows: Numbers
) -> tuple[Numbers, Numbers, Numbers]:
    """By all three. As bits of one number they are sorted several times as fast, where they fit."""
    fit = max(codes.max(initial=0), rows.max(initial=0)) < 1 << _BITS
    if fit and paths.max(initial=0) < 1 << (64 - 2 * _BITS):
        wide = paths.astype(np.uint64) << np.uint64(2 * _BITS)
        wide |= codes.astype(np.uint64) << np.uint64(_BITS)
        wide |= rows
        wide.sort()
        low = np.uint64((1 << _BITS) - 1)
        return (
            (wide >> np.uint64(2 * _BITS)).astype(np.uint32),
            (wide >> np.uint64(_BITS) & low).astype(np.uint32),
            (wide & low).astype(np.uint32),
        )
    order = np.lexsort((rows, codes, paths))
    return paths[order], codes[order], rows[order]


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
    """Words that are elsewhere by key, and the rows of each, none of them twice."""
    order = np.lexsort((rows, keys))
    keys, rows = keys[order], rows[order]
    new = np.ones(len(keys), np.bool_)
    new[1:] = (keys[1:] != keys[:-1]) | (rows[1:] != rows[:-1])
    keys = keys[new]
    return {"word_key": keys, "word_row": rows[new], "word_mark": keys[::MARKED]}
