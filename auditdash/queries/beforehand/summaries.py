"""What the first reader of a new process would wait for, made before anybody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event as Flag
from typing import Final

from sqlalchemy import Connection, Engine, select

from auditdash.events.instants import Instant, now
from auditdash.queries.access.picture import find_picture, iterate_facts
from auditdash.queries.data_exports import summarise_exports
from auditdash.queries.exports.around.gained import find_gained
from auditdash.queries.exports.around.networks import find_networks
from auditdash.queries.heatmap import count_hours_of_week
from auditdash.queries.inventory.recipients import find_recipients
from auditdash.queries.permission_answers.acts import find_acts
from auditdash.queries.permissions.changes import iterate_changes
from auditdash.queries.sight.views import open_what_there_is
from auditdash.search.query import Atom, Query, Term
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.store.schema import workspaces

WORTH: Final = 100_000  # of fewer events the first question is quick enough
_PAUSE_SECONDS: Final = 0.02  # between two steps, each a few dozen milliseconds long
_EVERYTHING: Final = Query()
_EXPORTS: Final = Query(Term("category", (Atom("exports"),)))
_Step = Callable[[], object]


def warm_summaries(engine: Engine, stop: Flag, clock: Callable[[], Instant] = now) -> None:
    """Make what pages of exports, permission changes and access keep, workspace by workspace, until
    `stop` is set. Whoever asks meanwhile goes before: there is a pause behind each step."""
    with reading(engine) as connection:
        ids = connection.execute(
            select(workspaces.c.id).where(workspaces.c.last_seq >= WORTH).order_by(workspaces.c.id)
        )
        scopes = [Scope(workspace_id=each) for each in ids.scalars()]
    for scope in scopes:
        with reading(engine) as connection:
            for _ in _steps(connection, scope, clock()):
                if stop.wait(_PAUSE_SECONDS):
                    return


def _steps(connection: Connection, scope: Scope, at: Instant) -> Iterator[object]:
    view = open_what_there_is(connection, scope)
    if view.behind:
        return  # whoever adds events has more to do just now
    asked = (connection, _EVERYTHING, scope, Clock(at, view.zone))
    yield from iterate_changes(view)
    yield find_acts(*asked, limit=1).acts
    yield summarise_exports(*asked, view.zone).unlike
    yield find_networks(*asked).all
    yield find_gained(*asked)
    yield find_recipients(*asked, frozenset()).all
    yield count_hours_of_week(connection, _EXPORTS, *asked[2:])
    yield from iterate_facts(view)
    yield find_picture(view)
