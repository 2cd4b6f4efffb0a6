"""A JSON array to its elements, each to the byte as it came. However many there are, only a few are
held at once: what two bytes say takes fifty in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from auditdash.records.decode import why_no_json

_MOST_HELD = 1 << 20
_BYTES_AT_ONCE = 1 << 20
# A string or a mark. Possessive: nothing is kept for another try, however long a string is.
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_TOP = re.compile(_STRING + rb"|[\[{,]", re.DOTALL)
_NESTED = re.compile(_STRING + rb"|[\[{\]}]", re.DOTALL)
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode
_check = msgspec.json.Decoder(msgspec.Raw).decode


def is_json(text: bytes) -> bool:
    """Whether it is one JSON value; it takes no room for what is in it."""
    try:
        _check(text)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True


def split_array(text: bytes) -> Iterator[bytes]:
    """The elements of what begins as a JSON array; BadInput, before the first, where it is none."""
    try:
        _check(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise why_no_json(error, text) from None
    return _iterate_parts(text.strip(b" \t\r\n"))


def _iterate_parts(array: bytes) -> Iterator[bytes]:
    start, end = 1, len(array) - 1
    is_short = array.count(b",") < _MOST_HELD  # as nearly all are: there is nothing to look for
    while start < end:
        cut = end if is_short else _find_cut(array, start, end)
        for element in _split(b"[%b]" % array[start:cut]):
            yield bytes(element)
        start = cut + 1


def _find_cut(array: bytes, start: int, end: int) -> int:
    """Where the next elements end: at a comma between two of them, or at the end of the array."""
    place, depth = start, 0
    while mark := (_NESTED if depth else _TOP).search(array, place, end):
        place = mark.end()
        sign = array[mark.start() : mark.start() + 1]
        if sign == b"," and place - start >= _BYTES_AT_ONCE:
            return mark.start()
        depth += (sign in b"[{") - (sign in b"]}")
    return end
