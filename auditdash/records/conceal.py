"""A record as somebody sees it from whom addresses are hidden."""

from __future__ import annotations

import json
import re
from ipaddress import ip_address
from typing import Final

import msgspec

from auditdash.records.decode import decode_value

HIDDEN: Final = "[address hidden]"
# `Chrome/126.0.0.0` is no address; behind any other word and slash there may be one.
_FOUR: Final = re.compile(
    r"(\b(?:(?:Headless)?Chrome|Chromium|CriOS|Edg[A-Za-z]*|OPR|Electron|Vivaldi)/)?"
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)"
)
# What may be one of the longer kind; whether it is, is asked of the library.
_LONG: Final = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]*")
_NO_PLACE: Final = "user_agent"  # its numbers are of versions
_encode: Final = msgspec.json.Encoder().encode


def without_addresses(raw: bytes) -> bytes:
    """The record with each address in its texts hidden; those of user agents are versions."""
    value = decode_value(raw)
    if isinstance(value, dict):
        who = value.get("actor")
        if isinstance(who, dict) and str(who.get("ip") or "").strip():
            who["ip"] = HIDDEN
    concealed = _redacted(value)
    try:
        return _encode(concealed)
    except UnicodeEncodeError:  # lone surrogates
        return json.dumps(concealed).encode()


def redact(text: str) -> str:
    """The text, each IP address in it hidden."""
    if text.count(":") > 1:
        text = _LONG.sub(_hide, text)
    return _FOUR.sub(_unless_version, text) if text.count(".") > 2 else text


def _unless_version(found: re.Match[str]) -> str:
    return found[0] if found[1] else HIDDEN


def _hide(found: re.Match[str]) -> str:
    """`ip:::1` has a sign of the sentence before it, `at ::1.` one behind it."""
    whole = found[0].rstrip(".")
    for text in (whole, whole[1:], whole.rstrip(":"), whole[1:].rstrip(":")):
        try:
            ip_address(text)
        except ValueError:
            continue
        return found[0].replace(text, HIDDEN, 1)
    return found[0]


def _redacted(value: object) -> object:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redacted(each) for each in value]
    if isinstance(value, dict):
        return {
            redact(name): each if name == _NO_PLACE else _redacted(each)
            for name, each in value.items()
        }
    return value
