"""Whatever comes, it is an event or a rejection: nothing stops whoever reads it."""

from __future__ import annotations

import contextlib
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from auditdash.events.errors import BadInput
from auditdash.ingest.parse import iterate_pieces
from auditdash.records.normalise import normalise
from tests.make import EXAMPLE

TEXT = st.text(st.characters(), max_size=8) | st.sampled_from(["\ud800", "\x00", '":', "\\u"])
NAMES = TEXT | st.sampled_from([*EXAMPLE, *EXAMPLE["actor"], *EXAMPLE["entity"]])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)
RECORDS = st.dictionaries(NAMES, VALUES).map(lambda changes: {**EXAMPLE, **changes})


def _read(raw: bytes) -> None:
    with contextlib.suppress(BadInput):
        event = normalise(raw, "mode", "acme")
        assert event.record.encode() == raw


@given(RECORDS, st.booleans())
def test_any_record_is_an_event_or_a_rejection(record: dict[str, object], plain: bool) -> None:
    _read(json.dumps(record, ensure_ascii=plain).encode("utf-8", "surrogatepass"))


@given(RECORDS, st.integers(0, 400), st.binary(max_size=4))
def test_a_damaged_record_is_an_event_or_a_rejection(
    record: dict[str, object], place: int, damage: bytes
) -> None:
    raw = json.dumps(record).encode()
    _read(raw[:place] + damage + raw[place + len(damage) :])


@given(
    st.lists(st.binary(max_size=60) | st.sampled_from([b"action,timestamp\n", b'"', b"\x1f\x8b"]))
)
def test_any_bytes_can_be_read_or_say_why_not(parts: list[bytes]) -> None:
    with contextlib.suppress(BadInput):
        for piece in iterate_pieces(io.BytesIO(b"".join(parts)), 10_000):
            _read(piece.raw)
