"""An event as a message of syslog: the JSON of its form as the text, what is searched for most as
structured data."""

from __future__ import annotations

import re
import socket
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from auditdash.downloads.forms.mapping import ocsf
from auditdash.events.event import Event
from auditdash.outgoing.syslog import Message, frame
from auditdash.settings import Sending
from auditdash.streams.destinations import SyslogTo

# How an event weighs there, by its severity in OCSF.
_BY_WEIGHT: Final = {1: "informational", 2: "notice", 3: "warning", 4: "error", 5: "critical"}
_BEYOND_ASCII: Final = re.compile("[^\x00-\x7f]")
_LONGEST: Final = 1_000  # characters of one value: the text has it whole
_APP: Final = "auditdash"


def frame_of(config: SyslogTo, sending: Sending, event: Event, text: bytes) -> bytes:
    """One event, framed."""
    weight = ocsf().severity.of(event.action, event.outcome)
    told = {
        "id": event.id,
        "seq": str(event.seq),
        "workspace": event.workspace,
        "source": event.source,
        "action": event.action,
        "category": event.category,
        "op": event.op,
        "outcome": event.outcome,
        "actor": event.actor.username or event.actor.id or "",
        "ip": event.actor.ip or "",
    }
    data = {name: value[:_LONGEST] for name, value in told.items() if value}
    return frame(
        Message(
            facility=config.facility,
            severity=config.severity or _BY_WEIGHT[weight],
            at=event.occurred_at,
            host=_host(sending.url),
            app=_APP,
            process="",  # another one with each worker and start: it tells nothing
            kind=event.category,  # many actions are longer than the 32 that fit
            data={f"auditdash@{config.enterprise}": data},
            text=_ascii(text) if config.text == "ascii" else text,
            # On each message, also where it is ASCII: who stumbles over it finds out at once.
            marked=config.text == "utf-8",
        )
    )


@cache
def _host(url: str) -> str:
    """By which name people know us, else that of this machine."""
    return urlsplit(url).hostname or socket.gethostname()


def _ascii(text: bytes) -> bytes:
    """The same JSON: letters beyond ASCII stand in strings alone."""
    return _BEYOND_ASCII.sub(_escaped, text.decode()).encode()


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    pairs = range(0, len(units), 2)
    return "".join(f"\\u{int.from_bytes(units[at : at + 2]):04x}" for at in pairs)
