"""Text of strangers made comparable and searchable, in bounded time."""

from __future__ import annotations

import time

import pytest

from auditdash.events.folding import bounded, fold_case, fold_words

GRAVE_BELOW, ACUTE = "\u0316", "\u0301"
MEGABYTE = 1 << 19  # marks of two bytes each


@pytest.mark.parametrize("marks", [ACUTE + GRAVE_BELOW, ACUTE])
def test_a_megabyte_of_marks_is_folded_at_once(marks: str) -> None:
    text = "a" + marks * (MEGABYTE // len(marks))
    started = time.process_time()
    fold_case(text)
    fold_words(text)
    assert (
        time.process_time() - started < 5
    )  # in any order of the marks; it was a quarter of an hour


def test_a_key_is_its_own_key_and_tells_long_texts_apart() -> None:
    one, other = "É" * 5_000 + ACUTE * 100, "É" * 5_000 + ACUTE * 101
    assert fold_case(one) == fold_case(fold_case(one)) == bounded(fold_case(one))
    assert fold_case(one) != fold_case(other)


def test_the_same_letters_written_in_two_ways_have_one_key() -> None:
    assert fold_case("e" + GRAVE_BELOW + ACUTE) == fold_case("e" + ACUTE + GRAVE_BELOW)
    assert fold_case("É" * 2_000) == fold_case(("E" + ACUTE) * 2_000) == fold_case("é" * 2_000)


def test_words_lose_their_marks_whether_these_stand_apart_or_not() -> None:
    assert fold_words("Zoë's Reportﬁle_A") == " zoe s reportfile a "
    assert fold_words("Zoe\u0308's" + GRAVE_BELOW * 2_000) == " zoe s "
