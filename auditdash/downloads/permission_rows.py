"""Permission changes as people read them: access in words, and the columns of their file."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from auditdash.downloads.cells import Value
from auditdash.downloads.tables.table import Table, columns_of
from auditdash.events.catalogue import action_label, find_action
from auditdash.events.event import Event
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.events.wording import day_text, sentence_parts
from auditdash.queries.permission_changes import (
    Access,
    PermissionChange,
    find_first_recorded,
    iterate_permission_changes,
)
from auditdash.queries.permissions.selection import ANYTHING, Derived
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

VERSION: Final = 2
COLUMNS: Final = (
    "seq",
    "occurred_at",
    "kind",
    "action",
    "label",
    "actor_username",
    "actor_id",
    "actor_ip",
    "subject_type",
    "subject_name",
    "subject_id",
    "own_access",
    "object",
    "entity_type",
    "entity_name",
    "entity_id",
    "role_before",
    "role_after",
    "correlation_id",
    "direction",
)
_WORKSPACE: Final = "user-membership"
_GROUPS: Final = "user-groups"


def changes_table(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    derived: Derived = ANYTHING,
) -> Table:
    """The header and a row for each change that was asked for, in pieces of some hundred rows."""
    unknown = unknown_text(find_first_recorded(connection, scope), clock.zone)
    changes = iterate_permission_changes(connection, query, scope, clock, derived)
    return Table(columns_of(COLUMNS), (cells_of(change, unknown) for change in changes))


def cells_of(change: PermissionChange, unknown: str) -> tuple[Value, ...]:
    """One cell for each of COLUMNS. Instants are UTC; what is missing is empty."""
    event = change.event
    actor, subject, entity = event.actor, event.subject, event.entity
    before, after = access_texts(change, unknown)
    return (
        event.seq,
        to_rfc3339(event.occurred_at),
        change.kind,
        event.action,
        action_label(event.action),
        actor.username,
        actor.id,
        actor.ip,
        subject.type,
        subject.name,
        subject.id,
        "yes" if change.self_made else "no",
        object_text(event),
        entity.type,
        entity.name,
        entity.id,
        before,
        after,
        event.correlation_id,
        change.direction,
    )


def access_texts(change: PermissionChange, unknown: str) -> tuple[str, str]:
    """What the subject had before and after: a role as it was written, or plain words."""
    event = change.event
    if event.subject.type == "group" and event.category == _GROUPS:
        return "existed", "deleted"  # a group itself, which no one gave access to
    return _access_text(change.before, event, unknown), _access_text(change.after, event, unknown)


def _access_text(access: Access, event: Event, unknown: str) -> str:
    """Of a group one is a member or not: that has no role."""
    group = event.category == _GROUPS
    match access.kind:
        case "role":
            return access.role or ""
        case "none":
            return "not a member" if group or event.category == _WORKSPACE else "no access"
        case "unknown":
            return unknown
    return "member" if group else "access, role not recorded"


def unknown_text(first: Instant | None, zone: ZoneInfo) -> str:
    """What is said of a role that nothing recorded tells: since when there are records."""
    return "unknown" if first is None else f"unknown before {day_text(first, zone)}"


def object_text(event: Event) -> str | None:
    """What access is to, by name; None where the event does not name it."""
    action = find_action(event.action)
    if event.category == _WORKSPACE:
        return "the workspace"
    if action is not None and action.subject is None:
        return "the workspace, for everyone"
    named = (part.text for part in sentence_parts(event) if part.kind == "entity")
    return next(named, None)
