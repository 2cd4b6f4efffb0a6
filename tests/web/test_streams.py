"""Settings → Streams: made, changed, paused, moved, ended; each told in the log."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace
from sqlalchemy import Engine

from auditdash.events.instants import DAY, Instant
from auditdash.factory import create_app
from auditdash.queries.stream import iterate_events
from auditdash.search.parse import parse
from auditdash.search.scope import Scope
from auditdash.settings import Sending, Settings
from auditdash.store.engine import reading, writing
from auditdash.store.saved_searches import add_saved_search
from auditdash.store.sending.streams import Stream, list_streams
from auditdash.streams.destinations import SyslogTo, config_of, secret_of
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW, make_record, store
from tests.people import add_alice, signed_in
from tests.queries.corpus import CLOCK

pytestmark = ON_SQLITE
_PATH = "/settings/streams"
_WEBHOOK: dict[str, Any] = {
    "kind": "webhook",
    "name": "SIEM <b>",
    "q": "category:connections",
    "form": "ocsf",
    "start": "beginning",
    "url": "https://siem.example/hook?key=heron",
    "body": "lines",
    "most": "100",
}
_SYSLOG: dict[str, Any] = {
    "kind": "syslog",
    "name": "Logs",
    "q": "",
    "form": "ecs",
    "start": "now",
    "host": "Logs.example",
    "port": "6514",
    "facility": "local0",
    "severity": "",
    "enterprise": "32473",
    "text": "ascii",
    "tell": "alice@acme.com",
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, sending=Sending(inside=frozenset({"s3"})))


def _streams(engine: Engine, workspace_id: int) -> list[Stream]:
    with reading(engine) as connection:
        return list_streams(connection, workspace_id)


def _told(engine: Engine, workspace_id: int) -> list[tuple[str, str]]:
    query = parse("action:auditdash_stream_* sort:created-asc")
    with reading(engine) as connection:
        found = list(iterate_events(connection, query, Scope(workspace_id=workspace_id), CLOCK))
    assert {(each.source, each.actor.username) for each in found} <= {("auditdash", "alice")}
    assert "heron" not in "".join(each.record for each in found)
    found.sort(key=lambda each: each.seq)
    return [(each.action.removeprefix("auditdash_stream_"), each.context["deed"]) for each in found]


def test_a_stream_is_made_changed_paused_moved_and_ended(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(id="a"))
        store(connection, workspace_id, make_record(id="b"), now=Instant(NOW + DAY))
    made = client.post(_PATH, data=_SYSLOG)
    (known,) = _streams(engine, workspace_id)
    assert made.location == f"{_PATH}/{known.id}"
    assert known.cursor == 2  # now: what is there already stays
    config = config_of(known)
    assert isinstance(config, SyslogTo)
    assert (config.facility, config.text, known.form) == ("local0", "ascii", "ecs")
    page = client.get(made.location).text
    assert "Logs.example:6514" in page
    assert "1 event, counting those" in page  # its own making
    assert "told of a pause at alice@acme.com" in page
    assert 'value="Logs.example"' in client.get(f"{made.location}/edit").text
    assert client.post(made.location, data=_SYSLOG | {"q": "op:export"}).status_code == 303
    for deed in ("pause", "resume"):
        assert client.post(f"{made.location}/{deed}").status_code == 303
    moved = client.post(f"{made.location}/replay", data={"day": "2026-11-24"})
    assert moved.status_code == 303
    assert _streams(engine, workspace_id)[0].cursor == 1
    client.post(f"{made.location}/replay", data={"seq": "1"})
    assert _streams(engine, workspace_id)[0].cursor == 0
    for wrong in ({"seq": "0"}, {"seq": "999"}, {"seq": "x"}, {"day": "soon"}, {}):
        assert client.post(f"{made.location}/replay", data=wrong).status_code == 400
    assert client.post(f"{made.location}/end").location == _PATH
    assert _streams(engine, workspace_id) == []
    assert client.get(made.location).status_code == 200
    for path in ("/pause", "/replay", ""):
        assert client.post(made.location + path, data=_SYSLOG).status_code == 410
    assert _told(engine, workspace_id) == [
        ("created", "created"),
        *(("edited", each) for each in ("changed", "paused", "resumed", "moved", "moved")),
        ("deleted", "ended"),
    ]


def test_a_secret_is_shown_once_kept_sealed_and_goes_nowhere_else(
    client: FlaskClient, engine: Engine, settings: Settings, workspace_id: int
) -> None:
    shown = client.post(_PATH, data=_WEBHOOK).text
    (known,) = _streams(engine, workspace_id)
    secret = secret_of(settings.instance, known)
    assert secret in shown
    assert known.cursor == 0
    path = f"{_PATH}/{known.id}"
    for page in (path, _PATH, f"{path}/edit"):
        text = client.get(page).text
        assert secret not in text
        assert "SIEM &lt;b&gt;" in text
    assert "heron" not in client.get(path).text + client.get(_PATH).text
    client.post(path, data=_WEBHOOK | {"name": "Other"})
    assert secret_of(settings.instance, _streams(engine, workspace_id)[0]) == secret
    moved = client.post(path, data=_WEBHOOK | {"url": "https://thief.example"})
    other = secret_of(settings.instance, _streams(engine, workspace_id)[0])
    assert other != secret
    assert other in moved.text
    _told(engine, workspace_id)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (_WEBHOOK | {"name": ""}, "This is not a name"),
        (_WEBHOOK | {"q": "actr:bob"}, "actr"),
        (_WEBHOOK | {"q": "bob -created:2026-01"}, "Created: cannot be in a stream"),
        (_WEBHOOK | {"q": "is:own-access"}, "Is:own-access cannot be in a stream"),
        (_WEBHOOK | {"form": "leef"}, "is not one of the choices"),
        (_WEBHOOK | {"url": "http://siem.example"}, "is not encrypted"),
        (_WEBHOOK | {"most": "0"}, "0 does not fit"),
        (_WEBHOOK | {"most": "1001"}, "does not fit"),
        (_WEBHOOK | {"secret": "x"}, "no signing secret"),
        (_WEBHOOK | {"start": "day", "day": ""}, "is not a day"),
        (_WEBHOOK | {"start": "soon"}, "Choose where it begins"),
        (_SYSLOG | {"host": "a b"}, "is not the name of a host"),
        (_SYSLOG | {"port": "0"}, "0 is no port"),
        (_SYSLOG | {"authority": "x"}, "This is no certificate"),
        (_SYSLOG | {"facility": "x"}, "is not one of the choices"),
        (_SYSLOG | {"enterprise": "x y"}, "is no enterprise number"),
        (_SYSLOG | {"tell": "alice"}, "is not a mail address"),
        (_SYSLOG | {"kind": "pigeon"}, "no kind of destination"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_made(
    client: FlaskClient, engine: Engine, workspace_id: int, form: dict[str, str], said: str
) -> None:
    answer = client.post(_PATH, data=form)
    assert answer.status_code == 400
    assert said in answer.text
    assert _streams(engine, workspace_id) == []


def test_a_saved_search_fills_the_form_and_changes_no_stream_afterwards(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    alice = add_alice(engine)
    with writing(engine) as connection:
        number = add_saved_search(
            connection,
            workspace_id=workspace_id,
            person_id=alice,
            name="Exports",
            query="category:exports",
            zone="UTC",
            shared=True,
            now=NOW,
        )
    assert f"search={number}" in client.get(f"{_PATH}/new?kind=syslog").text
    form = client.get(f"{_PATH}/new?kind=syslog&search={number}").text
    assert 'value="category:exports"' in form
    assert 'value="Exports"' in form


def test_another_workspace_has_none_of_it(
    client: FlaskClient, engine: Engine, settings: Settings, workspace_id: int
) -> None:
    client.post(_PATH, data=_SYSLOG)
    (known,) = _streams(engine, workspace_id)
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
    carol = signed_in(create_app(settings, now=lambda: NOW).test_client(), other)
    path = f"{_PATH}/{known.id}"
    assert [carol.get(each).status_code for each in (path, f"{path}/edit")] == [404, 404]
    for each in ("", "/pause", "/end", "/replay"):
        assert carol.post(path + each, data=_SYSLOG).status_code == 404
    assert _streams(engine, workspace_id) == [known]


def test_a_monitor_sees_how_far_a_stream_is(client: FlaskClient) -> None:
    client.post(_PATH, data=_SYSLOG)
    lines = client.get("/metrics").text.splitlines()
    for name, value in (("lag_events", 1), ("sent_total", 0), ("failing", 0), ("paused", 0)):
        assert f'auditdash_stream_{name}{{workspace="acme",stream="1"}} {value}' in lines
    assert "Logs" not in "".join(lines)
