"""`auditdash token`: made, listed, rotated, revoked, and each act told by the log."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from auditdash.accounts.tokens import find_token
from auditdash.cli.main import main
from auditdash.events.instants import now
from auditdash.queries.stream import iterate_events
from auditdash.search.parse import parse
from auditdash.search.scope import Scope
from auditdash.settings import Settings
from auditdash.store.engine import reading
from tests.databases import ON_SQLITE
from tests.people import add_alice, add_to_all
from tests.queries.corpus import CLOCK
from tests.serving import environment

pytestmark = ON_SQLITE


def test_a_token_is_made_listed_rotated_and_revoked(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["token", *arguments], env=environment(settings))

    def is_live(text: str) -> bool:
        with reading(engine) as connection:
            return find_token(connection, text, now()) is not None

    add_to_all(engine, add_alice(engine))
    first = run("create", "siem", "--scope", "read", "--expires", "7").output.strip()
    own = run("create-member", "alice", "mine", "--expires", "never").output.strip()
    assert is_live(first)
    assert is_live(own)
    listed = [line.split("\t") for line in run("list").output.splitlines()]
    assert [line[:5] for line in listed] == [
        ["1", f"{first[:8]}…", "siem", "expiring", "read"],
        ["2", f"{own[:8]}…", "mine", "active", "member"],
    ]
    second = run("rotate", "1", "--overlap", "1").output.strip()
    assert is_live(first)
    assert is_live(second)
    assert "revoked" in run("revoke", "1").output
    assert not is_live(first)
    assert not is_live(second)
    for act in ("revoke", "rotate"):
        again = run(act, "1")
        assert again.exit_code == 1
        assert "no live token 1" in again.output
    with reading(engine) as connection:
        query = parse("actor:shell* category:api-tokens")
        told = iterate_events(connection, query, Scope(workspace_id=workspace_id), CLOCK)
        actions = sorted(each.action for each in told)
    assert actions == [
        "api_token_member_key_generated",
        *["api_token_workspace_created"] * 2,
        *["api_token_workspace_revoked"] * 2,
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("create", "x", "--expires", "0"), "days from 1"),
        (("create", "x", "--expires", "soon"), "days from 1"),
        (("create-member", "nobody", "x"), "there is no user 'nobody'"),
        (("rotate", "1"), "no live token 1"),
    ],
)
def test_what_cannot_be_is_one_clear_line(
    settings: Settings, workspace_id: int, arguments: tuple[str, ...], says: str
) -> None:
    found = CliRunner().invoke(main, ["token", *arguments], env=environment(settings))
    assert found.exit_code == 1
    assert says in found.output
