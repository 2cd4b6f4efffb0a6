"""Processes that help with a delivery change nothing of what it stores, however they end."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator
from typing import IO, Any, cast

import pytest
from sqlalchemy import Engine, select

from auditdash.ingest import delivery as delivery_module
from auditdash.ingest.delivery import Delivery, deliver
from auditdash.ingest.intake import Receipt
from auditdash.ingest.parse import Lines, Parcel
from auditdash.ingest.preparing.crew import prepare_each
from auditdash.ingest.preparing.frames import FrameError, read_frame, write_frame
from auditdash.ingest.preparing.prepare import Terms
from auditdash.queries.sight.views import open_view
from auditdash.search.scope import Scope
from auditdash.store import records, schema
from auditdash.store.engine import reading, writing
from auditdash.store.records import read_record
from tests.databases import ON_SQLITE, add_workspace
from tests.index.equal import differences
from tests.make import NOW, make_raw

TERMS = Terms(source="mode", workspace="acme")
AT_ONCE = 10


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_module, "RECORDS_AT_ONCE", AT_ONCE)
    monkeypatch.setattr(records, "ENOUGH_RECORDS", AT_ONCE)  # so that helpers pack, too


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes of the helpers."""
    found: list[subprocess.Popen[bytes]] = []

    class _Process(subprocess.Popen[bytes]):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            found.append(self)

    monkeypatch.setattr(subprocess, "Popen", _Process)
    return found


def _lines() -> list[bytes]:
    """Events that are usual, odd, known, in conflict, and records that are none."""
    lines = []
    for number in range(60):
        lines.append(make_raw(id=f"e{number}", actor__username=f"bob{number % 7}"))
        if number % 9 == 4:
            lines.append(make_raw(id=f"e{number}"))  # in conflict
            lines.append(lines[-2])  # known
            lines.append(b'{"bad": "\xff", "n": %d}' % number)
        if number % 11 == 5:
            odd = {"note": "Zoë \x00", "tags": ["a", "b", "a"], "deep": {"tags": [number, None]}}
            lines.append(make_raw(id=f"odd{number}", context=odd, more=1.50))
            lines.append(b" \t")
    return lines


def _deliver(engine: Engine, workspace_id: int, helpers: int) -> Iterator[Receipt]:
    to = Delivery(workspace_id=workspace_id, source="mode", channel="file", name="a.ndjson")
    body = io.BytesIO(b"\n".join(_lines()))
    return deliver(engine, to, body, max_unpacked=1 << 30, started_at=NOW, helpers=helpers)


def _archive(engine: Engine, workspace_id: int) -> dict[str, object]:
    """All that an import leaves, without the numbers that another import gets others of."""
    own = {"workspace_id", "receipt_id", "id", "record"}
    found: dict[str, object] = {}
    with reading(engine) as connection:
        for table in (schema.events, schema.conflicts, schema.quarantine):
            rows = connection.execute(
                select(table)
                .where(table.c.workspace_id == workspace_id)
                .order_by(*table.primary_key.columns)
            ).mappings()
            found[table.name] = [
                (
                    *(value for name, value in row.items() if name not in own),
                    row["record"]
                    if table is schema.quarantine
                    else read_record(connection, row["record"]),
                )
                for row in rows
            ]
        view = open_view(connection, Scope(workspace_id=workspace_id))
        found["codes"] = [(each.name, each.entries) for each in view.dictionaries.all()]
    found["index"] = differences(engine, workspace_id)
    return found


def test_an_import_with_helpers_leaves_what_one_without_them_leaves(
    engine: Engine, workspace_id: int, started: list[subprocess.Popen[bytes]]
) -> None:
    with writing(engine) as connection:
        other = add_workspace(connection, "acme2", "The same again")
    alone = list(_deliver(engine, workspace_id, 0))[-1]
    assert started == []
    helped = list(_deliver(engine, other, 2))[-1]
    assert len(started) == 2
    assert all(process.poll() is not None for process in started)
    assert helped.counts() == alone.counts()
    assert min(alone.counts().values()) > 0
    assert helped.rejections == alone.rejections
    first, second = _archive(engine, workspace_id), _archive(engine, other)
    for name, found in first.items():
        assert found == second[name], name
    assert first["index"] == []
    again = list(_deliver(engine, other, 1))[-1]
    assert (again.added, again.received) == (0, alone.received)


