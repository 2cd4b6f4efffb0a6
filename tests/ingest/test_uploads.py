"""Uploaded files: put down, taken in by one worker, gone in the end; no stop loses one."""

from __future__ import annotations

import fcntl
import gzip
import io
import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from auditdash.events.errors import BadInput
from auditdash.events.instants import DAY, SECOND, Instant
from auditdash.ingest import delivery as delivery_module
from auditdash.ingest import uploads
from auditdash.ingest.intake import Taken, take_events
from auditdash.ingest.uploads import put_down, take_next_upload
from auditdash.settings import Settings
from auditdash.store import schema
from auditdash.store.engine import open_engine, reading, writing
from auditdash.store.receipts import ReceiptRow, find_receipt, list_receipts
from tests.databases import add_workspace
from tests.make import NOW, make_raw, store

AT_ONCE = 10
_SPAWN = multiprocessing.get_context("spawn")


class Stopped(BaseException):
    """The process ends here, as a kill would end it."""


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_module, "RECORDS_AT_ONCE", AT_ONCE)


def lines(count: int) -> bytes:
    return b"\n".join(make_raw(id=f"e{number}") for number in range(count))


def put(
    engine: Engine, settings: Settings, workspace_id: int, body: bytes, now: Instant = NOW
) -> int:
    return put_down(
        engine,
        settings,
        workspace_id=workspace_id,
        source="mode",
        name="audit.ndjson",
        stream=io.BytesIO(body),
        now=now,
    )


def receipt(engine: Engine, workspace_id: int, receipt_id: int) -> ReceiptRow:
    with reading(engine) as connection:
        row = find_receipt(connection, workspace_id, receipt_id)
    assert row is not None
    return row


def counts(row: ReceiptRow) -> tuple[int, ...]:
    return row.received, row.added, row.known, row.conflicting, row.rejected


def files(settings: Settings) -> list[Path]:
    folder = settings.instance / "uploads"
    return sorted(folder.iterdir()) if folder.exists() else []


def count_events(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(schema.events)).scalar_one())


def age(path: Path, microseconds: int) -> None:
    moment = (NOW - microseconds) / SECOND
    os.utime(path, (moment, moment))


