"""The state of the demo workspace while its six months pass, and the writing of its records."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from datetime import date
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, field

from auditdash.events.instants import SECOND, Instant, to_rfc3339
from auditdash.events.periods import local_date
from auditdash.ingest.sources.lumenworks import cast
from auditdash.ingest.sources.lumenworks.calendar import next_working_moment, working_moment

Act = Callable[[], object]
# Fraction digits of a timestamp, and how many of 100 records have them.
_DIGITS = {6: 82, 3: 90, 0: 97, 9: 100}
_STEPS = {0: SECOND, 3: 1_000}


class Person(Struct, eq=False, kw_only=True):
    """A member. `weight` is how busy; `steady` keeps chance from touching a person of a story."""

    username: str
    id: str
    office: cast.Office
    department: str
    home_ip: str
    agent: str
    weight: float
    role: str = ""
    active: bool = False
    steady: bool = False
    ip: str = ""
    ip_on: date | None = None
    keys: list[Token] = field(default_factory=list)

    @property
    def email(self) -> str:
        """The address that was invited."""
        return f"{self.username.replace('_', '.')}@{cast.DOMAIN}"

    @property
    def zone(self) -> ZoneInfo:
        """Where the person's working hours are."""
        return ZoneInfo(self.office.zone)


class Token(Struct, eq=False):
    """A workspace token or a member's API key."""

    id: str
    name: str


class Group(Struct, eq=False, kw_only=True):
    """A user group."""

    id: str
    name: str
    steady: bool = False
    members: list[Person] = field(default_factory=list)


class Asset(Struct, eq=False, kw_only=True):
    """A collection or a connection, and the role of each member and group on it."""

    kind: str  # collection, connection
    id: str
    name: str
    steady: bool = False
    holders: dict[Person | Group, str] = field(default_factory=dict)


class Schedule(Struct, eq=False, kw_only=True):
    """When and to whom a report is sent."""

    id: str
    emails: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)


class Report(Struct, eq=False, kw_only=True):
    """A report with the number of its queries and pictures."""

    id: str
    name: str
    collection: Asset
    connection: Asset
    queries: int = 0
    pictures: int = 0
    schedule: Schedule | None = None


Thing = Person | Group | Asset | Report | Token
_TYPES = {Person: "user", Group: "user_group", Report: "report", Token: "api_token"}


class World:
    """All that exists at `now`, and what is still to happen. `records` drains what was written."""

    def __init__(self, rng: Random, start: Instant, until: Instant) -> None:
        self.rng = rng
        self.now, self.until = start, until
        self.people: dict[str, Person] = {}
        self.groups: list[Group] = []
        self.assets: list[Asset] = []
        self.reports: dict[str, list[Report]] = {name: [] for name in cast.DEPARTMENTS}
        self.tokens: list[Token] = []
        self.titles: set[str] = set()
        self.default_access = "none"
        self.correlation = ""
        self._queue: list[tuple[Instant, int, Act]] = []
        self._queued = 0
        self._written: list[bytes] = []

    def at(self, instant: Instant, act: Act) -> None:
        """Let an act happen then, or as soon as what happens before it is done."""
        self._queued += 1
        heapq.heappush(self._queue, (instant, self._queued, act))

    def after(self, low: int, high: int, act: Act, worker: Person | None = None) -> None:
        """Let an act happen within that span from now, in the working hours of `worker`."""
        instant = Instant(self.now + self.rng.randrange(low, high))
        if worker is not None:
            instant = next_working_moment(self.rng, instant, worker.zone)
        self.at(instant, act)

    def on(self, day: date, worker: Person, act: Act) -> None:
        """Let an act happen on a day while `worker` is at work."""
        self.at(working_moment(self.rng, day, worker.zone), act)

    def iterate_records(self) -> Iterator[bytes]:
        """Let everything happen in its order; records come oldest first, none after the end."""
        while self._queue and self._queue[0][0] < self.until:
            instant, _, act = heapq.heappop(self._queue)
            self.now = max(self.now, instant)
            self.correlation = self.uuid()
            act()
            yield from self._written
            self._written.clear()

    def group(self, name: str) -> Group:
        """The group of that name; StopIteration where there is none."""
        return next(group for group in self.groups if group.name == name)

    def asset(self, name: str) -> Asset:
        """The connection or collection of that name; StopIteration where there is none."""
        return next(asset for asset in self.assets if asset.name == name)

    def uuid(self) -> str:
        """A UUID of version 4, as everything here from the seed alone."""
        return str(UUID(int=self.rng.getrandbits(128), version=4))

    def token(self) -> str:
        """An id in the manner of Mode: 12 hexadecimal digits."""
        return f"{self.rng.getrandbits(48):012x}"

    def record(
        self, action: str, actor: Person, thing: Thing | None, text: str, **context: str | None
    ) -> None:
        """Write one event of `actor`, a moment after the one before."""
        self.now = Instant(self.now + self.rng.randrange(20_000, 900_000))
        stamp = self._stamp()
        if self.now >= self.until:
            return
        event = {
            "id": self.uuid(),
            "action": action,
            "description": text if self.rng.random() > 0.01 else None,
            "timestamp": stamp,
            "workspace_username": cast.WORKSPACE,
            "context": {**context, "correlation_id": self.correlation},
            "actor": self._actor(actor),
            "entity": _entity(thing),
        }
        self._written.append(msgspec.json.encode(event))

    def _stamp(self) -> str:
        """Now as text with 0, 3, 6 or 9 fraction digits; `now` becomes what the text says."""
        chance = self.rng.random() * 100
        digits = next(number for number, limit in _DIGITS.items() if chance < limit)
        step = _STEPS.get(digits, 1)
        self.now = Instant(-(-self.now // step) * step)
        text = to_rfc3339(self.now)
        if digits == 9:
            return f"{text[:26]}{self.rng.randrange(1000):03d}Z"
        return f"{text[: 20 + digits]}Z" if digits else f"{text[:19]}Z"

    def _actor(self, person: Person) -> dict[str, str | None]:
        day = local_date(self.now, person.zone)
        if person.ip_on != day:
            at_work = self.rng.random() < 0.7
            office = f"{person.office.network}.{self.rng.randrange(1, 5)}"
            person.ip, person.ip_on = (office if at_work else person.home_ip), day
        return {
            "ip": person.ip,
            "user_agent": person.agent if self.rng.random() > 0.005 else None,
            "user_id": person.id,
            "username": person.username,
        }


def _entity(thing: Thing | None) -> dict[str, str]:
    if thing is None:
        return {
            "entity_name": cast.WORKSPACE,
            "entity_type": "workspace",
            "entity_id": "0a6f11c9d2e4",
        }
    kind = f"workspace_{thing.kind}" if isinstance(thing, Asset) else _TYPES[type(thing)]
    name = thing.username if isinstance(thing, Person) else thing.name
    return {"entity_name": name, "entity_type": kind, "entity_id": thing.id}
