"""How Lumenworks moves into its demo workspace: the first days, and everybody's invitation."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from auditdash.events.instants import DAY, HOUR, MINUTE, Instant
from auditdash.events.periods import local_date, midnight
from auditdash.ingest.sources.lumenworks import access, cast
from auditdash.ingest.sources.lumenworks.calendar import activity
from auditdash.ingest.sources.lumenworks.world import Person, World

_HOMES = {  # those whom the stories need
    "dylan_mercer": "Finance",
    "camille_duroc": "Sales",
    "dana_whitfield": "People",
    "owen_gallagher": "Operations",
    "marcus_okafor": "Operations",
}
_LEADERS = (*cast.FOUNDERS, *cast.ADMINS)
# Connections to which nobody comes by chance.
_GUARDED = ("Payroll", "Customer Vault")
_FIRST_DAYS, _EARLY = 9, 0.66
_RESENT, _VIEWERS, _WORKING = 0.12, 0.1, 0.5


def hire(rng: Random) -> dict[str, Person]:
    """Everybody of the cast, by username; only the founders are in the workspace."""
    people: dict[str, Person] = {}
    for office in cast.OFFICES:
        for name in office.staff:
            username = cast.username_of(name)
            people[username] = _person(rng, username, office)
    people[cast.ROBOT] = _person(rng, cast.ROBOT, cast.OFFICES[0])
    for username in (*cast.FOUNDERS, *cast.ADMINS, *_HOMES, cast.ROBOT):
        people[username].steady = True
    for username in cast.FOUNDERS:
        people[username].role, people[username].active = "admin", True
    people[cast.ROBOT].weight, people[cast.ROBOT].agent = 0, "auditdash/0.1.0"
    return people


def _person(rng: Random, username: str, office: cast.Office) -> Person:
    home = f"2001:db8:{rng.randrange(4096):x}:{rng.randrange(65536):x}::{rng.randrange(65536):x}"
    if rng.random() < 0.6:
        home = f"{office.network}.{rng.randrange(100, 200)}"
    steady_home = _HOMES.get(username) or ("Data Platform" if username in _LEADERS else None)
    return Person(
        username=username,
        id=f"{rng.getrandbits(48):012x}",
        office=office,
        department=steady_home or rng.choice(cast.DEPARTMENTS),
        home_ip=home,
        agent=rng.choice(cast.AGENTS),
        weight=min(rng.paretovariate(1.4), 7.0),
    )


def roll_out(world: World, first: date) -> None:
    """Put the first days and every invitation on the world's calendar."""
    ingrid, marcus = world.people["ingrid_solheim"], world.people["marcus_okafor"]
    nine = Instant(midnight(first, ingrid.zone) + 9 * HOUR)
    world.at(nine, partial(_connect_audit, world, ingrid))
    world.at(Instant(nine + 20 * MINUTE), partial(_open_connections, world, ingrid))
    world.at(Instant(nine + 50 * MINUTE), partial(_open_departments, world, marcus))
    waiting = [person for person in world.people.values() if not person.active]
    waiting.remove(world.people[cast.ROBOT])
    awaited = [person for person in waiting if person.steady]
    for number, person in enumerate(awaited):
        instant = Instant(nine + 90 * MINUTE + number * 4 * MINUTE)
        world.at(instant, partial(_invite, world, marcus, person))
    for person in waiting:
        if not person.steady:
            admin = world.people[world.rng.choice(cast.FOUNDERS)]
            day = _invitation_day(world, first)
            world.on(day, admin, partial(_invite, world, admin, person))


def _invitation_day(world: World, first: date) -> date:
    """Most within the first days, the others any time later, always on a working day."""
    last = local_date(world.until, ZoneInfo("UTC"))
    early = world.rng.random() < _EARLY
    span = _FIRST_DAYS if early else max(_FIRST_DAYS + 1, (last - first).days - 4)
    while True:
        day = first + timedelta(days=world.rng.randint(1, span))
        if activity(day, american=True) > _WORKING and activity(day, american=False) > _WORKING:
            return day


def _connect_audit(world: World, actor: Person) -> None:
    """The feed that you are reading gets its account and its token before all else."""
    robot = world.people[cast.ROBOT]
    access.invite(world, actor, robot, "viewer")
    robot.active = True
    access.create_token(world, actor, "auditdash feed")


def _open_connections(world: World, actor: Person) -> None:
    for name in cast.CONNECTIONS:
        steady = name in _GUARDED
        access.create_asset(world, actor, "connection", name, steady=steady)


def _open_departments(world: World, actor: Person) -> None:
    access.set_default_access(world, actor, "view")
    for name in cast.DEPARTMENTS:
        group = access.create_group(world, actor, name)
        for suffix in ("", " – team only"):
            collection = access.create_asset(world, actor, "collection", name + suffix)
            access.give(world, actor, collection, group, "edit")
        for connection in world.assets:
            if name in cast.CONNECTIONS.get(connection.name, ()):
                role = "manage" if name == "Data Platform" else "query"
                access.give(world, actor, connection, group, role)
    for founder in cast.FOUNDERS:
        _onboard(world, actor, world.people[founder])


def _invite(world: World, admin: Person, person: Person) -> None:
    actor = access.still_admin(world, admin)
    role = "admin" if person.username in cast.ADMINS else "member"
    if not person.steady and world.rng.random() < _VIEWERS:
        role = "viewer"
    access.invite(world, actor, person, role)
    join = partial(_join, world, actor, person)
    if person.steady:
        world.after(20 * MINUTE, 3 * HOUR, join)
    elif world.rng.random() < _RESENT:
        again = partial(_invite_again, world, actor, person)
        world.after(3 * DAY, 4 * DAY, again, actor)
        world.after(7 * DAY, 8 * DAY, join, person)
    else:
        world.after(HOUR, 30 * HOUR, join, person)


def _invite_again(world: World, admin: Person, person: Person) -> None:
    access.invite_again(world, access.still_admin(world, admin), person)


def _join(world: World, admin: Person, person: Person) -> None:
    """The invitation is accepted, of which the feed says nothing."""
    person.active = True
    world.after(5 * MINUTE, 50 * MINUTE, partial(_onboard, world, admin, person), admin)


def _onboard(world: World, admin: Person, person: Person) -> None:
    group = world.group(person.department)
    access.add_to_group(world, access.still_admin(world, admin), group, person)
