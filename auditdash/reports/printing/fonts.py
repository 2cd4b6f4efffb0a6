"""The fonts of the paper, and which characters they can show.

All of them come with auditdash, in the folder `fonts`, and the process that prints sees no others:
the same report looks the same, to the byte, on machines with other fonts. A character without a
glyph would break PDF/A and hide what a stranger wrote: it is printed as its code point, such as
[U+1F9FF]. Characters that turn the direction of text are shown the same way, so that a name cannot
rearrange the line it stands on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from fontTools.ttLib import TTFont

from auditdash.settings import ROOT

FOLDER: Final = ROOT / "fonts"
# Latin, Cyrillic, Greek · Arabic · Hebrew · the rest of the alphabets, signs · Chinese, Japanese,
# Korean. The first that has a character shows it.
_ORDER: Final = (
    "Inter",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "DejaVu Sans",
    "WenQuanYi Micro Hei",
)
_BOTH: Final = ("wqy-microhei-0.2.0.ttf",)  # one weight, for bold words too
_REGULAR: Final = (
    "inter-4.1.1-regular.ttf",
    "noto-sans-arabic-2.005.ttf",
    "noto-sans-hebrew-3.000.ttf",
    "dejavu-sans-2.37.ttf",
    *_BOTH,
)
_BOLD: Final = (
    "inter-4.1.1-semibold.ttf",
    "noto-sans-arabic-2.005-bold.ttf",
    "noto-sans-hebrew-3.000-bold.ttf",
    "dejavu-sans-2.37-bold.ttf",
    *_BOTH,
)
_MONO: Final = ("dejavu-sans-mono-2.37.ttf",)
_PICTURES: Final = 0x2400  # how auditdash.events.wording shows the controls from 0
_NOT_PLAIN: Final = re.compile(r"[^\n\t\x20-\x7e]")
_CONFIG: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
<dir>{folder}</dir>
<cachedir>{cache}</cachedir>
<match target="pattern"><edit name="family" mode="append_last" binding="strong">{families}</edit>
</match>
</fontconfig>
"""


def write_font_config(target: Path) -> None:
    """Fontconfig's settings for the process that prints: our fonts in our order, and no others."""
    families = "".join(f"<string>{name}</string>" for name in _ORDER)
    text = _CONFIG.format(
        folder=escape(str(FOLDER)),
        cache=escape(str(target.with_suffix(".cache"))),
        families=families,
    )
    target.write_text(text, encoding="utf-8")


def missing_fonts() -> list[Path]:
    """Fonts of the paper that are not where they belong."""
    names = dict.fromkeys((*_REGULAR, *_BOLD, *_MONO))
    return [path for path in map(FOLDER.joinpath, names) if not path.exists()]


@cache
def _covered() -> frozenset[int]:
    """Code points that the paper can show in regular and in bold."""
    return _cmap(_REGULAR) & _cmap(_BOLD)


def _cmap(names: Iterable[str]) -> frozenset[int]:
    points: set[int] = set()
    for path in map(FOLDER.joinpath, names):
        if path.exists():
            with TTFont(path, lazy=True) as font:
                points.update(font.getBestCmap() or {})
    return frozenset(points)


def on_paper(text: str) -> str:
    """The text with each character that the fonts cannot show as its code point, [U+1F9FF]."""
    return _NOT_PLAIN.sub(_print_one, text)


def _print_one(found: re.Match[str]) -> str:
    return _printed(found.group())


@lru_cache(1 << 16)
def _printed(character: str) -> str:
    # C: controls, direction marks, surrogates, private, unassigned. Zl, Zp: breaks.
    category = unicodedata.category(character)
    unseen = category.startswith("C") or category in {"Zl", "Zp"}
    if unseen or ord(character) not in _covered():
        return f"[U+{_meant(character):04X}]"
    return character


def _meant(character: str) -> int:
    """The code point of a character; of the picture of a control, the control's."""
    point = ord(character)
    return point - _PICTURES if _PICTURES <= point < _PICTURES + 0x20 else point
