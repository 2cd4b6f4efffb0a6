"""Who changed whose access to what: each change with the role before it and after it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, Literal

from msgspec import Struct
from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Row,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    or_,
    select,
)

from auditdash.events.catalogue import actions, op_of
from auditdash.events.event import Event
from auditdash.events.instants import Instant
from auditdash.queries.sql.compile import compile_query, follows, is_own, order_of
from auditdash.queries.sql.rows import event_of, select_events
from auditdash.queries.timeline import Cursor, cursor_of
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.records import Records, open_records
from auditdash.store.schema import event_context, event_fields

_c = event_fields.c
_TO_DEFAULT: Final = ("workspace_default_access_changed",)
_WORKSPACE: Final = "workspace"
_DEFAULT: Final = "default"
_WITHOUT_ENTITY: Final = (_WORKSPACE, _DEFAULT)
_NOUNS: Final = {
    "user-groups": "group",
    "collections": "collection",
    "connections": "connection",
}
_ENDS: Final = ("revoke", "remove")
_ROWS_AT_ONCE: Final = 1_000


@cache
def _permission_actions() -> tuple[str, ...]:
    return tuple(action.name for action in actions() if action.permission)


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


class Target(Struct, frozen=True):
    """What access is to, by name, and how often that changed."""

    name: str
    count: int


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
        statement = statement.where(follows(query, (after.occurred_at, after.seq)))
    rows = connection.execute(statement.limit(limit + 1)).all()
    records = open_records(connection)
    changes = tuple(_change_of(row, records) for row in rows[:limit])
    more = len(rows) > limit
    return ChangePage(changes=changes, following=cursor_of(changes[-1].event) if more else None)


def iterate_permission_changes(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> Iterator[PermissionChange]:
    """All of them, from one snapshot, however many."""
    statement = _select_changes(query, scope, clock)
    records = open_records(connection)
    with connection.execute(statement.execution_options(yield_per=_ROWS_AT_ONCE)) as rows:
        for row in rows:
            yield _change_of(row, records)


def count_permission_changes(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> ChangeCounts:
    """How many changes of each kind the query asks for."""
    statement = (
        select(_c.action, func.count(), func.sum(case((is_own(), 1), else_=0)))
        .where(compile_query(query, scope, clock), _c.action.in_(_permission_actions()))
        .group_by(_c.action)
    )
    counts = {"granted": 0, "revoked": 0, "changed": 0}
    self_made = 0
    for action, count, own in connection.execute(statement):
        counts[_kind(action)] += count
        self_made += int(own)
    return ChangeCounts(total=sum(counts.values()), self_made=self_made, **counts)


def rank_targets(
    connection: Connection, query: Query, scope: Scope, clock: Clock, category: str, limit: int
) -> tuple[Target, ...]:
    """To what of a category access was changed most; what is not named is left out."""
    names = [each.name for each in actions() if each.permission and each.category == category]
    key = func.coalesce(_filled(_c.entity_name_key), _filled(_c.entity_id_key)).label("key")
    named = func.max(func.coalesce(_filled(_c.entity_name), _c.entity_id)).label("name")
    events = func.count().label("events")
    statement = (
        select(key, named, events)
        .where(compile_query(query, scope, clock), _c.action.in_(names))
        .group_by(key)
        .having(key.is_not(None))
        .order_by(events.desc(), key)
        .limit(limit)
    )
    return tuple(Target(row.name, row.events) for row in connection.execute(statement))


def find_first_recorded(connection: Connection, scope: Scope) -> Instant | None:
    """When the archive begins (`occurred_at` of its earliest event): before it all is unknown."""
    found = select(func.min(_c.occurred_at)).where(_c.workspace_id == scope.workspace_id)
    if scope.highest_seq is not None:
        found = found.where(_c.seq <= scope.highest_seq)
    instant = connection.execute(found).scalar()
    return None if instant is None else Instant(instant)


def _select_changes(query: Query, scope: Scope, clock: Clock) -> Select[Any]:
    history = _history(scope)
    return (
        select_events()
        .add_columns(history.c.before_action, history.c.before_role, is_own().label("is_own"))
        .join(history, history.c.seq == _c.seq)
        .where(compile_query(query, scope, clock), _c.action.in_(_permission_actions()))
        .order_by(*order_of(query))
    )


def _history(scope: Scope) -> Subquery:
    """For each change the action and role of the one before it, of the same subject and object.

    It sees all that the scope sees, not only what the query asks for.
    """
    change = _named_changes(scope)
    c = change.c
    objects = _identities(change, "family", "object")
    subjects = _identities(change, "subject_type", "subject")
    target = case(
        (c.family.in_(_WITHOUT_ENTITY), literal("")), else_=_identity(change, "object", objects)
    )
    subject = case(
        (c.family == _DEFAULT, literal("")), else_=_identity(change, "subject", subjects)
    )
    # What names nobody, nothing, or one of several, stands alone and is no one's history.
    alone = case((target.is_(None) | subject.is_(None), c.seq), else_=literal(0))
    same = (c.family, target, c.subject_type, subject, alone)

    def before(column: ColumnElement[str]) -> ColumnElement[str | None]:
        return func.lag(column).over(partition_by=same, order_by=(c.occurred_at, c.seq))

    found = select(
        c.seq, before(c.action).label("before_action"), before(c.role).label("before_role")
    )
    joined = change.outerjoin(objects, _names_same(change, "family", "object", objects))
    joined = joined.outerjoin(subjects, _names_same(change, "subject_type", "subject", subjects))
    return found.select_from(joined).subquery("history")


def _named_changes(scope: Scope) -> CTE:
    """Each change: what access is to (a workspace, its default, an entity) and whose it is."""
    seen = [_c.workspace_id == scope.workspace_id, _c.action.in_(_permission_actions())]
    if scope.highest_seq is not None:
        seen.append(_c.seq <= scope.highest_seq)
    entity_id, entity_name = _filled(_c.entity_id_key), _filled(_c.entity_name_key)
    # Where the entity is the subject or missing, the context tells what access was to.
    elsewhere = or_(
        and_(entity_id.is_(None), entity_name.is_(None)),
        _c.entity_id_key == _c.subject_id_key,
        and_(entity_id.is_(None), _c.subject_id.is_(None), entity_name == _c.subject_name_key),
    )
    return (
        select(
            _c.seq,
            _c.occurred_at,
            _c.action,
            _c.role,
            _family().label("family"),
            case((elsewhere, _in_context("_id")), else_=entity_id).label("object_id"),
            case((elsewhere, _in_context("_name")), else_=entity_name).label("object_name"),
            func.coalesce(_c.subject_type, "").label("subject_type"),
            _c.subject_id_key.label("subject_id"),
            _c.subject_name_key.label("subject_name"),
        )
        .where(*seen)
        .cte("changes")
    )


def _family() -> ColumnElement[str]:
    """What kind of thing access is to; its noun begins the keys of a context that names it."""
    families = {
        noun: [action.name for action in actions() if action.permission and action.category == slug]
        for slug, noun in _NOUNS.items()
    }
    return case(
        (_c.action.in_(_TO_DEFAULT), literal(_DEFAULT)),
        *((_c.action.in_(names), literal(noun)) for noun, names in families.items()),
        else_=literal(_WORKSPACE),
    )


def _in_context(ending: str) -> ColumnElement[str | None]:
    path = event_context.c.path == _family() + ending
    here = and_(event_context.c.workspace_id == _c.workspace_id, event_context.c.seq == _c.seq)
    found = select(func.min(_filled(event_context.c.value_key))).where(here, path)
    return found.correlate(event_fields).scalar_subquery()


def _identities(change: CTE, kind: str, what: str) -> Subquery:
    """The ids under which a name occurs: the same first and last when there is but one."""
    name, identity = change.c[f"{what}_name"], change.c[f"{what}_id"]
    ids = (func.min(identity).label("first"), func.max(identity).label("last"))
    known = select(change.c[kind], name, *ids).where(name.is_not(None), identity.is_not(None))
    return known.group_by(change.c[kind], name).subquery()


def _names_same(change: CTE, kind: str, what: str, known: Subquery) -> ColumnElement[bool]:
    name = f"{what}_name"
    return and_(known.c[kind] == change.c[kind], known.c[name] == change.c[name])


def _identity(change: CTE, what: str, known: Subquery) -> ColumnElement[str | None]:
    """The id; where there is only a name, the one id of that name, or the name if it has none.

    None where that cannot tell who or what it is.
    """
    name, identity = change.c[f"{what}_name"], change.c[f"{what}_id"]
    return case(
        (identity.is_not(None), literal("id:") + identity),
        (known.c.first == known.c.last, literal("id:") + known.c.first),
        (known.c.first.is_not(None), None),
        else_=literal("name:") + name,
    )


def _filled(column: ColumnElement[str | None]) -> ColumnElement[str | None]:
    return func.nullif(column, "")


def _change_of(row: Row[Any], records: Records) -> PermissionChange:
    event = event_of(row, records)
    kind = _kind(event.action)
    return PermissionChange(
        event=event,
        kind=kind,
        before=_before(row.before_action, row.before_role, kind),
        after=_given(event.role) if kind != "revoked" else Access("none"),
        self_made=bool(row.is_own),
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
