"""JSON text to an object, strictly: one meaning or a reason why not."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from math import isinf
from typing import Any

import msgspec

from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten

_DEEPEST = 100
_MOST_DIGITS = 4_000
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_SPACED_COLON = re.compile(rb'"\s+:')
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder(order="sorted").encode
_AT_BYTE = re.compile(r"(.*) \(byte (\d+)\)")


def decode(raw: bytes) -> dict[str, Any]:
    """One JSON object; raises BadInput on anything that two readers might read differently."""
    return decode_and_hash(raw)[0]


def decode_and_hash(raw: bytes) -> tuple[dict[str, Any], bytes]:
    """The same, and the SHA-256 of the object with sorted keys, which is equal for records that say
    the same."""
    value = decode_value(raw)
    if not isinstance(value, dict):
        raise BadInput(f"a record is {_kind(value)}", where="$", expected="a JSON object")
    if b"\\" not in raw and raw.count(b"{") + raw.count(b"[") <= _DEEPEST:
        canonical = _encode(value)
        # Without escapes a quote stands only where a string begins or ends, and of a key that
        # stands twice the object has one.
        if raw.count(b'"') == canonical.count(b'"'):
            return value, sha256(canonical).digest()
    _refuse_ambiguity(raw, value)
    return value, sha256(_canonical(value)).digest()


def _canonical(value: dict[str, Any]) -> bytes:
    try:
        return _encode(value)
    except UnicodeEncodeError:  # lone surrogates
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def decode_value(raw: bytes) -> object:
    """Any JSON value; raises BadInput with the place where it stops being JSON."""
    try:
        return _decode(raw)
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError as error:
        raise _not_utf8(error) from None
    except msgspec.MsgspecError as error:
        if _SURROGATE.search(raw):
            return _decode_slowly(raw)
        raise why_no_json(error, raw) from None


def why_no_json(error: msgspec.MsgspecError | RecursionError, raw: bytes) -> BadInput:
    """What the decoder found, in our words."""
    return _too_deep() if isinstance(error, RecursionError) else _malformed(str(error), raw)


def _decode_slowly(raw: bytes) -> object:
    """Python's own decoder keeps lone surrogates, which msgspec refuses."""
    try:
        return json.loads(
            raw.decode(),
            parse_constant=_refuse_constant,
            parse_int=_read_int,
            parse_float=_read_float,
        )
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError as error:
        raise _not_utf8(error) from None
    except json.JSONDecodeError as error:
        raise BadInput(
            f"not JSON: {error.msg}", where=f"character {error.pos}", expected="one JSON object"
        ) from None


def _not_utf8(error: UnicodeDecodeError) -> BadInput:
    return BadInput(f"not UTF-8: {error.reason}", expected="UTF-8 text")


def _malformed(message: str, raw: bytes) -> BadInput:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return _not_utf8(error)
    found = _AT_BYTE.fullmatch(message)
    what, where = (found[1], f"byte {found[2]}") if found else (message, "")
    what = what.removeprefix("JSON is malformed: ")
    if what == "Input data was truncated":
        what = "it ends too early"
    elif what == "expected '\"'":
        what = "object keys must be strings"
    elif what == "invalid character" and found:
        start = int(found[2])
        what = f"{shorten(raw[start : start + 20].decode('utf-8', 'replace'))} is no value"
    return BadInput(f"not JSON: {what}", where=where, expected="one JSON object")


def _too_deep() -> BadInput:
    return BadInput("nested too deeply", expected=f"at most {_DEEPEST} levels")


def _refuse_constant(name: str) -> object:
    raise BadInput(f"not JSON: {name} is not a number", expected="one JSON object")


def _read_int(digits: str) -> int:
    # More digits neither msgspec reads nor Python: sys.set_int_max_str_digits.
    if len(digits) > _MOST_DIGITS:
        raise BadInput("not JSON: a number is out of range", expected="one JSON object")
    return int(digits)


def _read_float(digits: str) -> float:
    number = float(digits)
    if isinf(number):
        raise BadInput("not JSON: a number is out of range", expected="one JSON object")
    return number


def _refuse_ambiguity(raw: bytes, value: dict[str, Any]) -> None:
    keys = _count_keys(value, 1)
    # Every pair writes `":` once, and text may hold more of them: equality rules duplicates out.
    if raw.count(b'":') != keys or _SPACED_COLON.search(raw):
        _refuse_duplicates(raw)


def _count_keys(value: object, depth: int) -> int:
    if depth > _DEEPEST:
        raise _too_deep()
    if isinstance(value, dict):
        return len(value) + sum(
            _count_keys(part, depth + 1) for part in value.values() if isinstance(part, dict | list)
        )
    if isinstance(value, list):
        return sum(_count_keys(part, depth + 1) for part in value if isinstance(part, dict | list))
    return 0


def _refuse_duplicates(raw: bytes) -> None:
    json.loads(raw.decode(), object_pairs_hook=_unique_pairs)


def _unique_pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # set.add as a step
        raise BadInput(f"the key {shorten(twice)} stands twice", expected="each key once")
    return unique


def _kind(value: object) -> str:
    names = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
