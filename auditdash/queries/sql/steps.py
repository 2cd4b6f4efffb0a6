"""A value that changes at known instants, as SQL that any index-less scan can afford."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, ColumnElement, case, literal_column


def step(
    column: ColumnElement[int], bounds: Sequence[int], steps: Sequence[int]
) -> ColumnElement[int]:
    """`steps[n]`, where n is how many of the rising `bounds` are <= column.

    There is one step more than bounds. A tree of CASEs: a row costs log2(bounds) comparisons, and
    the answer is exact whatever the bounds are, which no division of instants is.
    """
    if not bounds:
        return whole(steps[0])
    middle = len(bounds) // 2
    below = step(column, bounds[:middle], steps[: middle + 1])
    above = step(column, bounds[middle + 1 :], steps[middle + 1 :])
    return case((column < whole(bounds[middle]), below), else_=above)


def whole(number: int) -> ColumnElement[int]:
    """A whole number of ours, written into the statement."""
    # Written out because PostgreSQL takes two parameters for two values,
    # and would not see that the selected and the grouped expression are one.
    return literal_column(str(int(number)), BigInteger)
