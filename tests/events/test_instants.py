"""Timestamps are read in one way, however quickly."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditdash.events.errors import BadInput
from auditdash.events.instants import parse_instant

_FORM = re.compile(r"[0129]\d{3}-[01]\d-[0-3]\d[TW1]\d\d:[0-6]\d:[0-6]\d(\.\d{6})?", re.ASCII)


def _read(text: str) -> int | None:
    try:
        return parse_instant(text)
    except BadInput:
        return None


@given(st.datetimes().map(lambda moment: f"{moment.isoformat()}") | st.from_regex(_FORM))
def test_the_usual_form_says_the_same_as_the_same_moment_with_an_offset(text: str) -> None:
    assert _read(f"{text}Z") == _read(f"{text}+00:00")


@pytest.mark.parametrize(
    "text",
    [
        "2025-W08-2T10:47:37.123456Z",
        "2025-02-18T10:47:37,123456Z",
        "2025-02-18T104737.12345678Z",
        "1899-12-31T23:59:59Z",
        "9999-01-01T00:00:00Z",
        "2025-02-18T24:00:00.000000Z",
        "2025-02-18T10:47:61Z",
    ],
)
def test_what_python_would_read_or_we_could_not_show_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_instant(text)
