"""Records come back to the byte, packed or not; where they cannot, it is said why."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select, text

from auditdash.store import records as records_module
from auditdash.store.engine import open_engine, reading, writing
from auditdash.store.records import (
    Packer,
    RecordsDamaged,
    learn_packer,
    number_of,
    open_packer,
    open_records,
    plain,
    read_record,
)
from auditdash.store.schema import conflicts, events, record_dictionaries
from tests.databases import add_workspace
from tests.make import NOW, make_raw, store

_FEW = 300


@pytest.fixture(autouse=True)
def _few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_module, "ENOUGH_RECORDS", _FEW)


def _raws(count: int, start: int = 0) -> list[bytes]:
    dice = Random(start)
    return [
        make_raw(
            id=f"e{number}",
            context__correlation_id=f"{dice.getrandbits(128):032x}",
            actor__username=f"person_{dice.randrange(50)}",
            entity__entity_name=dice.choice(["Star Space", "Über 王", "\ud83d", "x" * 50]),
        )
        for number in range(start, start + count)
    ]


def _stored(connection: Connection, workspace_id: int) -> list[str | bytes]:
    wanted = select(events.c.record).where(events.c.workspace_id == workspace_id)
    return list(connection.execute(wanted.order_by(events.c.seq)).scalars())


def _is_packed(stored: str | bytes) -> bool:
    return isinstance(stored, bytes) and stored.startswith(b"\x28\xb5\x2f\xfd")


def test_the_first_that_are_enough_teach_and_all_come_back_to_the_byte(
    engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *_raws(20))
        store(connection, workspace_id, *_raws(_FEW, start=20))
        store(connection, workspace_id, *_raws(1, start=20 + _FEW))
    with reading(engine) as connection:
        stored = _stored(connection, workspace_id)
        assert [_is_packed(each) for each in stored] == [False] * 20 + [True] * (_FEW + 1)
        records = open_records(connection)
        raws = _raws(20) + _raws(_FEW, start=20) + _raws(1, start=20 + _FEW)
        assert [records.raw(each) for each in stored] == raws
        assert [read_record(connection, each) for each in stored] == [r.decode() for r in raws]
        assert sum(map(len, stored[20:])) < sum(map(len, raws[20:])) / 3
        assert connection.execute(select(func.count(record_dictionaries.c.id))).scalar() == 1


def test_small_deliveries_teach_when_together_they_are_enough(
    engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        for start in range(0, _FEW + 1, _FEW // 3):
            store(connection, workspace_id, *_raws(_FEW // 3, start=start))
        last = _stored(connection, workspace_id)[-1]
        assert _is_packed(last)


def test_a_conflict_keeps_the_record_as_it_came(engine: Engine, workspace_id: int) -> None:
    other = make_raw(id="e3", description="another")
    with writing(engine) as connection:
        store(connection, workspace_id, *_raws(_FEW))
        assert store(connection, workspace_id, other).conflicting == 1
        assert connection.execute(select(conflicts.c.record)).scalar_one() == other.decode()


def test_each_workspace_packs_by_its_own_records(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
        for workspace in (workspace_id, other):  # the same records: the same dictionary
            store(connection, workspace, *_raws(_FEW))
        assert _stored(connection, workspace_id) == _stored(connection, other)
        numbers = connection.execute(select(record_dictionaries.c.workspace_id)).scalars()
        assert sorted(numbers) == [workspace_id, other]


@pytest.fixture
def packed(engine: Engine, workspace_id: int) -> Engine:
    with writing(engine) as connection:
        store(connection, workspace_id, *_raws(_FEW))
    return engine


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=25)
@given(
    record=st.dictionaries(st.text(), _JSON), spaces=st.sampled_from([None, 1]), ours=st.booleans()
)
def test_any_record_comes_back_to_the_byte(
    packed: Engine, workspace_id: int, record: dict[str, object], spaces: int | None, ours: bool
) -> None:
    raw = json.dumps(record, indent=spaces, ensure_ascii=ours).encode("utf-8", "replace")
    with reading(packed) as connection:
        packer = open_packer(connection, workspace_id)
        assert packer is not None
        assert open_records(connection).raw(packer.pack(raw)) == raw
        assert open_records(connection).raw(plain(connection, raw)) == raw


def _drop_guards(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        for verb in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER record_dictionaries_no_{verb}"))
    else:
        connection.execute(
            text("DROP TRIGGER record_dictionaries_no_change ON record_dictionaries")
        )


@pytest.mark.parametrize(
    ("harm", "complaint"),
    [
        (
            "DELETE FROM record_dictionaries",
            r"dictionary \d+.* is missing.*restore it from a backup",
        ),
        ("UPDATE record_dictionaries SET bytes = :other", r"dictionary \d+.* is damaged"),
    ],
)
def test_a_lost_dictionary_is_named(
    packed: Engine, workspace_id: int, database_url: str, harm: str, complaint: str
) -> None:
    with writing(packed) as connection:
        _drop_guards(connection)
        connection.execute(text(harm), {"other": b"7" * 1000} if ":other" in harm else {})
    later = open_engine(database_url)  # as after a restart: what was read once is kept
    with reading(later) as connection:
        (stored, *_) = _stored(connection, workspace_id)
        with pytest.raises(RecordsDamaged, match=complaint):
            read_record(connection, stored)
    later.dispose()


def test_a_damaged_record_is_an_error_and_not_another_record(
    packed: Engine, workspace_id: int
) -> None:
    with reading(packed) as connection:
        (stored, *_) = _stored(connection, workspace_id)
        assert isinstance(stored, bytes)
        for damaged in (stored[:4], stored[:-3], stored[:20] + bytes(len(stored) - 20)):
            with pytest.raises(RecordsDamaged, match="damaged"):
                read_record(connection, damaged)


def test_a_dictionary_that_was_rolled_back_is_forgotten(engine: Engine, workspace_id: int) -> None:
    class _Undone(Exception):
        pass

    with suppress(_Undone), writing(engine) as connection:
        store(connection, workspace_id, *_raws(_FEW))
        raise _Undone
    with writing(engine) as connection:
        assert open_packer(connection, workspace_id) is None
        store(connection, workspace_id, *_raws(_FEW, start=1_000))
        records = open_records(connection)
        found = [records.raw(each) for each in _stored(connection, workspace_id)]
        assert found == _raws(_FEW, start=1_000)


def test_several_threads_read_and_pack_at_once(packed: Engine, workspace_id: int) -> None:
    raws = _raws(_FEW)
    wrong: list[bytes] = []

    def work() -> None:
        with reading(packed) as connection:
            packer = open_packer(connection, workspace_id)
            assert packer is not None
            records = open_records(connection)
            wrong.extend(raw for raw in raws * 20 if records.raw(packer.pack(raw)) != raw)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_records_that_teach_nothing_lie_as_they_came(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        assert learn_packer(connection, workspace_id, [b""] * _FEW, 0, NOW) is None
        assert open_packer(connection, workspace_id) is None


def test_a_dictionary_says_its_own_number(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        learn_packer(connection, workspace_id, _raws(_FEW), 0, NOW)
        number, learned = connection.execute(
            select(record_dictionaries.c.id, record_dictionaries.c.bytes)
        ).one()
    assert number == number_of(learned) == int.from_bytes(learned[4:8], "little")
    assert Packer(learned).pack(b"{}") == b"{}"  # a frame would be longer
