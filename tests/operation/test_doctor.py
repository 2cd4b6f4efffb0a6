"""`auditdash doctor` sees what is wrong, says what to do, and changes nothing."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, delete, insert, text, update

from auditdash.accounts.sso.identities import link_identity
from auditdash.accounts.tokens import NewToken, add_token
from auditdash.cli.doctor import doctor
from auditdash.events.instants import DAY, HOUR, Instant, now
from auditdash.index.keep_up import keep_up
from auditdash.operation.doctor.examine import examine
from auditdash.operation.doctor.finding import Finding, worst
from auditdash.operation.doctor.machine import check_disk, check_libraries, check_line
from auditdash.reports.sending.destinations import WebhookTo
from auditdash.settings import Settings, SingleSignOn
from auditdash.store.engine import is_sqlite, open_engine, sqlite_file, writing
from auditdash.store.feeds.sealing import key_path, seal
from auditdash.store.schedules import pause_all_schedules
from auditdash.store.schema import connections, memberships, people, sessions, workspaces
from auditdash.store.sending.deliveries import (
    NewDelivery,
    claim_delivery,
    finish_delivery,
    insert_deliveries,
)
from auditdash.store.sending.streams import NewStream, claim_stream, insert_stream, stop_stream
from auditdash.store.tables.signing import identities
from auditdash.streams.destinations import SyslogTo, encode_config
from tests.databases import ON_SQLITE
from tests.make import NOW, make_record, store
from tests.people import add_alice
from tests.processes import Processes
from tests.receivers import Certified, Mailbox
from tests.reports.keys import make_authority, signing, write_key
from tests.reports.schedules import add_destination, add_schedule, make_plan
from tests.reports.sending.made import sending_to
from tests.serving import environment

_NOW = Instant(NOW + DAY)


@pytest.fixture
def healthy(settings: Settings, workspace_id: int) -> Settings:
    """An installation with events, an index, a feed and its sealed secret."""
    settings.instance.mkdir(mode=0o700)
    sealed = seal(settings.instance, b"secret")
    engine = open_engine(settings.database_url, settings.index_folder)
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(), make_record(id="2"), now=_NOW)
        feed = {"workspace_id": workspace_id, "source": "mode", "base_url": "https://mode.example"}
        feed |= {"remote_workspace": "w", "token": "t", "sealed_secret": sealed, "paused": False}
        feed |= {"start_at": _NOW - HOUR // 4, "created_at": 0, "next_at": 0, "last_ok_at": _NOW}
        connection.execute(insert(connections), feed)
    list(keep_up(engine, workspace_id))
    add_alice(engine)
    engine.dispose()
    return settings


def _drop_guard(engine: Engine, _: Settings) -> None:
    with writing(engine) as connection:
        if is_sqlite(connection):
            connection.execute(text("DROP TRIGGER events_no_delete"))
        else:
            connection.execute(text("ALTER TABLE events DISABLE TRIGGER events_no_change"))


def _empty_guard(engine: Engine, _: Settings) -> None:
    with writing(engine) as connection:
        if is_sqlite(connection):
            connection.execute(text("DROP TRIGGER events_no_delete"))
            statement = (
                "CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT 1; END"
            )
        else:
            statement = (
                "CREATE OR REPLACE FUNCTION auditdash_refuse() RETURNS trigger LANGUAGE plpgsql"
                " AS $$ BEGIN RETURN NEW; END $$"
            )
        connection.execute(text(statement))


def _age_schema(engine: Engine, _: Settings) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))


def _lose_events(engine: Engine, _: Settings) -> None:
    with writing(engine) as connection:
        connection.execute(update(workspaces).values(last_seq=1))


def _add_events(engine: Engine, _: Settings) -> None:
    with writing(engine) as connection:
        connection.execute(update(workspaces).values(last_seq=9))


def _forget_feed(engine: Engine, _: Settings) -> None:
    with writing(engine) as connection:
        late = {"last_ok_at": _NOW - DAY, "last_error": "no answer"}
        connection.execute(update(connections).values(late))


def _open_gap(engine: Engine, _: Settings) -> None:
    with writing(engine) as connection:
        connection.execute(update(connections).values(start_at=_NOW - DAY))


def _pause(engine: Engine, _: Settings) -> None:
    with writing(engine) as connection:
        connection.execute(update(connections).values(paused=True))


def _show_key(_: Engine, settings: Settings) -> None:
    key_path(settings.instance).chmod(0o644)


def _change_key(_: Engine, settings: Settings) -> None:
    key_path(settings.instance).unlink()
    seal(settings.instance, b"another")


def _open_folder(_: Engine, settings: Settings) -> None:
    settings.instance.chmod(0o755)


def _end_token(engine: Engine, _: Settings) -> None:
    with writing(engine) as connection:
        for days in (-1, 30):
            end = Instant(_NOW + days * DAY)
            add_token(
                connection,
                NewToken(
                    workspace_id=1, name="siem", created_by=None, scopes=("read",), expires_at=end
                ),
                NOW,
            )


def _lose_admin(engine: Engine, _: Settings) -> None:
    with writing(engine) as connection:
        connection.execute(update(people).values(disabled_at=NOW))


def _stop_stream(engine: Engine, _: Settings) -> None:
    config = encode_config(SyslogTo("logs.example"))
    plan = NewStream(name="SIEM", query="", kind="syslog", config=config, form="ecs")
    with writing(engine) as connection:
        insert_stream(connection, 1, plan, sealed=None, cursor=0, owner_id=None, now=_NOW)
        claimed = claim_stream(connection, now=_NOW, lease=HOUR)
        assert claimed is not None
        stop_stream(connection, claimed, said="gone", now=_NOW)


def _fail_delivery(engine: Engine, _: Settings) -> None:
    with writing(engine) as connection:
        new = NewDelivery(workspace_id=1, key="k", purpose="test", recipient="ann@acme.com")
        insert_deliveries(connection, [new], NOW)
        claimed = claim_delivery(connection, now=NOW, until=_NOW)
        assert claimed is not None
        finish_delivery(connection, claimed, state="failed", outcome="no", now=_NOW)


def _pause_schedules(engine: Engine, _: Settings) -> None:
    with writing(engine) as connection:
        add_schedule(connection, 1, make_plan(), _NOW)
        pause_all_schedules(connection, "restored from a backup")


def _leave_file(_: Engine, settings: Settings) -> None:
    folder = settings.instance / "reports"
    folder.mkdir()
    (folder / f"{'a' * 32}.pdf").write_bytes(b"%PDF")


def _bad(findings: list[Finding]) -> list[tuple[str, str]]:
    return [
        (each.check, each.state)
        for each in findings
        if each.state != "ok" and each.check not in {"disk", "fonts", "libraries", "clock"}
    ]


@ON_SQLITE
def test_a_key_that_cannot_sign_is_told(healthy: Settings, tmp_path: Path) -> None:
    authority = make_authority()
    for days, state in ((-1, "problem"), (9, "warning"), (99, "ok")):
        key = write_key(tmp_path, authority, ends=timedelta(days=days))
        for path in key:
            path.chmod(0o600)
        found = examine(signing(healthy, key), [], _NOW)
        assert [each.state for each in found if each.check == "signing"] == [state]


def test_what_is_well_is_called_so(healthy: Settings) -> None:
    before = {path: path.stat().st_mtime_ns for path in healthy.instance.rglob("*")}
    findings = examine(healthy, [], _NOW)
    assert _bad(findings) == []
    assert {"guards", "index", "clock", "feed", "gaps", "secret", "key"} <= {
        each.check for each in findings
    }
    assert {path: path.stat().st_mtime_ns for path in healthy.instance.rglob("*")} == before


@pytest.mark.parametrize(
    ("spoil", "check", "state", "says"),
    [
        (_drop_guard, "guards", "problem", "events_no_"),
        (_empty_guard, "guards", "problem", "events_no_"),
        (_age_schema, "schema", "problem", "0003"),
        (_lose_events, "index", "warning", "does not have"),
        (_add_events, "index", "warning", "7 of 9 events"),
        (_forget_feed, "feed", "problem", "1 d ago (no answer)"),
        (_open_gap, "gaps", "warning", "0.0 % is covered"),
        (_pause, "feed", "warning", "paused"),
        (_show_key, "key", "problem", "other users may read"),
        (_change_key, "secret", "problem", "does not open the stored secret"),
        (_end_token, "token", "problem", "'siem' (adt_"),
        (_lose_admin, "admin", "problem", "acme: nobody who can sign in"),
        (_open_folder, "instance", "warning", "other users"),
        (_stop_stream, "stream", "problem", "the stream SIEM was paused: gone"),
        (_fail_delivery, "delivery", "problem", "1 delivery of reports failed"),
        (_pause_schedules, "schedule", "warning", "Regular was paused: restored from a backup"),
        (_leave_file, "files", "warning", "aaa.pdf: is known to no report"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(
    healthy: Settings,
    engine: Engine,
    spoil: Callable[[Engine, Settings], None],
    check: str,
    state: str,
    says: str,
) -> None:
    spoil(engine, healthy)
    findings = examine(healthy, [], _NOW)
    assert _bad(findings) == [(check, state)]
    (found,) = [each for each in findings if (each.check, each.state) == (check, state)]
    assert says in found.says
    assert found.advice


def test_a_clock_that_cannot_be_right_is_told(healthy: Settings) -> None:
    of_its_own = healthy.database_url.startswith("postgresql")
    for at, state, says in (
        (now(), "ok", ""),
        (_NOW, "warning" if of_its_own else "ok", "apart" if of_its_own else ""),
        (_NOW - HOUR, "problem", "still to come"),
        (_NOW - 30 * DAY, "problem", "this machine says"),
    ):
        findings = examine(healthy, [], Instant(at))
        (found,) = [each for each in findings if each.check == "clock"]
        assert (found.state, says in found.says) == (state, True)


@ON_SQLITE
def test_an_admin_needs_the_way_in_that_there_is(healthy: Settings, engine: Engine) -> None:
    only = SingleSignOn(issuer="https://id.example", client_id="x", only=True)
    spoilt = msgspec.structs.replace(healthy, sso=only)
    assert ("admin", "problem") in _bad(examine(spoilt, [], _NOW))
    with writing(engine) as connection:
        link_identity(connection, 1, only.issuer, "s", "alice", NOW)
    assert _bad(examine(spoilt, [], _NOW)) == []
    with writing(engine) as connection:
        for table in (identities, sessions, memberships, people):
            connection.execute(delete(table))
    assert _bad(examine(healthy, [], _NOW)) == [("admin", "warning")]


@ON_SQLITE
def test_the_ways_out_are_tried(
    healthy: Settings, certified: Certified, mailbox: Mailbox, tmp_path: Path
) -> None:
    settings = sending_to(healthy, certified, mailbox, folder=tmp_path)
    for changes, bad in (
        ({}, []),
        ({"smtp_password": "wrong"}, [("mail", "problem")]),
        ({"authorities": ""}, [("mail", "problem")]),
        ({"folder": tmp_path / "gone"}, [("folder", "problem")]),
    ):
        sending = msgspec.structs.replace(settings.sending, **changes)
        spoilt = msgspec.structs.replace(healthy, sending=sending)
        assert _bad(examine(spoilt, [], _NOW)) == bad
    assert mailbox.mails == []


@ON_SQLITE
def test_a_destination_whose_secret_cannot_be_read_is_named(
    healthy: Settings, engine: Engine
) -> None:
    sealed = seal(healthy.instance, b"secret")
    with writing(engine) as connection:
        to = WebhookTo("https://siem.example/")
        add_destination(connection, 1, to, kind="webhook", now=NOW, sealed=sealed)
    assert _bad(examine(healthy, [], _NOW)) == []
    _change_key(engine, healthy)
    assert ("destination", "warning") in _bad(examine(healthy, [], _NOW))


@ON_SQLITE
def test_what_serves_others_needs_https(healthy: Settings) -> None:
    for host, secure, bad in (
        ("0.0.0.0", False, [("serving", "warning")]),  # noqa: S104 - nobody listens
        ("0.0.0.0", True, []),  # noqa: S104 - nobody listens
        ("localhost", False, []),
    ):
        settings = msgspec.structs.replace(
            healthy, host=host, secure_cookies=secure, url="https://audit.example"
        )
        assert _bad(examine(settings, [], _NOW)) == bad


@pytest.mark.parametrize(
    ("rest", "state"),
    [
        ("db.example/audit", "warning"),
        ("u:p@db.example:5433/audit?sslmode=require", "warning"),
        ("u:p@db.example/audit?sslmode=verify-full&sslrootcert=system", "ok"),
        ("localhost/audit?host=db.example", "warning"),
        ("127.0.0.1:5432/audit", "ok"),
        ("/audit?host=/run/postgresql", "ok"),
        ("/audit", "ok"),
    ],
)
def test_a_database_elsewhere_must_show_who_it_is(rest: str, state: str) -> None:
    found = check_line(f"postgresql://{rest}")
    assert (found.check, found.state) == ("line", state)


@ON_SQLITE
def test_what_serves_others_knows_its_own_name(healthy: Settings) -> None:
    for changed, bad in (
        ({"host": "0.0.0.0", "secure_cookies": True}, [("names", "warning")]),  # noqa: S104 - nobody listens
        ({"trusted_proxies": 1}, [("names", "warning")]),
        ({"trusted_proxies": 1, "hosts": frozenset({"audit.example"})}, []),
    ):
        settings = msgspec.structs.replace(healthy, **changed)
        assert _bad(examine(settings, [], _NOW)) == bad


@pytest.mark.parametrize(
    ("free", "database", "state"),
    [(1 << 40, 1 << 30, "ok"), (3 << 30, 4 << 30, "warning"), (1 << 20, 0, "problem")],
)
def test_a_disk_has_room_for_a_copy(tmp_path: Path, free: int, database: int, state: str) -> None:
    assert check_disk(tmp_path, database, free).state == state


def test_a_library_that_is_missing_is_named() -> None:
    def load(name: str) -> None:
        if "pangoft2" in name:
            raise OSError(name)

    found = check_libraries(load)
    assert found.state == "problem"
    assert found.says.startswith("libpangoft2-1.0.so.0 cannot")
    assert check_libraries(lambda _: None).state == "ok"


def test_of_a_place_without_anything_it_makes_nothing(tmp_path: Path) -> None:
    settings = Settings.from_env({"AUDITDASH_INSTANCE": str(tmp_path / "none" / "yet")})
    findings = examine(settings, [], _NOW)
    assert _bad(findings) == [("instance", "problem"), ("database", "problem")]
    assert list(tmp_path.iterdir()) == []


def examine_as_nobody(settings: Settings) -> None:
    """In a process of its own, whose exit status says whether it found what it must."""
    if os.geteuid() == 0:
        os.setuid(65534)
    else:
        settings.instance.chmod(0)
    problems = {check for check, state in _bad(examine(settings, [], _NOW)) if state == "problem"}
    assert {"instance", "key", "database"} <= problems


@ON_SQLITE
def test_another_user_is_told_so(healthy: Settings, processes: Processes) -> None:
    child = processes.Process(target=examine_as_nobody, args=(healthy,))
    child.start()
    child.join()
    healthy.instance.chmod(0o700)
    assert child.exitcode == 0


@ON_SQLITE
def test_a_database_is_left_as_it_is_also_a_damaged_one(healthy: Settings, engine: Engine) -> None:
    engine.dispose()
    file = sqlite_file(healthy.database_url)
    assert file
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # as a tool of SQLite restores it
    for body, state in ((file.read_bytes(), "ok"), (b"no database" * 1000, "problem")):
        file.write_bytes(body)
        found = {each.check: each for each in examine(healthy, [], _NOW)}
        assert found["database"].state == state
        assert file.read_bytes() == body
    assert "file is not a database" in found["database"].says


def test_a_database_that_does_not_answer_is_a_problem(healthy: Settings) -> None:
    gone = msgspec.structs.replace(healthy, database_url="postgresql://127.0.0.1:1/none")
    assert _bad(examine(gone, [], _NOW)) == [("database", "problem")]
    assert worst(examine(gone, [], _NOW)) == "problem"


@ON_SQLITE
def test_the_command_tells_people_and_programs(
    healthy: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in os.environ:
        if name.startswith("AUDITDASH_"):
            monkeypatch.delenv(name)
    env = environment(healthy) | {"AUDITDASH_ZOEN": "UTC"}
    told = CliRunner().invoke(doctor, [], env=env)
    assert "warning  settings: nothing reads AUDITDASH_ZOEN" in told.stdout
    listed = CliRunner().invoke(doctor, ["--json"], env=env)
    findings = json.loads(listed.stdout)
    assert {"check", "state", "says", "advice"} == set(findings[0])
    states = {each["state"] for each in findings}
    assert listed.exit_code == told.exit_code == (1 if "problem" in states else 2)
    bad = CliRunner().invoke(doctor, [], env={**env, "AUDITDASH_PORT": "x"})
    assert (bad.exit_code, "AUDITDASH_PORT" in bad.stdout) == (1, True)
