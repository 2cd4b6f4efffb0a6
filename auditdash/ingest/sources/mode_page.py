"""One answer page of Mode's audit log: its records to the byte as they came, and its cursor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct

from auditdash.events.errors import BadInput

# A text that does not end goes to the end: to look for its end from each quote in it took minutes.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.?[^"\\]*)*(?:"|\Z)|[\[\]{}:,]', re.DOTALL)
_BLANK = b" \t\r\n"
_LONGEST_CURSOR = 16_384
_EXPECTED = 'an object with "audit_logs", a list of events'


class ModePage(Struct, frozen=True):
    """`cursor` is None on the last page."""

    items: tuple[bytes, ...]
    cursor: str | None


class _Envelope(Struct):
    audit_logs: Raw
    next_token: Raw = Raw(b"null")
    pagination: Raw = Raw(b"null")


def parse_page(body: bytes) -> ModePage:
    """Raises BadInput on what is no page. A broken record does not break its page."""
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        envelope = _split_envelope(body)
    cursor = _cursor(bytes(envelope.next_token)) or _nested_cursor(bytes(envelope.pagination))
    return ModePage(tuple(_items(bytes(envelope.audit_logs))), cursor)


def _items(raw: bytes) -> Iterator[bytes]:
    if raw.strip(_BLANK) == b"null":
        return
    try:
        yield from (bytes(item) for item in msgspec.json.decode(raw, type=list[Raw]))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        yield from _split(raw, b"[", b"]")


def _cursor(raw: bytes) -> str | None:
    value = _decode(raw)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        return None
    if len(value) > _LONGEST_CURSOR or "\x00" in value:
        raise BadInput("the answer's next_token is not usable", expected="a short text")
    return value


def _nested_cursor(raw: bytes) -> str | None:
    value = _decode(raw)
    return (
        _cursor(msgspec.json.encode(value.get("next_token"))) if isinstance(value, dict) else None
    )


def _decode(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadInput("the answer's next_token is not JSON", expected="a text") from None


def _split_envelope(body: bytes) -> _Envelope:
    """By brackets alone: for a page with a record in it that a strict parser refuses."""
    found: dict[str, Raw] = {}
    for pair in _split(body, b"{", b"}"):
        key = _TOKEN.match(pair)
        rest = pair[key.end() :].lstrip(_BLANK) if key else b""
        if key is None or not rest.startswith(b":"):
            raise _not_a_page(body)
        found[key[0].decode(errors="replace").strip('"')] = Raw(rest[1:].strip(_BLANK))
    if "audit_logs" not in found:
        raise _not_a_page(body)
    known = {name: found[name] for name in _Envelope.__struct_fields__ if name in found}
    return _Envelope(**known)


def _split(raw: bytes, opening: bytes, closing: bytes) -> Iterator[bytes]:
    """The comma-separated parts of one array or object, whatever stands in them."""
    raw = raw.strip(_BLANK)
    if not (raw.startswith(opening) and raw.endswith(closing)):
        raise _not_a_page(raw)
    depth, start = 0, 1
    for token in _TOKEN.finditer(raw):
        sign = token[0]
        depth += (sign in b"[{") - (sign in b"]}")
        ends = depth == 0
        if ends or (depth == 1 and sign == b","):
            part = raw[start : token.start()].strip(_BLANK)
            if part:
                yield part
            start = token.end()
        if ends:
            break
    if depth != 0 or start != len(raw):
        raise _not_a_page(raw)


def _not_a_page(body: bytes) -> BadInput:
    if not body.strip(_BLANK):
        return BadInput("the answer is empty", expected=_EXPECTED)
    if body.lstrip(_BLANK).startswith(b"<"):
        return BadInput("the answer is a web page, not JSON", expected=_EXPECTED)
    return BadInput("the answer is not a page of audit logs", expected=_EXPECTED)
