"""Values by code: which of them a word, a key or a wildcard chooses, and that no text stalls it."""

from __future__ import annotations

import random

from auditdash.events.folding import fold_case, join_words
from auditdash.index.files.dictionary import Dictionary


def _dictionary(*texts: str) -> Dictionary:
    found = Dictionary("text", lambda entry: [fold_case(entry[0] or "")], join_words)
    for text in texts:
        found.code((text,))
    return found


def test_a_wildcard_of_many_pieces_is_as_quick_as_any() -> None:
    """By a regular expression this takes longer than anybody lives."""
    dictionary = _dictionary("a" * 500, "a" * 499 + "b")
    assert dictionary.with_pattern("*a" * 40 + "*b").codes.tolist() == [1]


def test_choices_follow_what_comes_after_they_were_made() -> None:
    dice, words = random.Random(1), ("Red", "green", "Blue", "red hat", "hat")
    texts: list[str] = []
    dictionary = _dictionary()
    for number in range(60):
        texts += [f"{dice.choice(words)} {number} {each}" for each in range(dice.randrange(200))]
        for text in texts[len(dictionary) :]:
            dictionary.code((text,))
        red = [code for code, text in enumerate(texts) if " red" in f" {text.lower()}"]
        assert dictionary.with_words(" red").codes.tolist() == red
        both = [code for code, text in enumerate(texts) if " red hat 1" in f" {text}"]
        assert dictionary.with_words(" red hat 1").codes.tolist() == both
        hats = [code for code, text in enumerate(texts) if text.lower().startswith("hat ")]
        assert dictionary.with_pattern("hat *").codes.tolist() == hats
        if texts:
            last = fold_case(texts[-1])
            same = [code for code, text in enumerate(texts) if fold_case(text) == last]
            assert dictionary.with_keys([last]).codes.tolist() == same
    assert len(dictionary) > 4096  # several pieces, and merged ones
