"""The lines of an events file, many at once: the same to the byte as `cells_of` makes of each
event, which still makes the odd ones.

What a row shares with others is written once and kept by its code; the rest is written column by
column.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from auditdash.downloads.cells import csv_line, harmless_cells, text_cells
from auditdash.downloads.columns import cells_of
from auditdash.events.catalogue import category_of, op_of
from auditdash.events.folding import storable
from auditdash.index.batch import CODED, Entry
from auditdash.queries.stream import Stretch
from auditdash.records.glance import Glance, glance_at
from auditdash.records.normalise import correlation_of, normalise

_MOST_KEPT: Final = 1 << 16
_LINE_END: Final = b"\r\n"
_encode: Final = msgspec.json.Encoder().encode


class EventLines:
    """Writes the stretches of one answer."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[int, bytes]] = {name: {} for name in CODED}

    def write(self, stretch: Stretch) -> bytes:
        """The line of each row."""
        glances, odd = glance_at(stretch.records)
        columns = [*self._columns(stretch, glances), [_LINE_END] * len(glances)]
        width = len(columns)
        pieces = [b""] * (width * len(glances))
        for number, column in enumerate(columns):
            pieces[number::width] = column
        for place in odd:
            start = place * width
            pieces[start : start + width] = [_odd_line(stretch, place), *[b""] * (width - 1)]
        return b"".join(pieces)

    def _columns(self, stretch: Stretch, glances: Sequence[Glance]) -> Iterable[Iterable[bytes]]:
        """Cells with the comma behind them, in the order of COLUMNS; the last one has none."""
        yield [b"%d," % seq for seq in stretch.seqs]
        yield harmless_cells(stretch.occurred)
        yield harmless_cells(stretch.received)
        yield self._coded(stretch, "source")
        yield text_cells(_storable([glance.id or "" for glance in glances]))
        for name in ("action", "outcome", "actor", "ip", "ua", "subject", "role", "entity"):
            yield self._coded(stretch, name)
        yield text_cells(_correlations(glances))
        yield self._coded(stretch, "workspace")
        yield text_cells(_storable([glance.description or "" for glance in glances]))
        # JSON of ours: it has no line break, and begins with a brace.
        contexts = [_encode(glance.context) if glance.context else b"" for glance in glances]
        yield harmless_cells(contexts)
        yield [b'"%b"' % glance.timestamp.encode() for glance in glances]

    def _coded(self, stretch: Stretch, name: str) -> list[bytes]:
        kept, codes = self._kept[name], stretch.codes[name]
        try:
            return list(map(kept.__getitem__, codes))
        except KeyError:
            if len(kept) > _MOST_KEPT:
                kept.clear()
            new = list(set(codes).difference(kept))
            entries = [stretch.entries[name][code] for code in new]
            kept.update(zip(new, _entry_cells(name, entries), strict=True))
            return list(map(kept.__getitem__, codes))


def _entry_cells(name: str, entries: Sequence[Entry]) -> Iterable[bytes]:
    """The cells of each, as COLUMNS has them."""
    if name == "action":
        names = [action or "" for (action,) in entries]
        texts = [names, [category_of(each) for each in names], [op_of(each) for each in names]]
    else:
        texts = [[entry[part] or "" for entry in entries] for part in _PARTS.get(name, (0,))]
    return map(b"".join, zip(*map(text_cells, texts), strict=True))


# Which parts of an entry make cells, and in which order, where it has several.
_PARTS: Final = {"actor": (1, 0), "subject": (0, 2, 1), "entity": (0, 2, 1)}


def _correlations(glances: Sequence[Glance]) -> list[str]:
    return [correlation_of(glance.context) or "" if glance.context else "" for glance in glances]


def _storable(texts: list[str]) -> list[str]:
    """Records with lone surrogates are odd, so only NUL can be in a text."""
    return list(map(storable, texts)) if "\0" in "".join(texts) else texts


def _odd_line(stretch: Stretch, place: int) -> bytes:
    """One that cannot be read at a glance, made of its event."""
    source = stretch.entries["source"][stretch.codes["source"][place]][0] or ""
    event = normalise(stretch.records[place], source, stretch.slug)
    cells = cells_of(replace(event, seq=stretch.seqs[place]))
    return csv_line((*cells[:2], stretch.received[place].decode(), *cells[3:])).encode()
