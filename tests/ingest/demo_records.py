"""The demo workspace as the tests of it read it, made once for all of them."""

from __future__ import annotations

from functools import cache

from auditdash.events.event import Event
from auditdash.events.instants import parse_instant
from auditdash.ingest.sources.demo import iterate_demo
from auditdash.records.normalise import normalise

# A Monday morning before Thanksgiving, so that the window has summer, holidays and both DST shifts.
UNTIL = parse_instant("2026-11-23T11:30:00Z")


@cache
def demo_records() -> tuple[bytes, ...]:
    """Every record of the demo that ends at UNTIL."""
    return tuple(iterate_demo(UNTIL))


@cache
def demo_events() -> tuple[Event, ...]:
    """The same, through the intake's own normalise."""
    return tuple(normalise(raw, "mode", "") for raw in demo_records())
