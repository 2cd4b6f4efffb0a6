"""Who changed whose access to what: each change with the role before it and after it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, Literal

from msgspec import Struct
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    select,
    tuple_,
)

from auditdash.events.catalogue import actions, op_of
from auditdash.events.event import Event
from auditdash.queries.compile import compile_query, order_of
from auditdash.queries.rows import event_of, select_events
from auditdash.queries.timeline import Cursor, cursor_of
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.schema import event_fields

_c = event_fields.c
_TO_DEFAULT: Final = ("workspace_default_access_changed",)
_ENDS: Final = ("revoke", "remove")
_ROWS_AT_ONCE: Final = 1_000


@cache
def _permission_actions() -> tuple[str, ...]:
    return tuple(action.name for action in actions() if action.permission)


@cache
def _membership_actions() -> tuple[str, ...]:
    return tuple(
        action.name
        for action in actions()
        if action.permission and action.category == "user-membership"
    )


class Access(Struct, frozen=True):
    """What a subject had. `role` is set for `role` only.

    `none`: no access; `unknown`: nothing recorded before; `unnamed`: access, its role not recorded.
    """

    kind: Literal["role", "none", "unknown", "unnamed"]
    role: str | None = None


class PermissionChange(Struct, frozen=True, kw_only=True):
    """One event that changed access. `self_made`: the actor changed their own."""

    event: Event
    kind: Literal["granted", "revoked", "changed"]
    before: Access
    after: Access
    self_made: bool


class ChangePage(Struct, frozen=True, kw_only=True):
    """Changes in the order of the query; `following` leads to the rest, None at the end."""

    changes: tuple[PermissionChange, ...]
    following: Cursor | None


class ChangeCounts(Struct, frozen=True, kw_only=True):
    """How many changes were asked for, by kind; granted + revoked + changed = total."""

    total: int
    granted: int
    revoked: int
    changed: int
    self_made: int


def find_permission_changes(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    after: Cursor | None = None,
    limit: int = 100,
) -> ChangePage:
    """At most `limit` permission changes of what the query asks for, after the cursor."""
    statement = _select_changes(query, scope, clock)
    if after is not None:
        place, edge = tuple_(_c.occurred_at, _c.seq), tuple_(after.occurred_at, after.seq)
        statement = statement.where(place > edge if query.order == "created-asc" else place < edge)
    rows = connection.execute(statement.limit(limit + 1)).all()
    changes = tuple(_change_of(row) for row in rows[:limit])
    more = len(rows) > limit
    return ChangePage(changes=changes, following=cursor_of(changes[-1].event) if more else None)


def iterate_permission_changes(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> Iterator[PermissionChange]:
    """All of them, from one snapshot, however many."""
    statement = _select_changes(query, scope, clock)
    with connection.execute(statement.execution_options(yield_per=_ROWS_AT_ONCE)) as rows:
        for row in rows:
            yield _change_of(row)


def count_permission_changes(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> ChangeCounts:
    """How many changes of each kind the query asks for."""
    statement = (
        select(_c.action, func.count(), func.sum(case((_made_by_subject(), 1), else_=0)))
        .where(compile_query(query, scope, clock), _c.action.in_(_permission_actions()))
        .group_by(_c.action)
    )
    counts = {"granted": 0, "revoked": 0, "changed": 0}
    self_made = 0
    for action, count, own in connection.execute(statement):
        counts[_kind(action)] += count
        self_made += int(own)
    return ChangeCounts(total=sum(counts.values()), self_made=self_made, **counts)


def find_first_recorded(connection: Connection, scope: Scope) -> int | None:
    """When the archive begins (`occurred_at` of its earliest event): before it all is unknown."""
    found = select(func.min(_c.occurred_at)).where(_c.workspace_id == scope.workspace_id)
    if scope.highest_seq is not None:
        found = found.where(_c.seq <= scope.highest_seq)
    instant = connection.execute(found).scalar()
    return None if instant is None else int(instant)


def _select_changes(query: Query, scope: Scope, clock: Clock) -> Select[Any]:
    history = _history(scope)
    return (
        select_events()
        .add_columns(history.c.before_action, history.c.before_role)
        .join(history, history.c.seq == _c.seq)
        .where(compile_query(query, scope, clock), _c.action.in_(_permission_actions()))
        .order_by(*order_of(query))
    )


def _history(scope: Scope) -> Subquery:
    """For each change the action and role of the one before it, of the same subject and object.

    It sees all that the scope sees, not only what the query asks for.
    """
    seen = [_c.workspace_id == scope.workspace_id, _c.action.in_(_permission_actions())]
    if scope.highest_seq is not None:
        seen.append(_c.seq <= scope.highest_seq)
    return (
        select(
            _c.seq,
            _one_before(_c.action).label("before_action"),
            _one_before(_c.role).label("before_role"),
        )
        .where(*seen)
        .subquery("history")
    )


def _one_before(column: Column[str]) -> ColumnElement[str | None]:
    return func.lag(column).over(
        partition_by=[_object(), _c.subject_type, _subject()],
        order_by=[_c.occurred_at, _c.seq],
    )


def _object() -> ColumnElement[str]:
    """What access is to: the workspace, its default, or the entity."""
    entity = func.coalesce(_c.entity_id_key, _c.entity_name_key, literal(""))
    return case(
        (_c.action.in_(_membership_actions()), literal("workspace")),
        (_c.action.in_(_TO_DEFAULT), literal("default")),
        else_=literal("entity:") + entity,
    )


def _subject() -> ColumnElement[str]:
    """Whose access it is; what names nobody stands alone and is no one's history."""
    nobody = literal("event:") + func.coalesce(_c.source, "") + literal(" ") + _c.event_id
    return case(
        (_c.action.in_(_TO_DEFAULT), literal("everyone")),
        (_c.subject_id_key.is_not(None), literal("id:") + _c.subject_id_key),
        (_c.subject_name_key.is_not(None), literal("name:") + _c.subject_name_key),
        else_=nobody,
    )


def _made_by_subject() -> ColumnElement[bool]:
    same_id = _c.actor_id_key == _c.subject_id_key
    same_name = _c.actor_username_key == _c.subject_name_key
    return and_(_c.subject_type == "member", same_id | same_name)


def _change_of(row: Row[Any]) -> PermissionChange:
    event = event_of(row)
    kind = _kind(event.action)
    return PermissionChange(
        event=event,
        kind=kind,
        before=_before(row.before_action, row.before_role, kind),
        after=_given(event.role) if kind != "revoked" else Access("none"),
        self_made=_is_own(row),
    )


def _kind(action: str) -> Literal["granted", "revoked", "changed"]:
    op = op_of(action)
    if op in _ENDS:
        return "revoked"
    return "granted" if op in {"grant", "invite", "create"} else "changed"


def _before(action: str | None, role: str | None, kind: str) -> Access:
    if action is None:
        # Whoever is added had nothing; of all else the log knows no beginning.
        return Access("none") if kind == "granted" else Access("unknown")
    return Access("none") if _kind(action) == "revoked" else _given(role)


def _given(role: str | None) -> Access:
    return Access("role", role) if role else Access("unnamed")


def _is_own(row: Row[Any]) -> bool:
    same_id = row.actor_id_key is not None and row.actor_id_key == row.subject_id_key
    same_name = (
        row.actor_username_key is not None and row.actor_username_key == row.subject_name_key
    )
    return row.subject_type == "member" and (same_id or same_name)
