"""Bytes to records, whatever form they come in."""

from __future__ import annotations

import gzip
import io
import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from auditdash.events.errors import BadInput
from auditdash.ingest import parse, streams
from auditdash.ingest.parse import (
    Piece,
    Rejection,
    iterate_parcels,
    iterate_pieces,
    open_parcel,
)
from auditdash.records import elements
from tests.make import make_record

ONE = {"id": "1", "action": "group_created", "timestamp": "2026-01-01T00:00:00Z"}
TWO = {**ONE, "id": "2"}
LIMIT = 1_000_000


def _parse(body: bytes, limit: int = LIMIT) -> list[Piece | Rejection]:
    return list(iterate_pieces(io.BytesIO(body), limit))


def _json(value: Any, indent: int | None = None) -> bytes:
    return json.dumps(value, indent=indent).encode()


FORMS = {
    "lines": _json(ONE) + b"\n" + _json(TWO) + b"\n",
    "lines without an end": _json(ONE) + b"\n" + _json(TWO),
    "lines of Windows": _json(ONE) + b"\r\n\r\n" + _json(TWO) + b"\r\n",
    "an array": _json([ONE, TWO]),
    "a printed array": _json([ONE, TWO], indent=2),
    "an answer page": _json({"audit_logs": [ONE, TWO], "next_token": "x"}),
    "a printed page": _json({"next_token": None, "audit_logs": [ONE, TWO]}, indent=2),
    "pages in lines": _json({"audit_logs": [ONE]}) + b"\n" + _json({"audit_logs": [TWO]}),
    "an array of pages": _json([{"audit_logs": [ONE]}, {"audit_logs": [TWO]}]),
    "a table": b"id,action,timestamp\r\n"
    b"1,group_created,2026-01-01T00:00:00Z\r\n2,group_created,2026-01-01T00:00:00Z\r\n",
}


WRAPPINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "marked": lambda data: b"\xef\xbb\xbf" + data,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_every_form_gives_the_same_records(form: str, wrap: str) -> None:
    body = WRAPPINGS[wrap](FORMS[form])
    assert [json.loads(piece.raw) for piece in _parse(body)] == [ONE, TWO]


def test_one_printed_event_is_one_record() -> None:
    record = make_record()
    (piece,) = _parse(_json(record, indent=2))
    assert json.loads(piece.raw) == record


def test_records_keep_their_bytes() -> None:
    odd = b'{"id" :  "1", "b":1.50, "a":"\\u00e9"}'
    assert [piece.raw for piece in _parse(b"[" + odd + b" ,\n" + odd + b"]")] == [odd, odd]


def test_a_bad_line_does_not_hide_the_good_ones() -> None:
    pieces = _parse(b"{bad\n" + _json(ONE) + b"\n\xff\xfe\n" + _json(TWO))
    assert [piece.position for piece in pieces] == ["line 1", "line 2", "line 3", "line 4"]


def test_nothing_at_all_is_no_record() -> None:
    assert _parse(b"") == _parse(b" \n\t\n") == []


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (b"[1,2", "ends too early"),
        (b'[{"a":NaN}]', "not JSON"),
        (b"[" + b"[" * 5000 + b"]" * 5000 + b"]", "nested too deeply"),
        (b"hello there", "is no header: action and timestamp missing"),
        (b"\xff\xfei\x00d\x00", "UTF-16"),
        (b"id,event_id,action,timestamp\n", "two columns stand for 'id'"),
        (gzip.compress(_json(ONE), mtime=0)[:-6], "damaged"),
        (b"\x1f\x8b" + b"junk" * 10, "damaged"),
        (gzip.compress(b"[" + b" " * 20_000_000 + b"]", mtime=0), "too large"),
        (b" " * (LIMIT + 1), "too large"),
    ],
)
def test_what_cannot_be_read_says_why(body: bytes, wrong: str) -> None:
    with pytest.raises(BadInput, match=wrong):
        _parse(body)


def test_records_before_damage_are_not_lost() -> None:
    body = gzip.compress(b"\n".join([_json(ONE)] * 20_000), compresslevel=0)[:-9]
    pieces = iterate_pieces(io.BytesIO(body), 10 * LIMIT)
    assert all(isinstance(next(pieces), Piece) for _ in range(19_000))
    with pytest.raises(BadInput, match="damaged"):
        list(pieces)


def test_a_table_becomes_records_of_the_feed() -> None:
    header = b"timestamp,action,username,actor.ip,entity_name,context.role,context.a.b,extra\n"
    (piece,) = _parse(header + b'2026-01-01T00:00:00Z,x,"bob, jr",10.0.0.1,,view,1,new\n')
    assert json.loads(piece.raw) == {
        "timestamp": "2026-01-01T00:00:00Z",
        "action": "x",
        "actor": {"username": "bob, jr", "ip": "10.0.0.1"},
        "context": {"role": "view", "a": {"b": "1"}},
        "extra": "new",
    }


def test_a_context_cell_is_json() -> None:
    header = b"timestamp,action,context\n"
    good, bad = _parse(header + b't,x,"{""role"":""view""}"\nt,x,{role\n')
    assert json.loads(good.raw)["context"] == {"role": "view"}
    assert isinstance(bad, Rejection)
    assert "not JSON" in bad.what


