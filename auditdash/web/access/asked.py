"""What a page of access is asked: of which moment, of whom, narrowed to what."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.events.folding import fold_case, storable
from auditdash.events.instants import DAY, Instant, shorten, to_datetime, to_instant
from auditdash.events.periods import midnight
from auditdash.events.wording import day_text, time_text, zone_text
from auditdash.queries.access.nodes import Node
from auditdash.search.scope import Clock
from auditdash.web import params

PATH: Final = "/access"
KINDS: Final = ("member", "group", "connection", "collection", "workspace", "default", "everyone")
_LONGEST: Final = 512  # of a name in an address; a longer one is known by its key
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME: Final = re.compile(r"\d\d:\d\d", re.ASCII)
_YEARS: Final = range(1971, 9998)


class Moment(Struct, frozen=True, kw_only=True):
    """A moment as the reader chose it: after all that happened up to `at`. Without a day it is now,
    without a time the end of the day."""

    at: Instant
    day: str = ""
    time: str = ""

    def said(self, clock: Clock) -> str:
        """In words, with the zone."""
        if not self.day:
            return "now"
        if not self.time:
            return f"at the end of {day_text(self.at, clock.zone)}"
        clock_text = time_text(self.at, clock.zone)[:5]
        return f"on {day_text(self.at, clock.zone)}, {clock_text} {zone_text(self.at, clock.zone)}"


class Asked(Struct, frozen=True, kw_only=True):
    """One question: `text` is that of the search box, `seq` freezes what was known, 0: all."""

    moment: Moment
    text: str
    seq: int = 0

    def href(self, path: str = PATH, **more: str | int) -> str:
        """The address of a page that asks the same, with `more` of it."""
        moment = {"on": self.moment.day, "time": self.moment.time}
        given = {"q": self.text, **moment, "seq": self.seq, **more}
        return f"{path}?{urlencode({key: each for key, each in given.items() if each})}"

    def node_href(self, node: Node | None) -> str:
        """The page of a person or a thing at the same moment; the search is that of another."""
        if node is None or node.kind not in KINDS:
            return ""
        bare = Asked(moment=self.moment, text="", seq=self.seq)
        return bare.href(f"{PATH}/one", **node_arguments(node))


def read_asked(clock: Clock) -> Asked:
    """What the address asks; BadInput for what is no date."""
    return Asked(
        moment=read_moment(params.text("on"), params.text("time"), clock),
        text=params.query_text(),
        seq=params.number("seq", 0, 0, (1 << 63) - 1),
    )


def read_moment(day: str, time: str, clock: Clock, name: str = "on") -> Moment:
    """The moment of a day and a time in the reader's zone, as a date picker gives them."""
    if not day:
        return Moment(at=clock.now)
    chosen = _day(day, name)
    if not time:
        end = midnight(chosen + timedelta(days=1), clock.zone) - 1
        return Moment(at=Instant(end), day=day)
    if not _TIME.fullmatch(time) or time > "23:59" or time[3:] > "59":
        raise BadInput(f"{shorten(time)} is no time", where="time", expected="as in 14:05")
    hour, minute = int(time[:2]), int(time[3:])
    local = datetime(chosen.year, chosen.month, chosen.day, hour, minute, tzinfo=clock.zone)
    return Moment(at=to_instant(local), day=day, time=time)


def read_earlier(clock: Clock, later: Moment) -> Moment:
    """The moment that the other one is compared with: `?from=`, or 30 days before it."""
    given = params.text("from")
    if not given:
        before = to_datetime(Instant(later.at - 30 * DAY), clock.zone)
        given = before.date().isoformat()
    return read_moment(given, "", clock, "from")


def read_node() -> tuple[str, str | None, str | None]:
    """Kind, id and name of whom the address asks for."""
    kind = params.choice("kind", KINDS, "member")
    identity, name = storable(params.exact("id")), storable(params.exact("name"))
    return kind, identity or None, name or None


def node_arguments(node: Node) -> dict[str, str]:
    """How an address names a person or thing: by the id where there is one."""
    named = {"id": node.id} if node.id else {"name": node.name}
    given = {key: _short(text) for key, text in named.items() if text}
    return {"kind": node.kind, **given}


def _short(text: str) -> str:
    return fold_case(storable(text)) if len(text) > _LONGEST else storable(text)


def _day(given: str, name: str) -> date:
    try:
        if not _DAY.fullmatch(given) or int(given[:4]) not in _YEARS:
            raise ValueError
        return date.fromisoformat(given)
    except ValueError:
        raise BadInput(
            f"{shorten(given)} is no day", where=name, expected="as in 2026-03-31"
        ) from None
