import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.store.engine import reading, writing
from auditdash.store.workspaces import find_workspace
from tests.databases import ON_SQLITE, add_workspace
from tests.people import signed_in
from tests.web.signing.entering import acts

pytestmark = ON_SQLITE


def test_the_workspace_can_be_renamed(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    form = {"name": "Acme <Inc>", "workspace_zone": "America/New_York"}
    assert client.post("/settings/workspace/name", data=form).status_code == 303
    with reading(engine) as connection:
        workspace = find_workspace(connection, workspace_id)
    assert workspace is not None
    assert (workspace.name, workspace.zone) == ("Acme <Inc>", "America/New_York")
    assert "Acme <Inc>" not in client.get("/settings").text
    (told,) = acts(engine)
    assert (told["action"], told["context"]["new_zone"]) == (
        "auditdash_workspace_changed",
        "America/New_York",
    )
    nowhere = form | {"workspace_zone": "Nowhere/At all"}
    assert client.post("/settings/workspace/name", data=nowhere).status_code == 400


def test_the_reader_switches_workspace_in_this_session_alone(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other works")
    elsewhere = signed_in(client.application.test_client(), workspace_id)
    assert client.post("/settings/workspace", data={"workspace": other}).status_code == 303
    assert 'value="Other works"' in client.get("/settings").text
    assert 'value="Acme"' in elsewhere.get("/settings").text
    assert client.post("/settings/workspace", data={"workspace": 99}).status_code == 404
    assert client.post("/settings/workspace", data={"workspace": "x"}).status_code == 400


def test_zone_and_theme_are_remembered(client: FlaskClient) -> None:
    form = {"zone": "Europe/Berlin", "next": "/coverage?a=b"}
    answer = client.post("/settings/zone", data=form)
    assert answer.location == "/coverage?a=b"
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    client.post("/settings/theme", data={"theme": "dark"})
    page = client.get("/settings").text
    assert 'value="Europe/Berlin"' in page
    assert 'data-theme="dark"' in page
    assert "13:00:00 CET" in client.get("/settings/members/1").text


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/settings/zone", {"zone": "../../etc/passwd"}),
        ("/settings/zone", {"zone": ""}),
        ("/settings/theme", {"theme": "<script>"}),
    ],
)
def test_a_choice_that_is_none_is_refused(
    client: FlaskClient, path: str, form: dict[str, str]
) -> None:
    answer = client.post(path, data=form)
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers
    assert "<script>" not in answer.text


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "/etc/passwd", "x" * 4000])
def test_an_old_or_invented_cookie_locks_nobody_out(client: FlaskClient, zone: str) -> None:
    client.set_cookie("zone", zone)
    client.set_cookie("theme", zone)
    page = client.get("/settings")
    assert page.status_code == 200
    assert 'data-theme="auto"' in page.text


def test_htmx_is_told_where_to_go_after_a_choice(client: FlaskClient) -> None:
    answer = client.post("/settings/theme", data={"theme": "dark"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/settings")
    assert "theme=dark" in answer.headers["Set-Cookie"]


def test_leading_away_after_a_choice_is_refused(client: FlaskClient) -> None:
    form = {"theme": "dark", "next": "//evil.example"}
    assert client.post("/settings/theme", data=form).location == "/settings"
