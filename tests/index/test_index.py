"""The index says what the records say: however they came, whatever happened to its files."""

from __future__ import annotations

import random
import shutil
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.events.instants import HOUR, Instant, to_rfc3339
from auditdash.index.keep_up import keep_up, rebuild
from auditdash.index.view import archive_of
from auditdash.ingest.delivery import Delivery, deliver
from auditdash.queries.sight.views import open_view
from auditdash.search.scope import Scope
from auditdash.store.engine import index_place, open_engine, reading, writing
from tests.databases import ON_SQLITE
from tests.index.equal import differences
from tests.make import NOW, make_raw, make_record, one_of_each_action, store


def _come(engine: Engine, workspace_id: int, dice: random.Random, count: int) -> None:
    """Some events in one transaction; a tenth of them happened up to ten days before."""
    late = 240 if dice.random() < 0.1 else 1
    records = [
        make_record(
            id=f"{dice.random()}",
            timestamp=to_rfc3339(Instant(NOW - dice.randrange(late * HOUR))),
            action=dice.choice(("collection_created", "export_data_sql_exported", "new_one")),
            actor__username=dice.choice(("bob", "alice", None)),
            actor__user_id=dice.choice(("a1", None)),
            entity__entity_name=f"E{dice.randrange(5)}",
            context__note=dice.choice(("plain", "x" * 600, None)),
            context__tags=["a", "b", "a"],
        )
        for _ in range(count)
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)


def _folder(engine: Engine, workspace_id: int) -> Path:
    with reading(engine) as connection:
        return archive_of(connection, workspace_id).folder


def _forget(engine: Engine) -> None:
    """As in a process that starts."""
    with reading(engine) as connection:
        index_place(connection).archives.clear()


def test_the_index_says_what_the_records_say(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action())
    assert differences(engine, workspace_id) == []
    dice = random.Random(1)
    for _ in range(20):
        _come(engine, workspace_id, dice, dice.choice((1, 1, 2, 7, 40)))
        if dice.random() < 0.6:  # else the next reader adds several transactions at once
            assert differences(engine, workspace_id) == []
    assert differences(engine, workspace_id) == []


def test_segments_are_merged(engine: Engine, workspace_id: int) -> None:
    dice = random.Random(2)
    for _ in range(40):
        _come(engine, workspace_id, dice, 1)
        with reading(engine) as connection:
            view = open_view(connection, Scope(workspace_id=workspace_id))
        assert len(view.segments) <= 5
    files = list(_folder(engine, workspace_id).rglob("*.seg"))
    assert len(files) == len(view.segments)
    assert differences(engine, workspace_id) == []


def test_what_is_not_committed_is_not_indexed(engine: Engine, workspace_id: int) -> None:
    _come(engine, workspace_id, random.Random(3), 3)
    with engine.connect() as connection, connection.begin() as transaction:
        writes = connection.execution_options(auditdash_writes=True)
        store(writes, workspace_id, make_record(id="phantom"))
        assert open_view(writes, Scope(workspace_id=workspace_id)).highest_seq == 3
        transaction.rollback()
    _come(engine, workspace_id, random.Random(4), 3)
    assert differences(engine, workspace_id) == []


@pytest.mark.parametrize("damage", ["lose", "cut", "change", "garble", "forget"])
def test_a_damaged_index_is_made_anew(engine: Engine, workspace_id: int, damage: str) -> None:
    _come(engine, workspace_id, random.Random(5), 50)
    assert differences(engine, workspace_id) == []
    folder = _folder(engine, workspace_id)
    segment = next(folder.rglob("*.seg"))
    match damage:
        case "lose":
            segment.unlink()
        case "cut":
            segment.write_bytes(segment.read_bytes()[:-64])
        case "change":  # as after a loss of power: the manifest is of an earlier run
            (folder / "manifest").write_bytes(
                (folder / "manifest").read_bytes().replace(b"boot", b"boat")
            )
            data = bytearray(segment.read_bytes())
            data[-1] ^= 1
            segment.write_bytes(data)
        case "garble":
            (folder / "manifest").write_bytes(b"\x93nothing")
        case "forget":
            shutil.rmtree(folder)
    _forget(engine)
    assert differences(engine, workspace_id) == []


@ON_SQLITE
def test_an_index_of_another_database_is_made_anew(
    engine: Engine, workspace_id: int, tmp_path: Path
) -> None:
    """As after a backup was restored: the same numbers, other events."""
    database = tmp_path / "auditdash.db"
    _come(engine, workspace_id, random.Random(6), 10)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(database, tmp_path / "backup.db")
    _come(engine, workspace_id, random.Random(7), 10)
    assert differences(engine, workspace_id) == []
    engine.dispose()
    for each in tmp_path.glob("auditdash.db-*"):
        each.unlink()
    shutil.copyfile(tmp_path / "backup.db", database)
    restored = open_engine(f"sqlite:///{database}")
    _forget(restored)
    assert differences(restored, workspace_id) == []
    _come(restored, workspace_id, random.Random(8), 30)
    _forget(restored)
    assert differences(restored, workspace_id) == []
    restored.dispose()


def test_what_intake_adds_needs_no_reading(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(id="one"), make_record(id="two"))
    with reading(engine) as connection:
        view = open_view(connection, Scope(workspace_id=workspace_id))
    assert list(keep_up(engine, workspace_id)) == [(2, 2)]
    assert view.behind == 0


def test_rebuilding_gives_the_same_index(engine: Engine, workspace_id: int) -> None:
    dice = random.Random(9)
    for _ in range(5):
        _come(engine, workspace_id, dice, 9)
        assert differences(engine, workspace_id) == []
    assert list(rebuild(engine, workspace_id))[-1] == (45, 45)
    assert differences(engine, workspace_id) == []
    _come(engine, workspace_id, dice, 9)
    assert differences(engine, workspace_id) == []
    folder = _folder(engine, workspace_id)
    assert [each.name for each in folder.parent.iterdir()] == [folder.name]


@ON_SQLITE
def test_a_page_says_that_the_index_is_being_made_and_answers_from_no_part_of_it(
    engine: Engine, workspace_id: int, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _come(engine, workspace_id, random.Random(10), 5)
    monkeypatch.setattr("auditdash.index.view._PATIENCE_SECONDS", -1.0)
    monkeypatch.setattr("auditdash.index.view._AT_ONCE", 2)
    answer = client.get("/charts")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "2 of 5 events are in it" in answer.text
    assert "4 of 5" in client.get("/downloads/events.csv").text
    monkeypatch.undo()
    assert client.get("/charts").status_code == 200


def test_a_full_disk_stops_the_index_and_not_the_intake(
    engine: Engine, workspace_id: int, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("auditdash.index.archive.write_segment", fail)
        stream = BytesIO(b"".join(make_raw(id=f"{n}") + b"\n" for n in range(3)))
        delivery = Delivery(workspace_id=workspace_id, source="mode", channel="file", name="a")
        *_, receipt = deliver(engine, delivery, stream, max_unpacked=1 << 20, started_at=NOW)
        assert receipt.added == 3
        assert client.get("/charts").status_code == 503
    assert client.get("/charts").status_code == 200
    assert differences(engine, workspace_id) == []
