"""The OpenAPI document says what the code does: nothing is missing in it, and nothing breaks it."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance
from sqlalchemy import Engine

from auditdash.accounts.tokens import INGEST, READ, create_token
from auditdash.api.document.document import find_operations, find_silent, make_document
from auditdash.api.shapes import EventObject
from auditdash.downloads.columns import COLUMNS
from auditdash.store.engine import writing
from tests.databases import ON_SQLITE
from tests.make import NOW, one_of_each_action, store

_CASES = 4
# Any text is a good `q` by JSON Schema, and not by the language.
_NOT_TRIED = [positive_data_acceptance]


@ON_SQLITE
def test_every_address_of_the_api_says_what_it_does(app: Flask) -> None:
    assert find_silent(app) == []
    document = make_document(app)
    names = [each.operation.name for each in find_operations(app)]
    assert len(names) == len(set(names))
    told = {(path, method) for path, at in document["paths"].items() for method in at}
    assert told == {(each.path, each.method) for each in find_operations(app)}
    assert {tag["name"] for tag in document["tags"]} == {
        each.operation.tag for each in find_operations(app)
    }


@ON_SQLITE
def test_an_address_without_a_word_is_noticed(app: Flask) -> None:
    app.add_url_rule("/api/v1/new", "new", lambda: "")
    assert find_silent(app) == ["/api/v1/new"]


def test_the_events_of_the_document_have_the_columns_of_the_files() -> None:
    assert EventObject.__struct_fields__ == (*COLUMNS, "record")


@ON_SQLITE
def test_the_reference_is_a_page_for_everybody_without_scripts(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/api/v1/reference")
    document = client.get("/api/v1/openapi.json")
    assert (page.status_code, document.status_code) == (200, 200)
    assert "<script" not in page.text
    assert document.json is not None
    for path, methods in document.json["paths"].items():
        assert path in page.text
        for each in methods.values():
            assert f'id="{each["operationId"]}"' in page.text
    for name in document.json["components"]["schemas"]:
        assert f'id="object-{name}"' in page.text
    mark = document.headers["ETag"]
    again = client.get("/api/v1/openapi.json", headers={"If-None-Match": mark})
    assert again.status_code == 304


@ON_SQLITE
def test_no_answer_breaks_the_document(app: Flask, engine: Engine, workspace_id: int) -> None:
    """A few random cases of each operation; thousands are tried by hand (CONTRIBUTING.md)."""
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action())
        text = create_token(connection, workspace_id, "fuzz", None, NOW, (INGEST, READ))
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    tried = 0
    for found in schema.get_all_operations():
        tried += 1
        assert isinstance(found, Ok), found
        _try(found.ok(), text)
    assert tried == len(find_operations(app)) - 1  # it does not ask for the document itself


def _try(described: Any, token: str) -> None:
    basic = b64encode(f"{token[:8]}:{token}".encode()).decode()
    is_mode = described.path.startswith("/api/{workspace}")
    headers = {"Authorization": f"Basic {basic}" if is_mode else f"Bearer {token}"}
    headers["Accept-Encoding"] = "identity"  # called in process, nothing unpacks it

    @settings(max_examples=_CASES, suppress_health_check=list(HealthCheck))
    @given(case=described.as_strategy())
    def answers_as_described(case: Any) -> None:
        if is_mode:
            case.path_parameters["workspace"] = "acme"
        case.call_and_validate(headers=headers, excluded_checks=_NOT_TRIED)

    answers_as_described()