def test_an_upload_is_put_down_then_taken_in_and_gone(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    body = lines(25) + b"\n{bad\n" + make_raw(id="e3") + b"\n" + make_raw(id="e4", action="x")
    receipt_id = put(engine, settings, workspace_id, body)
    waiting = receipt(engine, workspace_id, receipt_id)
    assert (waiting.channel, waiting.name, waiting.source) == ("upload", "audit.ndjson", "mode")
    assert (waiting.finished_at, counts(waiting)) == (None, (0, 0, 0, 0, 0))
    (kept,) = files(settings)
    assert kept.read_bytes() == body
    assert take_next_upload(engine, settings, NOW)
    done = receipt(engine, workspace_id, receipt_id)
    assert counts(done) == (28, 25, 1, 1, 1)
    assert done.finished_at is not None
    assert done.error is None
    assert files(settings) == []
    assert not take_next_upload(engine, settings, NOW)


def test_uploads_are_taken_in_the_order_of_their_receipts(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    ids = [put(engine, settings, workspace_id, lines(number)) for number in range(1, 13)]
    for number, receipt_id in enumerate(ids, 1):
        assert take_next_upload(engine, settings, NOW)
        assert receipt(engine, workspace_id, receipt_id).received == number
    assert count_events(engine) == 12


def test_a_file_that_cannot_be_read_says_why_on_its_receipt(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    damaged = gzip.compress(lines(25), compresslevel=0)[:-20]
    receipt_id = put(engine, settings, workspace_id, damaged)
    assert take_next_upload(engine, settings, NOW)
    row = receipt(engine, workspace_id, receipt_id)
    assert counts(row) == (24, 24, 0, 0, 0)
    assert row.finished_at is not None
    assert row.error is not None
    assert "the gzip data is damaged" in row.error
    assert files(settings) == []


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_stop_in_the_middle_is_gone_on_from_with_exact_counts(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    monkeypatch: pytest.MonkeyPatch,
    steps: int,
) -> None:
    body = lines(20) + b"\n{bad\n" + lines(3) + b"\n" + make_raw(id="e4", action="x")
    receipt_id = put(engine, settings, workspace_id, body)
    taken = iter(range(steps))

    def take_then_stop(*given: object) -> Taken:
        if next(taken, None) is None:
            raise Stopped
        return take_events(*given)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(delivery_module, "take_events", take_then_stop)
    with pytest.raises(Stopped):
        take_next_upload(engine, settings, NOW)
    stopped = receipt(engine, workspace_id, receipt_id)
    assert (stopped.received, stopped.finished_at) == (steps * AT_ONCE, None)
    monkeypatch.setattr(delivery_module, "take_events", take_events)
    assert take_next_upload(engine, settings, NOW)
    assert counts(receipt(engine, workspace_id, receipt_id)) == (25, 20, 3, 1, 1)
    assert files(settings) == []


def test_a_stop_after_the_receipt_was_closed_only_leaves_the_file(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    receipt_id = put(engine, settings, workspace_id, lines(5))
    (kept,) = files(settings)
    body = kept.read_bytes()
    take_next_upload(engine, settings, NOW)
    kept.write_bytes(body)
    assert take_next_upload(engine, settings, NOW)
    assert counts(receipt(engine, workspace_id, receipt_id)) == (5, 5, 0, 0, 0)
    assert files(settings) == []


def _hold(path: str, begun: object, done: object) -> None:
    with Path(path).open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        begun.set()  # type: ignore[attr-defined]  # multiprocessing's Event has no name here
        done.wait()  # type: ignore[attr-defined]  # the same


@pytest.fixture
def held(engine: Engine, settings: Settings, workspace_id: int) -> Iterator[Path]:
    """An upload that another process is at work on; it is killed in the middle."""
    put(engine, settings, workspace_id, lines(5))
    (path,) = files(settings)
    begun, done = _SPAWN.Event(), _SPAWN.Event()
    process = _SPAWN.Process(target=_hold, args=(str(path), begun, done))
    process.start()
    assert begun.wait(120)
    yield path
    process.kill()
    process.join()


def test_a_file_in_another_process_hands_is_left_alone_however_old(
    engine: Engine, settings: Settings, held: Path
) -> None:
    age(held, 3 * DAY)
    assert not take_next_upload(engine, settings, NOW)
    assert held.exists()
    assert count_events(engine) == 0


def _take_all(settings: Settings, begin: object) -> None:
    engine = open_engine(settings.database_url)
    begin.wait()  # type: ignore[attr-defined]  # multiprocessing's Barrier has no name here
    while files(settings):
        take_next_upload(engine, settings, NOW)


def test_of_two_processes_one_takes_each_file(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    ids = [put(engine, settings, workspace_id, lines(40)) for _ in range(8)]
    begin = _SPAWN.Barrier(2)
    pair = [_SPAWN.Process(target=_take_all, args=(settings, begin)) for _ in range(2)]
    for process in pair:
        process.start()
    for process in pair:
        process.join(120)
    assert [process.exitcode for process in pair] == [0, 0]
    rows = [receipt(engine, workspace_id, receipt_id) for receipt_id in ids]
    assert [row.received for row in rows] == [40] * 8
    assert sum(row.added for row in rows) == count_events(engine) == 40
    assert sum(row.known for row in rows) == 7 * 40


def test_a_file_whose_receipt_is_not_committed_waits_for_it(
    engine: Engine, settings: Settings, workspace_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    sync = uploads._sync  # the moment between the name and the commit

    def look(folder: Path) -> None:
        seen.append((len(files(settings)), take_next_upload(engine, settings, NOW)))
        sync(folder)

    with monkeypatch.context() as patch:
        patch.setattr(uploads, "_sync", look)
        receipt_id = put(engine, settings, workspace_id, lines(5))
    assert seen == [(1, False)]
    assert take_next_upload(engine, settings, NOW)
    assert receipt(engine, workspace_id, receipt_id).added == 5


def test_what_a_stopped_upload_left_is_swept_after_a_day(
    engine: Engine, settings: Settings, workspace_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_folder: Path) -> None:
        raise Stopped

    monkeypatch.setattr(uploads, "_sync", stop)
    with pytest.raises(Stopped):
        put(engine, settings, workspace_id, lines(5))
    (orphan,) = files(settings)
    draft = orphan.with_name("0123.draft")
    draft.write_bytes(b"half a fi")
    for path in (orphan, draft):
        age(path, DAY - SECOND)
    assert not take_next_upload(engine, settings, NOW)
    assert files(settings) == sorted([orphan, draft])
    for path in (orphan, draft):
        age(path, DAY + SECOND)
    assert not take_next_upload(engine, settings, NOW)
    assert files(settings) == []
    assert count_events(engine) == 0


def test_a_leftover_never_comes_in_under_a_number_given_again(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with writing(engine) as connection:  # a delivery by another way
        store(connection, workspace_id, make_raw(id="other"))
        (other,) = list_receipts(connection, workspace_id)
    leftover = settings.instance / "uploads" / f"{workspace_id}-{other.id}.upload"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(lines(5))
    age(leftover, 0)
    assert not take_next_upload(engine, settings, NOW)
    assert count_events(engine) == 1


def test_a_workspace_that_takes_no_uploads_keeps_no_file(
    engine: Engine, settings: Settings
) -> None:
    with writing(engine) as connection:
        demo = add_workspace(connection, "demo", "Demo", kind="demo")
    with pytest.raises(BadInput, match="takes no events of yours"):
        put(engine, settings, demo, lines(5))
    assert files(settings) == []


class Full(io.BytesIO):
    """A stream that cannot be kept to its end."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError(28, "No space left on device")
        return super().read(100)


def test_an_upload_that_does_not_fit_the_disk_leaves_nothing(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with pytest.raises(OSError, match="No space left"):
        put_down(
            engine,
            settings,
            workspace_id=workspace_id,
            source="mode",
            name="a",
            stream=Full(lines(5)),
            now=NOW,
        )
    assert files(settings) == []
    with reading(engine) as connection:
        assert list_receipts(connection, workspace_id) == []


def test_a_file_that_is_not_ours_is_left_alone(engine: Engine, settings: Settings) -> None:
    stray = settings.instance / "uploads" / "notes.upload"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"mine")
    assert not take_next_upload(engine, settings, NOW)
    assert stray.read_bytes() == b"mine"


def test_a_process_that_stops_leaves_the_rest_to_the_next(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    number = put(engine, settings, workspace_id, lines(3 * AT_ONCE))
    assert take_next_upload(engine, settings, NOW, is_stopping=lambda: True)
    row = receipt(engine, workspace_id, number)
    assert (row.received, row.finished_at) == (AT_ONCE, None)
    assert take_next_upload(engine, settings, NOW)
    row = receipt(engine, workspace_id, number)
    assert counts(row) == (3 * AT_ONCE, 3 * AT_ONCE, 0, 0, 0)
    assert row.finished_at is not None
