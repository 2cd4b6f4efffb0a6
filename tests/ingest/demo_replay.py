"""Replays a feed and notes each event that cannot have happened: what the demo is held to."""

from __future__ import annotations

from collections.abc import Iterable

from auditdash.events.event import Event
from auditdash.ingest.sources.lumenworks.cast import FOUNDERS

_MEMBERSHIP = {"org_user_invited", "org_user_reinvited", "org_user_role_changed"}
# What only admins do, and who manages a connection on it. What founders were before they were
# given a role, nothing tells.
_OF_ADMINS = ("org_user_", "group_", "connection_", "workspace_default_", "api_token_workspace_")
_PARTS = {"sql": "sql", "visualization": "visualization"}


class Replay:
    """What exists after the events so far, and what was wrong with them."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.roles: dict[str, str | None] = dict.fromkeys(FOUNDERS)
        self.things: dict[str, str] = {}  # id of each group, asset, report, token: its kind
        self.gone: set[str] = set()
        self.grants: dict[tuple[str, str], str | None] = {}  # (thing, holder): role
        self.parts: dict[tuple[str, str], int] = {}  # (report, kind of part): how many
        self.default_access: str | None = "none"
        self.recipients: set[tuple[str, str]] = set()  # (schedule, address or channel)

    def play(self, events: Iterable[Event]) -> list[str]:
        """The faults, each with the event's action and id."""
        for event in events:
            who = event.actor.username
            self._expect(event, who in self.roles, "the actor was never invited")
            if event.action.startswith(_OF_ADMINS):
                manages = self.grants.get((event.entity.id or "", event.actor.id or "")) == "manage"
                may = manages or self.roles.get(who or "") in {None, "admin"}
                self._expect(event, may, "the actor is no admin")
            self._play(event)
        return self.faults

    def _play(self, event: Event) -> None:
        action = event.action
        if action.startswith("org_user_"):
            self._membership(event)
        elif action == "workspace_default_access_changed":
            self._expect(event, self.default_access != event.role, "the default is the same")
            self.default_access = event.role
        elif action.startswith("group_"):
            self._lifecycle(event) if "_member_" not in action else self._grant(event)
        elif action.startswith(("collection_", "connection_")):
            whole = action.endswith(("_created", "_deleted"))
            self._lifecycle(event) if whole else self._grant(event)
        elif action.startswith(("report_activity_", "export_data_")):
            self._report(event)
        elif action.startswith("report_schedule_"):
            self._schedule(event)
        elif action.startswith("api_token_"):
            self._lifecycle(event)

    def _expect(self, event: Event, holds: bool, otherwise: str) -> None:
        if not holds:
            self.faults.append(f"{event.action} {event.id}: {otherwise}")

    def _membership(self, event: Event) -> None:
        name = event.subject.name or ""
        known = name in self.roles
        if event.action == "org_user_invited":
            self._expect(event, not known, "invited twice")
        else:
            self._expect(event, known, "never invited")
        if event.action == "org_user_role_changed":
            self._expect(event, self.roles.get(name) != event.role, "the role is the same")
        if event.action in _MEMBERSHIP:
            self.roles[name] = event.role

    def _lifecycle(self, event: Event) -> None:
        thing = event.entity.id or ""
        if event.action.endswith(("_created", "_generated")):
            self._expect(event, thing not in self.things, "made twice")
            self.things[thing] = event.entity.type or ""
        else:
            self._expect_alive(event, thing)
            self.gone.add(thing)

    def _expect_alive(self, event: Event, thing: str) -> None:
        self._expect(event, thing in self.things, "was never made")
        self._expect(event, thing not in self.gone, "is gone")

    def _grant(self, event: Event) -> None:
        thing, holder = event.entity.id or "", event.subject.id or ""
        self._expect_alive(event, thing)
        if event.subject.type == "group":
            self._expect_alive(event, holder)
        elif event.subject.name not in self.roles:
            self._expect(event, False, "the member was never invited")
        key = (thing, holder)
        if event.action.endswith(("_added", "_added_with_role")):
            self._expect(event, key not in self.grants, "already has it")
            self.grants[key] = event.role
        elif event.action.endswith("_access_changed"):
            self._expect(event, key in self.grants, "has nothing to change")
            self._expect(event, self.grants.get(key) != event.role, "the role is the same")
            self.grants[key] = event.role
        else:
            self._expect(event, key in self.grants, "removed before it was added")
            self.grants.pop(key, None)

    def _report(self, event: Event) -> None:
        report = event.entity.id or ""
        if event.action == "report_activity_report_created":
            self._lifecycle(event)
            return
        self._expect_alive(event, report)
        if event.action == "report_activity_report_deleted":
            self.gone.add(report)
        part, _, verb = event.action.removeprefix("report_activity_").rpartition("_")
        if part in _PARTS:
            count = self.parts.get((report, part), 0) + (1 if verb == "added" else -1)
            self._expect(event, count >= 0, "deleted before it was added")
            self.parts[report, part] = count

    def _schedule(self, event: Event) -> None:
        self._expect_alive(event, event.entity.id or "")
        schedule = str(event.context["schedule_id"])
        verb = event.action.removeprefix("report_schedule_")
        if verb == "created":
            self._expect(event, schedule not in self.things, "made twice")
            self.things[schedule] = "schedule"
            return
        self._expect_alive(event, schedule)
        if verb == "deleted":
            self.gone.add(schedule)
        key = (schedule, event.subject.name or "")
        if verb.endswith("_added"):
            self._expect(event, key not in self.recipients, "already sent there")
            self.recipients.add(key)
        elif verb.endswith("_removed"):
            self._expect(event, key in self.recipients, "removed before it was added")
            self.recipients.discard(key)
