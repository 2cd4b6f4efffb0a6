"""The pages of the permission changes: each answers the same question in another way."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from auditdash.web.frame.question import link

PATH: Final = "/summaries/permissions"
PERSON: Final = f"{PATH}/person"
_TABS: Final = (
    ("Changes", PATH),
    ("Patterns", f"{PATH}/patterns"),
    ("How long", f"{PATH}/lasting"),
    ("One person", PERSON),
)
_LONGEST_NAME: Final = 500  # that fits into an address, whatever its letters


class Tab(Struct, frozen=True):
    """One page; `current` is the one that is shown."""

    label: str
    href: str
    current: bool


def history_href(name: str, text: str = "") -> str:
    """The address of somebody's history; "" for a name that fits into none."""
    return link(PERSON, text, name=name) if len(name) <= _LONGEST_NAME else ""


def tabs(path: str, text: str) -> tuple[Tab, ...]:
    """All pages, with what is asked."""
    return tuple(Tab(label, link(to, text), to == path) for label, to in _TABS)
