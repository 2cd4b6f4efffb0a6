"""What the lines of a baseline do to the picture: add to it, confirm it, or contradict it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.queries.access.nodes import UNCLEAR, Node
from auditdash.queries.access.replay import KINDS
from auditdash.queries.access.rows import Sight
from auditdash.queries.permissions.numbering import Numbers
from auditdash.store.baselines.rows import Baseline, Line
from auditdash.store.baselines.table import iterate_lines

ADDS, CONFIRMS, CONTRADICTS = EFFECTS = ("adds", "confirms", "contradicts")
_NOT_LOOKED_AT: Final = ""


class LineEffect(Struct, frozen=True, kw_only=True):
    """A line, and what it does; "" where the baseline is not in the picture. `contradiction` is its
    kind. A node is None where it is not clear, or not in the picture."""

    line: Line
    effect: str
    contradiction: str
    subject: Node | None
    object: Node | None


class Effects(Struct, frozen=True, eq=False):
    """The lines of a baseline, each with what it does: numbers of EFFECTS; `kinds` those of
    contradictions; `facts` their places in the picture. All empty where it is not in it."""

    sight: Sight
    lines: Sequence[Line]
    effects: Numbers
    kinds: Numbers
    facts: Numbers

    @property
    def counts(self) -> Mapping[str, int]:
        """How many lines do what."""
        found = Counter(self.effects.tolist())
        return {name: found[number] for number, name in enumerate(EFFECTS)}

    def of_effect(self, effect: str) -> list[int]:
        """The places of the lines with an effect; all of them when it is none."""
        if effect not in EFFECTS:
            return list(range(len(self.lines)))
        found: list[int] = np.flatnonzero(self.effects == EFFECTS.index(effect)).tolist()
        return found

    def iterate(self, places: Sequence[int]) -> Iterator[LineEffect]:
        """Some of them as rows."""
        facts = self.sight.picture.facts
        for at in places:
            if not len(self.effects):
                yield LineEffect(
                    line=self.lines[at],
                    effect=_NOT_LOOKED_AT,
                    contradiction="",
                    subject=None,
                    object=None,
                )
                continue
            fact, effect = int(self.facts[at]), EFFECTS[int(self.effects[at])]
            yield LineEffect(
                line=self.lines[at],
                effect=effect,
                contradiction=KINDS[int(self.kinds[at])] if effect == CONTRADICTS else "",
                subject=self._node(int(facts.subjects[fact])),
                object=self._node(int(facts.objects[fact])),
            )

    def _node(self, number: int) -> Node | None:
        return None if number == UNCLEAR else self.sight.picture.nodes.node(number)


def find_effects(connection: Connection, sight: Sight, baseline: Baseline) -> Effects:
    """What each line of a baseline does."""
    lines = list(iterate_lines(connection, baseline.id))
    picture = sight.picture
    known = [each.id for each in picture.lines.baselines]
    none = np.zeros(0, np.int64)
    if baseline.id not in known:
        return Effects(sight, lines, none, none, none)
    facts, found = picture.facts, picture.contradictions
    stated = np.flatnonzero(facts.seqs < 0)
    place = np.empty(len(picture.lines.which), np.int64)
    place[-1 - facts.seqs[stated]] = stated
    mine = place[picture.lines.which == known.index(baseline.id)]
    effects = np.full(len(facts), EFFECTS.index(CONFIRMS))
    effects[picture.intervals.begun[picture.intervals.begun >= 0]] = EFFECTS.index(ADDS)
    effects[found.facts] = EFFECTS.index(CONTRADICTS)
    kinds = np.zeros(len(facts), np.int64)
    kinds[found.facts] = found.kinds
    return Effects(sight, lines, effects[mine], kinds[mine], mine)
