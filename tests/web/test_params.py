import pytest
from flask import Flask

from auditdash.events.errors import BadInput
from auditdash.search.errors import QueryError
from auditdash.web import params

_APP = Flask("params")


@pytest.mark.parametrize(
    "given", ["-1", "0", "101", "1.5", "١", "", " ", "1e2", "9" * 40, "0x10", "1\x00"]
)
def test_a_number_outside_its_bounds_is_bad_input(given: str) -> None:
    with _APP.test_request_context("/", query_string={"page": given}):
        if not given.strip():
            assert params.number("page", 7, 1, 100) == 7
            return
        with pytest.raises(BadInput, match="page"):
            params.number("page", 7, 1, 100)


def test_numbers_within_their_bounds_are_read() -> None:
    for given in ("1", "100", " 42 "):
        with _APP.test_request_context("/", query_string={"page": given}):
            assert params.number("page", 7, 1, 100) == int(given)


def test_a_choice_is_one_of_the_allowed_words() -> None:
    with _APP.test_request_context("/?by=hour&bad=year"):
        assert params.choice("by", ("day", "hour"), "day") == "hour"
        assert params.choice("missing", ("day", "hour"), "day") == "day"
        with pytest.raises(BadInput, match="day, hour"):
            params.choice("bad", ("day", "hour"), "day")


def test_of_two_the_first_counts_and_an_address_is_no_form() -> None:
    with _APP.test_request_context("/?page=3&page=9&a=address", method="POST", data={"b": "form"}):
        assert params.number("page", 7, 1, 100) == 3
        assert (params.text("b"), params.field("a")) == ("", "")


def test_a_wrong_query_says_where() -> None:
    with _APP.test_request_context("/", query_string={"q": "actor:alice nonsense:1"}):
        assert params.query_text() == "actor:alice nonsense:1"
        with pytest.raises(QueryError) as caught:
            params.query()
    assert caught.value.position == 12


@pytest.mark.parametrize("given", ["", "x", "-1", "1" * 30, "1 2", "²"])
def test_what_is_no_id_is_bad_input(given: str) -> None:
    with (
        _APP.test_request_context("/", method="POST", data={"workspace": given}),
        pytest.raises(BadInput, match="workspace"),
    ):
        params.id_field("workspace")


def test_a_password_is_read_as_it_was_typed() -> None:
    with _APP.test_request_context("/", method="POST", data={"a": "  secret  "}):
        assert params.secret_field("a") == "  secret  "
        assert params.field("a") == "secret"


@pytest.mark.parametrize(
    "given",
    [
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "http:/evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\n/evil.example",
        "/\t/evil.example",
        " //evil.example",
        "evil.example",
        "//[evil",
        "",
    ],
)
def test_a_path_that_leads_elsewhere_becomes_the_default(given: str) -> None:
    assert params.local_path(given, "/settings") == "/settings"


@pytest.mark.parametrize("given", ["/", "/timeline?q=-source:auditdash", "/a/b?next=//x#y"])
def test_a_path_of_ours_stays(given: str) -> None:
    assert params.local_path(given) == given
