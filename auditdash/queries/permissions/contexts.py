"""What the contexts of some rows name."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from auditdash.events.folding import fold_case
from auditdash.events.leaves import leaves
from auditdash.index.adopt import ELSEWHERE, PATHS, VALUES
from auditdash.index.batch import CONTEXT
from auditdash.index.files.segment import Segment
from auditdash.index.view import View
from auditdash.queries.permissions.numbering import MISSING, CodeNumbers, Numbers, Texts


class Contexts:
    """Reads one key at a time of the contexts of one index."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._values = CodeNumbers(
            lambda entry: texts.number(entry[2]) if len(entry) > 2 else MISSING
        )

    def numbers(self, view: View, segment: Segment, rows: Numbers, path: str) -> Numbers:
        """The text under this path in each row, as its number; of several the least, folded.

        The rows rise.
        """
        found = np.full(len(rows), MISSING)
        code = view.dictionaries[PATHS].find((CONTEXT, path))
        here = None if code is None else segment.leaves(code)
        if here is None:
            return found
        leaf_rows, codes = here
        places = np.minimum(np.searchsorted(rows, leaf_rows), len(rows) - 1)
        mine = rows[places] == leaf_rows
        places, codes = places[mine], codes[mine]
        found[places] = self._values.of(codes, view.dictionaries[VALUES].entries)
        # A list has several values; one of too many is only in the record.
        unclear = np.bincount(places, minlength=len(rows)) > 1
        unclear[places[codes == ELSEWHERE]] = True
        read = self._read(view, segment.seqs[rows[unclear]].tolist(), path)
        found[unclear] = list(read)
        return found

    def _read(self, view: View, seqs: list[int], path: str) -> Iterator[int]:
        for event in view.events(seqs):
            keys = [fold_case(text) for at, text in leaves(event.context) if at == path]
            yield self._texts.key_number(min(filter(None, keys), default=None))
