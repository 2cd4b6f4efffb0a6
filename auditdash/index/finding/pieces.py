"""What grows a little at a time, in few pieces: each is more than twice as large as the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar


class _Sized(Protocol):
    def __len__(self) -> int: ...


_Piece = TypeVar("_Piece", bound=_Sized)
_TIMES_LARGER: Final = 2


def add_piece(
    pieces: Sequence[_Piece], new: _Piece, merge: Callable[[_Piece, _Piece], _Piece]
) -> tuple[_Piece, ...]:
    """The pieces with one more behind them, and those that are alike in size in one. Others may
    look at what was there before meanwhile."""
    kept = list(pieces)
    while kept and len(kept[-1]) < _TIMES_LARGER * len(new):
        new = merge(kept.pop(), new)
    return (*kept, new)
