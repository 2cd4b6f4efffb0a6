"""Records at rest: as they came, or packed by zstd with a dictionary of the workspace's own.

A packed record is a zstd frame that names its dictionary; plain JSON never begins like one. The
number of a dictionary follows from its bytes, so that a number never comes to mean another one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from hashlib import sha256
from typing import TypeAlias
from weakref import WeakKeyDictionary

import zstandard
from sqlalchemy import Connection, Engine, insert, select

from auditdash.events.instants import Instant
from auditdash.store.engine import is_sqlite
from auditdash.store.schema import events, record_dictionaries

StoredRecord: TypeAlias = str | bytes
ENOUGH_RECORDS = 2_000  # to learn from; fewer lie as they came
_SAMPLES = 4_000  # an eighth of a second of learning; more teach no more
_LONGEST_SAMPLE = 16 << 10
_DICTIONARY_SIZE = 64 << 10
_LEVEL = 3  # smaller than 1, and as fast
_MAGIC = zstandard.FRAME_HEADER
_NUMBERS = slice(4, 8)  # where a dictionary says its own number
_PRIVATE = 1 << 15  # zstd keeps the numbers below, and those from 2³¹, for itself
_HEAD = slice(4, 9)  # of our frames: which form, and the number of the dictionary
_OUR_FORM = 0b0010_0011  # one segment, a number of four bytes


class RecordsDamaged(Exception):
    """A stored record cannot be read: says what is missing or damaged, for the operator."""


class Packer:
    """Packs by one dictionary; for one thread."""

    def __init__(self, learned: bytes) -> None:
        self.learned = learned
        dictionary = zstandard.ZstdCompressionDict(learned)
        dictionary.precompute_compress(level=_LEVEL)
        self._pack = zstandard.ZstdCompressor(level=_LEVEL, dict_data=dictionary).compress

    def pack(self, raw: bytes) -> bytes:
        """The frame, or the record itself where that is no longer."""
        if raw.startswith(_MAGIC):  # it is one
            return raw
        packed = self._pack(raw)
        return packed if len(packed) < len(raw) else raw


class Records:
    """Gives stored records back to the byte, by the dictionaries of one database; for one thread,
    as long as the connection lives."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known = _known_to(connection.engine).unpackers

    def text(self, stored: StoredRecord) -> str:
        """The record as it came."""
        return stored if isinstance(stored, str) else self.raw(stored).decode()

    def raw(self, stored: StoredRecord) -> bytes:
        """The record as it came, as UTF-8; RecordsDamaged where that is not possible."""
        if isinstance(stored, str):
            return stored.encode()
        if not stored.startswith(_MAGIC):
            return stored
        unpack = self._known.get(stored[_HEAD]) or self._find(stored)
        try:
            return unpack.decompress(stored)
        except zstandard.ZstdError as error:
            raise RecordsDamaged(f"a stored record is damaged: {error}") from error

    def raw_of_all(self, stored: Sequence[StoredRecord]) -> list[bytes]:
        """The same of many. Most are packed by one dictionary: then nothing is asked of each."""
        heads = {each[: _HEAD.stop] for each in stored}
        head = heads.pop() if len(heads) == 1 else ""
        unpack = self._known.get(head[_HEAD]) if isinstance(head, bytes) else None
        if unpack is None or not head.startswith(_MAGIC):  # type: ignore[arg-type]  # it is bytes
            return [self.raw(each) for each in stored]
        try:
            return list(map(unpack.decompress, stored))  # type: ignore[arg-type]  # they are bytes
        except zstandard.ZstdError as error:
            raise RecordsDamaged(f"a stored record is damaged: {error}") from error

    def _find(self, stored: bytes) -> zstandard.ZstdDecompressor:
        try:
            number = zstandard.get_frame_parameters(stored).dict_id
        except zstandard.ZstdError as error:
            raise RecordsDamaged(f"a stored record is damaged: {error}") from error
        learned = _load(self._connection, number)
        found = zstandard.ZstdDecompressor(dict_data=zstandard.ZstdCompressionDict(learned))
        if stored[4] & _OUR_FORM == _OUR_FORM:
            self._known[stored[_HEAD]] = found
        return found


