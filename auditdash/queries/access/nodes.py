"""Everyone and everything that access is about: each once, however the events name it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.queries.access.facts import EVERYONE
from auditdash.queries.permissions.identities import ALONE, identities
from auditdash.queries.permissions.numbering import MISSING, Named, Numbers, Texts
from auditdash.queries.permissions.things import FAMILIES, TO_DEFAULT, TO_WORKSPACE

UNCLEAR = -1  # what is not named, or could be several
_WORDS = {TO_DEFAULT: "default", TO_WORKSPACE: "workspace", EVERYONE: "everyone"}
_KINDS = (*FAMILIES, "member", "everyone", "nobody")


class Node(Struct, frozen=True):
    """A person, group or thing. `kind` is default, workspace, group, collection, connection,
    member or everyone; `name` is the newest one; what has neither is the only one of its kind."""

    kind: str
    id: str | None
    name: str | None

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.id or ""


class Nodes(Struct, frozen=True, eq=False):
    """Nodes by number, in the order in which people read them: by kind, connections before groups,
    and by label. Of each the kind, and the numbers of the texts of its id and its newest name.
    `words` are the numbers of the texts that each was ever called, `called` whom they call."""

    kinds: NDArray[np.uint8]
    ids: Numbers
    names: Numbers
    words: Numbers
    called: Numbers
    texts: Texts

    def __len__(self) -> int:
        return len(self.kinds)

    def node(self, number: int) -> Node:
        """One of them."""
        return Node(self.word(number), self._text(self.ids[number]), self._text(self.names[number]))

    def word(self, number: int) -> str:
        """The kind of one of them."""
        return kind_word(int(self.kinds[number]))

    def find(self, kind: str, identity: str | None, name: str | None) -> int | None:
        """The one that has this id; without an id, the one that has no id and this name, else the
        only one that was ever called so."""
        asked = self.kinds == kind_number(kind)
        if kind in _WORDS.values():
            found = np.flatnonzero(asked)
        elif identity:
            found = np.flatnonzero(asked & (self.ids == self.texts.find(identity)))
        else:
            nameless = asked & (self.ids == MISSING)
            found = np.flatnonzero(nameless & (self.names == self.texts.find(name or "")))
            if not len(found) and name:
                called = self.find_called(name, (kind,))
                found = np.array(called if len(called) == 1 else (), np.int64)
        return int(found[0]) if len(found) else None

    def find_called(self, name: str, kinds: Collection[str]) -> list[int]:
        """All of these kinds that were ever called so, or have this id."""
        asked = [kind_number(kind) for kind in kinds]
        found = np.unique(self.called[self.words == self.texts.find(name)])
        return [each for each in found.tolist() if int(self.kinds[each]) in asked]

    def _text(self, number: np.int64) -> str | None:
        return self.texts.written[number] or None if number != MISSING else None


def kind_word(kind: int) -> str:
    """The word of a kind by its number."""
    return _WORDS.get(kind, _KINDS[kind])


def kind_number(word: str) -> int:
    """The number of a kind by its word; MISSING for no kind."""
    for number in range(len(_KINDS)):
        if kind_word(number) == word:
            return number
    return MISSING


def resolve(
    named: tuple[Named, Named], numbers: tuple[Numbers, Numbers], texts: Texts
) -> tuple[Nodes, tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """Who is who among the objects and the subjects of facts, which are in their order of time:
    the nodes, and for each fact the nodes that it names."""
    together, offset = _join(named), len(named[0].kinds)
    objects, subjects = numbers[0], numbers[1] + offset
    codes = identities(together, (objects, subjects))
    last = np.full(len(codes), -1)  # where each number occurs last
    for some in (objects, subjects):
        newest = np.full(len(codes), -1)
        newest[some] = np.arange(len(some))
        last = np.maximum(last, newest)
    occurring = np.flatnonzero((last >= 0) & (codes != ALONE))
    occurring = occurring[np.argsort(last[occurring], kind="stable")]
    known, places = np.unique(codes[occurring], return_inverse=True)
    of_number = np.full(len(codes), UNCLEAR, np.int32)
    nodes, ranks = _nodes(together, occurring, places, len(known), texts)
    of_number[occurring] = ranks[places]
    return nodes, (of_number[objects], of_number[subjects])


def _nodes(
    named: Named, occurring: Numbers, places: Numbers, count: int, texts: Texts
) -> tuple[Nodes, Numbers]:
    """The nodes, and for each place the number of its node. The last one in time has the say."""
    kinds = np.zeros(count, np.uint8)
    kinds[places] = named.kinds[occurring]
    ids, names = np.full(count, MISSING), np.full(count, MISSING)
    for values, column in ((ids, named.ids), (names, named.names)):
        told = column[occurring] != MISSING
        values[places[told]] = column[occurring][told]
    labels = np.where(names == MISSING, ids, names).tolist()
    keys = zip((-kinds.astype(np.int64)).tolist(), [texts.keys[at] for at in labels], strict=True)
    order = np.array([at for _, at in sorted(zip(keys, range(count), strict=True))], np.int64)
    ranks = np.empty(count, np.int64)
    ranks[order] = np.arange(count)
    words = np.concatenate((named.ids[occurring], named.names[occurring]))
    told, called = words != MISSING, np.tile(ranks[places], 2)
    found = Nodes(kinds[order], ids[order], names[order], words[told], called[told], texts)
    return found, ranks


def _join(named: Sequence[Named]) -> Named:
    return Named(
        np.concatenate([each.kinds for each in named]),
        np.concatenate([each.ids for each in named]),
        np.concatenate([each.names for each in named]),
    )
