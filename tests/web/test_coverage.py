"""The coverage page: what is said in each state, and how Mode is connected."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.events.instants import DAY, HOUR, MINUTE, SECOND, Instant, parse_instant
from auditdash.ingest.sources.mode_login import open_login
from auditdash.ingest.watching.echo import step_next
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.feeds import connections
from auditdash.store.feeds.connections import Feed
from auditdash.store.feeds.silences import begin_silence, end_silence
from auditdash.store.feeds.watches import find_watch
from tests.databases import ON_SQLITE, add_workspace
from tests.fake_mode import FakeMode, Fault
from tests.ingest.pulls import Puller, Time, records_over
from tests.make import NOW, make_record, store
from tests.people import signed_in
from tests.web.signing.entering import acts

pytestmark = ON_SQLITE


@pytest.fixture
def mode() -> Iterator[FakeMode]:
    with FakeMode(echo=False) as mode:
        yield mode


def fields(mode: FakeMode, **changes: str) -> dict[str, str]:
    return {
        "base_url": mode.url,
        "remote_workspace": mode.workspace,
        "token": mode.token,
        "secret": mode.secret,
        "start_on": "2026-11-20",
        "do": "save",
        **changes,
    }


def feed_of(engine: Engine, workspace_id: int) -> Feed | None:
    with reading(engine) as connection:
        return connections.find(connection, workspace_id, "mode")


def test_an_empty_page_says_what_to_do(client: FlaskClient) -> None:
    page = client.get("/coverage").text
    assert "Nothing is pulled yet" in page
    assert 'href="/coverage/connect"' in page


def test_the_demo_cannot_be_connected(client: FlaskClient, engine: Engine, mode: FakeMode) -> None:
    with engine.begin() as connection:
        demo = add_workspace(connection, "demo", "Demo", kind="demo")
    inside = signed_in(client.application.test_client(), demo)
    assert "The demo has no feed" in inside.get("/coverage").text
    assert inside.post("/coverage/connect", data=fields(mode)).status_code == 400
    assert feed_of(engine, demo) is None


def test_a_connection_is_tried_and_then_kept(
    client: FlaskClient, engine: Engine, workspace_id: int, settings: Settings, mode: FakeMode
) -> None:
    answer = client.post("/coverage/connect", data=fields(mode))
    assert (answer.status_code, answer.location) == (303, "/coverage")
    feed = feed_of(engine, workspace_id)
    assert feed
    assert open_login(settings, feed).secret == mode.secret
    assert (feed.remote_workspace, feed.start_at) == ("acme", NOW - 3 * DAY - 12 * 60 * MINUTE)
    assert "worker begins within seconds" in client.get("/coverage").text
    (told,) = acts(engine)
    assert (told["action"], told["context"]["deed"]) == ("auditdash_feed_changed", "connected")
    assert mode.secret not in str(told)


def test_a_test_saves_nothing_and_says_what_it_saw(
    client: FlaskClient, engine: Engine, workspace_id: int, mode: FakeMode
) -> None:
    mode.add_all(records_over(1, 1))
    answer = client.post("/coverage/connect", data=fields(mode, do="test"))
    assert "It works. Events in the last five minutes: 1." in answer.text
    assert feed_of(engine, workspace_id) is None


@pytest.mark.parametrize(
    ("changes", "fault", "said"),
    [
        ({"secret": "wrong"}, None, "refused the token and secret"),
        ({"remote_workspace": "nobody"}, None, "knows no such workspace"),
        ({"remote_workspace": "a b"}, None, "is not a workspace of Mode"),
        ({"token": ""}, None, "It is not a token"),
        ({"start_on": "soon"}, None, "a day such as 2026-01-31"),
        ({"start_on": "2027-01-01"}, None, "It lies ahead"),
        ({"base_url": "http://10.0.0.1/"}, None, "is not an address to pull from"),
        ({"base_url": "http://127.0.0.1:9"}, None, "was asked once: ConnectError"),
        ({}, Fault(status=200, body=b"<p>Sign in</p>"), "the answer is a web page"),
    ],
)
def test_what_was_wrong_is_said_and_what_was_typed_stays_but_for_the_secret(
    client: FlaskClient,
    engine: Engine,
    workspace_id: int,
    mode: FakeMode,
    changes: dict[str, str],
    fault: Fault | None,
    said: str,
) -> None:
    mode.script.extend([fault] if fault else [])
    answer = client.post("/coverage/connect", data=fields(mode, **changes))
    assert answer.status_code == 400
    assert said in answer.text
    assert mode.secret not in answer.text
    if "token" not in changes:
        assert f'value="{mode.token}"' in answer.text
    assert feed_of(engine, workspace_id) is None


def test_a_test_from_the_page_answers_with_its_part_alone(
    client: FlaskClient, mode: FakeMode
) -> None:
    asked = {"data": fields(mode, do="test"), "headers": {"HX-Request": "true"}}
    answer = client.post("/coverage/connect", **asked)
    assert "It works" in answer.text
    assert "<form" not in answer.text


@pytest.fixture
def puller(
    engine: Engine, settings: Settings, workspace_id: int, mode: FakeMode, client: FlaskClient
) -> Puller:
    return Puller(engine, settings, workspace_id, mode, Time())


def test_the_page_shows_days_gaps_and_windows(puller: Puller, client: FlaskClient) -> None:
    puller.mode.add_all(records_over(1, 5, Instant(NOW - 2 * DAY)))
    puller.mode.script.extend([None, Fault(status=403, body=b"{}")])
    puller.pull()
    page = client.get("/coverage").text
    assert "33.3 %" in page
    assert "The last pull ended early" in page
    assert "2 d" in page
    said = dict(re.findall(r'day-said">(2026-11-[0-9]+): ([^<]+)', page))
    assert said["2026-11-20"] == "fetched, 2 events"
    assert said["2026-11-21"] == "partly fetched, not from 12:00 to 24:00, 3 events"
    assert said["2026-11-22"] == "never fetched, no event"
    assert said["2026-11-23"] == "not over yet, not from 00:00 to 12:00, no event"
    puller.pull_well()
    page = client.get("/coverage").text
    assert "There are no gaps since" in page
    assert "100.0 %" in page
    assert "ended early" not in page


def test_windows_are_paged_without_gaps_or_repeats(puller: Puller, client: FlaskClient) -> None:
    for _ in range(30):
        puller.pull_well()
        puller.time.pass_(MINUTE)
    first = client.get("/coverage").text
    assert first.count('data-label="Fetched"') == 25
    older = re.search(r'href="(/coverage\?before=\d+)#windows"', first)
    assert older
    second = client.get(older[1]).text
    assert second.count('data-label="Fetched"') == 33 - 25
    ends = re.compile(r'data-label="To"><time datetime="([^"]+)"')
    assert len(set(ends.findall(first)) | set(ends.findall(second))) >= 32


def test_a_feed_is_paused_resumed_and_pulled_now(
    puller: Puller, client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    puller.pull_well()
    assert "Last pull went well" in client.get("/coverage").text
    client.post("/coverage/pause", data={"paused": "1"})
    assert "Paused" in client.get("/coverage").text
    client.post("/coverage/pause", data={"paused": "0"})
    deeds = [each["context"]["deed"] for each in acts(engine) if "feed" in each["action"]]
    assert deeds == ["paused", "resumed"]
    feed = feed_of(engine, workspace_id)
    assert feed
    assert (feed.paused, feed.next_at) == (False, NOW)
    puller.pull_well()
    client.post("/coverage/pull")
    feed = feed_of(engine, workspace_id)
    assert feed
    assert feed.next_at == NOW


def test_the_card_is_refreshed_while_a_pull_is_due_and_the_page_after_it(
    puller: Puller, client: FlaskClient
) -> None:
    assert 'hx-get="/coverage/state"' in client.get("/coverage").text
    part = client.get("/coverage/state", headers={"HX-Request": "true"})
    assert "HX-Refresh" not in part.headers
    assert "<html" not in part.text
    puller.pull_well()
    part = client.get("/coverage/state", headers={"HX-Request": "true"})
    assert part.headers["HX-Refresh"] == "true"
    assert client.get("/coverage/state").status_code == 303


def test_another_workspace_sees_and_changes_nothing_of_it(
    puller: Puller, client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with engine.begin() as connection:
        other = add_workspace(connection, "other", "Other")
    stranger = signed_in(client.application.test_client(), other)
    assert "Nothing is pulled yet" in stranger.get("/coverage").text
    assert stranger.post("/coverage/pause", data={"paused": "1"}).status_code == 404
    assert stranger.post("/coverage/pull").status_code == 404
    feed = feed_of(engine, workspace_id)
    assert feed
    assert not feed.paused


def test_without_a_login_there_is_nothing(puller: Puller, client: FlaskClient) -> None:
    nobody = client.application.test_client()
    assert nobody.get("/coverage").status_code == 303
    assert nobody.post("/coverage/pull").status_code in {303, 403}


@pytest.mark.parametrize("address", ["/coverage?until=x", "/coverage?before=-1"])
def test_an_address_that_cannot_be_read_is_refused(
    puller: Puller, client: FlaskClient, address: str
) -> None:
    assert client.get(address).status_code == 400


def test_what_is_pushed_has_days_without_windows_and_what_came_late(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with engine.begin() as connection:
        for day in (1, 20, 18):  # the last one comes more than a day after the one before it
            stamp = f"2026-11-{day:02}T12:00:00Z"
            record, now = make_record(id=str(day), timestamp=stamp), parse_instant(stamp)
            came = NOW if day == 18 else now
            store(connection, workspace_id, record, source="a b", now=came)
        past = make_record(id="past", timestamp="2026-10-31T12:00:00Z")
        store(connection, workspace_id, past, source="a b")
    page = client.get("/coverage").text
    said = dict(re.findall(r'day-said">(2026-1[01]-[0-9]+): ([^<]+)', page))
    assert said["2026-11-18"] == "1 event, 1 of them late"
    assert said["2026-10-31"] == "1 event"
    assert (said["2026-11-02"], said["2026-11-23"]) == ("no event", "not over yet, no event")
    assert "2026-11-24" not in said
    href = re.search(r'href="([^"]+2026-11-20)"><span class="day-number">20<', page)
    assert href
    found = client.get(html.unescape(href[1])).text
    assert "2026-11-20T12:00:00" in found
    assert "2026-11-18T12:00:00" not in found
    assert "there are no windows" in page


def test_a_source_that_is_not_there_has_no_calendar(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with engine.begin() as connection:
        store(connection, workspace_id, make_record())
    assert client.get("/coverage?source=nobody").status_code == 400


def test_a_silence_stands_on_every_page_and_in_its_days_until_the_feed_is_back(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(), source="okta", now=Instant(NOW - DAY))
        began_at = Instant(NOW - DAY)
        number = begin_silence(
            connection, workspace_id, "okta", began_at=began_at, usual=0, waited=6 * HOUR, now=NOW
        )
    assert number
    page = client.get("/coverage").text
    assert "silent for 12 h" in page  # of each of two days
    assert "lasts" in page
    assert "The feed okta is silent" in client.get("/settings").text
    with writing(engine) as connection:
        end_silence(connection, number, NOW, NOW)
    assert "The feed okta is silent" not in client.get("/settings").text
    assert "silent for 12 h" in client.get("/coverage").text


def test_an_admin_chooses_who_is_told_and_what_is_watched(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        for source in ("okta", "mode"):
            store(connection, workspace_id, make_record(), source=source)
    given = {"is_on": "1", "floor_hours": "12", "source": ["mode"]}
    for changes, said in (
        ({"recipients": "<b>"}, "is not a mail address"),
        ({"floor_hours": "0"}, "hours from 1 to 672"),
        ({"floor_hours": "x"}, "does not fit"),
        ({"recipients": " ".join(f"a{each}@b.example" for each in range(21))}, "are too many"),
    ):
        answer = client.post("/coverage/watch", data=given | changes)
        assert (answer.status_code, said in answer.text) == (400, True)
    answer = client.post("/coverage/watch", data=given | {"recipients": "a@b.example; c@d.example"})
    assert answer.status_code == 303
    with reading(engine) as connection:
        chosen = find_watch(connection, workspace_id)
    assert (chosen.floor_hours, chosen.left_out) == (12, ("okta",))
    assert "Told by mail: a@b.example, c@d.example." in client.get("/coverage").text
    assert "changed who is told" in client.get("/timeline?q=source:auditdash").text


def test_the_feed_is_tested_by_a_button_and_the_page_keeps_what_came_of_it(
    puller: Puller, client: FlaskClient
) -> None:
    puller.mode.echo = True
    puller.pull_well()
    assert 'action="/coverage/echo"' in client.get("/coverage").text
    assert client.post("/coverage/echo").status_code == 303
    assert client.post("/coverage/echo").status_code == 400
    part = client.get("/coverage/echo", headers={"HX-Request": "true"}).text
    assert "Waiting" not in part
    assert 'hx-get="/coverage/echo"' in part
    around = puller.time.around()
    for said in ("Waiting for the echo", "Came back"):
        assert step_next(puller.engine, puller.settings, around)
        puller.time.pass_(10 * SECOND)
        puller.pull_well()
        assert said in client.get("/coverage").text
    assert "after 10 s; it is known by its time" in client.get("/coverage").text
    assert "tested whether" in client.get("/timeline?q=source:auditdash").text