def test_bad_rows_of_a_table_are_kept_as_they_were() -> None:
    rows = b'a,b,c,d\n"x"y,z\nq,w,\xff\n'
    bad = _parse(b"action,timestamp,id\n" + rows)
    assert [type(each) for each in bad] == [Rejection] * 3
    assert [each.position for each in bad] == ["line 2", "line 3", "line 4"]
    assert b"".join(each.raw.replace(b"\r\n", b"\n") for each in bad) == rows


@pytest.fixture
def _little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LONGEST_DOCUMENT", 1000)
    monkeypatch.setattr(parse, "_LONGEST_KEPT", 300)


@pytest.mark.usefixtures("_little_room")
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_line_that_memory_cannot_hold_is_rejected_alone(place: int) -> None:
    lines = [_json(ONE), _json(TWO)]
    lines.insert(place, b'{"a":"' + b"x" * 2_000_000 + b'"}')
    pieces = _parse(b"\n".join(lines), 10 * LIMIT)
    long = pieces.pop(place)
    assert [json.loads(piece.raw) for piece in pieces] == [ONE, TWO]
    assert isinstance(long, Rejection)
    assert long.position == f"line {place + 1}"
    assert long.what.startswith("2,000,00")
    assert long.what.endswith("bytes, of which the first 300 are kept")
    assert long.raw == lines[place][:300]


@pytest.mark.usefixtures("_little_room")
def test_a_document_that_memory_cannot_hold_is_refused() -> None:
    with pytest.raises(BadInput, match=r"more than 1,000 bytes; expected a larger file as NDJSON"):
        _parse(_json([ONE] * 100))


@pytest.mark.usefixtures("_little_room")
def test_a_bad_first_line_does_not_hide_a_long_rest() -> None:
    pieces = _parse(b"{bad\n" + b"\n".join([_json(ONE)] * 100))
    assert len(pieces) == 101
    assert all(json.loads(piece.raw) == ONE for piece in pieces[1:])


def test_a_bomb_is_refused_with_little_in_memory() -> None:
    bomb = gzip.compress(b"[" + b" " * 30_000_000)
    tracemalloc.start()
    with pytest.raises(BadInput, match="too large"):
        _parse(bomb, 2 * LIMIT)
    assert tracemalloc.get_traced_memory()[1] < 8 * LIMIT
    tracemalloc.stop()


def test_more_records_than_there_can_be_events_are_refused() -> None:
    shortest = {"action": "a", "timestamp": "2026-01-01T00:00:00Z"}
    whole = msgspec.json.encode(shortest) + b"\n"
    assert len(_parse(whole * (LIMIT // len(whole)))) == LIMIT // len(whole)
    for body in (b"[" + b"0," * 50_000 + b"0]", b"{}\n" * 50_000):
        with pytest.raises(BadInput, match="too many records; expected at most 20,833"):
            _parse(body)


@pytest.mark.parametrize("ends", [(b"[", b"]"), (b'{"audit_logs":[', b"]}\n")])
def test_two_bytes_a_record_take_little_memory(
    monkeypatch: pytest.MonkeyPatch, ends: tuple[bytes, bytes]
) -> None:
    monkeypatch.setattr(elements, "_MOST_HELD", 1_000)
    monkeypatch.setattr(elements, "_BYTES_AT_ONCE", 1_000)
    body = io.BytesIO(gzip.compress(ends[0] + b"0," * 60_000 + b"0" + ends[1]))
    tracemalloc.start()
    count = sum(len(open_parcel(each)) for each in iterate_parcels(body, 4 * LIMIT, 100))
    assert tracemalloc.get_traced_memory()[1] < 3 * LIMIT  # all of them at once take nine times it
    tracemalloc.stop()
    assert count == 60_001


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        (b"x," + b"y" * 1_100_000, "field larger than field limit"),
        (b"," * 3_000_000, "a row of more than 2,097,152 characters"),
    ],
)
def test_a_huge_row_of_a_table_is_rejected_alone(row: bytes, wrong: str) -> None:
    good = b"group_created,2026-01-01T00:00:00Z\n"
    pieces = _parse(b"action,timestamp\n" + good + row + b"\n" + good, 10 * LIMIT)
    bad = pieces[1]
    assert isinstance(bad, Rejection)
    assert (bad.position, wrong in bad.what) == ("line 3", True)
    assert [isinstance(piece, Piece) for piece in (pieces[0], pieces[-1])] == [True, True]
    assert len(pieces) == 3


def test_an_event_with_a_list_of_audit_logs_is_an_event() -> None:
    record = {**ONE, "audit_logs": []}
    (piece,) = _parse(_json(record))
    assert json.loads(piece.raw) == record


def test_a_key_that_stands_twice_in_a_context_cell_is_not_lost() -> None:
    body = b'action,timestamp,context\r\nx,2026-01-01T00:00:00Z,"{""a"":1,""a"":2}"\r\n'
    (rejection,) = _parse(body)
    assert isinstance(rejection, Rejection)
    assert (rejection.where, rejection.what) == ("context", "the key 'a' stands twice")


def test_a_column_nested_beyond_measure_is_refused() -> None:
    body = b"action,timestamp,a" + b".a" * 5_000 + b"\r\nx,2026-01-01T00:00:00Z,1\r\n"
    with pytest.raises(BadInput, match="nested too deeply"):
        _parse(body)


def test_very_many_columns_are_read_at_once() -> None:
    header = ",".join(["action", "timestamp", *(f"c{number}" for number in range(100_000))])
    started = time.process_time()
    _parse(f"{header}\r\nx,2026-01-01T00:00:00Z,1\r\n".encode())
    assert time.process_time() - started < 10  # comparing each with each takes minutes
