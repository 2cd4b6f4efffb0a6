"""The fast way to a file, by the columns of the index, writes what the slow way writes, which makes
an event of each record: to the byte, whatever strangers have written."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from auditdash.downloads.cells import cell, csv_line, text_cells
from auditdash.downloads.columns import COLUMNS, cells_of
from auditdash.downloads.csv import iterate_csv
from auditdash.downloads.ndjson import iterate_ndjson
from auditdash.events.catalogue import actions
from auditdash.events.event import Event
from auditdash.events.instants import HOUR, MINUTE, Instant, to_rfc3339
from auditdash.index import events as index_events
from auditdash.index.columns import instant_texts
from auditdash.queries import stream
from auditdash.queries.timeline import find_events
from auditdash.search.parse import parse
from auditdash.search.scope import Scope
from auditdash.store import records
from auditdash.store.engine import reading, writing
from tests.make import NOW, make_record, store
from tests.queries.corpus import CLOCK

SIZE = 700
TEXTS = (
    *("bob", "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1"),
    *('a"b,c\r\nd', '"', '""', ",", "'", "'=1", "", " ", "\x00", "a\x00b", "\ud800", "x\udfffy"),
    *("Zoë", "日本語", "😀", "\u202etxt", "\u2028", "\x7f", "\x0b", "\x85", "a;=1", "x" * 600),
    *("\\", "\\u0000", "\\n", "</script>", "null", "ﬁ", "E\u0301", "0", "-0"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -0.0, 1.0, 1e300, 0.1, 5e-324, 2**63, 2**64 - 1, -(2**63), 123),
    *([], {}, [[]], ["a", None, {"b": "=1"}], {"c": {"d": "\x00"}}, {"\ud800": "\ud800"}, {"": ""}),
)
KEYS = ("role", "group_name", "member_username", "=key", 'quo"te', "line\nbreak", "\x00", "日本")
INSTANTS = (
    *("2026-03-08T07:00:00Z", "2026-03-08t07:00:00.5+02:00", "2026-12-31T23:59:60Z"),
    *("1900-01-01T00:00:00.000001Z", "9998-12-31T23:59:59.999999Z", "1969-12-31 23:59:59.999999Z"),
)


def _record(dice: random.Random, number: int) -> bytes:
    def text() -> str:
        return dice.choice(TEXTS)

    at = Instant(NOW + dice.randrange(-900, 900) * MINUTE)
    record = make_record(
        id=dice.choice((f"{number}", f"{text()}{number}", f"{number}{text()}"))[:512],
        timestamp=dice.choice((*INSTANTS, *[to_rfc3339(at)] * 9)),
        action=dice.choice([*(action.name for action in actions()), "=new", "日本"]),
        description=dice.choice((text(), "plain", None)),
        workspace_username=dice.choice((text(), None)),
        outcome=dice.choice(("success", "failure", "=odd", None)),
        actor=dice.choice((None, {each: text() for each in ("user_id", "username", "ip", "x")})),
        entity=dice.choice(
            (None, {"entity_type": "report", "entity_id": "7", "entity_name": text()})
        ),
        context=dice.choice((None, {}, _context(dice), _context(dice), _context(dice))),
    )
    if dice.random() < 0.1:
        del record["id"]
    indent = dice.choice((None, None, None, 1))
    ascii_only = dice.random() < 0.5 or _is_lone(record)
    return json.dumps(record, ensure_ascii=ascii_only, indent=indent).encode()


def _context(dice: random.Random) -> dict[str, Any]:
    found = {dice.choice(KEYS): dice.choice((*VALUES, *TEXTS)) for _ in range(dice.randrange(5))}
    if dice.random() < 0.6:
        found["correlation_id"] = dice.choice((*TEXTS, *VALUES, "y" * 513, "é" * 600))
    return found


def _is_lone(record: dict[str, Any]) -> bool:
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


@pytest.fixture
def filled(engine: Engine, workspace_id: int, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Some packed and some not, in many segments, from two sources; read in small parts."""
    monkeypatch.setattr(records, "ENOUGH_RECORDS", SIZE // 2)
    monkeypatch.setattr(stream, "_READ", 90)
    monkeypatch.setattr(stream, "_ROWS", 17)
    monkeypatch.setattr(index_events, "_SHORTEST_RUN", 4)
    dice = random.Random(2026)
    raws = [_record(dice, number) for number in range(SIZE)]
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
