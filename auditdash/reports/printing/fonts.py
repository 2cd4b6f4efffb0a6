"""The fonts of the paper, and which characters they can show.

A character without a glyph would break PDF/A and hide what a stranger wrote: it is printed as its
code point, such as [U+4E2D]. Characters that turn the direction of text are shown the same way, so
that a name cannot rearrange the line it stands on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont

from auditdash.settings import ROOT

_VENDOR = ROOT / "static" / "vendor"
_DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
_REGULAR = (_VENDOR / "inter-4.1.1-regular.woff2", _DEJAVU / "DejaVuSans.ttf")
_BOLD = (_VENDOR / "inter-4.1.1-semibold.woff2", _DEJAVU / "DejaVuSans-Bold.ttf")
_PICTURES = 0x2400  # how auditdash.events.wording shows the controls from 0
_NOT_PLAIN = re.compile(r"[^\n\t\x20-\x7e]")


def font_files() -> dict[str, Path]:
    """Name in the style sheet → file, of every font that we bring along."""
    return {path.name: path for path in (_REGULAR[0], _BOLD[0])}


def missing_fonts() -> list[Path]:
    """Fonts of the paper that are not on this machine."""
    return [path for path in (*_REGULAR, *_BOLD) if not path.exists()]


@cache
def _covered() -> frozenset[int]:
    """Code points that every face of the paper can show, in regular and in bold."""
    return _cmap(_REGULAR) & _cmap(_BOLD)


def _cmap(paths: Iterable[Path]) -> frozenset[int]:
    points: set[int] = set()
    for path in paths:
        if path.exists():
            with TTFont(path, lazy=True) as font:
                points.update(font.getBestCmap() or {})
    return frozenset(points)


def on_paper(text: str) -> str:
    """The text with each character that the fonts cannot show as its code point, [U+4E2D]."""
    return _NOT_PLAIN.sub(_print_one, text)


def _print_one(found: re.Match[str]) -> str:
    character = found.group()
    # Cc, Cf, Cs, Co, Cn: controls, direction marks, surrogates, private, unassigned.
    if unicodedata.category(character).startswith("C") or ord(character) not in _covered():
        return f"[U+{_meant(character):04X}]"
    return character


def _meant(character: str) -> int:
    """The code point of a character; of the picture of a control, the control's."""
    point = ord(character)
    return point - _PICTURES if _PICTURES <= point < _PICTURES + 0x20 else point
