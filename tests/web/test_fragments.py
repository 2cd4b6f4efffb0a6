import pytest
from flask import Flask
from flask.testing import FlaskClient

from auditdash.web import fragments
from tests.databases import ON_SQLITE

pytestmark = ON_SQLITE
_HTMX = {"HX-Request": "true"}


@pytest.fixture
def probe(app: Flask, client: FlaskClient) -> FlaskClient:
    """A client of pages that answer with what fragments makes of the request."""
    app.add_url_rule(
        "/probe",
        endpoint="probe",
        view_func=lambda: fragments.render("errors/page.html", "errors/_notice.html", message="m"),
    )
    app.add_url_rule("/here", view_func=fragments.current_path)
    app.add_url_rule(
        "/done",
        endpoint="done",
        view_func=lambda: fragments.after_post("/next", "errors/_notice.html", message="m"),
        methods=["POST"],
    )
    return client


@pytest.mark.parametrize(
    ("headers", "whole"),
    [
        ({}, True),
        (_HTMX, False),
        (_HTMX | {"HX-Boosted": "true"}, True),
        (_HTMX | {"HX-History-Restore-Request": "true"}, True),
    ],
)
def test_a_browser_gets_the_page_and_htmx_the_part(
    probe: FlaskClient, headers: dict[str, str], whole: bool
) -> None:
    answer = probe.get("/probe", headers=headers)
    assert ("<html" in answer.text) is whole
    assert answer.headers["Vary"] == "HX-Request"


def test_after_a_post_a_browser_goes_on_and_htmx_gets_the_part(probe: FlaskClient) -> None:
    answer = probe.post("/done")
    assert (answer.status_code, answer.location) == (303, "/next")
    part = probe.post("/done", headers=_HTMX)
    assert part.status_code == 200
    assert "<html" not in part.text


def test_htmx_is_sent_to_an_address_in_any_script(app: Flask, client: FlaskClient) -> None:
    app.add_url_rule("/on", view_func=lambda: fragments.see_other("/timeline?q=給料 ü"))
    answer = client.get("/on", headers=_HTMX)
    assert answer.headers["HX-Redirect"] == "/timeline?q=%E7%B5%A6%E6%96%99%20%C3%BC"


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        ({}, "/here?q=a%20b"),
        (_HTMX | {"HX-Current-URL": "http://localhost/timeline?q=x"}, "/timeline?q=x"),
        (_HTMX | {"HX-Current-URL": "http://localhost"}, "/"),
        (_HTMX, "/here?q=a%20b"),
    ],
)
def test_the_current_path_is_that_of_the_page(
    probe: FlaskClient, headers: dict[str, str], path: str
) -> None:
    assert probe.get("/here?q=a%20b", headers=headers).text == path
