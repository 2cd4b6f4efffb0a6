"""What a box offers while a query is written, and the sheet of examples."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.events.folding import fold_case
from auditdash.events.instants import HOUR, Instant
from auditdash.factory import create_app
from auditdash.search.parse import LONGEST, parse
from auditdash.settings import Settings
from auditdash.store.engine import writing
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW, make_record, one_of_each_action, store
from tests.people import signed_in

HTMX = {"HX-Request": "true"}


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> int:
    """Fifty events by peter_parker, three by paula_pope, one by a stranger of another workspace."""
    paula = [make_record(id=f"p-{n}", actor__username="paula_pope") for n in range(3)]
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action(), *paula)
        other = add_workspace(connection, "other", "Other")
        store(connection, other, make_record(id="theirs", actor__username="pstranger"))
    return workspace_id


def _ask(client: FlaskClient, text: str) -> list[dict[str, Any]]:
    query = {"q": text, "caret": str(len(text))}
    answer = client.get("/timeline/complete", query_string=query)
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    found: list[dict[str, Any]] = answer.json  # type: ignore[assignment]  # the answer is a list
    return found


def test_values_come_by_their_number_of_events_in_the_period(
    client: FlaskClient, filled: int
) -> None:
    offers = _ask(client, "actor:p")
    assert [(each["label"], each["count"]) for each in offers] == [
        ("peter_parker", 50),
        ("paula_pope", 3),
    ]
    assert (offers[0]["text"], offers[0]["caret"]) == ("actor:peter_parker ", 19)
    # Paula's are of 2025; a word inside a name may be begun, too.
    assert [each["label"] for each in _ask(client, "created:2026 actor:p")] == ["peter_parker"]
    assert [each["label"] for each in _ask(client, "actor:pop")] == ["paula_pope"]


def test_values_of_the_context_and_its_paths_are_known(client: FlaskClient, filled: int) -> None:
    paths = [each["text"] for each in _ask(client, "context.gro")]
    assert {"context.group_id:", "context.group_name:"} <= set(paths)
    offers = [each for each in _ask(client, "context.group_name:") if each["count"]]
    assert [(each["label"], each["count"]) for each in offers] == [("internalgroup", 53)]


@ON_SQLITE
def test_fields_come_first_then_values_then_saved_searches(
    client: FlaskClient, filled: int
) -> None:
    client.post("/saved", data={"name": "Peter at night", "q": "actor:peter_parker"})
    groups = list(dict.fromkeys(each["group"] for each in _ask(client, "pe")))
    assert groups[-2:] == ["Values", "Saved searches"]
    assert _ask(client, "ac")[0]["text"] == "actor:"
    saved = _ask(client, "pet")[-1]
    assert (saved["label"], saved["text"]) == ("Peter at night", "actor:peter_parker")
    assert _ask(client, '"a phrase') == []


@ON_SQLITE
def test_a_caret_beyond_the_text_is_refused(client: FlaskClient, workspace_id: int) -> None:
    assert client.get("/timeline/complete?q=a&caret=x").status_code == 400
    assert client.get("/timeline/complete", query_string={"q": "a" * 5000}).json == []


@ON_SQLITE
def test_looking_at_names_is_recorded_once_an_hour(client: FlaskClient, filled: int) -> None:
    for text in ("ac", "op:gr"):
        _ask(client, text)
    for text in ("actor:p", "actor:pe", "actor:pet"):
        _ask(client, text)
    shown = client.get("/timeline?q=context.what:completion").text
    assert "1</span> event<" in shown


@ON_SQLITE
def test_after_an_hour_looking_at_names_is_recorded_again(settings: Settings, filled: int) -> None:
    time = [NOW]
    app = create_app(settings, now=lambda: time[0])
    client = signed_in(app.test_client(), filled)
    for later, count in ((0, 1), (HOUR - 1, 1), (HOUR, 2)):
        time[0] = Instant(NOW + later)
        _ask(client, "actor:p")
        shown = client.get("/timeline?q=context.what:completion").text
        assert f"{count}</span> event" in shown
    app.extensions["auditdash"].engine.dispose()


@ON_SQLITE
def test_a_list_is_short_readable_and_fits_into_the_box(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    people = [make_record(id=f"m-{n}", actor__username=f"many\u202e_{n}") for n in range(12)]
    with writing(engine) as connection:
        store(connection, workspace_id, *people)
    offers = _ask(client, "actor:many")
    assert len([each for each in offers if each["count"]]) == 8
    assert "\u202e" not in "".join(each["label"] for each in offers)
    assert _ask(client, "m") == [each for each in _ask(client, "m") if not each["count"]]
    long = f"entity:{'x' * (LONGEST - 20)} actor:many"
    assert all(len(each["text"]) <= LONGEST for each in _ask(client, long))


@ON_SQLITE
def test_the_sheet_asks_ten_questions_that_find_something(client: FlaskClient, filled: int) -> None:
    part = client.get("/timeline/help", headers=HTMX)
    assert "<html" not in part.text
    links = re.findall(r'class="example" href="([^"]+)"', part.text)
    assert len(links) == 10
    for link in links:
        assert "No event matches" not in client.get(link).text, link
    assert "peter_parker" in client.get("/timeline/help").text


@ON_SQLITE
def test_an_empty_workspace_has_invented_examples(client: FlaskClient, workspace_id: int) -> None:
    page = client.get("/timeline/help").text
    assert "the names are invented" in page
    for text in re.findall(r'example-text" dir="ltr">([^<]+)<', page):
        assert parse(text.replace("&#34;", '"').replace("&gt;", ">")).node is not None
    assert fold_case("Bob") in page
