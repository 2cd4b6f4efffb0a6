"""The fast way to a file, by the columns of the index, writes what the slow way writes, which makes
an event of each record: to the byte, whatever strangers have written."""

from __future__ import annotations

import random

import numpy as np
import pytest
from sqlalchemy import Engine

from auditdash.downloads.cells import cell, csv_line, text_cells
from auditdash.downloads.columns import COLUMNS, cells_of
from auditdash.downloads.csv import iterate_csv
from auditdash.downloads.ndjson import iterate_ndjson
from auditdash.downloads.tables.events import EventTable
from auditdash.events.event import Event
from auditdash.events.instants import HOUR, Instant, to_rfc3339
from auditdash.index import events as index_events
from auditdash.index.columns import instant_texts
from auditdash.queries import stream
from auditdash.queries.timeline import find_events
from auditdash.search.parse import parse
from auditdash.search.scope import Scope
from auditdash.store import records
from auditdash.store.engine import reading, writing
from tests.downloads.hostile import TEXTS, hostile_record
from tests.make import NOW, store
from tests.queries.corpus import CLOCK

SIZE = 700


@pytest.fixture
def filled(engine: Engine, workspace_id: int, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Some packed and some not, in many segments, from two sources; read in small parts."""
    monkeypatch.setattr(records, "ENOUGH_RECORDS", SIZE // 2)
    monkeypatch.setattr(stream, "_READ", 90)
    monkeypatch.setattr(stream, "_ROWS", 17)
    monkeypatch.setattr(index_events, "_SHORTEST_RUN", 4)
    dice = random.Random(2026)
    raws = [hostile_record(dice, number) for number in range(SIZE)]
    for start in range(0, SIZE, 70):
        now, source = Instant(NOW + start * HOUR), dice.choice(("mode", "=bob"))
        with writing(engine) as connection:
            store(connection, workspace_id, *raws[start : start + 70], source=source, now=now)
    return engine


def test_files_are_the_same_to_the_byte_as_from_the_events(
    filled: Engine, workspace_id: int
) -> None:
    for text, up_to in (
        ("", None),
        ("sort:created-asc", SIZE // 2),
        ("-category:exports", None),
        ("bob sort:created-asc", None),
        ("actor:nobody", None),
    ):
        scope = Scope(workspace_id=workspace_id, highest_seq=up_to)
        with reading(filled) as connection:
            asked = (connection, parse(text), scope, CLOCK)
            events = find_events(*asked, limit=SIZE).events
            table = b"".join(iterate_csv(*asked))
            lines = b"".join(iterate_ndjson(*asked))
        assert lines == b"".join(map(_line, events))
        assert len(events) > SIZE // 20 or "nobody" in text
        for line in (csv_line(each).encode() for each in (COLUMNS, *map(cells_of, events))):
            assert table[: len(line)] == line
            table = table[len(line) :]
        assert table == b""
        with reading(filled) as connection:
            typed = [
                row
                for columns in EventTable(connection, *asked[1:]).typed()
                for row in zip(*columns, strict=True)
            ]
        assert typed == [_typed(each) for each in events]


def _typed(event: Event) -> tuple[object, ...]:
    """What its cells are, as other forms than CSV have them."""
    cells = [each if each != "" else None for each in cells_of(event)]
    return (cells[0], event.occurred_at, event.received_at, *cells[3:])


def _line(event: Event) -> bytes:
    return event.record.replace("\n", " ").replace("\r", " ").encode() + b"\n"


@pytest.mark.parametrize("texts", [(), TEXTS, *((each,) for each in TEXTS), ("a", "=b", "")])
def test_many_cells_are_made_as_one_is(texts: tuple[str, ...]) -> None:
    plain = [each for each in texts if each.isprintable() or "\ud800" not in each]
    plain = [each for each in plain if "\udfff" not in each]
    for some in (plain, [each for each in plain if "\n" not in each]):
        assert text_cells(some) == [f"{cell(each or None)},".encode() for each in some]


def test_many_instants_are_written_as_one_is() -> None:
    dice = random.Random(5)
    found = [dice.randrange(-2_208_988_800_000_000, 253_370_764_800_000_000) for _ in range(99)]
    for some in (found, [*found[:3]] * 20, [-1, 0, 1], []):
        texts = instant_texts(np.array(some, np.int64))
        assert texts == [to_rfc3339(Instant(each)).encode() for each in some]
