"""Events go in once, in order, whole."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, exc, func, select

from auditdash.store import schema
from auditdash.store.engine import reading, writing
from auditdash.store.records import read_record
from tests.databases import add_workspace
from tests.make import make_raw, make_record, store


def _rows(engine: Engine, *columns: Any) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*columns))]


def test_the_same_event_twice_is_stored_once(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        first = store(connection, workspace_id, make_record(), make_record())
        again = store(connection, workspace_id, make_record())
    assert (first.received, first.added, first.known) == (2, 1, 1)
    assert (again.received, again.added, again.known) == (1, 0, 1)
    assert len(_rows(engine, schema.events.c.seq)) == 1


def test_the_same_id_of_another_source_is_another_event(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record())
        other = store(connection, workspace_id, make_record(), source="okta")
    assert other.added == 1


def test_other_content_under_a_known_id_is_kept_as_a_conflict(
    engine: Engine, workspace_id: int
) -> None:
    changed = make_record(description="something else")
    with writing(engine) as connection:
        store(connection, workspace_id, make_record())
        receipt = store(connection, workspace_id, changed)
        again = store(connection, workspace_id, changed)
    assert (receipt.conflicting, again.conflicting) == (1, 1)
    records = _rows(engine, schema.events.c.record)
    assert json.loads(records[0][0])["description"] == "group added to connection"
    conflicts = _rows(engine, schema.conflicts.c.record, schema.conflicts.c.seq)
    assert [(json.loads(text)["description"], seq) for text, seq in conflicts] == [
        ("something else", 1)
    ]


def test_spaces_and_the_order_of_keys_are_no_other_content(
    engine: Engine, workspace_id: int
) -> None:
    record = make_record()
    turned = dict(reversed(record.items()))
    with writing(engine) as connection:
        store(connection, workspace_id, record)
        receipt = store(connection, workspace_id, json.dumps(turned, indent=3).encode())
    assert (receipt.known, receipt.conflicting) == (1, 0)


def test_the_record_is_kept_to_the_letter(engine: Engine, workspace_id: int) -> None:
    raw = json.dumps(make_record(), indent=2, ensure_ascii=False).encode() + b" "
    with writing(engine) as connection:
        store(connection, workspace_id, raw)
    with reading(engine) as connection:
        stored = connection.execute(select(schema.events.c.record)).scalar_one()
        assert read_record(connection, stored) == raw.decode()


def _store_and_fail(connection: Connection, workspace_id: int) -> None:
    store(connection, workspace_id, make_record(id="b"))
    connection.exec_driver_sql("SELECT * FROM nowhere")


def test_sequence_numbers_have_no_gap_after_a_failed_transaction(
    engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(id="a"))
    with (
        pytest.raises(exc.DatabaseError),
        writing(engine) as connection,
    ):
        _store_and_fail(connection, workspace_id)
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(id="c"))
    assert _rows(engine, schema.events.c.event_id, schema.events.c.seq) == [("a", 1), ("c", 2)]


def test_writers_at_the_same_time_share_one_sequence(engine: Engine, workspace_id: int) -> None:
    def write(name: str) -> None:
        for number in range(10):
            with writing(engine) as connection:
                own, shared = f"{name}-{number}", f"shared-{number}"
                store(connection, workspace_id, make_record(id=own), make_record(id=shared))

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seqs = sorted(seq for (seq,) in _rows(engine, schema.events.c.seq))
    assert seqs == list(range(1, 51))
    assert _rows(engine, schema.workspaces.c.last_seq) == [(50,)]


def test_workspaces_count_for_themselves(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
        store(connection, workspace_id, make_record(id="a"), make_record(id="b"))
        store(connection, other, make_record(id="a"))
    found = _rows(engine, schema.events.c.workspace_id, schema.events.c.seq)
    assert sorted(found) == [(workspace_id, 1), (workspace_id, 2), (other, 1)]


def test_long_and_hostile_text_is_stored_in_every_field(engine: Engine, workspace_id: int) -> None:
    hostile = "\x00\ud800<b>" + "x" * 64_000
    record = make_record(
        id="long",
        description=hostile,
        workspace_username=hostile,
        context={"group_name": hostile, "correlation_id": hostile, hostile: [hostile]},
        actor={"username": hostile, "user_id": hostile, "ip": hostile, "user_agent": hostile},
        entity={"entity_name": hostile, "entity_id": hostile, "entity_type": hostile},
    )
    with writing(engine) as connection:
        receipt = store(connection, workspace_id, record)
    assert (receipt.added, receipt.rejections) == (1, ())
    (text,) = _rows(engine, schema.events.c.record)[0]
    assert json.loads(text) == record


def test_an_event_without_an_id_is_known_again(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        first = store(connection, workspace_id, make_raw(id=None))
        again = store(connection, workspace_id, make_raw(id=None))
    assert (first.added, again.known) == (1, 1)
    (name,) = _rows(engine, schema.events.c.event_id)[0]
    assert name.startswith("sha256:")


def test_a_receipt_counts_what_is_in_the_tables(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        receipt = store(
            connection,
            workspace_id,
            make_record(),
            make_record(),
            make_record(description="other"),
            b"{",
        )
    assert receipt.counts() == {
        "received": 4,
        "added": 1,
        "known": 1,
        "conflicting": 1,
        "rejected": 1,
    }
    with reading(engine) as connection:
        row = connection.execute(select(schema.receipts)).mappings().one()
        waiting = connection.execute(select(func.count()).select_from(schema.quarantine))
        assert {name: row[name] for name in receipt.counts()} == receipt.counts()
        assert waiting.scalar_one() == 1
