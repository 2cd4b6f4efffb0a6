"""Whether the member whom an event was done to is the one who did it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from auditdash.events.folding import fold_case
from auditdash.index.batch import Entry
from auditdash.index.view import View
from auditdash.queries.conditions.masks import Mask, Rows, Test


def own_access(view: View) -> Test:
    """The subject is a member with the id or the name of the actor, as search.match.is_own."""
    numbers: dict[str, int] = {}
    actors, subjects = view.dictionaries["actor"].entries, view.dictionaries["subject"].entries

    def number(entries: list[Entry], text: Callable[[Entry], str | None]) -> NDArray[np.int64]:
        return np.array(
            [
                -1
                if (found := text(entry)) is None
                else numbers.setdefault(fold_case(found), len(numbers))
                for entry in entries
            ],
            np.int64,
        )

    member = np.array([entry[0] == "member" for entry in subjects], np.bool_)
    actor_ids = number(actors, lambda entry: entry[0])
    subject_ids = number(subjects, lambda entry: entry[1])
    actor_names = number(actors, lambda entry: entry[1])
    subject_names = number(subjects, lambda entry: entry[2])

    def test(rows: Rows, within: Mask | None) -> Mask:
        actor, subject = rows.column("actor"), rows.column("subject")
        same_id = (actor_ids[actor] == subject_ids[subject]) & (actor_ids[actor] >= 0)
        same_name = (actor_names[actor] == subject_names[subject]) & (actor_names[actor] >= 0)
        found: Mask = member[subject] & (same_id | same_name)
        return found

    return test
