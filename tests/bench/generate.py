"""Makes events by the million, the same for the same seed, in the form of Mode's feed.

Time is drawn for all events first (weeks, days, late ones), everything else batch by batch, so that
memory holds 24 bytes for each event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.catalogue import Action
from tests.bench.population import (
    ADDRESSES_OF_ONE,
    AGENTS_OF_ONE,
    ROLES,
    Integers,
    Pieces,
    Population,
    Rng,
    make_population,
    zipf,
)

BATCH = 50_000
HOUR = 3_600_000_000  # microseconds
DAY = 24 * HOUR
LATE = 0.01
RELATED = 0.3
START, END = "2024-11-01", "2026-11-01"  # 24 months
# What people mostly do, and what hardly anybody does, most frequent first.
COMMON = (
    "report_activity_report_edited",
    "export_data_report_exported_csv",
    "report_activity_visualization_added",
    "report_activity_sql_added",
    "export_data_sql_exported",
    "audit_log_accessed",
    "report_activity_report_created",
    "export_data_report_exported_pdf",
    "report_activity_visualization_deleted",
    "report_activity_sql_deleted",
    "report_schedule_edited",
    "collection_member_added",
)
RARE = (
    "org_user_reinvited",
    "connection_created",
    "connection_group_access_changed",
    "group_deleted",
    "collection_deleted",
    "api_token_workspace_created",
    "api_token_workspace_revoked",
    "connection_deleted",
    "report_activity_r_notebook_added",
    "workspace_default_access_changed",
)
_DASHES = (8, 13, 18, 23)


class Plan(Struct, frozen=True, kw_only=True):
    """How many events, by which seed, in which days (half-open). `part` makes other events of the
    same firm: what comes in later."""

    events: int
    seed: int = 1
    start: str = START
    end: str = END
    part: int = 0


def write_events(plan: Plan, path: Path) -> int:
    """Write them as NDJSON, in order of arrival; the number of bytes. Complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    with draft.open("wb") as file:
        for batch in iterate_batches(plan):
            file.write(b"".join(batch))
    draft.replace(path)
    return path.stat().st_size


def iterate_batches(plan: Plan) -> Iterator[list[bytes]]:
    """Lines of NDJSON, in order of arrival, at most BATCH at once."""
    firm = make_population(np.random.default_rng(plan.seed))
    rng = np.random.default_rng([plan.seed, plan.events, plan.part])
    times = draw_times(rng, plan)
    forced = _one_of_each(rng, plan.events, len(firm.actions))
    for start in range(0, plan.events, BATCH):
        moments = times[start : start + BATCH]
        chosen = _draw_actions(rng, firm.actions, len(moments))
        here = (forced >= start) & (forced < start + BATCH)
        chosen[forced[here] - start] = np.flatnonzero(here)
        yield _lines(rng, firm, chosen, moments)


