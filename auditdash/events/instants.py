"""Instants: integer microseconds since 1970-01-01T00:00:00Z, and the one parser of timestamps."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Final, NewType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from auditdash.events.errors import BadInput

Instant = NewType("Instant", int)

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXPECTED = "an RFC 3339 timestamp with a zone, such as 2026-03-08T14:05:00.123Z"
# Within these, an instant is a date in every zone; outside, datetime overflows in some.
_FIRST: Final = -2_208_988_800 * SECOND
_AFTER_LAST: Final = 253_370_764_800 * SECOND
_USUAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z", re.ASCII)
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d\d):(\d\d))",
    re.ASCII,
)


def parse_instant(text: str) -> Instant:
    """RFC 3339 with 0 to 9 fraction digits (kept to the microsecond); a zone is required."""
    if _USUAL.fullmatch(text):
        try:
            since = datetime.fromisoformat(text) - _EPOCH
        except ValueError:
            return _parse_any(text)  # or says what is wrong
        micros = since.days * DAY + since.seconds * SECOND + since.microseconds
        if is_instant(micros):
            return Instant(micros)
    return _parse_any(text)


def _parse_any(text: str) -> Instant:
    found = _RFC3339.fullmatch(text)
    if found is None:
        what = "has no zone" if _RFC3339.fullmatch(f"{text}Z") else "is not a timestamp"
        raise BadInput(f"{shorten(text)} {what}", expected=_EXPECTED)
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fraction, _, sign, off_hours, off_minutes = found.groups()[6:]
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError as error:
        raise BadInput(f"{shorten(text)}: {error}", expected=_EXPECTED) from None
    if second > 59 and not (second == 60 and minute == 59):
        raise BadInput(f"{shorten(text)}: second must be in 0..59", expected=_EXPECTED)
    micros = to_instant(moment) + int((fraction or "").ljust(6, "0")[:6])
    if sign:
        if int(off_hours) > 23 or int(off_minutes) > 59:
            raise BadInput(f"{shorten(text)}: no such offset", expected=_EXPECTED)
        offset = int(off_hours) * HOUR + int(off_minutes) * MINUTE
        micros += offset if sign == "-" else -offset
    if not is_instant(micros):
        raise BadInput(f"{shorten(text)}: no such year", expected="a year from 1900 to 9998")
    return Instant(micros)


def is_instant(micros: int) -> bool:
    """Whether it is a date in every zone: what parse_instant reads always is."""
    return _FIRST <= micros < _AFTER_LAST


def shorten(text: str) -> str:
    """A stranger's text as an error message may show it: quoted, escaped, at most 60 characters."""
    return ascii(text if len(text) <= 60 else text[:57] + "...")


def to_instant(moment: datetime) -> Instant:
    """An aware datetime as microseconds."""
    return Instant((moment - _EPOCH) // timedelta(microseconds=1))


def to_datetime(instant: Instant, zone: ZoneInfo | None = None) -> datetime:
    """An aware datetime in `zone` (UTC when None)."""
    return (_EPOCH + timedelta(microseconds=instant)).astimezone(zone or UTC)


def to_rfc3339(instant: Instant) -> str:
    """UTC with exactly six fraction digits and Z, so that text order is time order."""
    return to_datetime(instant).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def now() -> Instant:
    """Our clock. Entrances read it once and pass it down."""
    return Instant(time.time_ns() // 1000)


def parse_zone(name: str) -> ZoneInfo:
    """An IANA zone name such as Europe/Berlin."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(
            f"{shorten(name)} is not a time zone", expected="an IANA name such as Europe/Berlin"
        ) from None
