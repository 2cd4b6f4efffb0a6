"""Whatever comes, it is an event or a rejection: nothing stops whoever reads it."""

from __future__ import annotations

import contextlib
import io
import json
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from auditdash.events.catalogue import actions, catalogue
from auditdash.events.errors import BadInput
from auditdash.events.event import Event
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


def _escaped(text: str) -> str:
    return "".join(f"\\u{unit:04x}" for unit in memoryview(text.encode("utf-16-le")).cast("H"))


def _write(value: object, dice: Random) -> str:
    """JSON as no shortcut takes it: with escapes, and with room between all things."""
    space = dice.choice(["", " ", "\n\t"])
    if isinstance(value, dict):
        pairs = (f"{_write(k, dice)}{space}:{_write(v, dice)}" for k, v in value.items())
        return f"{{{space}{f'{space},'.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{','.join(_write(each, dice) for each in value)}{space}]"
    return f'"{_escaped(value)}"' if isinstance(value, str) else json.dumps(value)


def _outcome(raw: bytes) -> Event | tuple[str, str, str]:
    try:
        return replace(normalise(raw, "mode", "acme"), record="")
    except BadInput as error:
        return error.what, error.where, error.expected


_CALM = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=8)
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        _CALM | st.lists(inner, max_size=3) | st.dictionaries(_CALM, inner | _CALM, max_size=3)
    ),
)
_PLACES = ["user", "group", "email", "channel", "user.id", "group_name", *catalogue().role_keys]
_RECORDS = st.fixed_dictionaries(
    {
        "action": st.sampled_from([action.name for action in actions()]) | _CALM,
        "timestamp": st.sampled_from(["2025-02-18T10:47:37Z", "2025-02-18T10:47:37.123456Z", "x"]),
    },
    optional={
        "id": _CALM,
        "outcome": st.sampled_from(["success", "failure", "odd"]) | _ANY,
        "context": st.dictionaries(
            st.sampled_from(_PLACES),
            _CALM | _ANY | st.dictionaries(st.sampled_from(["id", "name", "username"]), _ANY),
        ),
        "actor": st.dictionaries(st.sampled_from([*EXAMPLE["actor"], "x"]), _CALM) | _ANY,
        "entity": st.dictionaries(st.sampled_from([*EXAMPLE["entity"], "x"]), _CALM) | _ANY,
        "more": _ANY,
    },
)


@given(_RECORDS, st.randoms(use_true_random=False))
def test_a_record_means_the_same_however_it_is_written(
    record: dict[str, object], dice: Random
) -> None:
    shortest = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    assert _outcome(shortest.encode()) == _outcome(_write(record, dice).encode())


@given(_RECORDS, st.booleans(), st.data())
def test_a_key_that_stands_twice_is_seen_wherever_it_is(
    record: dict[str, object], plain: bool, data: st.DataObject
) -> None:
    raw = json.dumps(record, ensure_ascii=plain).encode()
    place = data.draw(st.sampled_from([at for at, byte in enumerate(raw, 1) if byte == ord("{")]))
    twins = data.draw(st.sampled_from([b'"k":1,"k":2', b'"k":[],"k":1e5', b'"k":"","k" :"\\":"']))
    comma = b"" if raw[place:].startswith(b"}") else b","
    outcome = _outcome(raw[:place] + twins + comma + raw[place:])
    assert isinstance(outcome, tuple)
    assert outcome[0] == "the key 'k' stands twice"
