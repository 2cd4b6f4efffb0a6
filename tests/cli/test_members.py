"""`auditdash members` and the role of `user add`."""

from __future__ import annotations

from click.testing import CliRunner, Result
from sqlalchemy import Engine

from auditdash.accounts.memberships import list_members
from auditdash.cli.main import main
from auditdash.settings import Settings
from auditdash.store.engine import reading
from auditdash.store.workspaces import list_workspaces
from tests.databases import ON_SQLITE
from tests.people import PASSWORD
from tests.serving import environment
from tests.web.signing.entering import acts

pytestmark = ON_SQLITE


def test_members_are_added_limited_listed_and_removed(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, list(arguments), env=environment(settings))

    def failed(*arguments: str) -> str:
        result = run(*arguments)
        assert result.exit_code == 1, result.output
        return result.output

    for name, role in (("alice", "admin"), ("bob", "viewer")):  # the first is the admin
        added = run("user", "add", name, "--password", PASSWORD)
        assert f"{name} may sign in now, as {role} of acme." in added.output
    until = "2100-01-01T00:00:00Z"
    limited = ("--role", "auditor", "--query", "op:export", "--until", until)
    invited = run("members", "add", "gina", "--guest", *limited)
    assert "/setup/" in invited.output
    assert "a guest has an end" in failed("members", "add", "hal", "--guest")
    assert "is no limit" in failed("members", "add", "hal", "--query", "created:today")
    assert "looks after this workspace" in failed("members", "remove", "alice")
    assert "is no member" in failed("members", "remove", "nobody")
    assert run("members", "change", "bob", "--role", "officer").exit_code == 0
    listed = [line.split("\t") for line in run("members", "list").output.splitlines()]
    assert [line[:3] for line in listed] == [
        ["alice", "admin", "active"],
        ["bob", "officer", "active"],
        ["gina", "auditor (guest)", "not begun"],
    ]
    assert listed[2][4:] == ["query=op:export", "expires_at=2100-01-01T00:00:00.000000Z"]
    assert run("members", "remove", "bob").exit_code == 0
    made = run("members", "create-workspace", "Second", "--admin", "alice")
    assert "second is there; alice is its admin." in made.output
    assert "no user" in failed("members", "create-workspace", "Third", "--admin", "nobody")
    with reading(engine) as connection:
        assert [each.slug for each in list_workspaces(connection)] == ["acme", "second"]
        second = list_workspaces(connection)[1]
        assert [each.username for each in list_members(connection, second.id)] == ["alice"]
        assert len(list_members(connection, workspace_id)) == 2


def test_accounts_are_made_disabled_and_enabled_and_the_log_tells(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    for command in ("add alice", "add bob", "disable bob", "enable bob", "disable nobody"):
        secret = ["--password", PASSWORD] if command.startswith("add") else []
        done = CliRunner().invoke(
            main, ["user", *command.split(), *secret], env=environment(settings)
        )
        assert done.exit_code == ("nobody" in command), done.output
    assert [
        (each["action"], each["context"]["member_username"], each["context"].get("role"))
        for each in acts(engine)
    ] == [
        ("auditdash_member_invited", "alice", "admin"),
        ("auditdash_member_invited", "bob", "viewer"),
        ("auditdash_person_disabled", "bob", None),
        ("auditdash_person_enabled", "bob", None),
    ]
