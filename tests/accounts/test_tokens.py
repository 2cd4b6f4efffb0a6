import string

import pytest
from sqlalchemy import Engine, event, select

from auditdash.accounts.memberships import grant_role, remove_member
from auditdash.accounts.people import create_person, disable_person
from auditdash.accounts.roles import ADMIN, AUDITOR, OFFICER
from auditdash.accounts.tokens import (
    MEMBER,
    MEMBER_PREFIX,
    PREFIX,
    SCOPES,
    WARNED,
    NewToken,
    Token,
    add_token,
    create_token,
    find_token,
    list_expiring,
    list_member_tokens,
    list_tokens,
    mark_used,
    revoke_token,
    rotate_token,
    why_refused,
)
from auditdash.events.errors import BadInput
from auditdash.events.instants import DAY, MINUTE, SECOND, Instant
from auditdash.store.engine import reading, writing
from auditdash.store.schema import tokens
from tests.databases import add_workspace
from tests.make import NOW


def _create(engine: Engine, workspace_id: int, name: str = "loader") -> str:
    with writing(engine) as connection:
        return create_token(connection, workspace_id, name, None, NOW)


def _find(engine: Engine, presented: str) -> Token | None:
    with reading(engine) as connection:
        return find_token(connection, presented, NOW)


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
            assert find_token(connection, text[:place] + other + text[place + 1 :], NOW) is None
        for wrong in ("", text[:-1], text + "a", "ä" * len(text), text.upper()):
            assert find_token(connection, wrong, NOW) is None
        assert statements == []
        assert find_token(connection, text, NOW) is not None
        assert len(statements) == 1


def test_a_revoked_token_opens_nothing(engine: Engine, workspace_id: int) -> None:
    text = _create(engine, workspace_id)
    token = _find(engine, text)
    assert token is not None
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
        assert not revoke_token(connection, other, token.id, NOW)
        assert find_token(connection, text, NOW) is not None
        assert revoke_token(connection, workspace_id, token.id, NOW)
        assert find_token(connection, text, NOW) is None
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


def test_a_token_opens_nothing_after_its_end(engine: Engine, workspace_id: int) -> None:
    end = Instant(NOW + DAY)
    new = NewToken(
        workspace_id=workspace_id, name="x", created_by=None, scopes=("read",), expires_at=end
    )
    with writing(engine) as connection:
        token, text = add_token(connection, new, NOW)
        assert find_token(connection, text, Instant(end - 1)) == token
        assert find_token(connection, text, end) is None
        assert why_refused(connection, text, end) == "it has expired"
        assert list_expiring(connection, NOW) == [token]
        assert list_expiring(connection, Instant(end - WARNED - 1)) == []
    states = [token.state(Instant(end + after)) for after in (-WARNED - 1, -WARNED, -1, 0)]
    assert states == ["active", "expiring", "expiring", "expired"]


def test_the_secret_before_the_last_one_works_for_the_overlap(
    engine: Engine, workspace_id: int
) -> None:
    first = _create(engine, workspace_id)
    token = _find(engine, first)
    assert token is not None
    with writing(engine) as connection:
        changed = rotate_token(connection, token, NOW, overlap=DAY, expires_at=None)
        assert changed is not None
        new, second = changed
        assert (new.id, new.prefix, new.former_until) == (token.id, second[:8], NOW + DAY)
        assert rotate_token(connection, token, NOW, overlap=0, expires_at=None) is None
        for text in (first, second):
            assert find_token(connection, text, Instant(NOW + DAY - 1)) == new
        assert find_token(connection, first, Instant(NOW + DAY)) is None
        assert (
            why_refused(connection, first, Instant(NOW + DAY)) == "it was replaced by a newer one"
        )
        assert find_token(connection, second, Instant(NOW + DAY)) == new
        revoke_token(connection, workspace_id, token.id, NOW)
        assert find_token(connection, first, NOW) is None
        assert why_refused(connection, first, NOW) == "it was revoked"


def test_a_member_token_ends_with_its_person(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        alice = create_person(connection, "alice", "Alice", NOW, "hash")
        grant_role(connection, alice, workspace_id, ADMIN, NOW)
        bob = create_person(connection, "bob", "Bob", NOW, "hash")
        grant_role(connection, bob, workspace_id, OFFICER, NOW)
        new = NewToken(
            workspace_id=workspace_id, name="x", created_by=bob, kind=MEMBER, person_id=bob
        )
        token, text = add_token(connection, new, NOW)
        assert text.startswith(MEMBER_PREFIX)
        assert not any(token.may(scope) for scope in SCOPES)
        assert list_tokens(connection, workspace_id) == []
        assert list_member_tokens(connection, workspace_id, bob) == [token]
        assert list_member_tokens(connection, workspace_id, bob + 1) == []
        remove_member(connection, bob, workspace_id)
        assert find_token(connection, text, NOW) is None
        grant_role(connection, bob, workspace_id, OFFICER, NOW)
        assert find_token(connection, text, NOW) == token
        grant_role(connection, bob, workspace_id, AUDITOR, NOW)  # who has no tokens
        assert find_token(connection, text, NOW) is None
        grant_role(connection, bob, workspace_id, OFFICER, NOW)
        disable_person(connection, bob, NOW)
        assert find_token(connection, text, NOW) is None
        assert "may not come in" in why_refused(connection, text, NOW)
