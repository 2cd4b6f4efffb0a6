"""Two records of one id, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator

from msgspec import Struct

from auditdash.events.folding import path_below
from auditdash.events.wording import printable


class Difference(Struct, frozen=True):
    """A path in which two records differ; None where one has nothing."""

    path: str
    first: str | None
    other: str | None


def compare_records(first: str, other: str) -> tuple[Difference, ...]:
    """What differs between two JSON records, in the order of their paths."""
    one, two = dict(_leaves(json.loads(first), "$")), dict(_leaves(json.loads(other), "$"))
    return tuple(
        Difference(printable(path), _shown(one.get(path)), _shown(two.get(path)))
        for path in sorted(one.keys() | two.keys())
        if one.get(path) != two.get(path)
    )


def _shown(text: str | None) -> str | None:
    """Only now: what differs in hidden letters alone would look the same."""
    return None if text is None else printable(text)


def _leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _leaves(part, path_below(path, key))
    elif isinstance(value, list) and value:
        for number, part in enumerate(value):
            yield from _leaves(part, f"{path}[{number}]")
    else:
        yield path, json.dumps(value, ensure_ascii=False)
