"""Looks at the log of many threads at one time: each is stored before its reader goes on."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import msgspec
import pytest
from sqlalchemy import Connection, Engine, event, select

from auditdash.events.instants import DAY, Instant, to_rfc3339
from auditdash.ingest import accesses
from auditdash.ingest.accesses import SOURCE, Access, AccessLog
from auditdash.ingest.intake import Intake, Receipt, take
from auditdash.ingest.parse import Piece
from auditdash.store.engine import DatabaseTrouble, reading, writing
from auditdash.store.schema import events, receipts
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW, make_record, store


def _access(workspace_id: int, name: str, at: Instant = NOW) -> Access:
    record = make_record(id=name, action="audit_log_accessed", timestamp=to_rfc3339(at))
    return Access(workspace_id=workspace_id, at=at, record=msgspec.json.encode(record))


def _kept(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        found = select(events.c.event_id).where(events.c.source == SOURCE).order_by(events.c.seq)
        return list(connection.execute(found).scalars())


@contextmanager
def _commits(engine: Engine) -> Iterator[list[bool]]:
    """Whether each transaction that ended meanwhile was a writing one."""
    seen: list[bool] = []

    def see(connection: Connection) -> None:
        seen.append("auditdash_writes" in connection.get_execution_options())

    event.listen(engine, "commit", see)
    yield seen
    event.remove(engine, "commit", see)


def test_those_who_wait_at_one_time_share_a_commit(engine: Engine, workspace_id: int) -> None:
    log = AccessLog()
    kept: dict[str, list[str]] = {}

    def look(name: str) -> None:
        log.keep(engine, _access(workspace_id, name))
        kept[name] = _kept(engine)  # what stands in the store when the reader goes on

    threads = [Thread(target=look, args=(f"look-{number}",)) for number in range(12)]
    with _commits(engine) as commits:
        with writing(engine) as connection:
            store(connection, workspace_id, make_record())  # holds the lock they all wait for
            for thread in threads:
                thread.start()
            _wait_for(lambda: len(log._waiting) == len(threads) - 1)
            assert kept == {}
        for thread in threads:
            thread.join(120)
    assert sorted(_kept(engine)) == sorted(f"look-{number}" for number in range(12))
    assert all(name in seen for name, seen in kept.items())
    assert len(kept) == 12
    assert sum(commits) == 3  # ours, the first one's, and one for the other eleven


def test_each_workspace_and_day_has_its_own_receipt(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
    log = AccessLog()
    for at in (NOW, Instant(NOW + 1), Instant(NOW + DAY)):
        log.keep(engine, _access(workspace_id, f"a{at}", at))
    log.keep(engine, _access(other, "b"))
    with reading(engine) as connection:
        counted = (receipts.c.workspace_id, receipts.c.name, receipts.c.added)
        rows = connection.execute(select(*counted).order_by(receipts.c.id)).all()
    assert [tuple(row) for row in rows] == [
        (workspace_id, "Reading of 2026-11-23", 2),
        (workspace_id, "Reading of 2026-11-24", 1),
        (other, "Reading of 2026-11-23", 1),
    ]


@ON_SQLITE
def test_who_writes_waits_for_readers_at_work_but_not_for_long(
    engine: Engine, workspace_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = AccessLog()
    log.enter()
    log.enter()  # one more who does something else
    log.keep(engine, _access(workspace_id, "impatient"))
    monkeypatch.setattr(accesses, "_MOST_SECONDS", 20)
    with _commits(engine) as commits:
        keep = Thread(target=log.keep, args=(engine, _access(workspace_id, "patient")))
        keep.start()
        _wait_for(lambda: len(log._waiting) == 1)
        assert not any(commits)
        log.leave()
        keep.join(10)
    assert _kept(engine) == ["impatient", "patient"]
    assert sum(commits) == 1


@ON_SQLITE
def test_without_a_store_nobody_goes_on(engine: Engine, workspace_id: int) -> None:
    log = AccessLog()
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE receipts RENAME TO gone")
    with pytest.raises(DatabaseTrouble):
        log.keep(engine, _access(workspace_id, "lost"))
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO receipts")
    log.keep(engine, _access(workspace_id, "kept"))
    assert _kept(engine) == ["kept"]


@ON_SQLITE
def test_a_writer_that_dies_takes_nobody_with_it(
    engine: Engine, workspace_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = AccessLog()
    died: list[int] = []

    def die_once(connection: Connection, intake: Intake, pieces: list[Piece]) -> Receipt:
        if not died:
            died.append(len(pieces))
            raise MemoryError
        return take(connection, intake, pieces)

    def look(name: str) -> None:
        with contextlib.suppress(MemoryError):
            log.keep(engine, _access(workspace_id, name))
        log.leave()

    monkeypatch.setattr(accesses, "take", die_once)
    threads = [Thread(target=look, args=(f"look-{number}",)) for number in range(3)]
    monkeypatch.setattr(accesses, "_MOST_SECONDS", 20)
    for _ in threads:
        log.enter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert died == [3]
    assert len(_kept(engine)) == 2


def _wait_for(settled: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not settled():
        assert time.monotonic() < deadline
        time.sleep(0.01)
