from sqlalchemy import Engine, select

from auditdash.accounts.people import create_person, disable_person
from auditdash.accounts.sessions import (
    ABSOLUTE_LIMIT,
    IDLE_LIMIT,
    Session,
    choose_workspace,
    end_session,
    end_sessions_of,
    find_session,
    start_session,
    touch_session,
)
from auditdash.events.instants import HOUR, Instant
from auditdash.store.engine import reading, writing
from auditdash.store.schema import sessions
from tests.make import NOW


def _alice(engine: Engine) -> int:
    with writing(engine) as connection:
        return create_person(connection, "alice", "Alice", NOW, "hash")


def _start(engine: Engine, person_id: int, now: Instant = NOW, replaces: str | None = None) -> str:
    with writing(engine) as connection:
        return start_session(connection, person_id, now, replaces=replaces)


def _find(engine: Engine, token: str, now: int = NOW) -> Session | None:
    with reading(engine) as connection:
        return find_session(connection, token, Instant(now))


def test_a_session_says_whose_it_is(engine: Engine) -> None:
    token = _start(engine, _alice(engine))
    session = _find(engine, token)
    assert session is not None
    assert (session.username, session.name, session.workspace_id) == ("alice", "Alice", None)
    assert len(session.csrf_token) >= 43


def test_the_store_has_no_token(engine: Engine) -> None:
    token = _start(engine, _alice(engine))
    with reading(engine) as connection:
        row = connection.execute(select(sessions)).one()
    assert token.encode() not in bytes(row.token_hash)
    assert token not in repr(row)


def test_a_session_ends_when_it_is_not_used(engine: Engine) -> None:
    token = _start(engine, _alice(engine))
    assert _find(engine, token, NOW + IDLE_LIMIT - 1) is not None
    assert _find(engine, token, NOW + IDLE_LIMIT) is None


def test_a_session_ends_after_seven_days_however_busy(engine: Engine) -> None:
    token, now = _start(engine, _alice(engine)), NOW
    while (session := _find(engine, token, now)) is not None:
        assert session.needs_touch(Instant(now + 6 * HOUR))
        now = Instant(now + 6 * HOUR)
        with writing(engine) as connection:
            touch_session(connection, session, now)
    assert now - NOW == ABSOLUTE_LIMIT


def test_a_page_view_shortly_after_another_needs_no_write(engine: Engine) -> None:
    session = _find(engine, _start(engine, _alice(engine)))
    assert session is not None
    assert not session.needs_touch(Instant(NOW + HOUR // 60))


def test_a_new_login_ends_the_session_it_replaces(engine: Engine) -> None:
    alice = _alice(engine)
    old = _start(engine, alice)
    new = _start(engine, alice, replaces=old)
    assert new != old
    assert _find(engine, old) is None
    assert _find(engine, new) is not None


def test_logging_out_ends_this_session_alone(engine: Engine) -> None:
    alice = _alice(engine)
    here, there = _start(engine, alice), _start(engine, alice)
    with writing(engine) as connection:
        end_session(connection, here)
    assert _find(engine, here) is None
    assert _find(engine, there) is not None


def test_a_new_password_ends_every_other_session(engine: Engine) -> None:
    alice = _alice(engine)
    here, there = _start(engine, alice), _start(engine, alice)
    with writing(engine) as connection:
        end_sessions_of(connection, alice, but=find_session(connection, here, NOW))
    assert _find(engine, here) is not None
    assert _find(engine, there) is None
    with writing(engine) as connection:
        end_sessions_of(connection, alice)
    assert _find(engine, here) is None


def test_the_chosen_workspace_is_remembered(engine: Engine, workspace_id: int) -> None:
    token = _start(engine, _alice(engine))
    with writing(engine) as connection:
        session = find_session(connection, token, NOW)
        assert session is not None
        choose_workspace(connection, session, workspace_id)
    found = _find(engine, token)
    assert found is not None
    assert found.workspace_id == workspace_id


def test_sessions_that_are_over_are_cleared_away(engine: Engine) -> None:
    alice = _alice(engine)
    _start(engine, alice)
    _start(engine, alice, Instant(NOW + IDLE_LIMIT))
    with reading(engine) as connection:
        assert len(connection.execute(select(sessions)).all()) == 1


def test_a_disabled_person_has_no_session_however_it_began(engine: Engine) -> None:
    alice = _alice(engine)
    with writing(engine) as connection:
        create_person(connection, "bob", "Bob", NOW, "hash")
        disable_person(connection, alice, NOW)
    assert _find(engine, _start(engine, alice)) is None
