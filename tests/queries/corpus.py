"""Random events made of traps, and an oracle that tells without SQL which of them a query means."""

from __future__ import annotations

import ipaddress
import random
import re
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Engine, update

from auditdash.events.catalogue import category_of, find_action, op_of
from auditdash.events.event import Event
from auditdash.events.folding import fold_case, fold_words
from auditdash.events.instants import DAY, Instant, parse_instant, to_datetime, to_rfc3339
from auditdash.events.user_agents import ua_family
from auditdash.queries.timeline import count_events, find_events
from auditdash.search.dates import resolve
from auditdash.search.query import And, Atom, Node, Not, Or, Present, Query, Term, Text, Value
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from auditdash.store.schema import workspaces
from tests.databases import add_workspace
from tests.make import make_record, store
from tests.search.asking import ACTIONS, ADDRESSES, NAMES, USER_AGENTS

CLOCK = Clock(parse_instant("2026-03-10T12:00:00Z"), ZoneInfo("America/New_York"))
HOME = ZoneInfo("Europe/Berlin")  # of the workspace
SIZE = 300
_EDGES = (
    *("2026-01-01T05:00:00Z", "2026-03-01T05:00:00Z", "2026-03-08T05:00:00Z"),
    *("2026-03-08T07:00:00Z", "2026-03-09T04:00:00Z", "2026-03-10T04:00:00Z"),
    *("2026-04-01T04:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
    *("2026-03-08T07:00:00.5Z", "2026-03-10T12:00:00Z", "2027-01-01T05:00:00Z"),
)


class Corpus(Struct, frozen=True):
    """One database with the events of one workspace, and some of another that must not show.

    `events` rise by seq; `marks` are what was decided of each when it came, told from the
    definitions of the words.
    """

    engine: Engine
    scope: Scope
    events: tuple[Event, ...]
    marks: dict[int, frozenset[str]]

    def __repr__(self) -> str:
        return f"<corpus on {self.engine.dialect.name}>"  # the events would fill a megabyte

    def find(self, query: Query, clock: Clock = CLOCK) -> list[int]:
        """The numbers of the events that a query finds, in its order."""
        with reading(self.engine) as connection:
            page = find_events(connection, query, self.scope, clock, limit=SIZE)
        assert page.following is None
        return [event.seq for event in page.events]

    def count(self, query: Query, clock: Clock = CLOCK) -> int:
        """How many events a query finds."""
        with reading(self.engine) as connection:
            return count_events(connection, query, self.scope, clock)


def fill(engine: Engine) -> Corpus:
    """Store the same events on each call."""
    dice = random.Random(2026)
    records = [_record(dice, number) for number in range(SIZE)]
    with writing(engine) as connection:
        strange = add_workspace(connection, "other", "Other")
        workspace_id = add_workspace(connection, "acme", "Acme")
        here = workspaces.c.id == workspace_id
        connection.execute(update(workspaces).where(here).values(zone=HOME.key))
        store(connection, strange, *records[:40])
        for half in (records[::2], records[1::2]):
            now = parse_instant(dice.choice(_EDGES))
            source = dice.choice(("mode", "bob"))
            assert store(connection, workspace_id, *half, source=source, now=now).rejected == 0
    scope = Scope(workspace_id=workspace_id)
    with reading(engine) as connection:
        page = find_events(connection, Query(), scope, CLOCK, limit=SIZE)
    events = tuple(sorted(page.events, key=lambda event: event.seq))
    assert [event.seq for event in events] == list(range(1, SIZE + 1))
    return Corpus(engine, scope, events, dict(_marks(events)))


def _marks(events: Iterable[Event]) -> Iterator[tuple[int, frozenset[str]]]:
    """Late is more than a day behind the newest of its source that came before, where nothing is
    newer than its coming; first-seen is the first event in which this actor did this."""
    newest: dict[str, int] = {}
    done: set[tuple[str | None, str | None, str]] = set()
    for event in events:
        marks = set()
        if event.occurred_at < newest.get(event.source, 0) - DAY:
            marks.add("late")
        doing = (event.actor.id, event.actor.username, event.action)
        if doing[:2] != (None, None) and doing not in done:
            marks.add("first-seen")
        done.add(doing)
        reached = min(event.occurred_at, event.received_at)
        newest[event.source] = max(newest.get(event.source, 0), reached)
        yield event.seq, frozenset(marks)


def _record(dice: random.Random, number: int) -> dict[str, object]:
    def some(*values: str) -> str | None:
        return dice.choice((None, *values))

    moment = parse_instant(dice.choice(_EDGES)) + dice.choice((-1, 0, 0, 1, 999_999, 1_000_000))
    return make_record(
        id=f"event-{number}",
        action=dice.choice(ACTIONS),
        timestamp=to_rfc3339(Instant(moment)),
        description=some(*NAMES),
        outcome=some("success", "failure"),
        workspace_username=some(*NAMES),
        context=_context(dice),
        actor__username=some(*NAMES) if number % 3 else "bob",
        actor__user_id=some(*NAMES) if number % 3 else None,
        actor__user_agent=some(*NAMES, *USER_AGENTS),
        actor__ip=some(*ADDRESSES, "no address"),
        entity__entity_name=some(*NAMES),
        entity__entity_type=some(*NAMES),
        entity__entity_id=some(*NAMES),
    )


def _context(dice: random.Random) -> dict[str, object]:
    whole: dict[str, object] = {
        "role": dice.choice((None, *NAMES)),
        "Role": dice.choice(NAMES),
        "group_name": dice.choice(NAMES),
        "correlation_id": dice.choice(NAMES),
        "tags": dice.choices(NAMES, k=3),
        "deep": {"er": dice.choice((*NAMES, 7))},
        "flag": dice.choice((True, False, 1.5)),
        "a b": dice.choice(NAMES),
    }
    return {key: value for key, value in whole.items() if dice.random() < 0.5}


def means(node: Node | None, event: Event, marks: frozenset[str]) -> bool:
    """Whether an event is one that a query asks for, told from the language's description."""
    match node:
        case And(nodes):
            return all(means(inner, event, marks) for inner in nodes)
        case Or(nodes):
            return any(means(inner, event, marks) for inner in nodes)
        case Not(inner):
            return not means(inner, event, marks)
        case Text(text):
            wanted = " ".join(["", *fold_words(text).split()])
            return any(wanted in fold_words(found) for found in _words(event))
        case Term(field, values):
            return any(_has(event, marks, field, value) for value in values)
    return True


def _words(event: Event) -> Iterator[str]:
    actor, entity, subject = event.actor, event.entity, event.subject
    texts = (actor.username, actor.id, actor.ip, event.action, event.description)
    names = (entity.name, entity.id, entity.type, subject.name, subject.id)
    yield from (text for text in (*texts, *names) if text)
    yield from (text for _, text in _leaves(event.context))


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part, path)
    elif value is not None:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def _has(event: Event, marks: frozenset[str], field: str, value: Value) -> bool:
    if field in {"created", "received"}:
        instant = event.occurred_at if field == "created" else event.received_at
        return resolve(value, CLOCK).contains(instant)
    if field in {"is", "category", "op"} and isinstance(value, Atom):
        return value.text in _words_of(event, field) | (marks if field == "is" else set())
    found = [text for text in _texts(event, field) if text]
    if isinstance(value, Present) or field in {"is", "category", "op"}:
        return bool(found) or field in {"category", "op"}
    assert isinstance(value, Atom)
    if field == "ip":
        return any(_within(text, value.text) for text in found)
    return any(_matches(field, text, value) for text in found)


