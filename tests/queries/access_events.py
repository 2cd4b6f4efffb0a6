"""Random changes of access by a feed that names people and things now by id, now by name, now not
at all; and an oracle that tells without SQL what each of them changed."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from auditdash.events.catalogue import find_action
from auditdash.events.event import Event
from auditdash.events.folding import fold_case
from auditdash.events.instants import MINUTE, Instant, parse_instant, to_rfc3339
from auditdash.queries.permission_changes import Access
from tests.make import make_record

START = parse_instant("2026-03-01T00:00:00Z")
# Two people are called ann: whoever is only named so could be either.
PEOPLE = (("u1", "bob"), ("u2", "Zoë"), ("u3", "ann"), ("u4", "Ann"))
GROUPS = (("g1", "Analysts"), ("g2", "analysts 2"))
THINGS = (("c1", "Payroll"), ("c2", "Sales"), ("c3", "sales"))
ROLES = ("view", "Edit", "edit", "manage", "Query", "none", "auditor", None)
# What each role allows, where it does: told here once more, by hand.
ALLOWS = {
    "connections": {"manage": 3, "query": 2, "view": 1, "none": 0},
    "collections": {"manage": 3, "query": 2, "edit": 2, "view": 1, "none": 0},
}
ACTIONS = (
    *("org_user_invited", "org_user_role_changed", "org_user_reinvited", "group_deleted"),
    *("group_member_added", "group_member_removed", "workspace_default_access_changed"),
    *("collection_member_added", "collection_member_removed", "collection_group_added"),
    *("collection_member_access_changed", "connection_member_added_with_role"),
    *("connection_member_removed", "connection_member_access_changed"),
    *("connection_group_added_with_role", "connection_group_access_changed"),
    *("report_activity_report_edited", "collection_created"),
)
_NOUNS = {"collections": "collection", "connections": "connection", "user-groups": "group"}
_Named = tuple[str | None, str | None]


class Told(NamedTuple):
    """What the oracle says of one change."""

    kind: str
    before: Access
    after: Access
    self_made: bool
    direction: str


def random_changes(dice: random.Random, count: int) -> list[dict[str, Any]]:
    """Records in the order of their arrival, which is not that of their happening."""
    return [_record(dice, number) for number in range(count)]


def _record(dice: random.Random, number: int) -> dict[str, Any]:
    action = dice.choice(ACTIONS)
    known = find_action(action)
    assert known is not None
    kind = known.subject or "member"
    subject = _seen(dice, dice.choice(GROUPS if kind == "group" else PEOPLE))
    thing = _seen(dice, dice.choice(GROUPS if known.category == "user-groups" else THINGS))
    noun = _NOUNS.get(known.category, "connection")
    context = {f"{kind}_id": subject[0], f"{kind}_name": subject[1], "role": dice.choice(ROLES)}
    context["correlation_id"] = dice.choice((None, "", "corr-1", "corr-2"))
    entity: tuple[str | None, ...] = (noun, *thing)
    if known.category != "user-membership" and dice.random() < 0.2:
        entity = (kind, *subject) if dice.random() < 0.5 else (None, None, None)
        context |= {f"{noun}_id": thing[0], f"{noun}_name": thing[1]}
    actor = _seen(dice, dice.choice(PEOPLE))
    return make_record(
        id=f"change-{number}",
        action=action,
        timestamp=to_rfc3339(Instant(START + dice.randrange(800) * MINUTE // 4)),
        context={key: value for key, value in context.items() if value is not None},
        actor__user_id=actor[0],
        actor__username=actor[1],
        entity__entity_type=entity[0],
        entity__entity_id=entity[1],
        entity__entity_name=entity[2],
    )


def _seen(dice: random.Random, named: tuple[str, str]) -> _Named:
    """As the feed happens to tell it."""
    identity, name = named
    return dice.choice(
        ((identity, name), (identity, name.upper()), (identity, None), (None, name), (None, None))
    )


def tell(events: Iterable[Event]) -> dict[int, Told]:
    """seq → what the change was, from all events that are in sight."""
    changes = [each for each in events if (act := find_action(each.action)) and act.permission]
    changes.sort(key=lambda each: (each.occurred_at, each.seq))
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for event in changes:
        for kind, (identity, name) in (_thing(event), _subject(event)):
            if identity and name:
                ids[kind, name].add(identity)
    last: dict[object, Event] = {}
    told = {}
    for event in changes:
        keys = [_key(ids, *named) for named in (_thing(event), _subject(event))]
        place = event.seq if None in keys else tuple(keys)
        told[event.seq] = _told(event, last.get(place))
        last[place] = event
    return told


def _told(event: Event, earlier: Event | None) -> Told:
    kind = _kind(event)
    if earlier is None:
        before = Access("none" if kind == "granted" else "unknown")
    else:
        before = _given(earlier)
    after = _given(event)
    return Told(kind, before, after, _is_own(event), _direction(event.category, before, after))


def _direction(category: str, before: Access, after: Access) -> str:
    had, has = before.kind != "none", after.kind != "none"
    if not had or not has:
        return "up" if has else "down" if had else "sideways"
    if before.kind == "unknown":
        return "unknown"
    one, other = (fold_case(each.role) if each.role else None for each in (before, after))
    if one == other:
        return "sideways" if one or category == "user-groups" else "unknown"
    ranks = ALLOWS.get(category, {})
    if one not in ranks or other not in ranks:
        return "unknown"
    gained = ranks[other] - ranks[one]
    return "up" if gained > 0 else "down" if gained < 0 else "sideways"


def _kind(event: Event) -> str:
    kinds = {"revoke": "revoked", "remove": "revoked", "modify": "changed"}
    return kinds.get(event.op, "granted")


def _given(event: Event) -> Access:
    if _kind(event) == "revoked":
        return Access("none")
    return Access("role", event.role) if event.role else Access("unnamed")


def _is_own(event: Event) -> bool:
    actor, subject = event.actor, event.subject
    pairs = ((actor.id, subject.id), (actor.username, subject.name))
    same = [_fold(one) is not None and _fold(one) == _fold(two) for one, two in pairs]
    return subject.type == "member" and any(same)


def _fold(text: object) -> str | None:
    return fold_case(text) if isinstance(text, str) and text else None


def _thing(event: Event) -> tuple[str, _Named]:
    if event.category == "user-membership" or event.action.startswith("workspace_default"):
        return event.action.split("_")[0], ("the one", None)
    entity, subject = event.entity, event.subject
    noun = _NOUNS[event.category]
    is_subject = (
        _fold(entity.id) == _fold(subject.id)
        if entity.id
        else not subject.id and _fold(entity.name) == _fold(subject.name)
    )
    if is_subject or not (entity.id or entity.name):
        context = event.context
        return noun, (_fold(context.get(f"{noun}_id")), _fold(context.get(f"{noun}_name")))
    return noun, (_fold(entity.id), _fold(entity.name))


def _subject(event: Event) -> tuple[str, _Named]:
    if event.action.startswith("workspace_default"):
        return "everyone", ("the one", None)
    subject = event.subject
    return f"subject {subject.type}", (_fold(subject.id), _fold(subject.name))


def _key(ids: dict[tuple[str, str], set[str]], kind: str, named: _Named) -> object:
    identity, name = named
    if identity:
        return kind, "id", identity
    if not name or len(ids[kind, name]) > 1:
        return None
    return (kind, "id", *ids[kind, name]) if ids[kind, name] else (kind, "name", name)


def acts_of(events: Iterable[Event]) -> list[list[int]]:
    """The seqs of the changes of each act, by time: told by walking over all of each actor."""
    changes = [each for each in events if (act := find_action(each.action)) and act.permission]
    changes.sort(key=lambda each: (each.occurred_at, each.seq))
    last: dict[str, Event] = {}
    found: dict[int, list[int]] = {}
    for event in changes:
        who = _fold(event.actor.username) or _fold(event.actor.id)
        earlier = last.get(who) if who else None
        if earlier is not None and _is_one_act(earlier, event):
            found[event.seq] = found[earlier.seq]
        else:
            found[event.seq] = []
        found[event.seq].append(event.seq)
        if who:
            last[who] = event
    return [members for seq, members in found.items() if members[0] == seq]


def _is_one_act(earlier: Event, event: Event) -> bool:
    pause = event.occurred_at - earlier.occurred_at
    one, other = earlier.correlation_id, event.correlation_id
    return pause <= MINUTE or (pause <= 60 * MINUTE and bool(one) and one == other)


def histories_of(events: Iterable[Event]) -> list[list[Event]]:
    """The changes of each person's access to each thing, by time; of those that are certain."""
    changes = [each for each in events if (act := find_action(each.action)) and act.permission]
    changes.sort(key=lambda each: (each.occurred_at, each.seq))
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for event in changes:
        for kind, (identity, name) in (_thing(event), _subject(event)):
            if identity and name:
                ids[kind, name].add(identity)
    found: dict[tuple[object, ...], list[Event]] = defaultdict(list)
    for event in changes:
        keys = tuple(_key(ids, *named) for named in (_thing(event), _subject(event)))
        if None not in keys:
            found[keys].append(event)
    return list(found.values())
