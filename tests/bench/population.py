"""Who and what the events are about: people, things and machines, as pieces of JSON.

Everything is drawn from one random source, so that a seed gives the same firm on each machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.catalogue import Action, actions
from tests.bench import words
from tests.make import OURS

Rng = np.random.Generator
Integers = NDArray[np.int64]
Pieces = NDArray[np.object_]  # of bytes
Named = tuple[str, str]  # id and name

ACTORS = 5_000
THINGS = {  # with the people 20,000 entities
    "report": 12_500,
    "collection": 1_400,
    "api_token": 500,
    "group": 450,
    "workspace_connection": 150,
}
AGENTS_OF_ONE, ADDRESSES_OF_ONE = 3, 4
ADDRESSES = 8_000
_KINDS = {
    "report": "report",
    "collection": "collection",
    "connection": "workspace_connection",
    "group": "group",
    "workspace token": "api_token",
    "API key": "api_token",
    "member": "user",
}
_ENTITY_IN_SENTENCE = re.compile(r"\{entity:([^}]*)\}")
ROLES = ("view", "query", "manage", "admin")


class Population(Struct, frozen=True, kw_only=True):
    """Pieces of JSON by number. `entity_of` and `context_of` name for each action the slice of
    entities and contexts it may have as (first, how many)."""

    actions: Sequence[Action]
    usernames: Sequence[str]
    heads: Pieces
    roles: Pieces
    actors: Pieces
    agents: Pieces
    addresses: Pieces
    entities: Pieces
    contexts: Pieces
    agents_of: Integers
    addresses_of: Integers
    entity_of: Integers
    context_of: Integers


def make_population(rng: Rng) -> Population:
    """A firm of 5,000 people and 20,000 things; its most active ones have the lowest numbers."""
    people = list(zip(_tokens(rng, ACTORS), _people(rng), strict=True))
    named = {kind: _things(rng, kind, count) for kind, count in THINGS.items()} | {"user": people}
    entities, entity_slices = _concatenate(_entities(named))
    contexts, context_slices = _concatenate(_contexts(rng, people, named["group"]))
    known = [action for action in actions() if action.name not in OURS]
    agents = words.user_agents()
    favourites = zipf(rng, len(agents), ACTORS * AGENTS_OF_ONE, 0.9)
    addresses = np.arange(ACTORS * ADDRESSES_OF_ONE) % ADDRESSES
    return Population(
        actions=known,
        usernames=[name for _, name in people],
        heads=_bytes(_head(action) for action in known),
        roles=_bytes(role for action in known for role in _role_choices(action)),
        actors=_bytes(
            f'","user_id":{json.dumps(one)},"username":{json.dumps(name)}}},"entity":'
            for one, name in people
        ),
        agents=_bytes(agents),
        addresses=_bytes(_addresses(rng)),
        entities=entities,
        contexts=contexts,
        agents_of=favourites.reshape(ACTORS, AGENTS_OF_ONE),
        addresses_of=rng.permutation(addresses).reshape(ACTORS, ADDRESSES_OF_ONE),
        entity_of=np.array([entity_slices[entity_kind(action)] for action in known]),
        context_of=np.array([context_slices[_context_kind(action)] for action in known]),
    )


def zipf(rng: Rng, size: int, count: int, exponent: float = 1.0) -> Integers:
    """`count` numbers below `size`, the rank r as often as 1 / r to the exponent."""
    weights = np.cumsum(np.arange(1, size + 1, dtype=float) ** -exponent)
    found: Integers = np.searchsorted(weights, rng.random(count) * weights[-1])
    return found


def entity_kind(action: Action) -> str:
    """The type of the entity that an action is about; empty when it has none."""
    if action.subject_is_entity and action.subject is not None:
        return _KINDS[action.subject]
    found = _ENTITY_IN_SENTENCE.search(action.sentence)
    if found:
        return _KINDS[found[1]]
    return "workspace" if action.permission else ""


def _context_kind(action: Action) -> str:
    if action.subject_is_entity or action.subject is None:
        return "work" if entity_kind(action) == "report" else "plain"
    return action.subject


def _head(action: Action) -> str:
    return f'","action":"{action.name}","description":{json.dumps(action.label)},"timestamp":"'


def _role_choices(action: Action) -> list[str]:
    if "{role" not in action.sentence:
        return [""] * len(ROLES)
    return [f'"role":"{role}",' for role in ROLES]


def _people(rng: Rng) -> list[str]:
    every = [f"{first}.{last}" for first in words.FIRST for last in words.LAST]
    chosen = rng.choice(len(every), ACTORS, replace=False)
    return [every[number] for number in chosen.tolist()]


def _tokens(rng: Rng, count: int) -> list[str]:
    """Ids as Mode writes them: twelve hexadecimal digits."""
    return [f"{number:012x}" for number in rng.integers(0, 1 << 48, count).tolist()]


def _title(rng: Rng) -> str:
    def pick(choices: Sequence[str], exponent: float) -> str:
        return choices[int(zipf(rng, len(choices), 1, exponent)[0])]

    topic, measure = pick(words.TOPICS, 0.8), pick(words.MEASURES, 0.5)
    return f"{pick(words.SPANS, 0.5)} {topic} {measure} {pick(words.PLACES, 0.5)}"


def _things(rng: Rng, kind: str, count: int) -> list[Named]:
    title = "{} team" if kind == "group" else "{} {}"
    ids = _tokens(rng, count)
    return [(one, title.format(_title(rng), number)) for number, one in enumerate(ids)]


def _entities(named: dict[str, list[Named]]) -> dict[str, list[str]]:
    found = {"": ["null}\n"], "workspace": [_entity("workspace", "5f3a9c21d0e4", "Acme Analytics")]}
    for kind, things in named.items():
        found[kind] = [_entity(kind, one, name) for one, name in things]
    return found


def _entity(kind: str, one: str, name: str) -> str:
    entity = {"entity_name": name, "entity_type": kind, "entity_id": one}
    return f"{_json(entity)}}}\n"


def _contexts(rng: Rng, people: list[Named], groups: list[Named]) -> dict[str, list[str]]:
    mails = [f"{name}@example.com" for _, name in people]
    work = [
        {
            "collection_name": _title(rng),
            "collection_id": one,
            "query_name": f"Query {number % 12 + 1}",
            "connection_name": f"{words.PLACES[number % len(words.PLACES)]} warehouse",
        }
        for number, one in enumerate(_tokens(rng, 2_000))
    ]
    return {
        "plain": ['"client":"web",', '"client":"desktop",', '"client":"api",'],
        "work": [_inside(each) for each in work],
        "member": [_inside({"member_id": one, "member_username": name}) for one, name in people],
        "group": [_inside({"group_id": one, "group_name": name}) for one, name in groups],
        "email": [_inside({"email": mail}) for mail in mails],
        "channel": [_inside({"channel_name": f"#{topic}"}) for topic in words.TOPICS],
    }


def _json(value: dict[str, str]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _inside(context: dict[str, str]) -> str:
    return f"{_json(context)[1:-1]},"


def _addresses(rng: Rng) -> list[str]:
    """Distinct addresses of some 200 networks, one in ten of IPv6."""
    networks = rng.choice(1 << 16, 200, replace=False).tolist()
    found = []
    for number in range(ADDRESSES):
        network, host = networks[number % 200], number // 200 + 1
        high, low = network >> 8, network & 255
        if number % 10 == 9:
            found.append(f"2a02:{network:x}:{host:x}::{number:x}")
        else:
            found.append(f"{high % 200 + 11}.{low}.{host}.{number % 250 + 1}")
    return found


def _concatenate(parts: dict[str, list[str]]) -> tuple[Pieces, dict[str, tuple[int, int]]]:
    slices, every = {}, list[str]()
    for kind, pieces in parts.items():
        slices[kind] = (len(every), len(pieces))
        every += pieces
    return _bytes(every), slices


def _bytes(pieces: Iterable[str]) -> Pieces:
    encoded = [piece.encode() for piece in pieces]
    found = np.empty(len(encoded), dtype=object)
    found[:] = encoded
    return found
