"""The lines of a campaign with what was decided: pages of them, and counts, by the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, Select, Subquery, and_, func, insert, select
from sqlalchemy import delete as delete_from

from auditdash.store.campaigns.rows import (
    CHANGE,
    REMOVE,
    UNDECIDED,
    Count,
    Decision,
    FrozenLine,
    Line,
)
from auditdash.store.schema import (
    campaign_assignments,
    campaign_decisions,
    campaign_lines,
    people,
)

_l, _a, _d = campaign_lines.c, campaign_assignments.c, campaign_decisions.c
_LINE: Final = FrozenLine.__struct_fields__
_DECISION: Final = Decision.__struct_fields__
_DECIDED: Final = tuple(_d[name].label(f"of_{name}") for name in _DECISION)
_MANY: Final = 500  # numbers in one statement


class Which(Struct, frozen=True, kw_only=True):
    """Which lines: `decision` None is any, UNDECIDED none yet. `person_id` None is anybody's;
    `nobodys` those that nobody is asked about. What was decided after the event `seq` is as if it
    had not been; 0 is all."""

    campaign_id: int
    decision: str | None = None
    person_id: int | None = None
    nobodys: bool = False
    seq: int = 0


def count_lines(connection: Connection, which: Which) -> int:
    """How many there are."""
    found: int = connection.execute(_narrowed(select(func.count()), which)).scalar_one()
    return found


def count_by_reviewer(connection: Connection, campaign_id: int, seq: int = 0) -> list[Count]:
    """Of each reviewer how many lines have which decision."""
    decision = func.coalesce(_d.decision, UNDECIDED)
    statement = select(_a.person_id, people.c.name, decision, func.count())
    statement = _narrowed(statement, Which(campaign_id=campaign_id, seq=seq))
    statement = statement.group_by(_a.person_id, people.c.name, decision)
    return [
        Count(person_id=person, reviewer=name, decision=decided, count=count)
        for person, name, decided, count in connection.execute(statement)
    ]


def find_lines(connection: Connection, which: Which, *, start: int, most: int) -> list[Line]:
    """So many of them from this place on, by their number."""
    return [_line(row) for row in connection.execute(_page(which).offset(start).limit(most))]


def find_some(connection: Connection, which: Which, numbers: Sequence[int]) -> list[Line]:
    """Those with these numbers, by their number."""
    found: list[Line] = []
    for at in range(0, len(numbers), _MANY):
        some = _page(which).where(_l.line.in_(numbers[at : at + _MANY]))
        found += [_line(row) for row in connection.execute(some)]
    return found


def iterate_lines(connection: Connection, which: Which) -> Iterator[Line]:
    """All of them, by their number; only while nothing else is asked of the connection."""
    for row in connection.execute(_page(which)):
        yield _line(row)


def find_to_do(connection: Connection, which: Which) -> list[Line]:
    """Those by whose decision something had to be done: to remove or to change."""
    some = _page(which).where(_d.decision.in_((REMOVE, CHANGE)))
    return [_line(row) for row in connection.execute(some)]


def append_decisions(
    connection: Connection, campaign_id: int, decisions: Sequence[Decision]
) -> None:
    """Keep them; what was decided before stays as it was, and holds no longer."""
    rows = [
        {"campaign_id": campaign_id, **{name: getattr(each, name) for name in _DECISION}}
        for each in decisions
    ]
    connection.execute(insert(campaign_decisions), rows)


def find_history(
    connection: Connection, campaign_id: int, numbers: Sequence[int]
) -> dict[int, list[Decision]]:
    """All that was ever decided of these lines, the oldest first, by the number of the line."""
    found: dict[int, list[Decision]] = {}
    for at in range(0, len(numbers), _MANY):
        some = select(*(_d[name] for name in _DECISION)).where(
            _d.campaign_id == campaign_id, _d.line.in_(numbers[at : at + _MANY])
        )
        for row in connection.execute(some.order_by(_d.id)).mappings():
            found.setdefault(row["line"], []).append(Decision(**row))
    return found


def assign_lines(
    connection: Connection, campaign_id: int, numbers: Sequence[int], person_id: int
) -> None:
    """Ask somebody about these lines, whoever was asked before."""
    for at in range(0, len(numbers), _MANY):
        some = numbers[at : at + _MANY]
        connection.execute(
            delete_from(campaign_assignments).where(
                _a.campaign_id == campaign_id, _a.line.in_(some)
            )
        )
        rows = [{"campaign_id": campaign_id, "line": n, "person_id": person_id} for n in some]
        connection.execute(insert(campaign_assignments), rows)


def _page(which: Which) -> Select[Any]:
    columns = (*(_l[name] for name in _LINE), _a.person_id, people.c.name, *_DECIDED)
    return _narrowed(select(*columns), which).order_by(_l.line)


def _narrowed(statement: Select[Any], which: Which) -> Select[Any]:
    latest = _latest(which)
    here = and_(_a.campaign_id == _l.campaign_id, _a.line == _l.line)
    statement = (
        statement.select_from(campaign_lines)
        .outerjoin(campaign_assignments, here)
        .outerjoin(people, people.c.id == _a.person_id)
        .outerjoin(latest, latest.c.line == _l.line)
        .outerjoin(campaign_decisions, _d.id == latest.c.newest)
        .where(_l.campaign_id == which.campaign_id)
    )
    return statement.where(*_conditions(which))


def _latest(which: Which) -> Subquery:
    """The decision that holds of each line: the newest."""
    some = select(_d.line, func.max(_d.id).label("newest")).where(
        _d.campaign_id == which.campaign_id
    )
    if which.seq:
        some = some.where(_d.seq <= which.seq)
    return some.group_by(_d.line).subquery()


def _conditions(which: Which) -> Iterator[ColumnElement[bool]]:
    if which.decision == UNDECIDED:
        yield _d.id.is_(None)
    elif which.decision is not None:
        yield _d.decision == which.decision
    if which.person_id is not None:
        yield _a.person_id == which.person_id
    if which.nobodys:
        yield _a.person_id.is_(None)


def _line(row: Row[Any]) -> Line:
    frozen, person, name = row[: len(_LINE)], row[len(_LINE)], row[len(_LINE) + 1]
    of = row[len(_LINE) + 2 :]
    decided = Decision(**dict(zip(_DECISION, of, strict=True))) if of[0] is not None else None
    own = {"person_id": person, "reviewer": name, "decided": decided}
    return Line(**dict(zip(_LINE, frozen, strict=True)), **own)
