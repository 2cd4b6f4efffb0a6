"""The operator's way when somebody cannot get in: recorded, whoever it was."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select

from auditdash.accounts.factors.held import find_factors
from auditdash.accounts.factors.passkeys import NewPasskey, add_passkey
from auditdash.accounts.factors.recovery import keep_codes
from auditdash.accounts.sessions import list_sessions, start_session
from auditdash.accounts.setup import find_setup_link
from auditdash.accounts.sso.identities import find_identity
from auditdash.cli.main import main
from auditdash.events.instants import now
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.schema import events
from tests.databases import ON_SQLITE
from tests.people import add_alice
from tests.serving import environment

pytestmark = ON_SQLITE


def _run(settings: Settings, *command: str, **env: str) -> tuple[int, str]:
    found = CliRunner().invoke(main, ["people", *command], env=environment(settings) | env)
    return found.exit_code, found.output


def _told(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as connection:
        found = connection.execute(select(events.c.record).order_by(events.c.seq)).scalars()
        records = [json.loads(each) for each in found]
    assert all(each["actor"]["username"].startswith("shell:") for each in records)
    return [
        (each["action"].removeprefix("auditdash_"), each["context"]["member_username"])
        for each in records
    ]


@pytest.fixture
def alice(engine: Engine, settings: Settings, workspace_id: int) -> int:
    person = add_alice(engine, now())
    made = NewPasskey(
        credential_id=b"id", public_key=b"key", sign_count=0, transports="usb", synced=False
    )
    with writing(engine) as connection:
        add_passkey(connection, person, "Key", made, now())
        keep_codes(connection, person, [("abcd", "hash")], now())
        start_session(connection, person, now())
    return person


def test_a_lost_second_factor_is_taken_away(engine: Engine, settings: Settings, alice: int) -> None:
    code, said = _run(settings, "reset-second-factor", "Alice")
    assert (code, said) == (0, "alice had 1 passkeys: taken away.\n")
    with reading(engine) as connection:
        left = find_factors(connection, alice)
        assert (left.any, left.codes) == (False, 0)
        assert list_sessions(connection, alice, now()) == []
    assert _told(engine) == [("second_factor_removed", "alice")]
    assert _run(settings, "reset-second-factor", "alice")[1] == "alice had no second factor.\n"


def test_a_link_is_the_way_in_when_nothing_else_is(
    engine: Engine, settings: Settings, alice: int
) -> None:
    code, said = _run(settings, "sign-in-link", "alice", AUDITDASH_URL="https://audit.example")
    assert code == 0
    assert said.startswith("https://audit.example/setup/")
    with reading(engine) as connection:
        link = find_setup_link(connection, Path(said.strip()).name, now())
    assert link is not None
    assert link.person_id == alice
    assert _told(engine) == [("sign_in_link_created", "alice")]


def test_a_link_can_be_opened_where_auditdash_listens_everywhere(
    settings: Settings, alice: int
) -> None:
    assert alice
    everywhere = {"AUDITDASH_HOST": "0.0.0.0", "AUDITDASH_PORT": "8001"}  # noqa: S104 - not bound
    _, said = _run(settings, "sign-in-link", "alice", **everywhere)
    assert said.startswith("http://localhost:8001/setup/")


def test_sessions_are_ended(engine: Engine, settings: Settings, alice: int) -> None:
    assert _run(settings, "sign-out", "alice") == (0, "1 sessions of alice ended.\n")
    assert _told(engine) == [("session_revoked", "alice")]


def test_an_account_of_the_provider_is_linked(
    engine: Engine, settings: Settings, alice: int
) -> None:
    assert "AUDITDASH_OIDC_ISSUER" in _run(settings, "link", "alice", "s-1")[1]
    env = {
        "AUDITDASH_OIDC_ISSUER": "https://login.example",
        "AUDITDASH_OIDC_CLIENT_ID": "auditdash",
        "AUDITDASH_URL": "https://audit.example",
    }
    assert _run(settings, "link", "alice", "s-1", **env)[0] == 0
    assert "linked to somebody already" in _run(settings, "link", "alice", "s-1", **env)[1]
    with reading(engine) as connection:
        found = find_identity(connection, "https://login.example", "s-1")
    assert found is not None
    assert found.person_id == alice
    assert _told(engine) == [("sign_on_linked", "alice")]


@pytest.mark.parametrize("command", ["reset-second-factor", "sign-in-link", "sign-out"])
def test_nobody_is_said_so(settings: Settings, engine: Engine, command: str) -> None:
    code, said = _run(settings, command, "nobody")
    assert (code, "there is no user 'nobody'" in said) == (1, True)
