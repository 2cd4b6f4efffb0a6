"""Events of access replayed one after the other, in plain Python: the oracle of the picture.

Written from docs/access.md alone; it shares nothing with auditdash/queries/access/.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from auditdash.events.event import Event
from auditdash.events.folding import fold_case

Key = tuple[str, str, str]  # kind, "id" or "name" or "only", text
_Named = tuple[str, str | None, str | None]  # kind, id, name
_NO_ACCESS = {"none", "no_access", "no access", "noaccess", "no-access", "restricted", "off"}
_LIVES = ("group", "collection", "connection")


Told = int | str  # the seq of an event, or where a line of a baseline stands


class Stated(NamedTuple):
    """A line of a baseline of a moment."""

    occurred_at: int
    seq: str
    subject: _Named
    thing: _Named
    role: str | None


_Fact = Event | Stated


class Span(NamedTuple):
    """Access from `begin` (None: unknown) until before `end` (None: open), and what tells so."""

    subject: Key
    obj: Key
    role: str | None
    begin: int | None
    end: int | None
    begin_seq: Told | None
    end_seq: Told | None
    doubtful: bool


class Odd(NamedTuple):
    """An event that does not fit to another one."""

    kind: str
    seq: Told
    other: Told | None


class _Held(NamedTuple):
    event: _Fact
    begin: int | None
    role: str | None
    doubtful: bool


class Replay:
    """What the events so far, and baselines in their order, add up to."""

    def __init__(self, events: Iterable[Event], stated: Iterable[Stated] = ()) -> None:
        told: list[_Fact] = [event for event in events if _verb(event)]
        told.sort(key=lambda event: (event.occurred_at, event.seq))
        told = sorted((*told, *stated), key=lambda fact: fact.occurred_at)
        self._ids = _ids_of_names(told)
        self.spans: list[Span] = []
        self.odd: list[Odd] = []
        self._open: dict[tuple[Key, Key], _Held] = {}
        self._newest: dict[tuple[Key, Key], _Fact] = {}
        self._life: dict[Key, tuple[str, Event]] = {}
        for event in told:
            self._play(event)
        for slot, held in self._open.items():
            self._end(slot, held, None)

    def at(self, moment: int) -> dict[tuple[Key, Key], str | None]:
        """Who has which role on what, after everything that happened up to this moment."""
        return {
            (span.subject, span.obj): span.role
            for span in self.spans
            if (span.begin is None or span.begin <= moment)
            and (span.end is None or moment < span.end)
        }

    def _play(self, event: _Fact) -> None:
        verb = _verb(event)
        thing = self._key(_thing(event))
        if isinstance(event, Event) and verb in {"create", "delete"}:
            if thing is None:
                self.odd.append(Odd("unclear", event.seq, None))
            else:
                self._live(event, verb, thing)
            return
        subject = self._key(_subject(event))
        if thing is None or subject is None:
            self.odd.append(Odd("unclear", event.seq, None))
            return
        self._change(event, verb, (subject, thing))

    def _live(self, event: Event, verb: str, thing: Key) -> None:
        before = self._life.get(thing)
        if before and before[0] == verb:
            self.odd.append(Odd(f"{verb}d twice", event.seq, before[1].seq))
        self._life[thing] = (verb, event)
        if verb == "delete":
            for slot in [slot for slot in self._open if thing in slot]:
                self._end(slot, self._open.pop(slot), event)
            for slot in [slot for slot in self._newest if thing in slot]:
                del self._newest[slot]

    def _change(self, event: _Fact, verb: str, slot: tuple[Key, Key]) -> None:
        role = fold_case(event.role) if event.role else None
        held, newest = self._open.get(slot), self._newest.get(slot)
        if held and verb == "state" and role in {None, held.role}:
            return  # it says what stands
        lives = [self._life[key] for key in slot if key in self._life]
        gone = {life[1].seq: life[1] for life in lives if life[0] == "delete"}
        unknown = not held and not newest and not lives
        if unknown and verb in {"change", "end"}:
            self.spans.append(
                Span(*slot, None, None, event.occurred_at, None, event.seq, doubtful=False)
            )
        last = newest or max((life[1] for life in lives), key=_order, default=None)
        self._note(event, verb, slot, held, last)
        if held:
            self._end(slot, self._open.pop(slot), event)
        self._newest[slot] = event
        against = verb == "state" and not held and not unknown
        begin = None if verb == "state" and unknown else event.occurred_at
        if verb != "end" and role not in _NO_ACCESS:
            self._open[slot] = _Held(event, begin, role, bool(gone) or against)

    def _note(
        self,
        event: _Fact,
        verb: str,
        slot: tuple[Key, Key],
        held: _Held | None,
        last: _Fact | None,
    ) -> None:
        subject, thing = (self._life.get(key) for key in slot)
        other = last.seq if last else None
        kind = ""
        if verb in {"give", "change", "state"} and thing and thing[0] == "delete":
            kind, other = "on a deleted thing", thing[1].seq
        elif verb in {"give", "change", "state"} and subject and subject[0] == "delete":
            kind, other = "to a deleted group", subject[1].seq
        elif verb == "state":
            without = "in a baseline without access" if last and not held else ""
            kind = "in a baseline with another role" if held and held.role else without
        elif verb == "give" and held:
            kind = "given twice"
        elif verb in {"end", "change"} and last is None:
            kind = "not seen to begin"
        elif verb == "end" and not held:
            kind = "removed without access"
        elif verb == "change" and not held:
            kind = "changed without access"
        if kind:
            self.odd.append(Odd(kind, event.seq, other))

    def _end(self, slot: tuple[Key, Key], held: _Held, by: _Fact | None) -> None:
        self.spans.append(
            Span(
                *slot,
                held.role,
                held.begin,
                by.occurred_at if by else None,
                held.event.seq,
                by.seq if by else None,
                held.doubtful,
            )
        )

    def _key(self, named: _Named) -> Key | None:
        kind, identity, name = named
        if kind in {"default", "workspace", "everyone"}:
            return kind, "only", ""
        if identity:
            return kind, "id", identity
        if not name or len(self._ids[kind, name]) > 1:
            return None
        known = self._ids[kind, name]
        return (kind, "id", next(iter(known))) if known else (kind, "name", name)


def _order(event: Event) -> tuple[int, int]:
    return event.occurred_at, event.seq


def _verb(event: _Fact) -> str:
    if isinstance(event, Stated):
        return "state"
    name = event.action
    if name in {"workspace_default_access_changed", "org_user_reinvited"}:
        return "set"
    if name.endswith(("_created", "_deleted")):
        kind = name.rpartition("_")[0]
        return name.rpartition("_")[2][:-1] if kind in _LIVES else ""
    if name == "org_user_invited" or name.endswith(("_member_added", "_group_added", "_with_role")):
        return "give"
    if name.endswith(("_member_removed", "_group_removed")):
        return "end"
    if name == "org_user_role_changed" or name.endswith("_access_changed"):
        return "change"
    return ""


def _thing(event: _Fact) -> _Named:
    if isinstance(event, Stated):
        return event.thing
    name = event.action
    if name.startswith("workspace_default"):
        return "default", None, None
    if name.startswith("org_user"):
        return "workspace", None, None
    kind = name.partition("_")[0]
    if kind == "group" and name in {"group_created", "group_deleted"}:
        return _subject(event)
    entity, subject = event.entity, event.subject
    mine, whose = (_text(entity.id), _text(entity.name)), (_text(subject.id), _text(subject.name))
    same = mine[0] == whose[0] if mine[0] else not whose[0] and mine[1] == whose[1]
    if same or mine == (None, None):
        mine = (_text(event.context.get(f"{kind}_id")), _text(event.context.get(f"{kind}_name")))
    return (kind, *mine)


def _subject(event: _Fact) -> _Named:
    if isinstance(event, Stated):
        return event.subject
    if event.action.startswith("workspace_default"):
        return "everyone", None, None
    return event.subject.type or "", _text(event.subject.id), _text(event.subject.name)


def _text(value: object) -> str | None:
    return fold_case(value) if isinstance(value, str) and value else None


def _ids_of_names(events: Iterable[_Fact]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for event in events:
        for kind, identity, name in (_thing(event), _subject(event)):
            if identity and name:
                found[kind, name].add(identity)
    return found