def _words_of(event: Event, field: str) -> set[str]:
    action = find_action(event.action)
    if field == "category":
        return {category_of(event.action)}
    if field == "op":
        return {op_of(event.action)}
    local = to_datetime(event.occurred_at, HOME)
    marks = {"off-hours": local.isoweekday() > 5 or local.hour < 7 or local.hour >= 19}
    marks["night"] = local.hour < 6 or local.hour >= 22
    if action is None:
        marks["unmapped"] = True
    else:
        marks |= {"sensitive": action.sensitive, "permission": action.permission}
        marks["export"] = action.op == "export"
        marks["own-access"] = action.permission and _is_own(event)
    return {name for name, holds in marks.items() if holds}


def _is_own(event: Event) -> bool:
    actor, subject = event.actor, event.subject
    pairs = ((actor.id, subject.id), (actor.username, subject.name))
    same = (one is not None and fold_case(one) == fold_case(two or "\0") for one, two in pairs)
    return subject.type == "member" and any(same)


def _texts(event: Event, field: str) -> list[str | None]:
    if field.startswith("context."):
        path = field.removeprefix("context.")
        return [text for found, text in _leaves(event.context) if found == path]
    columns: dict[str, list[str | None]] = {
        "actor": [event.actor.username, event.actor.id],
        "subject": [event.subject.name, event.subject.id],
        "entity": [event.entity.name, event.entity.id],
        "entity_type": [event.entity.type],
        "entity_id": [event.entity.id],
        "role": [event.role],
        "ua": [event.actor.user_agent],
        "ua_family": [ua_family(event.actor.user_agent)] if event.actor.user_agent else [],
        "workspace": [event.workspace],
        "ip": [event.actor.ip],
        "outcome": [event.outcome],
        "source": [event.source],
        "corr": [event.correlation_id],
        "action": [event.action],
    }
    return columns[field]


def _within(text: str, network: str) -> bool:
    try:
        address = _mapped(ipaddress.ip_address(text))
    except ValueError:
        return False
    wanted = ipaddress.ip_network(network)
    first, last = _mapped(wanted.network_address), _mapped(wanted.broadcast_address)
    return first <= address <= last


def _mapped(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> int:
    return int(address) + (0xFFFF << 32 if address.version == 4 else 0)


def _matches(field: str, text: str, atom: Atom) -> bool:
    fold = _lower if field == "action" else fold_case
    if atom.wild:
        pattern = ".*".join(re.escape(fold(piece)) for piece in atom.text.split("*"))
        return re.fullmatch(pattern, fold(text), re.DOTALL) is not None
    if field in {"source", "corr", "outcome"}:
        return text in {atom.text, atom.text.lower()}
    if field != "action":
        return fold(text) == fold(atom.text)
    names = {atom.text, atom.text.lower()}
    family = not atom.quoted and any(text.startswith(f"{name}_") for name in names)
    return text in names or family


def _lower(text: str) -> str:
    return text.encode().lower().decode()
