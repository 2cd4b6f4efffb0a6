"""Whole streams: stored step by step, with a receipt that adds up; and the quarantine."""

from __future__ import annotations

import gzip
import io
import json
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from auditdash.events.errors import BadInput
from auditdash.ingest import delivery as delivery_module
from auditdash.ingest.delivery import (
    Delivery,
    DeliveryBroken,
    FilledElsewhere,
    continue_delivery,
    deliver,
)
from auditdash.ingest.intake import Receipt, open_receipt
from auditdash.ingest.parse import Piece, in_parcels
from auditdash.ingest.preparing import crew
from auditdash.ingest.preparing.prepare import prepare
from auditdash.ingest.quarantine import replay
from auditdash.store import schema
from auditdash.store.engine import reading, writing
from auditdash.store.quarantine import count_rejected, find_rejected, list_conflicts, list_rejected
from auditdash.store.receipts import list_receipts
from auditdash.store.workspaces import rename_workspace
from tests.databases import add_workspace
from tests.make import NOW, make_raw, make_record


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_module, "RECORDS_AT_ONCE", 10)


def _deliver(engine: Engine, workspace_id: int, body: bytes) -> list[Receipt]:
    to = Delivery(workspace_id=workspace_id, source="mode", channel="file", name="a.ndjson")
    return list(deliver(engine, to, io.BytesIO(body), max_unpacked=10**7, started_at=NOW))


def _lines(count: int) -> bytes:
    return b"\n".join(make_raw(id=f"e{number}") for number in range(count))


def _count(engine: Engine) -> int:
    with reading(engine) as connection:
        found = connection.execute(select(func.count()).select_from(schema.events)).scalar_one()
        return int(found)


def test_totals_grow_step_by_step_and_add_up(engine: Engine, workspace_id: int) -> None:
    body = _lines(25) + b"\n{bad\n" + make_raw(id="e3") + b"\n" + make_raw(id="e4", action="x")
    steps = _deliver(engine, workspace_id, body)
    assert all(one.received <= two.received for one, two in pairwise(steps))
    last = steps[-1].counts()
    assert last == {"received": 28, "added": 25, "known": 1, "conflicting": 1, "rejected": 1}
    with reading(engine) as connection:
        (row,) = list_receipts(connection, workspace_id)
    assert {name: getattr(row, name) for name in last} == last
    assert row.finished_at is not None


def test_running_it_again_adds_nothing(engine: Engine, workspace_id: int) -> None:
    _deliver(engine, workspace_id, _lines(25))
    again = _deliver(engine, workspace_id, _lines(25))[-1]
    assert (again.added, again.known, _count(engine)) == (0, 25, 25)


def test_running_it_again_after_a_stop_adds_the_rest(engine: Engine, workspace_id: int) -> None:
    to = Delivery(workspace_id=workspace_id, source="mode", channel="file", name="a")
    stream = io.BytesIO(_lines(25))
    steps = deliver(engine, to, stream, max_unpacked=10**7, started_at=NOW)
    assert next(steps).added == 10
    steps.close()  # type: ignore[attr-defined]  # a generator, stopped as a kill would stop it
    assert _count(engine) == 10
    assert _deliver(engine, workspace_id, _lines(25))[-1].added == 15


def test_a_damaged_stream_keeps_what_could_be_read(engine: Engine, workspace_id: int) -> None:
    damaged = gzip.compress(_lines(25), compresslevel=0)[:-20]
    with pytest.raises(DeliveryBroken, match="damaged") as caught:
        _deliver(engine, workspace_id, damaged)
    assert caught.value.receipt.added == _count(engine) == 24


def test_an_empty_stream_has_a_receipt(engine: Engine, workspace_id: int) -> None:
    (receipt,) = _deliver(engine, workspace_id, b"")
    assert receipt.received == 0


