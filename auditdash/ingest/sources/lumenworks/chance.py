"""What admins of the demo workspace do by chance, apart from the planted stories."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

from auditdash.events.instants import DAY
from auditdash.ingest.sources.lumenworks import access
from auditdash.ingest.sources.lumenworks.world import Asset, Group, Person, World

_ROLES = {"collection": ("view", "edit"), "connection": ("view", "query", "manage")}
_ROLE_WEIGHTS = {"collection": (60, 40), "connection": (25, 65, 10)}
_DEFAULTS = ("view", "edit", "none")
_PROJECTS = (
    "Aurora",
    "Basalt",
    "Cinder",
    "Dune",
    "Ember",
    "Fjord",
    "Grove",
    "Harbor",
    "Iris",
    "Juniper",
)
# Nothing happens by chance, and nobody leaves, before the firm has so many people.
_FEWEST, _ENOUGH = 8, 60


def administrate(world: World, actor: Person) -> None:
    """One act of an admin, as chance has it."""
    if actor.active and actor.role == "admin" and len(_anybodies(world)) >= _FEWEST:
        world.rng.choices(_ACTS, cum_weights=_SUMMED)[0](world, actor)


def _anybody(world: World) -> Person:
    return world.rng.choice(_anybodies(world))


def _anybody_but(world: World, actor: Person) -> Person:
    """Nobody gives a role to themselves, but in the story of it."""
    return world.rng.choice([person for person in _anybodies(world) if person is not actor])


def _anybodies(world: World) -> list[Person]:
    return [person for person in world.people.values() if person.active and not person.steady]


def _loose_groups(world: World) -> list[Group]:
    return [group for group in world.groups if not group.steady]


def _asset(world: World, kind: str) -> Asset:
    return world.rng.choice(
        [asset for asset in world.assets if asset.kind == kind and not asset.steady]
    )


def _role(world: World, kind: str) -> str:
    return world.rng.choices(_ROLES[kind], _ROLE_WEIGHTS[kind])[0]


def _join_group(world: World, actor: Person) -> None:
    if groups := _loose_groups(world):
        access.add_to_group(world, actor, world.rng.choice(groups), _anybody(world))


def _leave_group(world: World, actor: Person) -> None:
    """Remove a guest from a group: nobody leaves the group of the own department by chance."""
    guests = [
        (group, member)
        for group in _loose_groups(world)
        for member in group.members
        if member.department != group.name
    ]
    if guests:
        access.remove_from_group(world, actor, *world.rng.choice(guests))


def _found_group(world: World, actor: Person) -> None:
    name = f"Project {world.rng.choice(_PROJECTS)} {world.rng.randint(1, 99)}"
    if any(group.name == name for group in world.groups):
        return
    group = access.create_group(world, actor, name)
    for _ in range(world.rng.randint(2, 7)):
        access.add_to_group(world, actor, group, _anybody(world))


def _end_group(world: World, actor: Person) -> None:
    groups = [group for group in world.groups if group.name.startswith("Project ")]
    if len(groups) > 5:
        access.delete_group(world, actor, world.rng.choice(groups))


def _give_member(world: World, actor: Person, kind: str) -> None:
    person = _anybody_but(world, actor)
    access.give(world, actor, _asset(world, kind), person, _role(world, kind))


def _give_group(world: World, actor: Person, kind: str) -> None:
    if groups := _loose_groups(world):
        group = world.rng.choice(groups)
        access.give(world, actor, _asset(world, kind), group, _role(world, kind))


def _change(world: World, actor: Person, kind: str) -> None:
    """Change or take away the role of whoever has one."""
    asset = _asset(world, kind)
    holders = [holder for holder in asset.holders if not holder.steady and holder is not actor]
    if not holders:
        return
    holder = world.rng.choice(holders)
    if world.rng.random() < 0.55:
        access.give(world, actor, asset, holder, _role(world, kind))
    else:
        access.take_away(world, actor, asset, holder)


def _collection(world: World, actor: Person) -> None:
    """A collection for a project comes, or an old one goes."""
    _come_or_go(world, actor, "collection", f"Project {world.rng.choice(_PROJECTS)}")


def _connection(world: World, actor: Person) -> None:
    _come_or_go(world, actor, "connection", f"Sandbox {world.rng.choice(_PROJECTS)}")


def _come_or_go(world: World, actor: Person, kind: str, name: str) -> None:
    old = [
        asset
        for asset in world.assets
        if asset.kind == kind and asset.name.startswith(name.split()[0] + " ")
    ]
    if len(old) > 5:
        access.delete_asset(world, actor, world.rng.choice(old))
    elif not any(asset.name == name for asset in old):
        asset = access.create_asset(world, actor, kind, name)
        access.give(world, actor, asset, _anybody_but(world, actor), _ROLES[kind][-1])


def _promote(world: World, actor: Person) -> None:
    """Members and viewers change places; now and then one becomes an admin, or is none any more."""
    person = _anybody(world)
    role = world.rng.choices(("member", "viewer", "admin"), (60, 34, 6))[0]
    access.change_role(world, actor, person, role)


def _default_access(world: World, actor: Person) -> None:
    drawn = world.rng.choice(_DEFAULTS)
    if drawn == world.default_access:  # another one: nobody sets what is there
        drawn = _DEFAULTS[_DEFAULTS.index(drawn) - 1]
    access.set_default_access(world, actor, drawn)


def _token(world: World, actor: Person) -> None:
    if len(world.tokens) > 2:
        token = world.tokens.pop(world.rng.randrange(len(world.tokens)))
        access.revoke_token(world, actor, token)
        return
    use = world.rng.choice(("ci", "backup", "dbt", "catalog", "embed"))
    name = f"{use}-{world.rng.randint(1, 99)}"
    world.tokens.append(access.create_token(world, actor, name))


def _key(world: World, actor: Person) -> None:
    """A member makes a key, drops one, or has one taken by the admin."""
    person = _anybody(world)
    if not person.keys or world.rng.random() < 0.5:
        access.generate_key(world, person, f"{person.username} key {len(person.keys) + 1}")
    else:
        access.revoke_key(world, world.rng.choice((actor, person)), person)


def _leave(world: World, actor: Person) -> None:
    """Somebody leaves; some come back."""
    if len(_anybodies(world)) < _ENOUGH:
        return
    person = _anybody(world)
    access.offboard(world, actor, person)
    if world.rng.random() < 0.5:

        def come_back() -> None:
            access.reinvite(world, access.still_admin(world, actor), person)

        world.after(14 * DAY, 60 * DAY, come_back, actor)


_AdminAct = Callable[[World, Person], None]
# What admins do, and how many of 1,000 acts it is.
_WEIGHTS: dict[_AdminAct, int] = {
    _join_group: 190,
    _leave_group: 110,
    _found_group: 20,
    _end_group: 14,
    lambda world, actor: _give_member(world, actor, "collection"): 130,
    lambda world, actor: _give_group(world, actor, "collection"): 50,
    lambda world, actor: _change(world, actor, "collection"): 130,
    lambda world, actor: _give_member(world, actor, "connection"): 65,
    lambda world, actor: _give_group(world, actor, "connection"): 35,
    lambda world, actor: _change(world, actor, "connection"): 90,
    _collection: 24,
    _connection: 14,
    _promote: 48,
    _default_access: 6,
    _token: 14,
    _key: 50,
    _leave: 10,
}
_ACTS = tuple(_WEIGHTS)
_SUMMED = tuple(accumulate(_WEIGHTS.values()))
