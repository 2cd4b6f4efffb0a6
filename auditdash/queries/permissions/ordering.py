"""Putting many numbers in order, and keeping them small."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from auditdash.queries.permissions.numbering import Numbers

_DIGIT_BITS: Final = 16  # numpy puts so many in order without comparing them


def put_in_order(places: Numbers, keys: NDArray[Any]) -> Numbers:
    """The places by their keys, which are not negative; those of one key stay as they stand."""
    highest = int(keys.max(initial=0))
    for shift in range(0, max(highest.bit_length(), 1), _DIGIT_BITS):
        digits = (keys >> shift).astype(np.uint16)[places]
        places = places[np.argsort(digits, kind="stable")]
    return places


def narrow(numbers: NDArray[Any]) -> NDArray[Any]:
    """The same numbers, none of them negative, in as few bytes as they need."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))