def test_a_rejected_record_is_kept_whole_and_once(engine: Engine, workspace_id: int) -> None:
    bad = b'{"action": "group_created", "timestamp": "yesterday", "id": "\\u0000"}'
    for _ in range(2):
        _deliver(engine, workspace_id, make_raw() + b"\n" + bad)
    with reading(engine) as connection:
        (row,) = list_rejected(connection, workspace_id)
    assert (row.record, row.position, row.place) == (bad, "line 2", "$.timestamp")
    assert "'yesterday' is not a timestamp" in row.what
    assert "RFC 3339" in row.expected


def test_a_mended_record_becomes_an_event_by_replay(engine: Engine, workspace_id: int) -> None:
    _deliver(engine, workspace_id, b"{bad\n" + make_raw(timestamp="yesterday"))
    with writing(engine) as connection:  # as if an upgrade had learned to read it
        rows = list_rejected(connection, workspace_id)
        connection.execute(
            update(schema.quarantine)
            .where(schema.quarantine.c.id == rows[1].id)
            .values(record=make_raw())
        )
        receipt = replay(connection, workspace_id, list_rejected(connection, workspace_id), NOW)
    assert (receipt.received, receipt.added, receipt.rejected) == (2, 1, 1)
    with reading(engine) as connection:
        assert [row.record for row in list_rejected(connection, workspace_id)] == [b"{bad"]
        assert count_rejected(connection, workspace_id) == 1
        mended = find_rejected(connection, workspace_id, rows[1].id)
    assert mended is not None
    assert mended.replayed_at == NOW


def test_another_workspace_sees_nothing_of_it(engine: Engine, workspace_id: int) -> None:
    _deliver(engine, workspace_id, b"{bad\n" + make_raw() + b"\n" + make_raw(description="x"))
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
        (row,) = list_rejected(connection, workspace_id)
        assert len(list_conflicts(connection, workspace_id)) == 1
        assert find_rejected(connection, other, row.id) is None
        assert list_rejected(connection, other) == []
        assert list_conflicts(connection, other) == []
        assert list_receipts(connection, other) == []


def test_all_ways_of_writing_one_event_are_one_event(engine: Engine, workspace_id: int) -> None:
    record = make_record()
    for body in (
        json.dumps(record).encode(),
        json.dumps([record]).encode(),
        json.dumps({"audit_logs": [record], "next_token": "t"}, indent=1).encode(),
        gzip.compress(json.dumps(record).encode()),
    ):
        _deliver(engine, workspace_id, body)
    assert _count(engine) == 1


def test_the_demo_takes_no_events_of_yours(engine: Engine) -> None:
    with writing(engine) as connection:
        demo = add_workspace(connection, "demo", "Demo", kind="demo")
    with pytest.raises(BadInput, match="takes no events of yours"):
        _deliver(engine, demo, _lines(1))
    assert _count(engine) == 0


def test_reading_records_holds_up_nobody(
    engine: Engine, workspace_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_while_another_writes(*given: Any) -> Any:
        with writing(engine) as connection:  # would wait for a step that is being stored
            rename_workspace(connection, workspace_id, name="Acme", zone="UTC")
        return prepare(*given)

    monkeypatch.setattr(crew, "prepare", read_while_another_writes)
    receipt = list(_deliver(engine, workspace_id, _lines(25)))[-1]
    assert receipt.added == 25


def test_two_who_fill_one_receipt_count_each_record_once(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        intake = open_receipt(
            connection,
            workspace_id=workspace_id,
            source="mode",
            channel="file",
            name="twice",
            now=NOW,
        )
    pieces = [Piece(f"line {number}", make_raw(id=str(number))) for number in range(35)]
    one, other = (continue_delivery(engine, intake, in_parcels(pieces, 10)) for _ in range(2))
    next(one)
    next(other)
    with pytest.raises(FilledElsewhere):
        list(one)
    last = list(other)[-1]
    assert (last.received, last.added) == (35, 35)
