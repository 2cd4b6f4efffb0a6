"""Our own record of who looked at the log, kept before they see it, many readers' in one commit;
and of what people do to auditdash itself, kept together with the deed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from threading import Condition
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine

from auditdash.events import instants
from auditdash.events.folding import storable
from auditdash.events.instants import Instant
from auditdash.ingest.intake import (
    Intake,
    open_receipt,
    read_batch,
    reopen,
    take,
    take_events,
)
from auditdash.ingest.parse import Piece
from auditdash.store.engine import DatabaseTrouble, writing
from auditdash.store.receipts import find_open_receipt, finish_receipt
from auditdash.store.workspaces import Workspace

SOURCE: Final = "auditdash"
CHANNEL: Final = "self"
EXTENSION: Final = "auditdash.accesses"  # where an application keeps its AccessLog
ACTS: Final = ("baseline-imported", "baseline-removed")  # which change what readers see
_MOST_SECONDS: Final = 0.02  # that one who writes waits for those at work


Actor = Mapping[str, str | None]  # as the actor of an event: user_id, username, ip, user_agent


class Act(Struct, frozen=True, kw_only=True):
    """Who does it, in which workspace, when."""

    workspace: Workspace
    actor: Actor
    now: Instant

    @property
    def by(self) -> str:
        """The name of who does it."""
        return storable(self.actor["username"] or "")


class Access(Struct, frozen=True, kw_only=True):
    """One look at the log, or one deed: `record` is the event that tells of it, as JSON."""

    workspace_id: int
    at: Instant
    record: bytes

    @property
    def receipt_name(self) -> str:
        """One receipt for a day of looking: one for each look would bury the others."""
        return f"Reading of {instants.to_rfc3339(self.at)[:10]}"


def access_of(
    workspace: Workspace,
    at: Instant,
    actor: Actor,
    what: str,
    query: str,
    context: Mapping[str, str],
) -> Access:
    """What the event says that tells of a look at this workspace's log."""
    return event_of(
        workspace,
        at,
        actor,
        action="audit_log_accessed",
        description=f"{what} in auditdash" if what in ACTS else f"{what} read in auditdash",
        entity=("audit_log", workspace.slug, workspace.name),
        context={"what": what, "query": query, **context},
    )


def event_of(
    workspace: Workspace,
    at: Instant,
    actor: Actor,
    *,
    action: str,
    description: str,
    entity: tuple[str, str, str],
    context: Mapping[str, str],
    outcome: str | None = None,
) -> Access:
    """Any event of our own log: `action` is one of the catalogue, `entity` type, id and name,
    `outcome` success or failure where it could have been either."""
    kind, identity, title = map(storable, entity)
    record = {
        "id": str(uuid.uuid4()),
        "action": action,
        "description": storable(description),
        "timestamp": instants.to_rfc3339(at),
        "workspace_username": workspace.slug,
        "context": {name: storable(value) for name, value in context.items()},
        "actor": {name: value and storable(value) for name, value in actor.items()},
        "entity": {"entity_type": kind, "entity_id": identity, "entity_name": title},
    }
    if outcome is not None:
        record["outcome"] = outcome
    return Access(workspace_id=workspace.id, at=at, record=msgspec.json.encode(record))


def refusal_of(
    workspace: Workspace, at: Instant, actor: Actor, context: Mapping[str, str]
) -> Access:
    """What the event says that tells of somebody who asked for what they may not have."""
    return event_of(
        workspace,
        at,
        actor,
        action="auditdash_access_refused",
        description="access refused in auditdash",
        entity=("audit_log", workspace.slug, workspace.name),
        context=context,
        outcome="failure",
    )


def append_access(connection: Connection, access: Access) -> int:
    """Keep it in the caller's transaction, together with what it tells of; its seq."""
    intake = _receipt_of_the_day(connection, access.workspace_id, access.receipt_name, access.at)
    prepared = read_batch(intake, [Piece(position="1", raw=access.record)])
    return take_events(connection, intake, prepared).first_seq


class _Waiting:
    """An access that a thread waits for, and what became of it."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.kept = False
        self.trouble: DatabaseTrouble | None = None

    @property
    def is_settled(self) -> bool:
        """Whether it need not wait any longer."""
        return self.kept or self.trouble is not None


class AccessLog:
    """Keeps accesses, in one transaction for all threads of this process that wait at one time.

    A commit waits for the disk, and costs as much for one access as for many; so does it to bring
    the index up to date with it. So whoever writes waits a moment for the readers at work, who may
    be on their way here, and writes for all. Alone nobody waits.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._at_work = 0
        self._waiting: list[_Waiting] = []
        self._is_writing = False

    def enter(self) -> None:
        """A reader is at work, and may look at the log before they `leave`."""
        with self._changed:
            self._at_work += 1

    def leave(self) -> None:
        """They are done."""
        with self._changed:
            self._at_work -= 1
            self._changed.notify_all()

    def keep(self, engine: Engine, access: Access) -> None:
        """Returns when the access is stored for good; raises when it is not."""
        mine = _Waiting(access)
        if self._is_mine_to_write(mine):
            together = self._gathered()
            try:
                _keep_all(engine, together)
            finally:
                self._give_way([each for each in together if each is not mine])
        if mine.trouble is not None:
            raise mine.trouble

    def _is_mine_to_write(self, mine: _Waiting) -> bool:
        """False when another one has written it."""
        with self._changed:
            self._waiting.append(mine)
            self._changed.notify_all()
            self._changed.wait_for(lambda: mine.is_settled or not self._is_writing)
            if mine.is_settled:
                return False
            self._is_writing = True
            self._changed.wait_for(lambda: len(self._waiting) >= self._at_work, _MOST_SECONDS)
            return True

    def _gathered(self) -> list[_Waiting]:
        with self._changed:
            together, self._waiting = self._waiting, []
            return together

    def _give_way(self, others: Iterable[_Waiting]) -> None:
        """To the next who writes; with a writer that died nothing of the others is settled."""
        with self._changed:
            self._is_writing = False
            self._waiting += [each for each in others if not each.is_settled]
            self._changed.notify_all()


def _keep_all(engine: Engine, together: Sequence[_Waiting]) -> None:
    try:
        with writing(engine) as connection:
            _append(connection, [each.access for each in together])
    except DatabaseTrouble as error:
        for each in together:  # they would wait as long, one after the other, for the same
            each.trouble = error
    else:
        for each in together:
            each.kept = True


def _append(connection: Connection, accesses: Iterable[Access]) -> None:
    def receipt(access: Access) -> tuple[int, str]:
        return access.workspace_id, access.receipt_name

    # In one order for all processes, or two could wait for each other's workspaces.
    for (workspace_id, name), group in groupby(sorted(accesses, key=receipt), receipt):
        members = list(group)
        instant = max(access.at for access in members)
        intake = _receipt_of_the_day(connection, workspace_id, name, instant)
        pieces = enumerate((access.record for access in members), start=1)
        take(connection, intake, [Piece(position=str(at), raw=raw) for at, raw in pieces])


def _receipt_of_the_day(
    connection: Connection, workspace_id: int, name: str, instant: Instant
) -> Intake:
    known = find_open_receipt(connection, workspace_id=workspace_id, channel=CHANNEL)
    if known is not None and known.name == name:
        return reopen(connection, workspace_id, SOURCE, known.id, instant)
    if known is not None:
        finish_receipt(connection, known.id, instant)
    return open_receipt(
        connection,
        workspace_id=workspace_id,
        source=SOURCE,
        channel=CHANNEL,
        name=name,
        now=instant,
    )
