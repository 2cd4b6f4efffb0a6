import string

import pytest
from sqlalchemy import Engine, event, select

from auditdash.accounts.tokens import (
    PREFIX,
    Token,
    create_token,
    find_token,
    list_tokens,
    mark_used,
    revoke_token,
)
from auditdash.events.errors import BadInput
from auditdash.events.instants import MINUTE, SECOND, Instant
from auditdash.store.engine import reading, writing
from auditdash.store.schema import tokens
from tests.databases import add_workspace
from tests.make import NOW


def _create(engine: Engine, workspace_id: int, name: str = "loader") -> str:
    with writing(engine) as connection:
        return create_token(connection, workspace_id, name, None, NOW)


def _find(engine: Engine, presented: str) -> Token | None:
    with reading(engine) as connection:
        return find_token(connection, presented)


def test_a_token_is_found_by_its_text_alone(engine: Engine, workspace_id: int) -> None:
    text = _create(engine, workspace_id)
    token = _find(engine, text)
    assert text.startswith(PREFIX)
    assert token is not None
    assert (token.workspace_id, token.name) == (workspace_id, "loader")
    assert text.startswith(token.prefix)
    assert len(token.prefix) < 10


def test_the_store_has_no_token(engine: Engine, workspace_id: int) -> None:
    text = _create(engine, workspace_id)
    with reading(engine) as connection:
        row = connection.execute(select(tokens)).one()
    assert text[len(PREFIX) :] not in repr(row)
    assert len(bytes(row.token_hash)) == 32


def test_a_mistyped_token_never_reaches_the_database(engine: Engine, workspace_id: int) -> None:
    text = _create(engine, workspace_id)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    with reading(engine) as connection:
        statements.clear()
        for place in range(len(text)):
            other = next(each for each in string.ascii_letters if each != text[place])
            assert find_token(connection, text[:place] + other + text[place + 1 :]) is None
        for wrong in ("", text[:-1], text + "a", "ä" * len(text), text.upper()):
            assert find_token(connection, wrong) is None
        assert statements == []
        assert find_token(connection, text) is not None
        assert len(statements) == 1


def test_a_revoked_token_opens_nothing(engine: Engine, workspace_id: int) -> None:
    text = _create(engine, workspace_id)
    token = _find(engine, text)
    assert token is not None
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
        assert not revoke_token(connection, other, token.id, NOW)
        assert find_token(connection, text) is not None
        assert revoke_token(connection, workspace_id, token.id, NOW)
        assert find_token(connection, text) is None
        assert not revoke_token(connection, workspace_id, token.id, NOW)


def test_the_list_shows_live_tokens_of_this_workspace_first(
    engine: Engine, workspace_id: int
) -> None:
    for name in ("one", "two", "three"):
        _create(engine, workspace_id, name)
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
        create_token(connection, other, "elsewhere", None, NOW)
        newest = list_tokens(connection, workspace_id)[0]
        revoke_token(connection, workspace_id, newest.id, NOW)
        assert [each.name for each in list_tokens(connection, workspace_id)] == [
            "two",
            "one",
            "three",
        ]


def test_the_last_use_is_kept_to_the_minute(engine: Engine, workspace_id: int) -> None:
    text = _create(engine, workspace_id)
    uses = []
    for seconds in (0, 30, 61):
        token = _find(engine, text)
        assert token is not None
        at = Instant(NOW + seconds * SECOND)
        with writing(engine) as connection:
            if token.needs_mark(at):
                mark_used(connection, token, at)
            uses.append(list_tokens(connection, workspace_id)[0].last_used_at)
    assert uses == [NOW, NOW, NOW + MINUTE + SECOND]


def test_a_token_needs_a_name(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection, pytest.raises(BadInput, match="name"):
        create_token(connection, workspace_id, " ", None, NOW)
