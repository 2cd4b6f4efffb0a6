"""Campaigns: made whole with their lines, closed by a row of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select

from auditdash.events.instants import Instant
from auditdash.store.campaigns.rows import Campaign, FrozenLine, NewCampaign
from auditdash.store.engine import insert_tuples
from auditdash.store.schema import (
    campaign_assignments,
    campaign_closings,
    campaign_decisions,
    campaign_lines,
    campaigns,
)

_c = campaigns.c
_LINE: Final = FrozenLine.__struct_fields__
_FOUND: Final = select(
    *(_c[name] for name in Campaign.__struct_fields__ if name in _c),
    campaign_closings.c.closed_at,
    campaign_closings.c.closed_by,
).outerjoin(campaign_closings, campaign_closings.c.campaign_id == _c.id)


def insert_campaign(
    connection: Connection,
    workspace_id: int,
    new: NewCampaign,
    lines: Sequence[FrozenLine],
    reviewers: Mapping[int, int],
    *,
    by: str,
    now: Instant,
) -> int:
    """An open campaign with its lines, and by the number of a line who is asked; its id."""
    row: dict[str, Any] = {name: getattr(new, name) for name in NewCampaign.__struct_fields__}
    row |= {"workspace_id": workspace_id, "lines": len(lines), "created_by": by, "created_at": now}
    number = int(connection.execute(insert(campaigns).values(row).returning(_c.id)).scalar_one())
    rows = ((number, *(getattr(each, name) for name in _LINE)) for each in lines)
    insert_tuples(connection, campaign_lines, ("campaign_id", *_LINE), rows)
    asked = ((number, line, person) for line, person in reviewers.items())
    names = ("campaign_id", "line", "person_id")
    insert_tuples(connection, campaign_assignments, names, asked)
    return number


def find_campaign(connection: Connection, workspace_id: int, number: int) -> Campaign | None:
    """One of this workspace."""
    found = _FOUND.where(_c.workspace_id == workspace_id, _c.id == number)
    row = connection.execute(found).mappings().first()
    return Campaign(**row) if row else None


def lock_campaign(connection: Connection, number: int) -> None:
    """Who decides waits for who closes it, and the other way round."""
    connection.execute(select(_c.id).where(_c.id == number).with_for_update())


def list_campaigns(
    connection: Connection, workspace_id: int, *, start: int, most: int
) -> tuple[list[Campaign], int]:
    """So many of a workspace from this place on, the newest first; and how many there are."""
    mine = _c.workspace_id == workspace_id
    rows = connection.execute(_FOUND.where(mine).order_by(_c.id.desc()).offset(start).limit(most))
    count = connection.execute(select(func.count()).select_from(campaigns).where(mine))
    return [Campaign(**row) for row in rows.mappings()], count.scalar_one()


def close_campaign(connection: Connection, number: int, now: Instant, by: str, seq: int) -> None:
    """Nothing is decided any more; `seq` is the event that tells so."""
    row = {"campaign_id": number, "closed_at": now, "closed_by": by, "seq": seq}
    connection.execute(insert(campaign_closings).values(row))


def count_decided(connection: Connection, numbers: Sequence[int]) -> dict[int, int]:
    """Of each of these campaigns how many lines are decided."""
    d = campaign_decisions.c
    found = select(d.campaign_id, func.count(d.line.distinct())).where(d.campaign_id.in_(numbers))
    return dict(connection.execute(found.group_by(d.campaign_id)).all())


def count_waiting(connection: Connection, numbers: Sequence[int], person_id: int) -> dict[int, int]:
    """Of each of these campaigns how many lines wait for this person."""
    a, d = campaign_assignments.c, campaign_decisions.c
    decided = select(d.id).where(d.campaign_id == a.campaign_id, d.line == a.line).exists()
    found = select(a.campaign_id, func.count()).where(
        a.person_id == person_id, a.campaign_id.in_(numbers), ~decided
    )
    return dict(connection.execute(found.group_by(a.campaign_id)).all())
