"""Text of strangers made storable, comparable and searchable: each in exactly one way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LONGEST_KEY = 512
_BOUNDED = re.compile(f".{{{_LONGEST_KEY}}}\u2026[0-9a-f]{{64}}", re.DOTALL)
_WORD = re.compile(r"\w+")


def storable(text: str) -> str:
    """The text with NUL and lone surrogates shown as U+FFFD: PostgreSQL and UTF-8 have neither.

    The record keeps the original.
    """
    return _UNSTORABLE.sub("\ufffd", text)


def fold_case(text: str) -> str:
    """The key by which field values are compared: case folded, NFC, bounded, nothing else."""
    return bounded(unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()))


def bounded(text: str) -> str:
    """The text itself up to 512 characters, else its beginning and its SHA-256.

    An index of PostgreSQL takes no more than 2,704 bytes; equal texts still get equal keys,
    and a key is its own key, so that a query can name what is too long to be written.
    """
    if len(text) <= _LONGEST_KEY or _BOUNDED.fullmatch(text):
        return text
    return f"{text[:_LONGEST_KEY]}\u2026{sha256(text.encode()).hexdigest()}"


def fold_words(text: str) -> str:
    """Words of free text, folded (case and diacritics), one space before, between and behind.

    `fold_words("Zoë's Report")` is `" zoe s report "`, so `" rep"` finds the beginning of a word.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = _WORD.findall(plain.casefold().replace("_", " "))
    return f" {' '.join(words)} " if words else ""


def join_words(texts: Iterable[str | None]) -> str:
    """All words of several texts; U+2 keeps a phrase from reaching across two of them."""
    folded = (fold_words(text) for text in texts if text)
    return "\x02".join(text for text in folded if text)
