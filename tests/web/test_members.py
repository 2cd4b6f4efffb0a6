import re
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.accounts.memberships import (
    Limits,
    find_member,
    find_memberships,
    grant_role,
    remove_member,
)
from auditdash.accounts.people import create_person, find_person
from auditdash.accounts.roles import ADMIN, OFFICER, VIEWER
from auditdash.accounts.sessions import start_session
from auditdash.accounts.setup import create_setup_link
from auditdash.accounts.sso.identities import link_identity
from auditdash.accounts.tokens import MEMBER, NewToken, add_token, why_refused
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.ingest.accesses import Act
from auditdash.management import members as management
from auditdash.queries.timeline import count_events, find_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from auditdash.store.workspaces import find_workspace
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW
from tests.people import add_alice

PATH = "/settings/members"
_LINK = re.compile(r"http://localhost(/setup/[\w-]+)")
_FORM = {"username": "carol", "person_name": "Carol Cole", "role": "auditor"}


def _told(engine: Engine, workspace_id: int) -> list[tuple[str, str, str]]:
    query = parse("action:auditdash_member*,auditdash_person* sort:created-asc")
    with reading(engine) as connection:
        scope, clock = Scope(workspace_id=workspace_id), Clock(NOW, ZoneInfo("UTC"))
        page = find_events(connection, query, scope, clock)
        # What our own members may see is no access in what the log is of.
        assert count_events(connection, parse("is:permission"), scope, clock) == 0
    return [
        (
            event.action.removeprefix("auditdash_"),
            event.subject.name or "",
            str(event.context.get("role", "")),
        )
        for event in sorted(page.events, key=lambda event: event.seq)
    ]


def test_a_member_is_invited_changed_and_removed_and_the_log_tells(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    limits = {"limit": "op:export", "first": "2026-10-01", "last": "2026-10-31"}
    answer = client.post(PATH, data=_FORM | limits | {"expires": "2026-12-31"})
    assert answer.status_code == 200, answer.text
    found = _LINK.search(answer.text)
    assert found is not None
    assert client.application.test_client().get(found[1]).status_code == 200
    with reading(engine) as connection:
        carol = find_person(connection, "carol")
        assert carol is not None
        member = find_member(connection, carol.id, workspace_id)
    assert member is not None
    days = [member.limits.period_start, member.limits.period_end, member.limits.expires_at]
    assert (member.role, member.limits.query) == ("auditor", "op:export")
    assert None not in days
    one = client.get(f"{PATH}/{carol.id}").text
    for text in ('value="op:export"', 'value="2026-10-31"', 'value="2026-12-31"'):
        assert text in one
    assert client.post(f"{PATH}/{carol.id}", data={"role": "officer"}).status_code == 303
    new = NewToken(
        workspace_id=workspace_id, name="x", created_by=carol.id, kind=MEMBER, person_id=carol.id
    )
    with writing(engine) as connection:
        _, text = add_token(connection, new, NOW)
    assert client.post(f"{PATH}/{carol.id}/remove").status_code == 303
    with writing(engine) as connection:
        grant_role(connection, carol.id, workspace_id, OFFICER, NOW)
        assert why_refused(connection, text, NOW) == "it was revoked"
        remove_member(connection, carol.id, workspace_id)
    assert client.get(f"{PATH}/{carol.id}").status_code == 404
    assert _told(engine, workspace_id) == [
        ("member_invited", "carol", "auditor"),
        ("member_changed", "carol", "officer"),
        ("member_removed", "carol", "none"),
    ]


@ON_SQLITE
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"username": "alice"}, "a member already"),
        ({"username": "no spaces"}, "is not a username"),
        ({"role": "root"}, "is not a role"),
        ({"role": "officer", "limit": "op:export"}, "see everything"),
        ({"limit": "created:today"}, "is no limit"),
        ({"limit": "actr:bob"}, "There is no field"),
        ({"first": "soon"}, "is no day"),
        ({"first": "2026-03-02", "last": "2026-03-01"}, "ends before it begins"),
        ({"expires": "2026-01-01"}, "It is over"),
        ({"role": "admin", "expires": "2027-01-01"}, "no end date"),
        ({"guest": "1"}, "guest has an end date"),
        ({"guest": "1", "role": "officer", "expires": "2027-01-01"}, "auditor or a viewer"),
    ],
)
def test_what_cannot_be_is_told_in_the_form(
    client: FlaskClient, engine: Engine, change: dict[str, str], said: str
) -> None:
    answer = client.post(PATH, data=_FORM | change)
    assert answer.status_code == 400
    assert said.lower() in answer.text.lower()
    assert "Carol Cole" in answer.text
    with reading(engine) as connection:
        assert find_person(connection, "carol") is None


