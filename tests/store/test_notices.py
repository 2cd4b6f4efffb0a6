"""What stands on pages until it is seen: each person puts it away for themselves."""

from __future__ import annotations

from sqlalchemy import Engine

from auditdash.accounts.people import create_person
from auditdash.events.instants import MINUTE, Instant
from auditdash.store.engine import writing
from auditdash.store.sending.notices import find_notices, see_notices, tell
from tests.make import NOW


def test_what_everybody_is_told_is_put_away_by_each_alone(
    engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        alice, bob = (create_person(connection, name, name, NOW, "x") for name in ("alice", "bob"))

        def put_up(text: str, to: int | None, now: Instant = NOW) -> None:
            tell(
                connection,
                workspace_id=workspace_id,
                person_id=to,
                text=text,
                path="/reports",
                now=now,
            )

        def read(person: int) -> list[str]:
            return [each.text for each in find_notices(connection, workspace_id, person)]

        for text, to in (("all", None), ("alice", alice), ("bob", bob), ("all", None)):
            put_up(text, to)
        assert (read(alice), read(bob)) == (["alice", "all"], ["bob", "all"])
        newest = find_notices(connection, workspace_id, alice)[0].id
        for _ in range(2):
            see_notices(connection, workspace_id, alice, newest, NOW)
        assert (read(alice), read(bob)) == ([], ["bob", "all"])
        see_notices(connection, workspace_id + 1, bob, 99, NOW)
        assert read(bob) == ["bob", "all"]
        # It happens again, and who has seen the first sees this one.
        put_up("all", None, Instant(NOW + MINUTE))
        assert (read(alice), read(bob)) == (["all"], ["all", "bob"])
        see_notices(connection, workspace_id, bob, 99, NOW)
        assert (read(alice), read(bob)) == (["all"], [])
