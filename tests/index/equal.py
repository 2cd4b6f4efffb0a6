"""What an index says of its events, beside what the records say: the same, or a difference."""

from __future__ import annotations

from sqlalchemy import Engine

from auditdash.events.event import Event
from auditdash.events.instants import DAY
from auditdash.events.leaves import leaves
from auditdash.index.adopt import ELSEWHERE, FIRST_SEEN, LATE, PATHS, VALUES
from auditdash.index.events import Stored, find_stored
from auditdash.index.files.segment import Segment
from auditdash.index.order import MARKED, POSTED
from auditdash.index.view import View
from auditdash.queries.sight.views import open_view
from auditdash.search.scope import Scope
from auditdash.store.engine import reading


def differences(engine: Engine, workspace_id: int) -> list[str]:
    """Where the index of a workspace says other than its records; empty when it says the same."""
    with reading(engine) as connection:
        view = open_view(connection, Scope(workspace_id=workspace_id))
        stored = find_stored(connection, workspace_id, view.slug, 1, 1 << 60)
        told = {seq: row for segment in view.segments for seq, row in _rows(view, segment).items()}
    expected = _expected(stored)
    wrong = [
        f"{seq}: {told.get(seq)} is not {expected.get(seq)}"
        for seq in sorted(expected.keys() | told.keys())
        if told.get(seq) != expected.get(seq)
    ]
    behind = [f"{view.behind} behind"] if view.behind else []
    return wrong + behind + _disorder(view) + _astray(view)


def _disorder(view: View) -> list[str]:
    ends = [0, *(segment.last_seq for segment in view.segments)]
    gaps = [
        f"segment {segment.first_seq} follows {before}"
        for before, segment in zip(ends, view.segments, strict=False)
        if segment.first_seq != before + 1
    ]
    return gaps + [
        f"segment {segment.first_seq} is not in order"
        for segment in view.segments
        if sorted(zip(segment.times.tolist(), segment.seqs.tolist(), strict=True))
        != list(zip(segment.times.tolist(), segment.seqs.tolist(), strict=True))
    ]


def _astray(view: View) -> list[str]:
    """Where the rows of a value are told otherwise than the value of each row."""
    wrong = []
    for segment in view.segments:
        for name in POSTED:
            here = segment.rows_by(name)
            rows, values = (each.tolist() for each in here.every())
            told = list(zip(values, rows, strict=True))
            column = segment.column(name).tolist()
            codes = here.codes.tolist()
            each_once = codes == sorted(set(codes))
            if not each_once or told != sorted(zip(column, range(len(column)), strict=True)):
                wrong.append(f"segment {segment.first_seq}: {name}")
        keys = segment.column("word_key").tolist()
        if keys != sorted(keys) or keys[::MARKED] != segment.column("word_mark").tolist():
            wrong.append(f"segment {segment.first_seq}: words")
    return wrong


def _rows(view: View, segment: Segment) -> dict[int, tuple[object, ...]]:
    texts: dict[int, set[tuple[str | None, ...]]] = {}
    for code, path in enumerate(view.dictionaries[PATHS].entries):
        found = segment.leaves(code)
        rows, values = found or ((), ())
        for row, value in zip(map(int, rows), map(int, values), strict=True):
            entry = view.dictionaries[VALUES].entries[value] if value != ELSEWHERE else (*path, "…")
            texts.setdefault(row, set()).add(entry)
    columns = {
        name: [view.dictionaries[name].entries[code] for code in segment.column(name).tolist()]
        for name in ("action", "actor", "entity", "subject", "ip", "ua", "role", "outcome")
    }
    numbers = [segment.column(name).tolist() for name in ("received", "receipt", "flags")]
    return {
        seq: (
            segment.times[row].item(),
            *(column[row] for column in columns.values()),
            *(column[row] for column in numbers),
            frozenset(texts.get(row, ())),
        )
        for row, seq in enumerate(segment.seqs.tolist())
    }


def _expected(stored: list[Stored]) -> dict[int, tuple[object, ...]]:
    newest = -(1 << 62)
    doings: set[tuple[object, str]] = set()
    found: dict[int, tuple[object, ...]] = {}
    for each in stored:
        event, flags = each.event, 0
        actor = (event.actor.id, event.actor.username)
        if event.occurred_at < newest - DAY:
            flags |= LATE
        newest = max(newest, min(event.occurred_at, event.received_at))
        if any(text is not None for text in actor) and (actor, event.action) not in doings:
            flags |= FIRST_SEEN
        doings.add((actor, event.action))
        found[event.seq] = (
            event.occurred_at,
            (event.action,),
            actor,
            (event.entity.type, event.entity.id, event.entity.name),
            (event.subject.type, event.subject.id, event.subject.name),
            (event.actor.ip,),
            (event.actor.user_agent,),
            (event.role,),
            (event.outcome,),
            event.received_at,
            each.receipt_id,
            flags,
            frozenset(_leaves(event)),
        )
    return found


def _leaves(event: Event) -> set[tuple[str, str, str]]:
    found = {("c", path, text) for path, text in leaves(event.context)}
    if event.description is not None:
        found.add(("d", "", event.description))
    if event.correlation_id is not None:
        found.add(("k", "", event.correlation_id))
    return {(kind, path, text if len(text) <= 512 else "…") for kind, path, text in found}
