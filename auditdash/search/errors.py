"""What is wrong with the text of a query, and at which place."""

from __future__ import annotations

from auditdash.events.errors import BadInput


class QueryError(BadInput):
    """`position` counts characters from 0; `nearest` is the known word that may be meant."""

    def __init__(
        self,
        what: str,
        *,
        position: int,
        length: int = 1,
        expected: str = "",
        nearest: str | None = None,
    ) -> None:
        super().__init__(what, where=f"character {position + 1}", expected=expected)
        self.position = position
        self.length = length
        self.nearest = nearest

    def __str__(self) -> str:
        return (
            f"{super().__str__()}; did you mean {self.nearest}?"
            if self.nearest
            else super().__str__()
        )
