"""The zones that a form offers."""

from __future__ import annotations

from functools import cache
from typing import Final
from zoneinfo import available_timezones

_CONTINENTS: Final = frozenset(
    (
        *("Africa", "America", "Antarctica", "Arctic", "Asia"),
        *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
    )
)


@cache
def named_zones() -> list[str]:
    """Zones with a place's name; the others are old names, or change with the machine."""
    named = {zone for zone in available_timezones() if zone.split("/")[0] in _CONTINENTS}
    return ["UTC", *sorted(named)]
