"""Who may say what is pulled, and where a secret may go."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, select

from auditdash.events.errors import BadInput
from auditdash.events.instants import DAY, Instant, parse_instant
from auditdash.ingest.sources.mode_client import Login, ModeError
from auditdash.ingest.sources.mode_login import (
    Details,
    adopt_environment,
    connect,
    open_login,
    try_login,
)
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.feeds import connections
from auditdash.store.feeds.connections import Feed
from auditdash.store.schema import connections as table
from tests.fake_mode import FakeMode
from tests.ingest.pulls import Puller, Time
from tests.make import NOW, make_record

GIVEN = Details(
    base_url="https://app.mode.com/",
    remote_workspace="acme",
    token="token",
    secret="secret",
    start_at=Instant(NOW - DAY),
)


def save(engine: Engine, settings: Settings, workspace_id: int, given: Details = GIVEN) -> Feed:
    with writing(engine) as connection:
        connect(connection, settings, workspace_id, given, NOW)
        feed = connections.find(connection, workspace_id, "mode")
    assert feed
    return feed


def in_environment(settings: Settings, **changes: str) -> Settings:
    given = {"mode_workspace": "acme", "mode_token": "env-token", "mode_secret": "env-secret"}
    return replace(settings, **{**given, **changes})


def test_the_secret_is_stored_sealed(engine: Engine, settings: Settings, workspace_id: int) -> None:
    feed = save(engine, settings, workspace_id)
    with reading(engine) as connection:
        row = connection.execute(select(table)).one()
    assert not [value for value in row if value in {"secret", b"secret"}]
    assert open_login(settings, feed).secret == "secret"
    assert feed.base_url == "https://app.mode.com"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"base_url": "http://app.mode.com"}, "base_url"),
        ({"base_url": "http://127.0.0.1.evil.example"}, "base_url"),
        ({"base_url": "https://user:pass@app.mode.com"}, "base_url"),
        ({"base_url": "https://app.mode.com/?a=b"}, "base_url"),
        ({"base_url": "https://[::1"}, "base_url"),
        ({"base_url": "file:///etc/passwd"}, "base_url"),
        ({"base_url": "https://app.mode.com:99999"}, "base_url"),
        ({"base_url": ""}, "base_url"),
        ({"remote_workspace": ""}, "remote_workspace"),
        ({"remote_workspace": "../acme"}, "remote_workspace"),
        ({"remote_workspace": "ac me"}, "remote_workspace"),
        ({"token": ""}, "token"),
        ({"token": "a:b"}, "token"),
        ({"token": "a\nb"}, "token"),
        ({"secret": ""}, "secret"),
        ({"secret": "two words"}, "secret"),
        ({"start_at": Instant(NOW + 1)}, "start_on"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(
    engine: Engine, settings: Settings, workspace_id: int, changes: dict[str, object], where: str
) -> None:
    with pytest.raises(BadInput) as caught:
        save(engine, settings, workspace_id, replace(GIVEN, **changes))
    assert caught.value.where == where


def test_an_empty_secret_keeps_the_stored_one(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    save(engine, settings, workspace_id)
    earlier = replace(GIVEN, secret="", start_at=Instant(NOW - 9 * DAY))
    feed = save(engine, settings, workspace_id, earlier)
    assert feed.start_at == NOW - 9 * DAY
    assert open_login(settings, feed).secret == "secret"


@pytest.mark.parametrize(
    "changes", [{"base_url": "https://elsewhere.example"}, {"token": "another"}]
)
def test_a_stored_secret_does_not_follow_a_new_address_or_token(
    engine: Engine, settings: Settings, workspace_id: int, changes: dict[str, str]
) -> None:
    save(engine, settings, workspace_id)
    with pytest.raises(BadInput, match="secret: it is empty"):
        save(engine, settings, workspace_id, replace(GIVEN, secret="", **changes))


def test_two_mode_workspaces_do_not_share_an_archive(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with FakeMode(echo=False) as mode:
        puller = Puller(engine, settings, workspace_id, mode, Time())
        puller.pull_well()
        other = replace(GIVEN, base_url=mode.url, remote_workspace="globex")
        with pytest.raises(BadInput, match="holds events of 'acme'"):
            save(engine, settings, workspace_id, other)


def test_the_environment_wins_and_its_secret_is_not_stored(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    save(engine, settings, workspace_id)
    settings = in_environment(settings, mode_start="2026-01-31")
    with writing(engine) as connection:
        feed = adopt_environment(connection, settings, NOW)
        again = adopt_environment(connection, settings, Instant(NOW + 1))
    assert feed
    assert again == feed
    assert (feed.workspace_id, feed.token, feed.sealed_secret) == (workspace_id, "env-token", b"")
    assert feed.start_at == parse_instant("2026-01-31T00:00:00Z")
    assert open_login(settings, feed).secret == "env-secret"
    with pytest.raises(BadInput, match="is set by AUDITDASH_MODE_"):
        save(engine, settings, workspace_id)


def test_the_environment_makes_the_first_workspace(engine: Engine, settings: Settings) -> None:
    with writing(engine) as connection:
        feed = adopt_environment(connection, in_environment(settings), NOW)
        assert feed
        assert feed.start_at == NOW - 90 * DAY
        assert adopt_environment(connection, settings, NOW) is None


def test_a_secret_that_left_the_environment_is_asked_for(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with writing(engine) as connection:
        feed = adopt_environment(connection, in_environment(settings), NOW)
    assert feed
    with pytest.raises(BadInput, match="AUDITDASH_MODE_SECRET"):
        open_login(settings, feed)


def test_trying_a_login_reads_a_little_or_says_what_is_wrong() -> None:
    with FakeMode(echo=False) as mode:
        mode.add(make_record(timestamp="2026-11-23T11:59:00Z"))
        login = Login(
            base_url=mode.url, workspace=mode.workspace, token=mode.token, secret=mode.secret
        )
        assert try_login(login, Time().around()) == 1
        with pytest.raises(ModeError, match="refused the token"):
            try_login(replace(login, secret="wrong"), Time().around())
    assert len(mode.seen) == 2
