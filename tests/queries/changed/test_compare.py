from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from auditdash.events.addresses import ip_network
from auditdash.events.event import Event
from auditdash.events.folding import fold_case
from auditdash.events.instants import DAY, Instant, parse_instant
from auditdash.events.periods import Period
from auditdash.queries.changed.compare import Compared, compare, during, narrowed
from auditdash.queries.stream import iterate_events
from auditdash.queries.timeline import count_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.make import make_record, store
from tests.queries.random_events import scatter

CLOCK = Clock(parse_instant("2026-06-01T00:00:00Z"), ZoneInfo("UTC"))
START = parse_instant("2026-03-01T00:00:00Z")
EARLIER = Period(START, Instant(START + 3 * DAY))
LATER = Period(Instant(START + 3 * DAY), Instant(START + 6 * DAY))


def _names(kind: str, event: Event) -> str | None:
    match kind:
        case "actions":
            return event.action
        case "networks":
            return None if event.actor.ip is None else ip_network(event.actor.ip)
        case "recipients":
            subject = event.subject
            name = fold_case(subject.name or subject.id or "")
            return f"{subject.type}:{name}" if name else None
        case "tokens":
            entity = event.entity
            key = f"{'id' if entity.id else 'name'}:{fold_case(entity.id or entity.name or '')}"
            return key if entity.id or entity.name else None
    return fold_case(event.actor.username or event.actor.id or "") or None


def _is_of(kind: str, event: Event, op: str) -> bool:
    match kind:
        case "exporters":
            return event.op == "export"
        case "recipients":
            wanted = "grant" if op == "new" else "revoke"
            return event.op == wanted and event.subject.type in {"email", "channel"}
        case "tokens":
            wanted = "create" if op == "new" else "revoke"
            return event.op == wanted and event.category == "api-tokens"
    return True


def _counted(kind: str, op: str, events: list[Event], period: Period) -> Counter[str]:
    return Counter(
        name
        for each in events
        if period.contains(each.occurred_at) and _is_of(kind, each, op)
        if (name := _names(kind, each)) is not None
    )


@pytest.mark.parametrize(("text", "highest_seq"), [("", None), ("", 300), ("-actor:alice", None)])
def test_what_is_new_and_what_is_gone_is_what_counting_by_hand_finds(
    engine: Engine, workspace_id: int, text: str, highest_seq: int | None
) -> None:
    scatter(engine, workspace_id, "2026-03-01T00:00:00Z", "2026-03-05T00:00:00Z", 260)
    scatter(engine, workspace_id, "2026-03-03T00:00:00Z", "2026-03-07T00:00:00Z", 120)
    late = [
        make_record(id="late", timestamp="2026-03-02T10:00:00Z", actor__username="latecomer"),
        make_record(id="odd", timestamp="2026-03-05T10:00:00Z", actor__ip="nowhere"),
        make_record(id="new", timestamp="2026-03-05T11:00:00Z", actor__ip="2001:db8::9"),
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *late)
        store(connection, workspace_id, *late)
    scope = Scope(workspace_id=workspace_id, highest_seq=highest_seq)
    query = parse(text)
    with reading(engine) as connection:
        events = list(iterate_events(connection, query, scope, CLOCK))
        compared = compare(connection, query, scope, CLOCK, (EARLIER, LATER))
        for each in compared:
            _check(each, events)
            for named in (*each.new, *each.gone):
                if named.label == "nowhere":
                    continue
                asked = narrowed(query, *named.nodes, during(named.period))
                assert count_events(connection, asked, scope, CLOCK) == named.count, named


def _check(compared: Compared, events: list[Event]) -> None:
    kind = compared.kind.name
    now = _counted(kind, "new", events, LATER)
    if kind in {"recipients", "tokens"}:
        new, gone = now, _counted(kind, "gone", events, LATER)
    else:
        before = _counted(kind, "new", events, EARLIER)
        new = Counter({name: count for name, count in now.items() if name not in before})
        gone = Counter({name: count for name, count in before.items() if name not in now})
    for found, expected in ((compared.new, new), (compared.gone, gone)):
        counts = [each.count for each in found]
        assert sorted(counts) == sorted(expected.values()), kind
        assert counts == sorted(counts, reverse=True)
