"""Reports → Schedules and Destinations: made, changed, paused, run, ended; each told in the log."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace
from sqlalchemy import Engine

from auditdash.events.instants import parse_instant
from auditdash.factory import create_app
from auditdash.queries.stream import iterate_events
from auditdash.reports.orders.order import decode_order
from auditdash.reports.sending.destinations import secret_of
from auditdash.search.parse import parse
from auditdash.search.scope import Scope
from auditdash.settings import Sending, Settings
from auditdash.store.engine import reading, writing
from auditdash.store.report_runs import list_runs
from auditdash.store.schedules import Schedule, find_schedule, list_schedules
from auditdash.store.sending.deliveries import list_deliveries
from auditdash.store.sending.destinations import Destination, list_destinations
from auditdash.store.sending.notices import tell
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW
from tests.people import signed_in
from tests.queries.corpus import CLOCK
from tests.reports.papers import ask
from tests.reports.schedules import add_schedule, make_plan

pytestmark = ON_SQLITE
_SCHEDULES, _DESTINATIONS = "/reports/schedules", "/reports/destinations"
_FORM: dict[str, Any] = {
    "name": "Every <b>Monday</b>",
    "kind": "compliance",
    "q": "op:export",
    "framework": ["pci"],
    "every": "weekly",
    "weekday": "1",
    "day": "1",
    "clock": "07:30",
    "zone": "Europe/Berlin",
    "when_empty": "1",
    "tell": "alice@acme.com",
}


@pytest.fixture
def settings(settings: Settings, tmp_path: Any) -> Settings:
    sending = Sending(
        smtp_host="mail.acme.com", mail_from="a@acme.com", folder=tmp_path, inside=frozenset({"s3"})
    )
    return replace(settings, sending=sending)


def _told(engine: Engine, workspace_id: int) -> list[tuple[str, str, dict[str, Any]]]:
    query = parse("category:schedules sort:created-asc")
    with reading(engine) as connection:
        found = list(iterate_events(connection, query, Scope(workspace_id=workspace_id), CLOCK))
    assert {(each.source, each.actor.username) for each in found} <= {("auditdash", "alice")}
    found.sort(key=lambda each: each.seq)
    return [(each.action, each.entity.name or "", each.context) for each in found]


def _schedules(engine: Engine, workspace_id: int) -> list[Schedule]:
    with reading(engine) as connection:
        return list_schedules(connection, workspace_id)


def _destinations(engine: Engine, workspace_id: int) -> list[Destination]:
    with reading(engine) as connection:
        return list_destinations(connection, workspace_id)


def _make_mail(client: FlaskClient, addresses: str = "ann@acme.com\nbob@acme.com") -> None:
    form = {"kind": "mail", "name": "Officers", "addresses": addresses}
    assert client.post(_DESTINATIONS, data=form).status_code == 303


def test_a_schedule_is_made_changed_paused_run_and_ended(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    _make_mail(client)
    (to,) = _destinations(engine, workspace_id)
    made = client.post(_SCHEDULES, data=_FORM | {"destination": [str(to.id)]})
    (known,) = _schedules(engine, workspace_id)
    assert made.location == f"{_SCHEDULES}/{known.id}"
    assert (known.rhythm, known.zone, known.tell) == (
        "weekly 1 07:30",
        "Europe/Berlin",
        "alice@acme.com",
    )
    assert decode_order(known.order).period == "last-week"
    page = client.get(made.location).text
    assert "Every &lt;b&gt;Monday&lt;/b&gt;" in page
    assert page.count('<td><time datetime="') == 5  # the next five, with what they are about
    assert "Sent to: ann@acme.com, bob@acme.com" in page
    change = _FORM | {"name": "Daily", "every": "daily", "q": "op:create", "destination": []}
    assert client.post(made.location, data=change).status_code == 303
    assert client.post(f"{made.location}/pause").status_code == 303
    assert "It is paused" in client.get(made.location).text
    assert client.post(f"{made.location}/resume").status_code == 303
    assert client.post(f"{made.location}/run").status_code == 303
    with reading(engine) as connection:
        (run,) = list_runs(connection, workspace_id)
        assert list_deliveries(connection, [run.id]) == []
    assert decode_order(run.order).query == "op:create"
    assert "nobody" in client.get(_SCHEDULES).text
    assert client.get(f"{made.location}/end").status_code == 200
    assert client.post(f"{made.location}/end").status_code == 303
    for path in ("/pause", "/run", ""):
        assert client.post(made.location + path, data=_FORM).status_code == 410
    assert [(action, context["deed"]) for action, _, context in _told(engine, workspace_id)] == [
        ("report_destination_created", "created"),
        ("report_schedule_created", "created"),
        ("report_schedule_edited", "changed"),
        ("report_schedule_edited", "paused"),
        ("report_schedule_edited", "resumed"),
        ("report_schedule_edited", "run by hand"),
        ("report_schedule_deleted", "ended"),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "This is not a name"),
        ({"clock": "25:00"}, "is no time"),
        ({"every": "hourly"}, "is no rhythm"),
        ({"zone": "Mars"}, "zone"),
        ({"q": "actr:bob"}, "actr"),
        ({"ends_on": "2026-02-30"}, "is not a day"),
        ({"ends_on": "2020-01-01"}, "It would end before it is due once"),
        ({"tell": "alice"}, "is not a mail address"),
        ({"period": "next-week"}, "This period is not offered"),
        ({"kind": "novel"}, "no kind of report"),
        ({"weekday": "9"}, "There is no such day"),
        ({"destination": ["999"]}, "A destination is not there any more"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_made(
    client: FlaskClient, engine: Engine, workspace_id: int, change: dict[str, Any], said: str
) -> None:
    answer = client.post(_SCHEDULES, data=_FORM | change)
    assert answer.status_code == 400
    assert said in answer.text
    assert "Every &lt;b&gt;Monday" in answer.text or "name" in change
    assert _schedules(engine, workspace_id) == []
    assert _told(engine, workspace_id) == []


def test_a_report_can_be_made_regular_and_sent_by_hand(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    run_id = ask(engine, workspace_id)
    form = client.get(f"{_SCHEDULES}/new?like={run_id}")
    assert f'name="like" value="{run_id}"' in form.text
    assert client.post(_SCHEDULES, data=_FORM | {"like": str(run_id)}).status_code == 303
    _make_mail(client)
    (to,) = _destinations(engine, workspace_id)
    sent = f"/reports/{run_id}/sent"
    assert "sent to nobody" in client.get(sent).text
    assert client.post(sent).status_code == 400
    assert client.post(sent, data={"destination": [str(to.id)]}).status_code == 303
    page = client.get(sent).text
    assert "ann@acme.com" in page
    assert "bob@acme.com" in page
    assert "waits for the report" in page
    with reading(engine) as connection:
        assert len(list_deliveries(connection, [run_id])) == 2


def test_a_secret_is_shown_once_kept_sealed_and_goes_nowhere_else(
    client: FlaskClient, engine: Engine, settings: Settings, workspace_id: int
) -> None:
    form = {"kind": "webhook", "name": "SIEM", "url": "https://siem.example/hook"}
    shown = client.post(_DESTINATIONS, data=form).text
    (known,) = _destinations(engine, workspace_id)
    secret = secret_of(settings.instance, known)
    assert secret in shown
    assert known.sealed is not None
    assert secret.encode() not in known.sealed
    path = f"{_DESTINATIONS}/{known.id}"
    assert secret not in client.get(path).text
    client.post(path, data=form | {"name": "Other"})
    assert secret_of(settings.instance, _destinations(engine, workspace_id)[0]) == secret
    moved = client.post(path, data=form | {"url": "https://thief.example/hook"})
    other = secret_of(settings.instance, _destinations(engine, workspace_id)[0])
    assert other != secret
    assert other in moved.text
    client.post(f"{path}/end")
    assert client.get(path).status_code == 410
    assert secret not in str(_told(engine, workspace_id))


def test_storage_at_a_new_address_needs_its_secret_again(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    form = {"kind": "s3", "name": "Vault", "url": "https://s3.example", "bucket": "audit"}
    form |= {"region": "eu-1", "lock_days": "30", "access": "AK", "secret": "heron"}
    assert client.post(_DESTINATIONS, data=form).status_code == 303
    path = f"{_DESTINATIONS}/{_destinations(engine, workspace_id)[0].id}"
    assert client.post(path, data=form | {"secret": "", "lock_days": "60"}).status_code == 303
    assert (
        client.post(path, data=form | {"secret": "", "url": "https://x.example"}).status_code == 400
    )
    assert "heron" not in client.get(path).text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"kind": "pigeon"}, "no kind of destination"),
        ({"kind": "mail", "addresses": "ann"}, "is not a mail address"),
        ({"kind": "mail", "addresses": ""}, "Nobody would get it"),
        ({"kind": "folder", "folder": "../up"}, "is not a folder below"),
        ({"kind": "webhook", "url": "http://siem.example"}, "is not encrypted"),
        ({"kind": "webhook", "url": "https://a.example", "secret": "x"}, "no signing secret"),
        ({"kind": "slack", "channel": "#a"}, "It is missing"),
        ({"kind": "slack", "channel": "#a", "secret": "http://x.example"}, "is not encrypted"),
        ({"kind": "s3", "url": "https://s3.example", "bucket": "A"}, "is not the name of a bucket"),
    ],
)
def test_what_is_no_destination_is_said(
    client: FlaskClient, engine: Engine, workspace_id: int, form: dict[str, str], said: str
) -> None:
    usual = {"name": "X", "region": "eu-1", "lock_days": "0", "access": "AK"}
    answer = client.post(_DESTINATIONS, data=usual | form)
    assert answer.status_code == 400
    assert said.lower() in answer.text.lower()
    assert _destinations(engine, workspace_id) == []


def test_trying_a_destination_queues_a_test(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    _make_mail(client)
    path = f"{_DESTINATIONS}/{_destinations(engine, workspace_id)[0].id}"
    assert client.post(f"{path}/test").status_code == 303
    assert "on its way" in client.get(path).text
    part = client.get(path, headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="tests"')


def test_a_notice_stands_on_each_page_until_it_is_seen(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        for text in ("<i>first</i>", "second"):
            tell(
                connection,
                workspace_id=workspace_id,
                person_id=None,
                text=text,
                path="/reports",
                now=NOW,
            )
    page = client.get("/settings").text
    assert "&lt;i&gt;first&lt;/i&gt;" in page
    assert "second" in page
    assert client.post("/reports/notices/seen", data={"up_to": "1"}).status_code == 303
    assert "first" not in client.get("/settings").text
    assert "second" in client.get("/settings").text


def test_another_workspace_has_none_of_it(
    client: FlaskClient, engine: Engine, settings: Settings, workspace_id: int
) -> None:
    _make_mail(client)
    run_id = ask(engine, workspace_id)
    with writing(engine) as connection:
        known = add_schedule(connection, workspace_id, make_plan(), NOW)
        other = add_workspace(connection, "other", "Other")
    (to,) = _destinations(engine, workspace_id)
    carol = signed_in(create_app(settings, now=lambda: NOW).test_client(), other)
    for path in (
        f"{_SCHEDULES}/{known.id}",
        f"{_SCHEDULES}/{known.id}/edit",
        f"{_DESTINATIONS}/{to.id}",
        f"/reports/{run_id}/sent",
    ):
        assert carol.get(path).status_code == 404
    for path in (
        f"{_SCHEDULES}/{known.id}/run",
        f"{_SCHEDULES}/{known.id}/pause",
        f"{_DESTINATIONS}/{to.id}/end",
        f"{_DESTINATIONS}/{to.id}/test",
    ):
        assert carol.post(path).status_code == 404
    assert carol.post(_SCHEDULES, data=_FORM | {"destination": [str(to.id)]}).status_code == 400
    with reading(engine) as connection:
        found = find_schedule(connection, workspace_id, known.id)
    assert found == known
    assert known.next_at == parse_instant("2026-12-01T06:00:00Z")
