"""Who has access to what now, as far as the log tells: the newest change of each that none ended.

The log tells changes only. What was given before it begins, through another system, or by the
product itself (leaving a workspace has no event) is not in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from auditdash.events.catalogue import find_action
from auditdash.events.event import Entity, Event, Subject
from auditdash.events.folding import fold_case
from auditdash.events.subjects import text_of
from auditdash.queries.explore.names import EntityName, narrowed, on_entity, on_subject, value_of
from auditdash.queries.permission_changes import Access, PermissionChange
from auditdash.queries.timeline import find_events
from auditdash.search.match import is_own
from auditdash.search.query import (
    And,
    Atom,
    Node,
    Query,
    Term,
    conjunction,
    disjunction,
    query_of,
)
from auditdash.search.scope import Clock, Scope

MOST: Final = 2_000  # changes that are looked through, the newest first
_AT_ONCE: Final = 500
_MOST_DELETED: Final = 200
_ENDS: Final = ("revoke", "remove")
_BEGINS: Final = ("grant", "invite", "create")
_NOUNS: Final = {
    "user-groups": "group",
    "collections": "collection",
    "connections": "connection",
}
_PERMISSION: Final = Term("is", (Atom("permission"),))
_DELETED: Final = Term("op", (Atom("remove"),))


class Named(Struct, frozen=True):
    """A person or a thing as one event names it, folded; None is not told."""

    id: str | None
    name: str | None


class Held(Struct, frozen=True, kw_only=True):
    """Access that somebody has: `change` is the newest one. `unclear`: its name alone is told, and
    it could be several. `deleted`: the event that later deleted the thing, or the group."""

    change: PermissionChange
    unclear: bool = False
    deleted: Event | None = None


class AccessNow(Struct, frozen=True, kw_only=True):
    """The access that is left, newest change first; `ended` more was taken away.

    `query` finds the `changes` that were looked through, and more unless they are the `whole`.
    """

    query: Query
    held: tuple[Held, ...]
    ended: int
    changes: int
    whole: bool


def find_access_of(connection: Connection, name: str, scope: Scope, clock: Clock) -> AccessNow:
    """What the member or group of this name or id has."""
    query = narrowed(on_subject(name), _PERMISSION)
    found = _walk(connection, query, scope, clock)
    known = _others(fold_case(name), (subject_of(change.event) for change in found))
    names = [name, *sorted(known - {fold_case(name)})]
    if len(names) > 1:
        query = query_of((value_of("subject", *names), _PERMISSION))
        found = _walk(connection, query, scope, clock)
    own = [change for change in found if _is_named(subject_of(change.event), name, known)]
    return _now(connection, query, own, len(found), scope, clock)


def find_access_to(
    connection: Connection, named: EntityName, scope: Scope, clock: Clock
) -> AccessNow:
    """Who has access to one entity."""
    direct = narrowed(on_entity(named), _PERMISSION)
    first = _walk(connection, direct, scope, clock)
    key = named.id or named.name or ""
    families = {noun for change in first if (noun := _noun(change.event))}
    known = _others(fold_case(key), (object_of(change.event) for change in first))
    query, found = direct, first
    if families:
        names = [key, *sorted(known - {fold_case(key)})]
        kind = on_entity(named).parts[:-1]  # its type, where that is asked for
        nodes = (conjunction((*kind, value_of("entity", *names))), *_in_contexts(families, names))
        query = query_of((disjunction(nodes), _PERMISSION))
        found = _walk(connection, query, scope, clock)
    own = [
        change
        for change in found
        if _noun(change.event) is None or _is_named(object_of(change.event), key, known)
    ]
    return _now(connection, query, own, len(found), scope, clock)


def subject_of(event: Event) -> Named:
    """Whose access it was."""
    return _named(event.subject)


def _named(given: Entity | Subject) -> Named:
    return Named(_folded(given.id), _folded(given.name))


def object_of(event: Event) -> Named:
    """What access was to; where the entity is the subject or missing, the context tells it."""
    noun = _noun(event)
    if noun is None:
        return Named("", "")  # the workspace
    entity, subject = _named(event.entity), subject_of(event)
    is_subject = entity.id == subject.id if entity.id else not subject.id and entity == subject
    if is_subject or entity == Named(None, None):
        context = event.context
        return Named(_folded(context.get(f"{noun}_id")), _folded(context.get(f"{noun}_name")))
    return entity


def _noun(event: Event) -> str | None:
    """The noun of what access is to; None for the workspace itself."""
    action = find_action(event.action)
    if action is not None and action.permission and action.subject is None:
        return None  # what everyone has by default
    return _NOUNS.get(event.category)


def _folded(value: object) -> str | None:
    text = text_of(value)
    return fold_case(text) if text else None


def _in_contexts(families: Iterable[str], names: Sequence[str]) -> Iterable[Node]:
    """Changes whose context names the thing, because their entity is the subject."""
    for slug, noun in _NOUNS.items():
        if noun in families:
            for ending in ("id", "name"):
                category = Term("category", (Atom(slug),))
                yield And((category, value_of(f"context.{noun}_{ending}", *names)))


def _walk(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> list[PermissionChange]:
    """The newest changes of the query, at most MOST. What was before each is not asked here."""
    page = find_events(connection, query, scope, clock, limit=MOST)
    return [_change(event) for event in page.events]


def _change(event: Event) -> PermissionChange:
    ends = event.op in _ENDS
    given = Access("role", event.role) if event.role else Access("unnamed")
    return PermissionChange(
        event=event,
        kind="revoked" if ends else "granted" if event.op in _BEGINS else "changed",
        before=Access("unknown"),
        after=Access("none") if ends else given,
        self_made=is_own(event),
    )


def _others(key: str, found: Iterable[Named]) -> frozenset[str]:
    """The ids that occur with this name, and the names that occur with this id."""
    known = set()
    for each in found:
        if each.id and each.name and key in {each.id, each.name}:
            known |= {each.id, each.name}
    return frozenset(known)


def _is_named(each: Named, key: str, known: frozenset[str]) -> bool:
    """Whether it is the one that was asked for, not a namesake with another id."""
    wanted = known | {fold_case(key)}
    return each.id in wanted if each.id else each.name in wanted


def _now(
    connection: Connection,
    query: Query,
    changes: Sequence[PermissionChange],
    found: int,
    scope: Scope,
    clock: Clock,
) -> AccessNow:
    ids = _ids_of_names(changes)
    seen: set[object] = set()
    gone: set[object] = set()
    left: list[Held] = []
    for change in changes:
        event = change.event
        subject, unclear = _identity(ids, "subject", subject_of(event))
        thing, vague = _identity(ids, _noun(event) or "", object_of(event))
        whose = (event.subject.type, subject)
        if event.op == "remove":
            gone.add(whose)  # a group itself was deleted: what it had before ended with it
            continue
        place = (_noun(event), thing, whose)
        if place in seen:
            continue
        seen.add(place)
        if whose not in gone and change.after.kind != "none":
            left.append(Held(change=change, unclear=unclear or vague))
    return AccessNow(
        query=query,
        held=_with_deletions(connection, left, scope, clock),
        ended=len(seen) - len(left),
        changes=found,
        whole=found < MOST,
    )


def _ids_of_names(changes: Iterable[PermissionChange]) -> Mapping[tuple[str, str], set[str]]:
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for change in changes:
        noun = _noun(change.event) or ""
        for kind, each in (("subject", subject_of(change.event)), (noun, object_of(change.event))):
            if each.id and each.name:
                ids[kind, each.name].add(each.id)
    return ids


def _identity(
    ids: Mapping[tuple[str, str], set[str]], kind: str, each: Named
) -> tuple[tuple[str, str | None], bool]:
    """The id; for a name, the one id it has. The flag: it has several, so it is unclear whose."""
    if each.id is not None:
        return ("id", each.id), False
    known = ids.get((kind, each.name), set()) if each.name else set()
    if len(known) == 1:
        return ("id", next(iter(known))), False
    return ("name", each.name), len(known) > 1


def _with_deletions(
    connection: Connection, held: Sequence[Held], scope: Scope, clock: Clock
) -> tuple[Held, ...]:
    """The same, each with the event that later deleted the thing, or the group that had it."""
    asked = [key for each in held for named in _can_be_deleted(each) if (key := _key(named))]
    names = sorted(set(asked[:_MOST_DELETED]))
    if not names:
        return tuple(held)
    slugs = Term("category", tuple(Atom(slug) for slug in _NOUNS))
    query = query_of((slugs, _DELETED, value_of("entity", *names)))
    found = find_events(connection, query, scope, clock, limit=_AT_ONCE).events
    deletions = [(each, (_noun(each), _named(each.entity))) for each in found]
    return tuple(_with_deletion(each, deletions) for each in held)


def _can_be_deleted(held: Held) -> Iterator[tuple[str, Named]]:
    event = held.change.event
    noun = _noun(event)
    if noun is not None:
        yield noun, object_of(event)
    if event.subject.type == "group":
        yield "group", subject_of(event)


def _key(named: tuple[str, Named]) -> str | None:
    return named[1].id or named[1].name


def _with_deletion(held: Held, deletions: Sequence[tuple[Event, tuple[str | None, Named]]]) -> Held:
    event = held.change.event
    named = list(_can_be_deleted(held))
    for deletion, gone in deletions:
        later = (deletion.occurred_at, deletion.seq) > (event.occurred_at, event.seq)
        if later and any(_is_same(gone, each) for each in named):
            return replace(held, deleted=deletion)
    return held


def _is_same(one: tuple[str | None, Named], other: tuple[str | None, Named]) -> bool:
    if one[0] != other[0]:
        return False
    by_id = one[1].id and other[1].id
    return one[1].id == other[1].id if by_id else one[1].name == other[1].name
