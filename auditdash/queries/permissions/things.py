"""What access is to: the entity of an event, or what its context names where the entity is the one
whose access it is, or missing."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.catalogue import Action
from auditdash.index.batch import Entry
from auditdash.index.files.segment import Segment
from auditdash.index.view import View
from auditdash.queries.permissions.contexts import Contexts
from auditdash.queries.permissions.numbering import (
    MISSING,
    THE_ONE,
    CodeNumbers,
    Named,
    Naming,
    Numbers,
    Texts,
)

# Families: what everyone has by default, the workspace, and things with a noun, which begins the
# keys of a context that names one.
TO_DEFAULT, TO_WORKSPACE, GROUP, COLLECTION, CONNECTION = range(5)
_NOUNS: Final = {"user-groups": "group", "collections": "collection", "connections": "connection"}
FAMILIES: Final = ("", "", *_NOUNS.values())
_DEFAULT_ACTION: Final = "workspace_default_access_changed"


class Whose(Struct, frozen=True, eq=False):
    """The number of the person of each row, and how people are named."""

    people: Numbers
    named: Named


def family_of(action: Action) -> int:
    """What kind of thing an action that changes access changes it to."""
    if action.name == _DEFAULT_ACTION:
        return TO_DEFAULT
    noun = _NOUNS.get(action.category)
    return TO_WORKSPACE if noun is None else FAMILIES.index(noun)


class Things:
    """Numbers what access is to; the kind of one is its family."""

    def __init__(self, texts: Texts) -> None:
        self.naming = Naming()

        def thing(family: int, entry: Entry) -> int:
            return self.naming.number(family, texts.number(entry[1]), texts.number(entry[2]))

        self._contexts = Contexts(texts)
        self._entities = [CodeNumbers(partial(thing, family)) for family, _ in enumerate(FAMILIES)]

    def of(
        self, view: View, segment: Segment, rows: Numbers, families: Numbers, whose: Whose
    ) -> Numbers:
        """The number of the thing of each row; the rows rise."""
        things = np.empty(len(rows), np.int64)
        for only in (TO_DEFAULT, TO_WORKSPACE):
            things[families == only] = self.naming.number(only, THE_ONE, MISSING)
        entities = segment.column("entity")
        entries = view.dictionaries["entity"].entries
        for family, noun in enumerate(FAMILIES):
            places = np.flatnonzero(families == family)
            if not noun or not len(places):
                continue
            found = self._entities[family].of(entities[rows[places]], entries)
            elsewhere = self._says_nothing(found, whose, places)
            if elsewhere.any():
                here = rows[places[elsewhere]]
                ids = self._contexts.numbers(view, segment, here, f"{noun}_id")
                names = self._contexts.numbers(view, segment, here, f"{noun}_name")
                pairs = zip(ids.tolist(), names.tolist(), strict=True)
                found[elsewhere] = [self.naming.number(family, *pair) for pair in pairs]
            things[places] = found
        return things

    def _says_nothing(self, things: Numbers, whose: Whose, places: Numbers) -> NDArray[np.bool_]:
        """Where the entity is the subject or missing, the context tells what access was to."""
        thing, person, people = self.naming.named(), whose.named, whose.people[places]
        ids, names = thing.ids[things], thing.names[things]
        subjects, called = person.ids[people], person.names[people]
        by_name = (ids == MISSING) & (subjects == MISSING) & (names == called)
        nothing = (ids == MISSING) & (names == MISSING)
        found: NDArray[np.bool_] = nothing | by_name | ((ids != MISSING) & (ids == subjects))
        return found
