"""Who is who: a person or thing is its id; where only the name is told, the one id that the name
has in any change in sight, or the name if it has none. What could be several, or is not named at
all, is nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from auditdash.queries.permissions.numbering import MISSING, Named, Numbers

ALONE: Final = -1
_KIND_SHIFT: Final = 28  # texts are fewer than 2**27
_NAME_SHIFT: Final = 32


def identities(named: Named, occurring: Iterable[Numbers]) -> Numbers:
    """For each number, how it is known: equal for two that are the same."""
    seen = np.zeros(len(named.ids), np.bool_)
    for numbers in occurring:
        seen[numbers] = True
    has_id, has_name = named.ids != MISSING, named.names != MISSING
    names = named.kinds << _NAME_SHIFT | named.names
    both = np.flatnonzero(seen & has_id & has_name)
    both = both[np.lexsort((named.ids[both], names[both]))]
    first = np.flatnonzero(np.diff(names[both], prepend=-1))
    last = np.append(first[1:], len(both))[: len(first)] - 1  # none where nothing has both
    known, least, most = names[both][first], named.ids[both][first], named.ids[both][last]
    found = np.where(has_id, named.ids * 2, np.where(has_name, named.names * 2 + 1, ALONE))
    nameless = np.flatnonzero(seen & ~has_id & has_name)
    if len(known) and len(nameless):
        places = np.minimum(np.searchsorted(known, names[nameless]), len(known) - 1)
        is_known = known[places] == names[nameless]
        one = np.where(least[places] == most[places], least[places] * 2, ALONE)
        found[nameless] = np.where(is_known, one, found[nameless])
    return np.where(found == ALONE, ALONE, named.kinds << _KIND_SHIFT | found)
