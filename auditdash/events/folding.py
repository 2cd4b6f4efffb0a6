"""Text of strangers made storable, comparable and searchable: each in exactly one way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256

# Beginnings that make a spreadsheet calculate. The full-width ones do so in East Asian versions.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LONGEST_KEY = 512
_BOUNDED = re.compile(f".{{{_LONGEST_KEY}}}\u2026[0-9a-f]{{64}}", re.DOTALL)
_WORD = re.compile(r"\w+")
_LONG = 1_000
_LONGEST_RUN = 30
BETWEEN_TEXTS = "\x02"
_JOINER = "\u034f"  # combining grapheme joiner: marks are not ordered across it


def storable(text: str) -> str:
    """The text with NUL and lone surrogates shown as U+FFFD: PostgreSQL and UTF-8 have neither.

    The record keeps the original.
    """
    if text.isascii() and "\x00" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def fold_case(text: str) -> str:
    """The key by which field values are compared: case folded, NFC, bounded, nothing else."""
    if text.isascii():
        return bounded(text.lower())
    text = unicodedata.normalize("NFC", _stream_safe(text))
    return bounded(unicodedata.normalize("NFC", text.casefold()))


def _stream_safe(text: str) -> str:
    """The text with no run of more than 30 combining marks, as UAX #15 has it.

    Putting marks in order takes time by the square of their number: of a megabyte, a quarter of an
    hour.
    """
    if len(text) <= _LONG:
        return text
    letters: list[str] = []
    run = 0
    for letter in text:
        run = run + 1 if unicodedata.combining(letter) else 0
        if run > _LONGEST_RUN:
            letters.append(_JOINER)
            run = 1
        letters.append(letter)
    return "".join(letters)


def bounded(text: str) -> str:
    """The text itself up to 512 characters, else its beginning and its SHA-256.

    An index of PostgreSQL takes no more than 2,704 bytes; equal texts still get equal keys,
    and a key is its own key, so that a query can name what is too long to be written.
    """
    if len(text) <= _LONGEST_KEY or _BOUNDED.fullmatch(text):
        return text
    return f"{text[:_LONGEST_KEY]}\u2026{sha256(text.encode()).hexdigest()}"


def path_below(path: str, key: str) -> str:
    """The dotted path of `key` inside of `path`, storable and bounded.

    Bounded at each step: one long key above many values would else be written out for each.
    """
    return bounded(storable(f"{path}.{key}" if path else key))


def fold_words(text: str) -> str:
    """Words of free text, folded (case and diacritics), one space before, between and behind.

    `fold_words("Zoë's Report")` is `" zoe s report "`, so `" rep"` finds the beginning of a word.
    """
    plain = text.lower() if text.isascii() else _without_marks(text)
    words = _WORD.findall(plain.replace("_", " "))
    return f" {' '.join(words)} " if words else ""


def _without_marks(text: str) -> str:
    """Compatible letters alone. Marks go first, too: a long run of them is slow to put in order."""
    plain = unicodedata.normalize("NFKD", _letters(text.casefold()))
    return _letters(plain).casefold()


def _letters(text: str) -> str:
    return "".join(letter for letter in text if not unicodedata.combining(letter))


def join_words(texts: Iterable[str | None]) -> str:
    """All words of several texts; U+2 keeps a phrase from reaching across two of them."""
    folded = (fold_words(text) for text in texts if text)
    return BETWEEN_TEXTS.join(text for text in folded if text)
