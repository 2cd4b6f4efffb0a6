"""Backups made while others write hold a prefix of the archive; what is damaged is not restored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, Engine

from auditdash.cli.main import main
from auditdash.events.errors import BadInput
from auditdash.events.instants import DAY, HOUR, Instant
from auditdash.operation.backups.check import check_backup
from auditdash.operation.backups.hold import Held
from auditdash.operation.backups.make import make_backup
from auditdash.operation.backups.manifest import Manifest, seal_backup
from auditdash.operation.backups.restore import restore_backup
from auditdash.settings import Settings
from auditdash.store.copies import sqlite
from auditdash.store.copies.damage import CopyDamaged
from auditdash.store.copies.evidence import find_evidence
from auditdash.store.engine import open_engine, reading, writing
from auditdash.store.feeds.sealing import key_path, seal, unseal
from auditdash.store.schedules import (
    find_due_schedule,
    list_schedules,
    pause_schedule,
    resume_schedule,
)
from auditdash.store.sending.deliveries import (
    NewDelivery,
    insert_deliveries,
    is_delivery_due,
    retry_delivery,
)
from auditdash.store.sending.streams import (
    NewStream,
    claim_stream,
    insert_stream,
    is_stream_due,
    list_streams,
    pause_stream,
    resume_stream,
)
from auditdash.store.standing.guards import find_missing_guards
from tests.databases import ON_POSTGRES, ON_SQLITE, add_workspace
from tests.make import NOW, make_record, store
from tests.reports.schedules import add_schedule, make_plan
from tests.serving import environment

_HOSTILE = "a\tb\\N\n\\x41\x01<b>\u202e"


def _quiet(*_: object) -> None:
    """Tell nobody."""


@pytest.fixture
def filled(settings: Settings, engine: Engine, workspace_id: int) -> Settings:
    """An installation with two workspaces, a report, a waiting upload and a key."""
    with writing(engine) as connection:
        hostile = make_record(id="2", description=_HOSTILE, context__role=_HOSTILE)
        store(connection, workspace_id, make_record(), hostile, b'{"no": "event"}')
        add_workspace(connection, "empty", "Nothing\tin it")
    for name, body in (("reports/a.pdf", b"%PDF"), ("uploads/1-9.upload", b"{}")):
        path = settings.instance / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    (settings.instance / "reports" / "work-1-1").mkdir()
    (settings.instance / "uploads" / "x.draft").write_bytes(b"half")
    seal(settings.instance, b"secret")
    return settings


@pytest.fixture
def elsewhere(
    request: pytest.FixtureRequest, settings: Settings, tmp_path: Path
) -> Iterator[Settings]:
    """Settings of an empty place of the same kind."""
    instance = tmp_path / "elsewhere"
    if settings.database_url.startswith("sqlite"):
        url = f"sqlite:///{instance / 'auditdash.db'}"
        yield Settings.from_env({"AUDITDASH_INSTANCE": str(instance), "DATABASE_URL": url})
        return
    url = request.getfixturevalue("empty_postgres")
    yield Settings.from_env({"AUDITDASH_INSTANCE": str(instance), "DATABASE_URL": url})


def _back_up(settings: Settings, folder: Path, **how: object) -> Manifest:
    engine = open_engine(settings.database_url)
    try:
        given = {"with_key": True, "now": NOW, "tell": _quiet, **how}
        return make_backup(engine, settings, folder, **given)  # type: ignore[arg-type]  # by name
    finally:
        engine.dispose()


def _restore(
    settings: Settings, folder: Path, overwrite: bool = False, as_replacement: bool = False
) -> Held:
    _, held = restore_backup(
        folder,
        settings,
        overwrite=overwrite,
        now=NOW,
        tell=_quiet,
        as_replacement=as_replacement,
    )
    return held


def test_what_is_restored_is_what_was_there_when_the_backup_began(
    filled: Settings,
    elsewhere: Settings,
    engine: Engine,
    workspace_id: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite, "_PAGES", 4)
    came = 0

    def come(label: str, done: int, total: int) -> None:
        nonlocal came
        if label == "Copying" and came < 5:
            came += 1
            with writing(engine) as connection:
                store(connection, workspace_id, make_record(id=f"later-{came}"))

    with reading(engine) as connection:
        before = find_evidence(connection)
        rows = _rows(connection)
    made = _back_up(filled, tmp_path / "backup", tell=come)
    assert came == 5
    assert list(made.workspaces) == before
    assert all(path.stat().st_mode & 0o77 == 0 for path in (tmp_path / "backup").rglob("*"))
    _restore(elsewhere, tmp_path / "backup")
    restored = open_engine(elsewhere.database_url)
    with reading(restored) as connection:
        assert find_evidence(connection) == before
        assert _rows(connection) == rows
        assert find_missing_guards(connection) == []
    with writing(restored) as connection:  # numbers go on behind those that are there
        assert store(connection, workspace_id, make_record(id="new")).added == 1
        add_workspace(connection, "third", "Third")
    restored.dispose()
    assert (elsewhere.instance / "reports" / "a.pdf").read_bytes() == b"%PDF"
    assert [each.name for each in (elsewhere.instance / "uploads").iterdir()] == ["1-9.upload"]
    assert unseal(elsewhere.instance, seal(filled.instance, b"secret")) == b"secret"


@pytest.mark.parametrize("as_replacement", [False, True])
def test_a_copy_sends_nothing_until_it_is_resumed(
    filled: Settings,
    elsewhere: Settings,
    engine: Engine,
    workspace_id: int,
    tmp_path: Path,
    as_replacement: bool,
) -> None:
    plan = NewStream(name="SIEM", query="", kind="syslog", config="{}", form="ecs")
    later = Instant(NOW + 40 * DAY)
    with writing(engine) as connection:
        for _ in range(2):
            insert_stream(
                connection, workspace_id, plan, sealed=None, cursor=0, owner_id=None, now=NOW
            )
            add_schedule(connection, workspace_id, make_plan(), NOW)
        claim_stream(connection, now=NOW, lease=HOUR)
        # What a person has paused keeps saying so.
        pause_stream(connection, list_streams(connection)[0])
        pause_schedule(connection, list_schedules(connection, workspace_id)[0])
        mail = NewDelivery(workspace_id=workspace_id, key="k", purpose="test", recipient="a@b.c")
        insert_deliveries(connection, [mail], NOW)
    _back_up(filled, tmp_path / "backup")
    held = _restore(elsewhere, tmp_path / "backup", as_replacement=as_replacement)
    assert held == (Held() if as_replacement else Held(streams=1, schedules=1, deliveries=1))
    restored = open_engine(elsewhere.database_url)
    with writing(restored) as connection:
        said = {each.reason for each in list_streams(connection)}
        said |= {each.reason for each in list_schedules(connection, workspace_id)}
        why = "restored from a backup of 23 November 2026, 12:00:00 UTC; resume here"
        assert said == ({""} if as_replacement else {"", why})
        assert is_stream_due(connection, later) is as_replacement
        assert (find_due_schedule(connection, later) is not None) is as_replacement
        assert is_delivery_due(connection, later) is as_replacement
        if not as_replacement:
            (stream,) = (each for each in list_streams(connection) if each.reason)
            resume_stream(connection, stream, NOW)
            assert is_stream_due(connection, NOW)
            (known,) = (each for each in list_schedules(connection, workspace_id) if each.reason)
            resume_schedule(connection, known, NOW)
            assert find_due_schedule(connection, NOW) is not None
            assert retry_delivery(connection, workspace_id, 1, NOW)
    restored.dispose()


def _rows(connection: Connection) -> list[tuple[object, ...]]:
    found = connection.exec_driver_sql("SELECT * FROM events ORDER BY workspace_id, seq")
    return [tuple(row) for row in found]


def _flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _lose(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [_flip, _cut, _lose])
def test_any_damage_to_any_file_is_noticed(
    filled: Settings, elsewhere: Settings, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = tmp_path / "backup"
    _back_up(filled, folder)
    files = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
    assert len(files) >= 6
    for path in files:
        body = path.read_bytes()
        damage(path)
        with pytest.raises(CopyDamaged):
            _restore(elsewhere, folder)
        path.write_bytes(body)
    assert not (elsewhere.instance / "auditdash.db").exists()
    check_backup(folder, _quiet)


def test_a_copy_with_other_events_than_were_read_is_no_backup(
    filled: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "backup"
    made = _back_up(filled, folder)
    first = msgspec.structs.replace(made.workspaces[0], digest="0" * 64)
    _say_instead(folder, msgspec.structs.replace(made, workspaces=(first, *made.workspaces[1:])))
    with pytest.raises(CopyDamaged, match="workspace acme"):
        check_backup(folder, _quiet)


def _say_instead(folder: Path, manifest: Manifest) -> None:
    for name in ("manifest.json", "SHA256SUMS"):
        (folder / name).unlink()
    seal_backup(folder, manifest)


def test_a_newer_schema_is_refused_before_anything_is_replaced(
    filled: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    _say_instead(folder, msgspec.structs.replace(_back_up(filled, folder), revision="9999"))
    with pytest.raises(BadInput, match="9999, which this version does not know"):
        _restore(elsewhere, folder)
    assert not elsewhere.instance.exists()


@ON_SQLITE
def test_of_files_only_what_was_checked_comes_back_and_uploads_of_today_do_not_pass_for_it(
    filled: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    folder, uploads = tmp_path / "backup", elsewhere.instance / "uploads"
    _back_up(filled, folder)
    (folder / "reports" / "@eaDir").mkdir()
    (folder / "reports" / "other.pdf").symlink_to("/etc/hostname")
    uploads.mkdir(parents=True)
    for name in ("1-9.upload", "1-10.upload"):
        (uploads / name).write_bytes(b"of today")
    _restore(elsewhere, folder)
    assert [each.name for each in (elsewhere.instance / "reports").iterdir()] == ["a.pdf"]
    assert (uploads / "1-9.upload").read_bytes() == b"{}"
    assert not (uploads / "1-10.upload").exists()
    assert len(list(uploads.glob("1-*.upload.replaced-*"))) == 2


@ON_POSTGRES
def test_settings_of_a_role_and_names_in_a_manifest_do_no_harm(
    filled: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    odd = f"{filled.database_url}&options=-c%20bytea_output%3Descape&client_encoding=latin1"
    folder = tmp_path / "backup"
    made = _back_up(msgspec.structs.replace(filled, database_url=odd), folder)
    hostile = msgspec.structs.replace(made.tables[0], columns=("id\") FROM PROGRAM 'x'; --",))
    for tables in ((hostile, *made.tables[1:]), made.tables[1:]):
        _say_instead(folder, msgspec.structs.replace(made, tables=tables))
        with pytest.raises(CopyDamaged, match="not those of its schema"):
            _restore(elsewhere, folder)
    _say_instead(folder, made)
    _restore(elsewhere, folder)


@ON_SQLITE
def test_nothing_is_overwritten_without_being_told(
    filled: Settings, engine: Engine, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    _back_up(filled, folder)
    database = tmp_path / "auditdash.db"
    with pytest.raises(BadInput, match="--overwrite"):
        _restore(filled, folder)
    with engine.connect(), pytest.raises(BadInput, match="in use"):
        _restore(filled, folder, overwrite=True)
    engine.dispose()
    key_path(filled.instance).unlink()
    seal(filled.instance, b"another")
    index = Path(f"{database}.index")
    index.mkdir(exist_ok=True)
    with pytest.raises(BadInput, match=r"secret\.key"):
        _restore(filled, folder)
    _restore(filled, folder, overwrite=True)
    (aside,) = tmp_path.glob("auditdash.db.replaced-*")
    assert sqlite.check_copy(aside) == sqlite.check_copy(database)
    assert len(list(filled.instance.glob("secret.key.replaced-*"))) == 1
    assert not index.exists()


@ON_POSTGRES
def test_a_database_with_tables_is_left_alone(filled: Settings, tmp_path: Path) -> None:
    _back_up(filled, tmp_path / "backup")
    for overwrite in (False, True):
        with pytest.raises(BadInput, match="evidence is not removed"):
            _restore(filled, tmp_path / "backup", overwrite=overwrite)


@ON_SQLITE
def test_a_backup_goes_into_a_new_folder_and_a_database_of_its_kind(
    filled: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    made = _back_up(filled, folder, with_key=False)
    assert not made.with_key
    assert not (folder / "secret.key").exists()
    with pytest.raises(BadInput, match="there is something in it"):
        _back_up(filled, folder)
    other = msgspec.structs.replace(elsewhere, database_url="postgresql://127.0.0.1:1/none")
    with pytest.raises(BadInput, match="the same kind"):
        _restore(other, folder)
    assert folder.stat().st_mode & 0o77 == 0


def test_the_commands_say_what_they_did(
    filled: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    folder = str(tmp_path / "backup")
    run = CliRunner()
    made = run.invoke(main, ["backup", folder], env=environment(filled))
    assert made.exit_code == 0, made.output
    assert "acme: 2 events up to 2" in made.stdout
    assert "keep it as you keep passwords" in made.stdout
    checked = run.invoke(main, ["restore", "--check", folder], env=environment(filled))
    assert "The backup is whole." in checked.stdout
    restored = run.invoke(main, ["restore", folder], env=environment(elsewhere))
    assert restored.exit_code == 0, restored.output
    assert "Restored, and compared" in restored.stdout
    ready = run.invoke(main, ["doctor", "--json"], env=environment(elsewhere))
    assert '"acme: all 2 events, equal to the database"' in ready.stdout
    again = run.invoke(main, ["restore", folder], env=environment(elsewhere))
    assert again.exit_code == 1
    assert "Error: " in again.stderr