def draw_times(rng: Rng, plan: Plan) -> Integers:
    """Microseconds since 1970 in order of arrival: one in a hundred comes days too late."""
    first, end = _microseconds(plan.start), _microseconds(plan.end)
    hours = (end - first) // HOUR
    counts = rng.multinomial(plan.events, _rhythm(first, hours))
    starts = first + np.repeat(np.arange(hours, dtype=np.int64), counts) * HOUR
    times = np.sort(starts + rng.integers(0, HOUR // 1000, plan.events) * 1000)
    late = rng.random(plan.events) < LATE
    delays = 1.05 * DAY + rng.exponential(3 * DAY, int(late.sum()))
    arrivals = times.copy()
    arrivals[late] += np.minimum(delays, 60 * DAY).astype(np.int64)
    found: Integers = times[np.argsort(arrivals, kind="stable")]
    return found


def _microseconds(day: str) -> int:
    return int(np.datetime64(day, "us").astype(np.int64))


def _rhythm(first: int, hours: int) -> NDArray[np.float64]:
    """The share of each hour: working hours of working days, slow growth, quiet Christmases."""
    since = np.arange(hours) + first // HOUR
    day, hour = since // 24, since % 24
    weekday = (day + 3) % 7  # 1970 began on a Thursday
    work = np.exp(-(((hour - 9.5) / 2.2) ** 2)) + 0.9 * np.exp(-(((hour - 14.5) / 2.4) ** 2))
    share = (work + 0.03) * np.where(weekday == 5, 0.08, np.where(weekday == 6, 0.06, 1.0))
    share = share * (0.8 + 0.4 * np.arange(hours) / max(hours, 1))
    of_year = (day - 19_723) % 365.25  # since 1 January 2024
    share = np.where((of_year > 357) | (of_year < 2), share * 0.2, share)
    total: NDArray[np.float64] = share / share.sum()
    return total


def action_shares(known: Sequence[Action]) -> NDArray[np.float64]:
    """How often each action happens: by rank r as 1 / r, the rare ones far below that."""
    names = [action.name for action in known]
    middle = [name for name in names if name not in COMMON and name not in RARE]
    rank = {name: place for place, name in enumerate((*COMMON, *middle), start=1)}
    rarity = {name: 3e-4 * 0.65**place for place, name in enumerate(RARE)}
    shares = np.array([rarity.get(name) or 0.25 / rank[name] for name in names])
    total: NDArray[np.float64] = shares / shares.sum()
    return total


def _draw_actions(rng: Rng, known: Sequence[Action], count: int) -> Integers:
    bounds = np.cumsum(action_shares(known))
    found: Integers = np.searchsorted(bounds, rng.random(count) * bounds[-1])
    return found


def _one_of_each(rng: Rng, events: int, kinds: int) -> Integers:
    """A place for each action, so that none is missing, however few events there are."""
    found: Integers = rng.choice(events, min(events, kinds), replace=False)
    return found


def _lines(rng: Rng, firm: Population, chosen: Integers, moments: Integers) -> list[bytes]:
    """One batch of records, each joined from pieces that were written before."""
    count = len(chosen)
    runs: Integers = np.cumsum(
        rng.random(count) >= RELATED
    )  # a run is one sitting: actor and correlation
    sittings = int(runs[-1]) + 1
    actor = zipf(rng, len(firm.actors), sittings)[runs]
    agent = firm.agents_of[actor, rng.integers(0, AGENTS_OF_ONE, sittings)[runs]]
    address = firm.addresses_of[actor, rng.integers(0, ADDRESSES_OF_ONE, sittings)[runs]]
    roles = chosen * len(ROLES) + rng.integers(0, len(ROLES), count)
    pieces = zip(
        repeat(b'{"id":"'),
        _uuids(rng, count),
        _take(firm.heads, chosen),
        _timestamps(moments),
        repeat(b'Z","workspace_username":"acme-analytics","context":{'),
        _take(firm.roles, roles),
        _take(firm.contexts, _in_slice(rng, firm.context_of[chosen])),
        repeat(b'"correlation_id":"'),
        _take(_as_pieces(_uuids(rng, sittings)), runs),
        repeat(b'"},"actor":{"ip":"'),
        _take(firm.addresses, address),
        repeat(b'","user_agent":"'),
        _take(firm.agents, agent),
        _take(firm.actors, actor),
        _take(firm.entities, _in_slice(rng, firm.entity_of[chosen])),
        strict=False,
    )
    return list(map(b"".join, pieces))


def _in_slice(rng: Rng, slices: Integers) -> Integers:
    """A number in each slice (first, how many): its rank r about as often as 1 / r."""
    first, size = slices[:, 0], slices[:, 1]
    rank = np.floor(np.exp(rng.random(len(size)) * np.log(size + 1.0))).astype(np.int64) - 1
    found: Integers = first + np.minimum(rank, size - 1)
    return found


def _take(pieces: Pieces, numbers: Integers) -> list[bytes]:
    found: list[bytes] = pieces[numbers].tolist()
    return found


def _as_pieces(every: list[bytes]) -> Pieces:
    found = np.empty(len(every), dtype=object)
    found[:] = every
    return found


def _timestamps(moments: Integers) -> list[bytes]:
    texts = np.datetime_as_string(moments.astype("M8[us]"), unit="us")
    found: list[bytes] = texts.astype("S26").tolist()
    return found


def _uuids(rng: Rng, count: int) -> list[bytes]:
    """Random UUIDs (version 4) as text."""
    raw = rng.integers(0, 256, (count, 16), dtype=np.uint8)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    hexadecimal = np.empty((count, 32), dtype=np.uint8)
    hexadecimal[:, 0::2], hexadecimal[:, 1::2] = digits[raw >> 4], digits[raw & 15]
    text = np.insert(hexadecimal, (8, 12, 16, 20), ord("-"), axis=1)
    found: list[bytes] = np.ascontiguousarray(text).view("S36").ravel().tolist()
    return found
