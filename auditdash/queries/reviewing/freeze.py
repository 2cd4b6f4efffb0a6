"""The grants that are reviewed, as they stood at a moment."""

from __future__ import annotations

from typing import Final

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.queries.access import paths as ways
from auditdash.queries.access.narrow import narrow
from auditdash.queries.access.rows import Evidence, Sight, Way, iterate_ways, sort_ways
from auditdash.queries.reviewing.own import Concerned
from auditdash.search.query import Query
from auditdash.search.scope import Clock
from auditdash.store.campaigns.rows import FrozenLine

MOST: Final = 100_000


def find_grants(sight: Sight, query: Query, clock: Clock, at: Instant) -> list[Way]:
    """Everything that was given and stood at the moment, by what it is given on; a QueryError for
    what cannot be asked of access, BadInput for more than can be reviewed."""
    picture = sight.picture
    found = narrow(query, sight.view, picture, clock, ways.find_all(picture, at))
    if len(found) > MOST:
        raise BadInput(
            f"these are {len(found):,} grants", where="q", expected=f"a search for {MOST:,} at most"
        )
    return list(iterate_ways(sight, sort_ways(sight, found, "object")))


def freeze(concerned: Concerned, number: int, way: Way, note: str) -> FrozenLine:
    """One of them as a line; `note` is what must be known of it before it is believed."""
    given, line = _event(way.given), way.given.line if way.given else None
    ended = _event(way.ended)
    group = way.subject.kind == "group"
    return FrozenLine(
        line=number,
        subject_kind=way.subject.kind,
        subject_name=way.subject.name,
        subject_id=way.subject.id,
        object_kind=way.object.kind,
        object_name=way.object.name,
        object_id=way.object.id,
        role=way.role,
        through=way.kind,
        since=way.since,
        given_seq=given.seq if given else None,
        given_at=way.given.at if way.given else None,
        given_by=given.actor if given else None,
        given_baseline=line.baseline if line else None,
        given_line=line.line if line else None,
        ended_seq=ended.seq if ended else None,
        note=note,
        members=len(concerned.members(way.subject.id, way.subject.name)) if group else None,
    )


def _event(evidence: Evidence | None) -> Evidence | None:
    """What tells it, where that is an event."""
    return evidence if evidence is not None and evidence.line is None else None
