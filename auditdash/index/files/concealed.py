"""A dictionary in which some of what codes stand for is hidden."""

from __future__ import annotations

from collections.abc import Callable

from auditdash.index.batch import Entry
from auditdash.index.files.dictionary import Dictionary


class Concealed(Dictionary):
    """The same codes as those of the real one; `conceal` says what is told of an entry."""

    def __init__(self, real: Dictionary, conceal: Callable[[Entry], Entry]) -> None:
        super().__init__(real.name, real.keys_of, real.words_of)
        self._real = real
        self._conceal = conceal

    def current(self) -> Dictionary:
        """With all entries that there are now."""
        with self._lock:
            new = self._real.entries[len(self.entries) :]
            self.entries.extend(map(self._conceal, new))
        return self
