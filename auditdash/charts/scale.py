"""Measures that every drawing shares: ticks, shades of a heat map, labels that fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final
from unicodedata import combining, east_asian_width

from auditdash.events.wording import printable

LEVELS: Final = 6  # shades of a heat map besides that of nothing
LONGEST_LABEL: Final = 300  # characters of a stranger's name that a tooltip shows


def nice_ticks(highest: int, about: int = 5) -> tuple[int, ...]:
    """0 and more whole numbers, 1, 2 or 5 times a power of ten apart; the last is >= `highest`."""
    if highest <= 0:
        return (0, 1)
    rough = max(highest / about, 1)
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return tuple(range(0, math.ceil(highest / step) * step + 1, step))


def spread(count: int, most: int) -> range:
    """Which of `count` labels to write so that there are at most `most`, evenly apart."""
    return range(0, count, max(math.ceil(count / max(most, 1)), 1))


def heat_level(value: int, highest: int) -> int:
    """0 for nothing, else 1 to LEVELS; by the square root, so that one burst hides no habit."""
    if value <= 0 or highest <= 0:
        return 0
    return min(max(math.ceil(LEVELS * math.sqrt(value / highest)), 1), LEVELS)


def plain_label(text: str, longest: int = LONGEST_LABEL) -> str:
    """A stranger's name on one line, without control or turning marks, cut at `longest`."""
    shown = printable(text[: longest + 1])
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def fit_label(text: str, width: float, size: float) -> str:
    """The label cut so that it is about `width` wide at a font size, both in the same unit."""
    room, label = width / size, plain_label(text)
    if sum(_ems(letter) for letter in label) <= room:
        return label
    room -= 0.9  # the ellipsis
    for number, letter in enumerate(label):
        room -= _ems(letter)
        if room < 0:
            return label[:number].rstrip() + "…"
    return label


def text_width(texts: Sequence[str], size: float) -> float:
    """About how wide the widest of some texts is at a font size."""
    return max((sum(_ems(letter) for letter in text) * size for text in texts), default=0.0)


def _ems(letter: str) -> float:
    # as Inter has them, rounded up
    if combining(letter):
        return 0.0
    if east_asian_width(letter) in "WF":
        return 1.0
    if letter in "iljtfrI.,:;'|!-()[] ":
        return 0.36
    if letter in "mwMW@%":
        return 0.92
    return 0.7 if letter.isupper() else 0.6
