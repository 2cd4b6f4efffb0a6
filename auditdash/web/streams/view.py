"""Streams as pages show them."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.accounts.people import find_person_by_id
from auditdash.downloads.forms.form import FORMS
from auditdash.events.instants import Instant
from auditdash.store.sending.streams import Stream
from auditdash.streams.destinations import KINDS, config_of, where_text


class StreamLine(Struct, frozen=True, kw_only=True):
    """One stream in words. `behind` events came after its position, whether they belong to it or
    not; `this_hour` and `hour_before` were sent."""

    stream: Stream
    kind: str
    where: str
    form: str
    owner: str
    newest: int
    this_hour: int
    hour_before: int

    @property
    def behind(self) -> int:
        """How many events it has still to look at."""
        return max(self.newest - self.stream.cursor, 0)

    @property
    def state(self) -> tuple[str, str]:
        """A word and its colour."""
        if self.stream.ended_at is not None:
            return "Ended", ""
        if self.stream.paused:
            return ("Stopped", "danger") if self.stream.reason else ("Paused", "warning")
        return ("Failing", "warning") if self.stream.failures else ("On", "ok")


def stream_line(connection: Connection, known: Stream, newest: int, now: Instant) -> StreamLine:
    """A stream, where the newest event has the seq `newest`."""
    owner = find_person_by_id(connection, known.owner_id) if known.owner_id else None
    this_hour, hour_before = known.rates(now)
    return StreamLine(
        stream=known,
        kind=KINDS[known.kind],
        where=where_text(config_of(known)),
        form=FORMS[known.form].label,
        owner=owner.name if owner else "",
        newest=newest,
        this_hour=this_hour,
        hour_before=hour_before,
    )