def open_records(connection: Connection) -> Records:
    """The reader of this connection's records, for this thread; costs next to nothing."""
    return Records(connection)


def read_record(connection: Connection, stored: StoredRecord) -> str:
    """One record as it came."""
    return open_records(connection).text(stored)


def open_packer(connection: Connection, workspace_id: int) -> Packer | None:
    """What packs the records of a workspace, for this thread; None while they lie as they came."""
    c = record_dictionaries.c
    newest = select(c.id).where(c.workspace_id == workspace_id).order_by(c.created_at.desc())
    number = connection.execute(newest.limit(1)).scalar()
    if number is None:
        return None
    packers = _known_to(connection.engine).packers
    if number not in packers:
        packers[number] = Packer(_load(connection, number))
    return packers[number]


def learn_packer(
    connection: Connection, workspace_id: int, fresh: Sequence[bytes], earlier: int, now: Instant
) -> Packer | None:
    """Make the dictionary of a workspace from the records that come now and the last of the
    `earlier` ones; None while both together are too few, or have nothing in common."""
    missing = max(ENOUGH_RECORDS - len(fresh), 0)
    if missing > earlier:
        return None
    samples = [*fresh[:: len(fresh) // _SAMPLES + 1], *_latest(connection, workspace_id, missing)]
    learned = _train([each[:_LONGEST_SAMPLE] for each in samples])
    if learned is None or _is_taken(connection, learned):
        return None
    row = {"workspace_id": workspace_id, "id": number_of(learned), "created_at": now}
    connection.execute(insert(record_dictionaries), {**row, "bytes": learned})
    return Packer(learned)


def number_of(learned: bytes) -> int:
    """The number of a dictionary, which it also says itself."""
    digest = int.from_bytes(
        sha256(learned[: _NUMBERS.start] + learned[_NUMBERS.stop :]).digest()[:4]
    )
    return _PRIVATE + digest % ((1 << 31) - _PRIVATE)


def _train(samples: list[bytes | bytearray | memoryview]) -> bytes | None:
    try:
        learned = zstandard.train_dictionary(_DICTIONARY_SIZE, samples, level=_LEVEL).as_bytes()
    except zstandard.ZstdError:  # records without anything in common
        return None
    number = number_of(learned).to_bytes(4, "little")
    return learned[: _NUMBERS.start] + number + learned[_NUMBERS.stop :]


def _latest(connection: Connection, workspace_id: int, count: int) -> list[bytes]:
    if not count:
        return []
    records = open_records(connection)
    latest = (
        select(events.c.record)
        .where(events.c.workspace_id == workspace_id)
        .order_by(events.c.seq.desc())
        .limit(count)
    )
    return [records.raw(stored) for stored in connection.execute(latest).scalars()]


def _is_taken(connection: Connection, learned: bytes) -> bool:
    """Whether the number means another dictionary: once in two thousand million."""
    c = record_dictionaries.c
    same = connection.execute(select(c.bytes).where(c.id == number_of(learned))).scalars()
    return any(bytes(each) != learned for each in same)


def _load(connection: Connection, number: int) -> bytes:
    c = record_dictionaries.c
    found = connection.execute(select(c.bytes).where(c.id == number).limit(1)).scalar()
    if found is None:
        raise RecordsDamaged(
            f"the dictionary {number}, by which records are packed, is missing from"
            " record_dictionaries: restore it from a backup of this database"
        )
    if number_of(bytes(found)) != number:
        raise RecordsDamaged(
            f"the dictionary {number}, by which records are packed, is damaged: restore the table"
            " record_dictionaries from a backup of this database"
        )
    return bytes(found)


class _OfThread(threading.local):
    """What one thread has met of one database: neither kind serves two threads at a time."""

    def __init__(self) -> None:
        self.unpackers: dict[bytes, zstandard.ZstdDecompressor] = {}
        self.packers: dict[int, Packer] = {}


_known: WeakKeyDictionary[Engine, _OfThread] = WeakKeyDictionary()
_changing = threading.Lock()


def _known_to(engine: Engine) -> _OfThread:
    with _changing:
        return _known.setdefault(engine, _OfThread())


def plain(connection: Connection, raw: bytes) -> StoredRecord:
    """A record as it came, as this database keeps it."""
    return raw.decode() if is_sqlite(connection) else raw
