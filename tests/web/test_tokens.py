"""Settings → Tokens: shown once, recorded, rotated, revoked, and out of others' reach."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.accounts.memberships import grant_role
from auditdash.accounts.people import create_person
from auditdash.accounts.roles import OFFICER
from auditdash.accounts.sessions import find_session, start_session
from auditdash.accounts.tokens import find_token, list_member_tokens, list_tokens
from auditdash.events.instants import DAY, Instant
from auditdash.queries.stream import iterate_events
from auditdash.search.parse import parse
from auditdash.search.scope import Scope
from auditdash.store.engine import reading, writing
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW
from tests.people import signed_in
from tests.queries.corpus import CLOCK

pytestmark = ON_SQLITE
PATH = "/settings/tokens"
_TOKEN = re.compile(r"ad[tm]_[0-9A-Za-z]{49}")
_FORM = {"token_name": "<b>loader</b>", "may_read": "1", "lifetime": "90"}


def _shown(answer: Any) -> str:
    """The one token that a page shows."""
    (text,) = set(_TOKEN.findall(answer.text))
    return str(text)


def _told(engine: Engine, workspace_id: int) -> list[tuple[str, str, dict[str, Any]]]:
    """What our own log says of tokens: action, beginning of the token, context."""
    query = parse("category:api-tokens sort:created-asc")
    with reading(engine) as connection:
        found = list(iterate_events(connection, query, Scope(workspace_id=workspace_id), CLOCK))
    assert {(each.source, each.actor.username) for each in found} <= {("auditdash", "alice")}
    found.sort(key=lambda each: each.seq)
    return [(each.action, each.entity.id or "", each.context) for each in found]


def test_a_token_is_shown_once_works_and_is_told_of(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    answer = client.post(PATH, data=_FORM)
    text = _shown(answer)
    assert "<b>loader" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    page = client.get(PATH).text
    assert "&lt;b&gt;loader" in page
    assert not _TOKEN.search(page)
    with reading(engine) as connection:
        token = find_token(connection, text, NOW)
        assert token is not None
        assert (token.scopes, token.expires_at) == ("read", NOW + 90 * DAY)
        assert find_token(connection, text, Instant(NOW + 90 * DAY)) is None
    ((action, begins, context),) = _told(engine, workspace_id)
    assert (action, begins) == ("api_token_workspace_created", text[:8])
    assert context["scopes"] == "read"
    assert text[8:] not in repr(context)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"may_read": ""}, "ingest, read, or both"),
        ({"token_name": " "}, "not a name"),
        ({"lifetime": "0"}, "not one of the choices"),
    ],
)
def test_a_bad_form_makes_nothing(
    client: FlaskClient, engine: Engine, workspace_id: int, changed: dict[str, str], says: str
) -> None:
    answer = client.post(PATH, data=_FORM | changed)
    assert answer.status_code == 400
    assert says in answer.text
    with reading(engine) as connection:
        assert list_tokens(connection, workspace_id) == []
    assert _told(engine, workspace_id) == []


def test_a_secret_is_replaced_while_the_present_one_works_on(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    first = _shown(client.post(PATH, data=_FORM))
    with reading(engine) as connection:
        token_id = list_tokens(connection, workspace_id)[0].id
    form = {"overlap": "24", "lifetime": "never"}
    answer = client.post(f"{PATH}/{token_id}/rotate", data=form)
    assert "works for a day more" in answer.text
    second = _shown(answer)
    with reading(engine) as connection:
        found = [find_token(connection, text, NOW) for text in (first, second)]
        assert [each and (each.id, each.expires_at) for each in found] == [(token_id, None)] * 2
    again = client.post(f"{PATH}/{token_id}/rotate", data=form | {"overlap": "0"})
    assert "works no longer" in again.text
    with reading(engine) as connection:
        assert [find_token(connection, text, NOW) for text in (first, second)] == [None, None]
        assert find_token(connection, _shown(again), NOW) is not None
    told = _told(engine, workspace_id)
    created, revoked = "api_token_workspace_created", "api_token_workspace_revoked"
    assert [(action, begins) for action, begins, _ in told] == [
        (created, first[:8]),
        (revoked, first[:8]),
        (created, second[:8]),
        (revoked, second[:8]),
        (created, _shown(again)[:8]),
    ]
    assert told[1][2]["replaced_by"] == second[:8]


def test_a_revoked_token_says_so(client: FlaskClient, engine: Engine, workspace_id: int) -> None:
    text = _shown(client.post(PATH, data=_FORM))
    with reading(engine) as connection:
        token_id = list_tokens(connection, workspace_id)[0].id
    assert client.post(f"{PATH}/{token_id}/revoke").status_code == 303
    assert "Revoked" in client.get(PATH).text
    assert client.post(f"{PATH}/{token_id}/revoke").status_code == 404
    form = {"overlap": "24", "lifetime": "90"}
    assert client.post(f"{PATH}/{token_id}/rotate", data=form).status_code == 400
    with reading(engine) as connection:
        assert find_token(connection, text, NOW) is None
    assert [each[0] for each in _told(engine, workspace_id)][1:] == ["api_token_workspace_revoked"]


def test_a_member_token_is_its_owners(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    text = _shown(client.post(f"{PATH}/own", data={"own_name": "mine", "lifetime": "30"}))
    assert text.startswith("adm_")
    with writing(engine) as connection:
        bob = create_person(connection, "bob", "Bob", NOW, "hash")
        grant_role(connection, bob, workspace_id, OFFICER, NOW)
        (token,) = list_member_tokens(connection, workspace_id)
        session = start_session(connection, bob, NOW, workspace_id)
        found = find_session(connection, session, NOW)
    assert token.scopes == ""
    assert found is not None
    bobs = client.application.test_client()
    bobs.set_cookie("auditdash", session)
    bobs.environ_base["HTTP_X_CSRF_TOKEN"] = found.csrf_token
    assert "mine" not in bobs.get(PATH).text
    assert bobs.get(f"{PATH}/{token.id}").status_code == 404
    assert bobs.post(PATH, data=_FORM).status_code == 403
    rotated = bobs.post(f"{PATH}/{token.id}/rotate", data={"overlap": "0", "lifetime": "30"})
    assert rotated.status_code == 404
    client.post(f"{PATH}/{token.id}/revoke")
    told = _told(engine, workspace_id)
    assert [each[0] for each in told] == [
        "api_token_member_key_generated",
        "api_token_member_key_revoked",
    ]
    assert told[1][2]["member_username"] == "alice"


def test_a_token_of_another_workspace_is_out_of_reach(client: FlaskClient, engine: Engine) -> None:
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
    elsewhere = signed_in(client.application.test_client(), other)
    elsewhere.post(PATH, data=_FORM | {"token_name": "theirs"})
    with reading(engine) as connection:
        token_id = list_tokens(connection, other)[0].id
    assert "theirs" not in client.get(PATH).text
    assert client.get(f"{PATH}/{token_id}").status_code == 404
    for act in ("revoke", "rotate"):
        form = {"overlap": "0", "lifetime": "30"}
        assert client.post(f"{PATH}/{token_id}/{act}", data=form).status_code == 404


def test_the_demo_has_no_tokens(client: FlaskClient, engine: Engine) -> None:
    with writing(engine) as connection:
        demo = add_workspace(connection, "demo", "Demo", "demo")
    client.post("/settings/workspace", data={"workspace": demo})
    assert f'action="{PATH}"' not in client.get(PATH).text
    answer = client.post(PATH, data=_FORM)
    assert answer.status_code == 400
    assert not _TOKEN.search(answer.text)
