"""The kinds of destination of a stream: what each needs to know, and what opens it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from auditdash.downloads.forms.form import FORMS
from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten
from auditdash.outgoing.guard import parse_host, parse_place
from auditdash.outgoing.syslog import FACILITIES, SEVERITIES, parse_authority
from auditdash.search.parse import parse
from auditdash.search.query import DATES, Query, find_moving
from auditdash.settings import Sending
from auditdash.store.feeds.sealing import seal, unseal
from auditdash.store.sending.streams import Stream

KINDS: Final = {"webhook": "Webhook", "syslog": "Syslog over TLS"}
BODIES: Final = {"list": "a JSON array", "lines": "NDJSON, a line for each event"}
TEXTS: Final = {
    "utf-8": "UTF-8 behind a byte order mark, as RFC 5424 has it",
    "ascii": "ASCII, other letters escaped: for receivers that stumble over the mark",
}
BY_EVENT: Final = ""  # a severity that follows from the event
MOST_EVENTS: Final = 1_000
_ENTERPRISE: Final = re.compile(r"\d{1,10}(\.\d{1,10}){0,8}")


class WebhookTo(Struct, frozen=True, tag="webhook"):
    """An address that takes signed batches of at most so many events; the secret is sealed."""

    url: str
    body: str = "list"
    most: int = 500


class SyslogTo(Struct, frozen=True, tag="syslog"):
    """A receiver of syslog over TLS. `authority` is PEM of whom alone to trust, else the usual
    ones; `facility` and `severity` are words of RFC 5424; `enterprise` names our data."""

    host: str
    port: int = 6514
    authority: str = ""
    facility: str = "audit"
    severity: str = BY_EVENT
    enterprise: str = "32473"
    text: str = "utf-8"


Config: TypeAlias = WebhookTo | SyslogTo


def parse_config(config: Config, sending: Sending) -> Config:
    """The same; BadInput names the field that cannot be."""
    match config:
        case WebhookTo():
            parse_place(config.url, sending.inside)
            _one_of("body", config.body, BODIES)
            if not 1 <= config.most <= MOST_EVENTS:
                raise BadInput(
                    f"{config.most} does not fit", where="most", expected=f"1 to {MOST_EVENTS:,}"
                )
        case SyslogTo():
            parse_host(config.host, config.port)
            if config.authority:
                parse_authority(config.authority)
            _one_of("facility", config.facility, FACILITIES)
            _one_of("severity", config.severity, (BY_EVENT, *SEVERITIES))
            _one_of("text", config.text, TEXTS)
            if not _ENTERPRISE.fullmatch(config.enterprise):
                raise BadInput(
                    f"{shorten(config.enterprise)} is no enterprise number",
                    where="enterprise",
                    expected="digits, such as 32473",
                )
    return config


def parse_form(name: str) -> str:
    """The name of a form in which events leave."""
    _one_of("form", name, FORMS)
    return name


def parse_selection(text: str) -> Query:
    """Which events belong to a stream: what a search says of an event itself. BadInput where it
    says something that is another thing tomorrow: then an event could be left out for good."""
    query = parse(text)
    moving = find_moving(query)
    if moving in DATES:
        raise BadInput(
            f"{moving}: cannot be in a stream",
            where="q",
            expected="no dates: events go as they come, and a stream can begin earlier",
        )
    if moving:
        raise BadInput(f"{moving} cannot be in a stream", where="q", expected="another mark")
    return query


def _one_of(name: str, given: str, allowed: Iterable[str]) -> None:
    words = tuple(allowed)
    if given not in words:
        raise BadInput(
            f"{shorten(given)} is not one of the choices",
            where=name,
            expected=", ".join(each for each in words if each),
        )


def encode_config(config: Config) -> str:
    """JSON for one column."""
    return msgspec.json.encode(config).decode()


def config_of(known: Stream) -> Config:
    """What encode_config wrote; BadInput where it cannot be read."""
    try:
        found: Config = msgspec.json.decode(known.config, type=Config)
    except msgspec.DecodeError as error:
        raise BadInput(f"the stream {known.name} cannot be read: {error}") from None
    return found


def where_text(config: Config) -> str:
    """Where it leads, in words, without a secret."""
    match config:
        case WebhookTo(url):  # what opens it may stand behind the question mark
            return url.partition("?")[0]
        case SyslogTo(host, port):
            return f"{host}:{port}"


def goes_to(config: Config) -> object:
    """What decides where a secret goes."""
    return config.url if isinstance(config, WebhookTo) else None


def seal_secret(instance: Path, secret: str) -> bytes | None:
    """What signs it, as it is kept; None for an empty one."""
    return seal(instance, secret.encode()) if secret else None


def secret_of(instance: Path, known: Stream) -> str:
    """What signs it; CannotUnseal says what to do."""
    return unseal(instance, known.sealed).decode() if known.sealed else ""
