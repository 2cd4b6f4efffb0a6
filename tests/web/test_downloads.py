"""Files of a search, as a browser asks for them."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.store.engine import writing
from auditdash.store.installation import DOWNLOADS_AT_ONCE
from tests.databases import ON_SQLITE
from tests.make import one_of_each_action, store

PATH = "/downloads/events.csv?q=-source:auditdash"


@ON_SQLITE
def test_slow_downloads_leave_room_for_pages(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action())
    slow = [client.get(PATH) for _ in range(DOWNLOADS_AT_ONCE)]
    refused = client.get(PATH)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert client.get("/timeline").status_code == 200
    slow.pop().close()
    assert client.get(PATH).get_data().count(b"\r\n") == 51
    for answer in slow:
        answer.close()


@ON_SQLITE
def test_a_download_that_only_asks_for_headers_gives_its_place_back(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action())
    for _ in range(2 * DOWNLOADS_AT_ONCE):
        with client.head(PATH) as answer:
            assert answer.status_code == 200


@ON_SQLITE
def test_an_unknown_form_is_not_found(client: FlaskClient) -> None:
    assert client.get("/downloads/events.exe").status_code == 404
