"""Downloads that workers make: claimed once, exactly one file, frozen, for the eyes that asked."""

from __future__ import annotations

import errno
import hashlib
import json

import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace
from sqlalchemy import Engine

from auditdash.accounts.memberships import Limits, grant_role
from auditdash.accounts.people import create_person
from auditdash.accounts.roles import ADMIN, AUDITOR
from auditdash.downloads.files.form import write_file
from auditdash.downloads.kept import run
from auditdash.downloads.kept.asked import Eyes, KeptAsked, encode_asked, may_read
from auditdash.downloads.kept.run import KEPT, LEASE, make_next
from auditdash.downloads.orders.all import encode_order
from auditdash.downloads.orders.events import EventsOrder
from auditdash.events.instants import SECOND, Instant
from auditdash.settings import Settings
from auditdash.store.downloads.runs import (
    MOST_ATTEMPTS,
    Download,
    NewDownload,
    cancel_download,
    claim_download,
    insert_download,
    list_downloads,
)
from auditdash.store.engine import reading, writing
from tests.make import NOW, make_record, store
from tests.people import add_alice

_LATER = Instant(NOW + LEASE + SECOND)
_EVENTS = "/downloads/events.csv?q=-source:auditdash"


@pytest.fixture
def person_id(engine: Engine, workspace_id: int) -> int:
    """Alice; three events are there."""
    with writing(engine) as connection:
        store(connection, workspace_id, *(make_record(id=f"e{n}") for n in range(3)))
    return add_alice(engine)


def _ask(engine: Engine, workspace_id: int, person_id: int, form: str = "csv") -> int:
    asked = KeptAsked(query="source:mode", zone="UTC", now=NOW, eyes=Eyes())
    with writing(engine) as connection:
        new = NewDownload(
            workspace_id=workspace_id,
            person_id=person_id,
            requested_by="alice",
            requested_at=NOW,
            form=form,
            title="Events",
            order=encode_order(EventsOrder()),
            asked=encode_asked(asked),
            highest_seq=3,
        )
        return insert_download(connection, new)


def _newest(engine: Engine, workspace_id: int, person_id: int) -> Download:
    with reading(engine) as connection:
        return list_downloads(connection, workspace_id, person_id, 1)[0]


def _files(settings: Settings) -> list[str]:
    return sorted(each.name for each in (settings.instance / "downloads").glob("*"))


def test_a_download_is_claimed_once_and_gives_one_file(
    engine: Engine, settings: Settings, workspace_id: int, person_id: int
) -> None:
    number = _ask(engine, workspace_id, person_id)
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(id="late"))  # behind what it is frozen at
        first = claim_download(connection, now=NOW, until=Instant(NOW + LEASE))
        assert first is not None
        assert claim_download(connection, now=NOW, until=Instant(NOW + LEASE)) is None
    # That worker was killed: it left half a file, and a whole one that no row was told of.
    folder = settings.instance / "downloads"
    folder.mkdir(parents=True)
    (folder / f"{number}-1.csv.part").write_text("half")
    (folder / f"{number}-1.csv").write_text("whole")
    assert not make_next(engine, settings, lambda: NOW)
    assert make_next(engine, settings, lambda: _LATER)
    made = _newest(engine, workspace_id, person_id)
    assert (made.state, made.rows, made.attempts) == ("done", 3, 2)
    assert _files(settings) == [f"{number}-2.csv"]
    content = (folder / f"{number}-2.csv").read_bytes()
    assert hashlib.sha256(content).digest() == made.sha256
    assert content.count(b"\r\n") == 4
    assert not make_next(engine, settings, lambda: _LATER)


def test_one_whose_workers_die_three_times_is_failed(
    engine: Engine, settings: Settings, workspace_id: int, person_id: int
) -> None:
    _ask(engine, workspace_id, person_id)
    with writing(engine) as connection:
        for attempt in range(MOST_ATTEMPTS):
            now = Instant(NOW + attempt * (LEASE + SECOND))
            assert claim_download(connection, now=now, until=Instant(now + LEASE)) is not None
    make_next(engine, settings, lambda: Instant(NOW + 9 * LEASE))
    assert _newest(engine, workspace_id, person_id).state == "failed"


