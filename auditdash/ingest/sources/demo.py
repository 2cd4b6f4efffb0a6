"""The demo workspace: six months of a made-up firm, in the shape of Mode's feed.

Everything follows from the end and the seed. Nothing is taken that was not given before, and nobody
acts before they were invited, so that what is derived from the events is what happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from auditdash.events.instants import HOUR, MINUTE, Instant
from auditdash.events.periods import local_date, midnight
from auditdash.ingest.sources.lumenworks import cast
from auditdash.ingest.sources.lumenworks.calendar import activity, months_before
from auditdash.ingest.sources.lumenworks.chance import administrate
from auditdash.ingest.sources.lumenworks.rollout import hire, roll_out
from auditdash.ingest.sources.lumenworks.stories import plan_stories
from auditdash.ingest.sources.lumenworks.work import work
from auditdash.ingest.sources.lumenworks.world import World

_UTC = ZoneInfo("UTC")
_DAY = timedelta(days=1)
_MONTHS = 6
# Acts of six months, of which some make several events: about 40,000 events in all.
_ACTS = 44_500
_ADMIN_SHARE = 0.07
_POLLS_EVERY = 6 * HOUR


def iterate_demo(until: Instant, seed: int = 1) -> Iterator[bytes]:
    """Records of the six months before `until`, each one JSON object, oldest first."""
    rng = Random(seed)  # noqa: S311 (the same demo each time, nothing secret)
    first = _first_day(local_date(until, _UTC))
    world = World(rng, midnight(first, _UTC), until)
    world.people = hire(rng)
    roll_out(world, first)
    plan_stories(world, first)
    _plan_work(world, first)
    world.at(Instant(midnight(first, _UTC) + 16 * HOUR), partial(_poll, world))
    return world.iterate_records()


def _first_day(last: date) -> date:
    day = months_before(last, _MONTHS)
    while activity(day, american=True) < 0.5:
        day += _DAY
    return day


def _plan_work(world: World, first: date) -> None:
    """Let each day be planned when it comes, from whoever is there by then."""
    last = local_date(world.until, _UTC)
    days = [first + number * _DAY for number in range((last - first).days + 1)]
    total = sum(activity(day, american=True) + activity(day, american=False) for day in days) / 2
    for day in days:
        world.at(midnight(day, _UTC), partial(_plan_day, world, day, _ACTS / total))


def _plan_day(world: World, day: date, acts: float) -> None:
    """Spread `acts`, the number of a plain day with everybody there, over people and hours."""
    everything = sum(person.weight for person in world.people.values())
    for office in cast.OFFICES:
        staff = [each for each in world.people.values() if each.active and each.office is office]
        summed = list(accumulate(person.weight for person in staff))
        if not summed or not summed[-1]:
            continue
        share = summed[-1] / everything * activity(day, american=office.american)
        for person in world.rng.choices(staff, cum_weights=summed, k=round(acts * share)):
            world.on(day, person, partial(work, world, person))
    _plan_admins(world, day, acts)


def _plan_admins(world: World, day: date, acts: float) -> None:
    admins = [each for each in world.people.values() if each.active and each.role == "admin"]
    if not world.groups:
        return
    for _ in range(round(acts * _ADMIN_SHARE * activity(day, american=False))):
        admin = world.rng.choice(admins)
        world.on(day, admin, partial(administrate, world, admin))


def _poll(world: World) -> None:
    """auditdash reads the audit log, which is an event in Mode."""
    robot = world.people[cast.ROBOT]
    robot.ip, robot.ip_on = f"{robot.office.network}.20", local_date(world.now, robot.zone)
    world.record("audit_log_accessed", robot, None, "audit log endpoint accessed")
    world.at(Instant(world.now + _POLLS_EVERY + world.rng.randrange(MINUTE)), partial(_poll, world))
