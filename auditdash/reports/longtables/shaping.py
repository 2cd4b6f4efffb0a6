"""Words to glyphs, each once: Pango shapes them, in the styles of paper.css, for our own lines.

Where all words of a text run from left to right they are shaped one by one and put together; any
other text is shaped whole, since its order is Pango's to decide.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Final

import pydyf
from msgspec import Struct
from weasyprint import HTML
from weasyprint.draw.text import draw_first_line
from weasyprint.formatting_structure.boxes import TextBox
from weasyprint.matrix import Matrix
from weasyprint.pdf.stream import Stream
from weasyprint.text.constants import PANGO_WRAP_MODE
from weasyprint.text.ffi import TO_UNITS, pango
from weasyprint.text.fonts import FontConfiguration
from weasyprint.text.line_break import Layout, line_size, strut

_KEPT: Final = 1 << 16  # words and texts, of each style
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_SPECIMEN: Final = (
    '<!doctype html><html lang="en"><head><style>{css}</style></head><body><div class="rows">'
    '<p class="head">x</p><p class="text">x</p><p class="note">x</p></div></body></html>'
)


class Line(Struct, frozen=True):
    """A line of a cell: its width in CSS pixels, and the PDF operators that show it from a pen."""

    width: float
    operators: bytes


class Voice:
    """One style of a long table: shapes what is written in it."""

    def __init__(self, style: Any, fonts: dict[Any, Any]) -> None:
        self.style = style
        self.line_height: float
        self.baseline: float
        self.line_height, self.baseline = strut(style)
        self._layout = Layout(style)
        self._stream = Stream(
            fonts, (0, 0, 1, 1), pydyf.Dictionary(), {}, None, {}, None, compress=False
        )
        self._shape = lru_cache(_KEPT)(self._shape_anew)
        # the lines of a text in a column of this width
        self.lines: Callable[[str, float], tuple[Line, ...]] = lru_cache(_KEPT)(self._lines_anew)
        self._space = self._shape(" ")

    def _lines_anew(self, text: str, width: float) -> tuple[Line, ...]:
        if not text:
            return ()
        plain = _is_plain(text)
        # by spaces alone: one that must not break is a part of its word
        words = [word for word in text.split(" ") if word]
        return tuple(self._greedy(words, width) if plain else self._wrapped(text, width))

    def _greedy(self, words: list[str], width: float) -> Iterator[Line]:
        """Words put beside each other while they fit; one that never does is broken."""
        line: list[Line] = []
        used = 0.0
        for word in words:
            shaped = self._shape(word)
            needed = shaped.width + (self._space.width if line else 0)
            if line and used + needed > width:
                yield _joined(line, used)
                line, used, needed = [], 0.0, shaped.width
            if needed > width:
                *whole, shaped = self._wrapped(word, width)
                yield from whole
                needed = shaped.width
            line += [self._space, shaped] if line else [shaped]
            used += needed
        if line:
            yield _joined(line, used)

    def _wrapped(self, text: str, width: float) -> Iterator[Line]:
        """Lines as Pango breaks them: between words, or within where there is no other way."""
        rest = text.encode()
        while rest:
            whole = self._shape(rest.decode())
            if whole.width <= width:
                yield whole
                return
            length = self._fitting(rest.decode(), width)
            piece, rest = rest[:length].decode().rstrip(" "), rest[length:].lstrip(b" ")
            if piece:
                yield self._shape(piece)

    def _fitting(self, text: str, width: float) -> int:
        """Bytes of the text that stand on its first line; at least one character."""
        layout = self._layout.layout
        self._layout.set_text(text)
        pango.pango_layout_set_wrap(layout, PANGO_WRAP_MODE["WRAP_WORD_CHAR"])
        pango.pango_layout_set_width(layout, int(width * TO_UNITS))
        first, _ = self._layout.get_first_line()
        length = int(first.length)
        pango.pango_layout_set_width(layout, -1)
        return max(length, len(text[0].encode()))

    def _shape_anew(self, word: str) -> Line:
        self._layout.set_text(word)
        first, _ = self._layout.get_first_line()
        width, _ = line_size(first, self.style)
        box = SimpleNamespace(text=word + "x", style=self.style, pango_layout=self._layout)
        stream = self._stream
        stream.stream, stream._current_font = [], None
        draw_first_line(stream, box, "clip", "none", Matrix(d=-1))
        return Line(width, b"\n".join(each for each in _bytes(stream.stream[1:])))


class Voices(Struct, frozen=True, kw_only=True):
    """The styles of a long table, and the fonts that their words need in the PDF."""

    head: Voice
    text: Voice
    note: Voice
    fonts: dict[Any, Any]


def make_voices(css: str, font_config: FontConfiguration) -> Voices:
    """The styles of `.rows .head`, `.text` and `.note` in a style sheet."""
    page = HTML(string=_SPECIMEN.format(css=css))
    document = page.render(font_config=font_config)
    fonts: dict[Any, Any] = {}
    found = {
        box.element.get("class"): box.style
        for box in document.pages[0]._page_box.descendants()
        if isinstance(box, TextBox) and box.element_tag == "p"
    }
    voices = {name: Voice(found[name], fonts) for name in ("head", "text", "note")}
    return Voices(**voices, fonts=fonts)


def _joined(line: list[Line], width: float) -> Line:
    if len(line) == 1:
        return line[0]
    return Line(width, b"\n".join(each.operators for each in line))


def _bytes(pieces: list[Any]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece if isinstance(piece, bytes) else str(piece).encode()


@lru_cache(1 << 14)
def _is_plain(text: str) -> bool:
    """Whether each character goes from left to right."""
    return text.isascii() or not any(
        unicodedata.bidirectional(each) in _RIGHT_TO_LEFT for each in text
    )
