"""Bad input, told so that whoever wrote it can mend it."""

from __future__ import annotations


class BadInput(ValueError):
    """Says what is wrong, where, and what was expected. Its text is for people."""

    def __init__(self, what: str, *, where: str = "", expected: str = "") -> None:
        self.what = what
        self.where = where
        self.expected = expected
        parts = [f"{where}: {what}" if where else what]
        if expected:
            parts.append(f"expected {expected}")
        super().__init__("; ".join(parts))