@pytest.mark.parametrize("killed", [1, 2])
@ON_SQLITE
def test_a_helper_that_is_killed_takes_nothing_along(
    engine: Engine, workspace_id: int, started: list[subprocess.Popen[bytes]], killed: int
) -> None:
    steps = _deliver(engine, workspace_id, 2)
    for _ in range(3):
        next(steps)
    for process in started[:killed]:
        process.kill()
    last = list(steps)[-1]
    assert last.counts() == list(_deliver(engine, workspace_id, 0))[-1].counts() | {
        "added": last.added,
        "known": last.known,
    }
    assert last.added == 65
    assert differences(engine, workspace_id) == []


@ON_SQLITE
def test_an_answer_that_comes_damaged_is_not_believed(
    engine: Engine, workspace_id: int, started: list[subprocess.Popen[bytes]]
) -> None:
    steps = _deliver(engine, workspace_id, 1)
    next(steps)
    (process,) = started
    process.stdout = cast("IO[bytes]", _Damaged(process.stdout))
    last = list(steps)[-1]
    assert process.poll() is not None
    assert last.added == 65
    assert differences(engine, workspace_id) == []


class _Damaged:
    """A pipe that turns one bit of each long answer."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe

    def read(self, size: int) -> bytes:
        found = bytearray(self._pipe.read(size))
        if size > 1000:
            found[size // 2] ^= 1
        return bytes(found)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipe, name)


def test_a_frame_is_read_whole_or_not_at_all() -> None:
    pipe = io.BytesIO()
    write_frame(pipe, ["Zo\u00eb", b"x" * 100])
    body = pipe.getvalue()
    assert read_frame(io.BytesIO(body)) == ["Zo\u00eb", b"x" * 100]
    with pytest.raises(EOFError):
        read_frame(io.BytesIO())
    for end in (1, 11, 12, len(body) - 1):
        with pytest.raises(FrameError):
            read_frame(io.BytesIO(body[:end]))


def test_what_no_helper_can_prepare_is_told_where_it_was_asked_for(
    started: list[subprocess.Popen[bytes]], capfd: pytest.CaptureFixture[str]
) -> None:
    poison: Any = Lines(first=1, texts=[b"{}", None])  # type: ignore[list-item]  # what is no line
    tasks: list[list[Parcel]] = [[Lines(1, [make_raw(id=str(number))])] for number in range(4)]
    steps = prepare_each(TERMS, [*tasks, [poison], *tasks], 1, lambda: None)
    assert [next(steps).prepared.rows.ids for _ in tasks] == [["0"], ["1"], ["2"], ["3"]]
    with pytest.raises(AttributeError):
        next(steps)
    assert "AttributeError" in capfd.readouterr().err
    assert [process.poll() is not None for process in started] == [True]


def test_a_stop_ends_the_helpers(
    engine: Engine, workspace_id: int, started: list[subprocess.Popen[bytes]]
) -> None:
    steps = _deliver(engine, workspace_id, 2)
    next(steps)
    steps.close()  # type: ignore[attr-defined]  # a generator, stopped as Ctrl+C would stop it
    assert [process.poll() is not None for process in started] == [True, True]


def test_a_step_is_read_the_same_in_another_process() -> None:
    record = {"action": "a", "timestamp": "2026-01-01T00:00:00Z", "context": {"k": "\u00e9"}}
    lines = Lines(7, [json.dumps(record, ensure_ascii=False).encode(), b"{", b"[]"])
    one, two, three = prepare_each(TERMS, [[lines]] * 3, 1, lambda: None)
    assert one.prepared == two.prepared == three.prepared
    assert [each.position for each in two.prepared.rejections] == ["line 8", "line 9"]
