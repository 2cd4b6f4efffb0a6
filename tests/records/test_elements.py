"""An array's elements: those that JSON says, to the byte, and little in memory."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditdash.events.errors import BadInput
from auditdash.records import elements
from auditdash.records.elements import is_json, split_array

_SIGNS = st.text(st.sampled_from('a,"\\[]{}: é'), max_size=8)
_VALUES = st.recursive(
    st.none() | st.integers() | _SIGNS,
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(_SIGNS, parts, max_size=4),
    max_leaves=12,
)


@given(st.lists(_VALUES, max_size=8), st.sampled_from([None, 1]), st.integers(1, 40))
def test_the_parts_are_the_elements(values: list[object], indent: int | None, step: int) -> None:
    text = json.dumps(values, indent=indent, ensure_ascii=False).encode()
    with pytest.MonkeyPatch.context() as patch:
        whole = list(split_array(b" " + text + b"\n"))
        patch.setattr(elements, "_MOST_HELD", 0)
        patch.setattr(elements, "_BYTES_AT_ONCE", step)
        parts = list(split_array(b" " + text + b"\n"))
    assert [json.loads(each) for each in whole] == values
    assert parts == whole
    assert all(each in text for each in parts)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"[1,2", "ends too early"),
        (b"[1,]", "trailing comma"),
        (b"[" * 5_000 + b"]" * 5_000, "nested too deeply"),
        (b"[1]]", "trailing characters"),
    ],
)
def test_what_is_no_array_is_refused_before_its_first_element(text: bytes, says: str) -> None:
    assert not is_json(text)
    with pytest.raises(BadInput, match=says):
        split_array(text)


@pytest.mark.parametrize("element", [b"0", b"{}", b'"\\",["', b"[0,0,0,0]"])
def test_a_great_many_small_elements_take_little_room(
    monkeypatch: pytest.MonkeyPatch, element: bytes
) -> None:
    monkeypatch.setattr(elements, "_MOST_HELD", 1_000)
    monkeypatch.setattr(elements, "_BYTES_AT_ONCE", 4_000)
    text = b"[" + b",".join([element] * 20_000) + b"]"
    tracemalloc.start()
    count = sum(each == element for each in split_array(text))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 500_000  # held all at once they take three times as much