@ON_SQLITE
def test_the_last_admin_cannot_leave(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    alice = add_alice(engine)
    for path, data in ((f"{PATH}/{alice}", {"role": "viewer"}), (f"{PATH}/{alice}/remove", {})):
        answer = client.post(path, data=data)
        assert answer.status_code == 400
        assert "obody else looks after this workspace" in answer.text
    assert client.post(f"{PATH}/{alice}/disable").status_code == 400
    assert client.get(PATH).status_code == 200


def test_a_disabled_member_is_kept_out_and_let_in(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        bob = create_person(connection, "bob", "Bob", NOW, "hash")
        grant_role(connection, bob, workspace_id, VIEWER, NOW)
        token = start_session(connection, bob, NOW)
    other = client.application.test_client()
    other.set_cookie("auditdash", token)
    assert other.get("/settings").status_code == 200
    assert client.post(f"{PATH}/{bob}/disable").status_code == 303
    assert other.get("/settings").status_code == 303
    assert client.post(f"{PATH}/{bob}/link").status_code == 403
    client.post(f"{PATH}/{bob}/enable")
    assert "Disabled" not in client.get(PATH).text
    second = _LINK.search(client.post(f"{PATH}/{bob}/link").text)
    assert second is not None
    assert _told(engine, workspace_id) == [
        ("person_disabled", "bob", ""),
        ("person_enabled", "bob", ""),
    ]


@ON_SQLITE
def test_an_account_of_another_workspace_is_not_taken_over(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        dora = create_person(connection, "dora", "Dora", NOW)
        theirs = add_workspace(connection, "theirs", "Theirs")
        grant_role(connection, dora, theirs, ADMIN, NOW)
        grant_role(connection, dora, workspace_id, VIEWER, NOW)
    for path in ("link", "disable", "enable"):
        answer = client.post(f"{PATH}/{dora}/{path}")
        assert answer.status_code == 403, path
        assert not _LINK.search(answer.text)
    stranger = client.post(f"{PATH}/99999/remove")
    assert stranger.status_code == 404


@ON_SQLITE
@pytest.mark.parametrize(("linked", "status"), [(False, 400), (True, 200)])
def test_an_invitation_brings_no_link_of_who_is_somebody_elsewhere(
    client: FlaskClient, engine: Engine, linked: bool, status: int
) -> None:
    with writing(engine) as connection:
        dora = create_person(connection, "dora", "Dora", NOW)  # no password: by link, or provider
        if linked:
            link_identity(connection, dora, "https://id.example", "d-1", "dora", NOW)
        theirs = add_workspace(connection, "theirs", "Theirs")
        over = None if linked else Limits(expires_at=Instant(NOW - 1))  # and may come back
        grant_role(connection, dora, theirs, OFFICER, Instant(NOW - 2), over)
        link = create_setup_link(connection, dora, NOW)
    answer = client.post(PATH, data=_FORM | {"username": "dora"})
    assert answer.status_code == status
    assert not _LINK.search(answer.text)
    # Nor does whoever looks after them elsewhere come in here with a link of before.
    opens = client.application.test_client().get(link).status_code
    assert opens == (410 if linked else 200)


@ON_SQLITE
def test_a_member_who_was_removed_meanwhile_is_not_made_one_again(
    engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        bob = create_person(connection, "bob", "Bob", NOW, "hash")
        grant_role(connection, bob, workspace_id, VIEWER, NOW)
        member = find_member(connection, bob, workspace_id)
        assert member is not None
        remove_member(connection, bob, workspace_id)
        workspace = find_workspace(connection, workspace_id)
        assert workspace is not None
        act = Act(workspace=workspace, actor={}, now=NOW)
        with pytest.raises(BadInput, match="no member any more"):
            management.change(connection, act, member, OFFICER, None)


@ON_SQLITE
def test_a_new_workspace_is_its_makers_alone(client: FlaskClient, engine: Engine) -> None:
    form = {"workspace_name": "Second", "workspace_zone": "Europe/Berlin"}
    assert client.post(f"{PATH}/workspaces", data=form).status_code == 303
    alice = add_alice(engine)
    with reading(engine) as connection:
        found = find_memberships(connection, alice, NOW)
    assert [(each.workspace.slug, each.role) for each in found] == [
        ("acme", ADMIN),
        ("second", ADMIN),
    ]
    assert "Second" in client.get("/settings").text
    bad = client.post(f"{PATH}/workspaces", data=form | {"workspace_zone": "Nowhere"})
    assert bad.status_code == 400


@ON_SQLITE
def test_the_demo_has_no_members(client: FlaskClient, engine: Engine) -> None:
    with writing(engine) as connection:
        demo = add_workspace(connection, "demo", "Demo", "demo")
    client.post("/settings/workspace", data={"workspace": demo})
    assert "The demo has no members" in client.get(PATH).text
    assert client.post(PATH, data=_FORM).status_code == 400


@ON_SQLITE
def test_a_guest_keeps_an_end(client: FlaskClient, engine: Engine, workspace_id: int) -> None:
    assert (
        client.post(PATH, data=_FORM | {"guest": "1", "expires": "2026-12-31"}).status_code == 200
    )
    with reading(engine) as connection:
        carol = find_person(connection, "carol")
    assert carol is not None
    answer = client.post(f"{PATH}/{carol.id}", data={"role": "auditor"})
    assert (answer.status_code, "guest has an end date" in answer.text) == (400, True)
    assert client.post(f"{PATH}/{carol.id}", data={"role": "officer"}).status_code == 303
    with reading(engine) as connection:
        member = find_member(connection, carol.id, workspace_id)
    assert member is not None
    assert (member.guest, member.limits) == (False, Limits())
