"""Whose access a line is about, so that nobody decides on their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from auditdash.events.folding import fold_case
from auditdash.events.instants import Instant
from auditdash.queries.access import paths as ways
from auditdash.queries.access.rows import Sight
from auditdash.store.campaigns.rows import FrozenLine

_BETWEEN: Final = re.compile(r"[\s._-]+")


def is_same(person: Iterable[str | None], named: Iterable[str | None]) -> bool:
    """Whether one of a person's names (login, name, address) is one of those of a subject.

    Case and what stands between words are the same: Tomasz Wilk, tomasz.wilk. An address is also
    the name before its @, unless the other is another address. Rather too often than too seldom:
    then somebody else is asked.
    """
    ours, theirs = list(_keys(person)), list(_keys(named))
    return any(
        one == other or (one[0] == other[0] and "" in {one[1], other[1]})
        for one in ours
        for other in theirs
    )


class Concerned:
    """Whom lines are about, as it was at the moment that is reviewed; each group is asked once."""

    def __init__(self, sight: Sight, at: Instant) -> None:
        self._sight = sight
        self._at = at
        self._members: dict[tuple[str | None, str | None], list[tuple[str | None, ...]]] = {}
        self._known: dict[tuple[str | None, ...], bool] = {}

    def is_about(self, line: FrozenLine, person: tuple[str, ...]) -> bool:
        """Whether it is this person's access, or that of a group that they are in."""
        key = (*person, line.subject_kind, line.subject_id, line.subject_name)
        if key not in self._known:
            self._known[key] = self._is_about(line, person)
        return self._known[key]

    def _is_about(self, line: FrozenLine, names: tuple[str, ...]) -> bool:
        if line.subject_kind == "member":
            return is_same(names, (line.subject_name, line.subject_id))
        if line.subject_kind != "group":
            return False
        members = self.members(line.subject_id, line.subject_name)
        return any(is_same(names, each) for each in members)

    def members(self, identity: str | None, name: str | None) -> list[tuple[str | None, ...]]:
        """Names and ids of the members of a group."""
        key = (identity, name)
        if key not in self._members:
            self._members[key] = list(self._find(*key))
        return self._members[key]

    def _find(self, identity: str | None, name: str | None) -> Iterator[tuple[str | None, ...]]:
        picture = self._sight.picture
        group = picture.nodes.find("group", identity, name)
        if group is None:
            return
        for subject in ways.find_given(picture, group, self._at).subjects.tolist():
            node = picture.nodes.node(subject)
            yield (node.name, node.id)


def _keys(names: Iterable[str | None]) -> Iterator[tuple[str, str]]:
    """The name and, of an address, what stands behind its @."""
    for text in names:
        name, _, domain = fold_case(text or "").strip().partition("@")
        if bare := _BETWEEN.sub(" ", name).strip():
            yield bare, domain
