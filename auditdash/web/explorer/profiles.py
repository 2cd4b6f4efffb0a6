"""The pages of one actor and of one entity: what the log tells about them, all in one place."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from flask import Blueprint, Response
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.downloads.permission_rows import unknown_text
from auditdash.events.folding import storable
from auditdash.events.instants import Instant
from auditdash.queries.evidence import find_population
from auditdash.queries.explore import profiles
from auditdash.queries.explore.access import AccessNow, find_access_of, find_access_to
from auditdash.queries.explore.names import (
    EntityName,
    by_actor,
    entity_name,
    narrowed,
    on_entity,
    on_subject,
    value_of,
)
from auditdash.queries.facets import Facets, count_facets
from auditdash.queries.histogram import count_over_time
from auditdash.queries.permission_changes import (
    find_first_recorded,
    find_permission_changes,
)
from auditdash.queries.rankings import rank_entities
from auditdash.queries.timeline import count_events, find_events, has_events
from auditdash.search.edit import atom_of
from auditdash.search.query import (
    Atom,
    Not,
    Present,
    Query,
    Term,
    conjunction,
    disjunction,
    query_of,
)
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.web import fragments, params, readers
from auditdash.web.access.asked import Asked, Moment
from auditdash.web.access.view import way_views
from auditdash.web.explorer import profile_view as view
from auditdash.web.explorer.histogram import HistogramView, histogram_view
from auditdash.web.frame.event_fields import ACTORS, ENTITIES, actor_href, entity_href
from auditdash.web.frame.explorer import days_of
from auditdash.web.frame.permissions_view import ChangeView, change_view
from auditdash.web.keeping import results as keeping
from auditdash.web.keeping.results import ACCESS, Made, find_results, of_categories
from auditdash.web.permissions.tabs import history_href

blueprint = Blueprint("profiles", __name__)

_ACTOR: Final = "profiles/actor.html"
_ENTITY: Final = "profiles/entity.html"
_UNKNOWN: Final = "profiles/unknown.html"
_ROWS: Final = 20
_CHANGES: Final = 10
_TOP: Final = 8
_ACCESSES: Final = 50
_MOST: Final = 20
_VALUES: Final = 6
_PERMISSION: Final = Term("is", (Atom("permission"),))
_EXPORT: Final = Term("is", (Atom("export"),))
# What an export is of is its report; what it came from its context names.
_SOURCES: Final = {
    "connection": "context.connection_name",
    "workspace_connection": "context.connection_name",
    "collection": "context.collection_name",
}
_OF_GROUPS: Final = Term("category", (Atom("user-groups"),))
# Exports of what came from an entity, and whether something was done to who has its name.
_BESIDE_ENTITIES: Final = query_of(
    (disjunction((Term("category", (Atom("exports"),)), Term("subject", (Present(),)))),)
)
_NOT_OURS: Final = query_of((Not(value_of("source", readers.SOURCE)),))


@blueprint.get(ACTORS)
@readers.needs(Permission.READ)
def show_actor() -> Response:
    """Everything about the actor, member or group of `?name=`, which may be an id."""
    name = storable(params.exact("name"))
    _record("actor", name)
    clock, scope = readers.clock(), readers.scope()
    with reading(readers.engine()) as connection:
        if not name:
            most, _ = profiles.find_most_active(connection, _NOT_OURS, scope, clock, _MOST)
            return _answer_list("actor", ACTORS, view.actors(most, _NOT_OURS))
        query = by_actor(name)
        asked = _asked("profiles/_actor.html", query, scope, clock, on_subject(name), name)
        try:
            results = find_results(connection, asked, lambda: _actor(connection, name, asked))
        except _Unheard:
            nearest = profiles.find_nearest_actors(connection, name, scope, clock)
            near = [(each, actor_href(each)) for each in nearest]
            return _answer_unknown("actor", ACTORS, name, near)
    return fragments.render(_ACTOR, _ACTOR, 200, results=results.html, **results.told)


@blueprint.get(ENTITIES)
@readers.needs(Permission.READ)
def show_entity() -> Response:
    """Everything about one entity: `?id=` or `?name=`, and its `type` where that is known."""
    named = _asked_entity()
    key = named.id or named.name or ""
    _record("entity", key)
    clock, scope = readers.clock(), readers.scope()
    with reading(readers.engine()) as connection:
        if not key:
            ranking = rank_entities(connection, _NOT_OURS, scope, clock, _MOST)
            return _answer_list("entity", ENTITIES, view.entities(ranking, _NOT_OURS))
        query = on_entity(named)
        asked = _asked("profiles/_entity.html", query, scope, clock, _BESIDE_ENTITIES, named)
        try:
            results = find_results(connection, asked, lambda: _entity(connection, named, asked))
        except _Unheard:
            nearest = profiles.find_nearest_entities(connection, key, scope, clock)
            near = [(each.name or each.id or "", entity_href(each)) for each in nearest]
            return _answer_unknown("entity", ENTITIES, key, near)
    return fragments.render(_ENTITY, _ENTITY, 200, results=results.html, **results.told)


class _Unheard(Exception):
    """No event names who or what is asked for."""


def _asked(
    template: str, query: Query, scope: Scope, clock: Clock, beside: Query, name: Hashable
) -> keeping.Asked:
    """What a page depends on: the events of its query, those beside it, and all about access."""
    parts = [conjunction(each.parts) for each in (query, beside, of_categories(*ACCESS))]
    return keeping.Asked(
        template=template,
        text="",
        query=Query(),
        scope=scope,
        clock=clock,
        watched=query_of((disjunction(tuple(parts)),)),
        more=name,
    )


def _asked_entity() -> EntityName:
    identity, name = storable(params.exact("id")), storable(params.exact("name"))
    has_type = params.is_given("type")
    kind = storable(params.exact("type")) if has_type else None
    return EntityName(type=kind, id=identity or None, name=None if identity else name or None)


def _record(what: str, which: str) -> None:
    """Looking somebody up is a reading of the log. While there is nothing to read, none is."""
    with reading(readers.engine()) as connection:
        filled = has_events(connection, readers.scope(), readers.SOURCE)
    if filled:
        readers.record_access(what, **({"which": which} if which else {}))


def _answer_list(what: str, path: str, rows: tuple[view.Counted, ...]) -> Response:
    """The way to choose one: by name, or of those that occur most."""
    return fragments.render(_UNKNOWN, _UNKNOWN, 200, what=what, path=path, key="", rows=rows)


def _answer_unknown(what: str, path: str, key: str, near: list[tuple[str, str]]) -> Response:
    """404 for a name that no event has, with those that are like it."""
    return fragments.render(_UNKNOWN, _UNKNOWN, 404, what=what, path=path, key=key, near=near)


def _actor(connection: Connection, name: str, asked: keeping.Asked) -> Made:
    """What profiles/_actor.html shows."""
    scope, clock, query = asked.scope, asked.clock, by_actor(name)
    did = find_population(connection, query, scope, clock)
    undergone = find_population(connection, on_subject(name), scope, clock)
    if not (did.count or undergone.count):
        raise _Unheard
    now = find_access_of(connection, name, scope, clock, _ACCESSES)
    access = _access_context(connection, now, scope, clock)
    others = profiles.find_names_of_actor(connection, query, name, scope, clock)
    facets = count_facets(connection, query, scope, clock, _TOP)
    entities = rank_entities(connection, query, scope, clock, _TOP)
    context = {
        "name": name,
        "did": did,
        "undergone": undergone,
        "first_at": min(_given(did.first_at, undergone.first_at)),
        "last_at": max(_given(did.last_at, undergone.last_at)),
        "members_href": _members_href(connection, name, scope, clock),
        "undergone_href": view.events_href(on_subject(name)),
        "others": view.seen(others, [actor_href(each.value) for each in others]),
        "entities": view.entities(entities, query),
        "other_entities": entities.others,
        "addresses": view.seen(profiles.find_addresses(connection, query, scope, clock, _VALUES)),
        "agents": _seen_values(connection, facets, "ua_family", query, scope, clock),
        "granted": _changes(connection, query, scope, clock),
        "granted_href": view.events_href(narrowed(query, _PERMISSION)),
        "history_href": history_href(name) if access["changed"] else "",
        **access,
        **_common(connection, query, facets, scope, clock),
    }
    told = ("name", "others", "members_href", "history_href", "events_href")
    return Made(context=context, told=told, until=_until(now, context["histogram"]))


def _until(now: AccessNow, histogram: object) -> Instant | None:
    """Up to when the clock alone changes nothing."""
    ends = [now.until, histogram.until if isinstance(histogram, HistogramView) else None]
    return min(_given(*ends), default=None)


def _given(*instants: Instant | None) -> list[Instant]:
    return [instant for instant in instants if instant is not None]


def _members_href(connection: Connection, name: str, scope: Scope, clock: Clock) -> str:
    """The page of a group as something that has members; "" where nobody was ever in it."""
    asked = narrowed(on_entity(EntityName(name=name)), _OF_GROUPS)
    found = find_events(connection, asked, scope, clock, limit=1).events
    return entity_href(entity_name(found[0])) if found else ""


def _entity(connection: Connection, named: EntityName, asked: keeping.Asked) -> Made:
    """What profiles/_entity.html shows."""
    scope, clock, query = asked.scope, asked.clock, on_entity(named)
    touched = find_population(connection, query, scope, clock)
    if not touched.count:
        raise _Unheard
    others = profiles.find_names_of_entity(connection, query, named, scope, clock)
    actors, other_actors = profiles.find_most_active(connection, query, scope, clock, _TOP)
    newest = find_events(connection, query, scope, clock, limit=1).events[0]
    source = _SOURCES.get(newest.entity.type or "")
    exports = _exports_of(query, source, newest.entity.name)
    exporters, _ = profiles.find_most_active(connection, exports, scope, clock, _TOP)
    typed = EntityName(type=newest.entity.type, id=named.id, name=named.name)
    now = find_access_to(connection, typed, scope, clock, _ACCESSES)
    context = {
        "named": named,
        "name": newest.entity.name or newest.entity.id or "",
        "type": newest.entity.type,
        "id": newest.entity.id,
        "touched": touched,
        "others": view.seen(others, [_other_page(named, each.value) for each in others]),
        "actors": view.actors(actors, query),
        "other_actors": other_actors,
        "exports": count_events(connection, exports, scope, clock),
        "exports_href": view.events_href(exports),
        "exports_note": "from it, by its name" if source else "of it",
        "exporters": view.actors(exporters, exports),
        "as_subject": _as_subject(connection, newest.entity.name, scope, clock),
        **_access_context(connection, now, scope, clock),
        **_common(connection, query, count_facets(connection, query, scope, clock), scope, clock),
    }
    told = ("name", "type", "id", "as_subject", "events_href")
    return Made(context=context, told=told, until=_until(now, context["histogram"]))


def _exports_of(query: Query, source: str | None, name: str | None) -> Query:
    """The exports of a thing, or those that name it as what their data came from."""
    if source is None or name is None:
        return narrowed(query, _EXPORT)
    return query_of((_EXPORT, Term(source, (atom_of(source, name),))))


def _other_page(named: EntityName, other: str) -> str:
    """Where the ids that share a name lead; the names that one id had are on its page already."""
    return "" if named.id else entity_href(EntityName(type=named.type, id=other))


def _as_subject(connection: Connection, name: str | None, scope: Scope, clock: Clock) -> str:
    """The page of a group as somebody who has access; "" where nothing was done to it as such."""
    if not name or not find_events(connection, on_subject(name), scope, clock, limit=1).events:
        return ""
    return actor_href(name)


def _common(
    connection: Connection, query: Query, facets: Facets, scope: Scope, clock: Clock
) -> dict[str, object]:
    """What both pages show of the events of their query."""
    by_field = {facet.field: facet for facet in facets.facets}
    histogram = count_over_time(connection, query, scope, clock)
    newest = find_events(connection, query, scope, clock, limit=_ROWS)
    text = view.text_of(query)
    return {
        "query": text,
        "events_href": view.events_href(query),
        "histogram": histogram_view(histogram, view.TIMELINE, text, query, clock),
        "categories": view.choices(by_field["category"], query),
        "actions": view.choices(by_field["action"], query)[:_TOP],
        "other_actions": by_field["action"].others,
        "days": days_of(newest.events, clock.zone, text=text),
        "more": newest.following is not None,
    }


def _access_context(
    connection: Connection, now: AccessNow, scope: Scope, clock: Clock
) -> dict[str, object]:
    asked = Asked(moment=Moment(at=clock.now), text="")
    pages = [asked.node_href(node) for node in now.nodes]
    return {
        "first_recorded": find_first_recorded(connection, scope),
        "now": now,
        "held": way_views(now.shown, asked),
        "access_href": pages[0] if len(pages) == 1 else "",
        "changed": _changes(connection, now.query, scope, clock),
        "changed_href": view.events_href(now.query),
    }


def _changes(connection: Connection, query: Query, scope: Scope, clock: Clock) -> list[ChangeView]:
    """The newest permission changes among the events of a query."""
    unknown = unknown_text(find_first_recorded(connection, scope), clock.zone)
    page = find_permission_changes(connection, query, scope, clock, limit=_CHANGES)
    return [change_view(each, unknown) for each in page.changes]


def _seen_values(
    connection: Connection, facets: Facets, field: str, query: Query, scope: Scope, clock: Clock
) -> tuple[view.SeenView, ...]:
    """The most frequent values of a field, each with the time it was in use."""
    found = next((facet for facet in facets.facets if facet.field == field), None)
    values = [choice.value for choice in found.choices[:_VALUES]] if found else []
    return view.seen(profiles.find_seen(connection, query, scope, clock, field, values))
