"""Each page of the summaries over HTTP, one after the other, as one reader opens them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from urllib.parse import urlencode

import numpy as np
from msgspec import Struct

from tests.bench.bench import Bench, say
from tests.bench.generate import END, START
from tests.bench.population import Named, Rng, make_population
from tests.bench.results.figures import Line, figure
from tests.bench.stages.queries import SLOWEST
from tests.bench.workers import Worker

_FRESH = 10  # of each page in each round, every one with other arguments
_WARM_UP = 2
_AGENT = "auditdash-benchmark"
_DAYS = (date.fromisoformat(END) - date.fromisoformat(START)).days


class Names(Struct, frozen=True):
    """Of whom (id and name) and of what (ids) a page may be asked."""

    people: Sequence[Named]
    connections: Sequence[str]


_Arguments = Callable[[Rng, Names], dict[str, str]]


def _day(rng: Rng) -> str:
    return (date.fromisoformat(START) + timedelta(int(rng.integers(30, _DAYS)))).isoformat()


def _as_of(rng: Rng, _: Names) -> dict[str, str]:
    return {"on": _day(rng)}


def _between(rng: Rng, _: Names) -> dict[str, str]:
    earlier, later = sorted((_day(rng), _day(rng)))
    return {"from": earlier, "on": later}


def _person(rng: Rng, names: Names) -> dict[str, str]:
    return {"name": _somebody(rng, names)[1]}


def _somebody(rng: Rng, names: Names) -> Named:
    """Busy people more often."""
    return names.people[int(len(names.people) ** rng.random()) - 1]


def _of_days(days: int) -> _Arguments:
    def draw(rng: Rng, _: Names) -> dict[str, str]:
        first = date.fromisoformat(START) + timedelta(int(rng.integers(0, _DAYS - days + 1)))
        return {"q": f"created:>={first} created:<{first + timedelta(days)}"}

    return draw


def _one_person(rng: Rng, names: Names) -> dict[str, str]:
    return {"kind": "member", "id": _somebody(rng, names)[0]} | _as_of(rng, names)


def _one_connection(rng: Rng, names: Names) -> dict[str, str]:
    return {"kind": "connection", "id": str(rng.choice(names.connections))} | _as_of(rng, names)


def _month(rng: Rng, _: Names) -> dict[str, str]:
    first = date.fromisoformat(START) + timedelta(int(rng.integers(31, _DAYS - 31)))
    return {"from": first.isoformat(), "to": (first + timedelta(30)).isoformat()}


PAGES: tuple[tuple[str, str, _Arguments], ...] = (
    ("exports, 90 days", "/summaries/exports", _of_days(90)),
    ("exports, 22 months", "/summaries/exports", _of_days(_DAYS - 60)),
    ("permission changes, 90 days", "/summaries/permissions", _of_days(90)),
    ("permission changes, 22 months", "/summaries/permissions", _of_days(_DAYS - 60)),
    ("permission patterns, 90 days", "/summaries/permissions/patterns", _of_days(90)),
    ("how long access lasted, 90 days", "/summaries/permissions/lasting", _of_days(90)),
    ("one person's permission changes", "/summaries/permissions/person", _person),
    ("access of all, as of a day", "/access", _as_of),
    ("access of one person, as of a day", "/access/one", _one_person),
    ("access to one connection, as of a day", "/access/one", _one_connection),
    ("access, two days compared", "/access/differences", _between),
    ("contradictions", "/access/contradictions", _as_of),
    ("tokens", "/inventory", _of_days(90)),
    ("schedules", "/inventory/schedules", _of_days(90)),
    ("groups", "/inventory/groups", _of_days(90)),
    ("reports", "/inventory/reports", _of_days(90)),
    ("what changed in a month", "/changed", _month),
    ("page of an actor", "/actors", _person),
    ("page of a connection", "/entities", lambda rng, names: {
        "type": "workspace_connection", "id": str(rng.choice(names.connections))}),
)  # fmt: skip


def measure_summaries(bench: Bench) -> Iterator[Line]:
    """A line for each page: its first answer to each of many questions, and the same again."""
    names = _names(bench.plan.seed)
    headers = {"Cookie": bench.ours.session(), "User-Agent": _AGENT}
    with bench.ours.serve(1) as port, Worker("tests.bench.client") as client:

        def ask(path: str) -> float:
            done = client.ask(do="fetch", port=port, path=path, headers=headers)
            if done["status"] != 200:
                raise RuntimeError(f"{path}: {done['status']}")
            return float(done["seconds"])

        for what, path, arguments in PAGES:
            say(f"page: {what}")
            rng = np.random.default_rng([bench.plan.seed, len(what)])
            count = bench.rounds * _FRESH + _WARM_UP
            asked = [f"{path}?{urlencode(arguments(rng, names))}" for _ in range(count)]
            yield _line(what, [(ask(each), ask(each)) for each in asked][_WARM_UP:])


def _line(what: str, seconds: Sequence[tuple[float, float]]) -> Line:
    fresh, again = (figure([pair[which] for pair in seconds], 1_000) for which in (0, 1))
    return Line(
        what=f"page over HTTP: {what}",
        unit="ms",
        ours=fresh,
        target=f"≤ {SLOWEST} ms",
        met=fresh.high <= SLOWEST,
        note=f"asked again: {again.middle:.1f} / {again.high:.1f} ms",
    )


def _names(seed: int) -> Names:
    population = make_population(np.random.default_rng(seed))
    people = (
        json.loads(b"{" + piece.removeprefix(b'",').removesuffix(b',"entity":'))
        for piece in population.actors
    )
    pieces = [piece for piece in population.entities if b'"workspace_connection"' in piece]
    connections = {json.loads(piece.removesuffix(b"}\n"))["entity_id"] for piece in pieces}
    return Names(
        people=[(each["user_id"], each["username"]) for each in people],
        connections=sorted(connections),
    )