def test_stopping_gives_it_back_and_cancelling_leaves_nothing(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    person_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number = _ask(engine, workspace_id, person_id, "xlsx")
    make_next(engine, settings, lambda: NOW, lambda: True)
    given = _newest(engine, workspace_id, person_id)
    assert (given.state, given.attempts) == ("queued", 0)

    def cancelled(*args: object, **more: object) -> None:
        with writing(engine) as connection:
            assert cancel_download(connection, workspace_id, person_id, number, NOW)
        write_file(*args, **more)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(run, "write_file", cancelled)
    assert make_next(engine, settings, lambda: NOW)
    assert _newest(engine, workspace_id, person_id).error == "Cancelled."
    assert _files(settings) == []


def test_a_full_disk_says_so(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    person_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _ask(engine, workspace_id, person_id, "parquet")

    def full(*args: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(run, "write_file", full)
    make_next(engine, settings, lambda: NOW)
    failed = _newest(engine, workspace_id, person_id)
    assert (failed.state, failed.error) == ("failed", "The disk is full.")
    assert _files(settings) == []


def test_files_leave_when_their_time_is_over(
    engine: Engine, settings: Settings, workspace_id: int, person_id: int
) -> None:
    _ask(engine, workspace_id, person_id)
    make_next(engine, settings, lambda: NOW)
    assert len(_files(settings)) == 1
    over = Instant(NOW + KEPT)
    assert make_next(engine, settings, lambda: over)
    assert _files(settings) == []
    assert _newest(engine, workspace_id, person_id).state == "removed"
    assert not make_next(engine, settings, lambda: over)


def test_a_reader_makes_follows_and_takes_a_file_with_its_manifest(
    client: FlaskClient, engine: Engine, settings: Settings, workspace_id: int, person_id: int
) -> None:
    offer = client.get("/downloads/new", query_string={"of": _EVENTS})
    assert 'formaction="/downloads/events.parquet?q=-source:auditdash"' in offer.text
    for wrong in ("//evil.example/x.csv", "/timeline", "https://evil.example", "/charts/no.csvx"):
        assert client.get("/downloads/new", query_string={"of": wrong}).status_code == 404
    for form in ("csv", "xlsx", "ndjson", "parquet"):
        asked = client.post(_EVENTS.replace(".csv", f".{form}") + "&bom=1")
        assert (asked.status_code, asked.headers["Location"]) == (303, "/downloads")
        assert "Waiting" in client.get("/downloads").text
        assert make_next(engine, settings, lambda: NOW)
        made = _newest(engine, workspace_id, person_id)
        assert client.get(f"/downloads/{made.id + 1}/file").status_code == 404
        with client.get(f"/downloads/{made.id}/file") as taken:
            assert taken.status_code == 200
            assert f"seq{made.highest_seq}" in taken.headers["Content-Disposition"]
            content = taken.data
        manifest = json.loads(client.get(f"/downloads/{made.id}/manifest.json").data)
        assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
        assert (manifest["rows"], manifest["query"]) == (3, "-source:auditdash")
        assert manifest["columns"][0] == {"name": "seq", "kind": "whole"}
        assert content.startswith(b"\xef\xbb\xbf") == (form == "csv")
    assert client.post("/downloads/1/remove").status_code == 303
    assert client.get("/downloads/1/file").status_code == 410
    assert client.get("/downloads/1/manifest.json").status_code == 200
    told = client.get("/downloads/events.ndjson?q=source:auditdash").text
    assert "download-file read in auditdash" in told
    assert manifest["sha256"] in told


def test_nobody_elses_and_only_for_the_same_eyes(
    client: FlaskClient, engine: Engine, settings: Settings, workspace_id: int, person_id: int
) -> None:
    client.post(_EVENTS)
    make_next(engine, settings, lambda: NOW)
    with writing(engine) as connection:
        zoe = create_person(connection, "zoe", "Zoe", NOW, "hash")
        grant_role(connection, zoe, workspace_id, ADMIN, NOW)
        grant_role(connection, person_id, workspace_id, AUDITOR, NOW, Limits(query="op:export"))
    narrowed = client.get("/downloads/1/file")
    assert narrowed.status_code == 403
    client.post(_EVENTS)
    make_next(engine, settings, lambda: NOW)
    with client.get("/downloads/2/file") as header:
        assert header.data.count(b"\r\n") == 1


def test_eyes_that_see_as_much_may_read() -> None:
    whole, hidden = Eyes(), Eyes(addresses=False)
    limited = Eyes(limited=True, query="op:export")
    assert may_read(whole, hidden)
    assert not may_read(hidden, whole)
    assert may_read(whole, limited)
    assert not may_read(limited, whole)
    assert may_read(limited, limited)
    assert not may_read(limited, replace(limited, query="op:grant"))


def test_what_is_too_long_to_wait_for_leads_to_the_background(
    client: FlaskClient, person_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditdash.web.taking.files._MOST_DIRECT", 2)
    answer = client.get("/downloads/events.xlsx?q=source:mode")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/downloads/new?of=%2Fdownloads%2Fevents.csv%3Fq")
    assert "too many rows" in client.get(answer.headers["Location"]).text
    for _ in range(5):
        assert client.post(_EVENTS).status_code == 303
    assert client.post(_EVENTS).status_code == 400
    assert client.post("/charts/over-time.csv").status_code == 404
