"""Whom else a name would find: usernames of others whose id is this person's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock

from auditdash.events.folding import fold_case
from auditdash.index.adopt import Dictionaries
from auditdash.index.batch import Entry


class _Ids:
    """Under which codes of the actors an id occurs that has a username, too."""

    def __init__(self) -> None:
        self._codes: dict[str, list[int]] = {}
        self._known = 0
        self._lock = Lock()

    def codes(self, entries: Sequence[Entry]) -> Mapping[str, Sequence[int]]:
        """By the folded id, of all entries that there are now."""
        with self._lock:
            count = len(entries)
            for code in range(self._known, count):
                identity, username = entries[code]
                if identity and username:
                    self._codes.setdefault(fold_case(identity), []).append(code)
            self._known = count
        return self._codes


def namesakes_of(
    dictionaries: Dictionaries, key: str, asked: Callable[[int], bool] | None = None
) -> tuple[str, ...]:
    """Usernames, in order, of the actors with this id; `asked` says of a code whether it is looked
    at."""
    entries = dictionaries["actor"].entries
    codes = dictionaries.kept(_Ids).codes(entries).get(key, ())
    if asked is not None:
        codes = [code for code in codes if asked(code)]
    names = {entries[code][1] or "" for code in codes}
    return tuple(sorted(name for name in names if fold_case(name) != key))
