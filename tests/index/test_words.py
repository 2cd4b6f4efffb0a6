"""Words of many texts are folded at once, and mean what each text alone means."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auditdash.events.folding import fold_words
from auditdash.index.words import word_keys

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(
    st.sampled_from("aZ9_ \n\t\x00-.ß\u0301"), max_size=20
)


@given(st.lists(_TEXTS, max_size=5))
def test_texts_have_the_keys_of_their_folded_words(texts: list[str]) -> None:
    words = [fold_words(text).encode().split() for text in texts]
    keys, counts = word_keys(texts)
    assert counts.tolist() == [len(of_text) for of_text in words]
    beginnings = [word[:8].ljust(8, b"\0") for of_text in words for word in of_text]
    assert keys.tolist() == [int.from_bytes(beginning, "big") for beginning in beginnings]
