"""Many random events in a store, and the same as plain rows to count by hand."""

from __future__ import annotations

import random
from typing import NamedTuple

from sqlalchemy import Engine

from auditdash.events.catalogue import actions, category_of
from auditdash.events.instants import HOUR, Instant, parse_instant, to_rfc3339
from auditdash.store.engine import writing
from tests.make import make_record, store

_ACTORS = ("alice", "bob", "Bob", "BOB", "carol", 'd\'Arcy "x" *', "erin\\", None)
_TYPES = ("report", "workspace_connection", None)


class Happened(NamedTuple):
    """What a test counts by."""

    at: Instant
    category: str
    actor: str | None
    entity: tuple[str | None, str | None]


def scatter(engine: Engine, workspace_id: int, start: str, end: str, count: int) -> list[Happened]:
    """Store events at random instants of a span, many of them right at full hours."""
    dice = random.Random(f"{start} {end}")
    first, after = parse_instant(start), parse_instant(end)
    names = [*(action.name for action in actions()), "brand_new_action"]
    rows, records = [], []
    for number in range(count):
        at = Instant(dice.randrange(first, after))
        if dice.random() < 0.5:
            at = Instant(max(at - at % (HOUR // 4) - dice.randrange(2), first))
        action, actor = dice.choice(names), dice.choice(_ACTORS)
        kind, entity = dice.choice(_TYPES), dice.choice(("e1", "e2", "e3", None))
        records.append(
            make_record(
                id=f"{start}-{number}",
                action=action,
                timestamp=to_rfc3339(at),
                actor__username=actor,
                actor__user_id=None,
                entity__entity_id=entity,
                entity__entity_type=kind,
                entity__entity_name=f"Name of {entity}" if entity else None,
            )
        )
        known = (kind, entity) if entity else (None, None)
        rows.append(Happened(at, category_of(action), actor and actor.casefold(), known))
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    return rows
