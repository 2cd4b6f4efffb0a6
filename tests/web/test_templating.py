from urllib.parse import quote_plus

from flask import Flask, render_template_string
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from auditdash.web.frame.question import quoted
from auditdash.web.frame.templating import attributes, number_text
from tests.databases import ON_SQLITE


def test_numbers_have_their_digits_in_groups() -> None:
    assert [number_text(each) for each in (0, 999, 40_000, -1_234_567)] == [
        "0",
        "999",
        "40,000",
        "-1,234,567",
    ]


def test_attributes_stand_bare_or_quoted_or_not_at_all() -> None:
    given = attributes({"required": True, "max": 5, "data_copy": '"><b>', "a": None, "b": False})
    assert given == ' required max="5" data-copy="&#34;&gt;&lt;b&gt;"'


@ON_SQLITE
def test_moments_are_said_in_the_zone_of_the_reader(client: FlaskClient) -> None:
    template = "{{ 0|moment }} · {{ 0|day }} · {{ 0|clock_time }} · {{ 0|rfc3339 }}"
    client.application.add_url_rule("/probe", view_func=lambda: render_template_string(template))
    assert client.get("/probe").text == (
        "1 January 1970, 00:00:00 UTC · 1 January 1970 · 00:00:00 · 1970-01-01T00:00:00.000000Z"
    )
    client.set_cookie("zone", "America/New_York")
    assert client.get("/probe").text == (
        "31 December 1969, 19:00:00 EST · 31 December 1969 · 19:00:00 · 1970-01-01T00:00:00.000000Z"
    )


@ON_SQLITE
def test_a_form_token_cannot_break_out_of_its_field(app: Flask) -> None:
    visitor = app.test_client()
    visitor.set_cookie("auditdash-form", '"><script>')
    page = visitor.get("/login").text
    assert "<script>" not in page
    assert 'value="&#34;&gt;&lt;script&gt;"' in page


@given(st.text())
def test_queries_are_quoted_as_the_library_does(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert quoted(text) == quote_plus(text)
