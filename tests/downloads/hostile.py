"""Random records made of traps: texts, values and forms that a stranger may write."""

from __future__ import annotations

import json
import random
from typing import Any

from auditdash.events.catalogue import actions
from auditdash.events.instants import MINUTE, Instant, to_rfc3339
from tests.make import NOW, make_record

TEXTS = (
    *("bob", "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1"),
    *('a"b,c\r\nd', '"', '""', ",", "'", "'=1", "", " ", "\x00", "a\x00b", "\ud800", "x\udfffy"),
    *("Zoë", "日本語", "😀", "\u202etxt", "\u2028", "\x7f", "\x0b", "\x85", "a;=1", "x" * 600),
    *("\\", "\\u0000", "\\n", "</script>", "null", "ﬁ", "E\u0301", "0", "-0"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -0.0, 1.0, 1e300, 0.1, 5e-324, 2**63, 2**64 - 1, -(2**63), 123),
    *([], {}, [[]], ["a", None, {"b": "=1"}], {"c": {"d": "\x00"}}, {"\ud800": "\ud800"}, {"": ""}),
)
KEYS = ("role", "group_name", "member_username", "=key", 'quo"te', "line\nbreak", "\x00", "日本")
INSTANTS = (
    *("2026-03-08T07:00:00Z", "2026-03-08t07:00:00.5+02:00", "2026-12-31T23:59:60Z"),
    *("1900-01-01T00:00:00.000001Z", "9998-12-31T23:59:59.999999Z", "1969-12-31 23:59:59.999999Z"),
)


def hostile_record(dice: random.Random, number: int) -> bytes:
    """One that the intake takes, as it might come."""

    def text() -> str:
        return dice.choice(TEXTS)

    at = Instant(NOW + dice.randrange(-900, 900) * MINUTE)
    record = make_record(
        id=dice.choice((f"{number}", f"{text()}{number}", f"{number}{text()}"))[:512],
        timestamp=dice.choice((*INSTANTS, *[to_rfc3339(at)] * 9)),
        action=dice.choice([*(action.name for action in actions()), "=new", "日本"]),
        description=dice.choice((text(), "plain", None)),
        workspace_username=dice.choice((text(), None)),
        outcome=dice.choice(("success", "failure", "=odd", None)),
        actor=dice.choice((None, {each: text() for each in ("user_id", "username", "ip", "x")})),
        entity=dice.choice(
            (None, {"entity_type": "report", "entity_id": "7", "entity_name": text()})
        ),
        context=dice.choice((None, {}, _context(dice), _context(dice), _context(dice))),
    )
    if dice.random() < 0.1:
        del record["id"]
    indent = dice.choice((None, None, None, 1))
    ascii_only = dice.random() < 0.5 or _is_lone(record)
    return json.dumps(record, ensure_ascii=ascii_only, indent=indent).encode()


def _context(dice: random.Random) -> dict[str, Any]:
    found = {dice.choice(KEYS): dice.choice((*VALUES, *TEXTS)) for _ in range(dice.randrange(5))}
    if dice.random() < 0.6:
        found["correlation_id"] = dice.choice((*TEXTS, *VALUES, "y" * 513, "é" * 600))
    return found


def _is_lone(record: dict[str, Any]) -> bool:
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False
