"""What happened: every action of the catalogue with its count, and the unmapped ones."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from auditdash.events.catalogue import (
    action_label,
    actions,
    categories,
    category_of,
    find_action,
)
from auditdash.events.instants import Instant
from auditdash.queries.evidence import ActionCount


class ActionLine(Struct, frozen=True, kw_only=True):
    """One action of the catalogue, or an unmapped one, with what occurred of it; 0 too."""

    name: str
    label: str
    sensitive: bool
    count: int = 0
    actors: int = 0
    first_at: Instant | None = None
    last_at: Instant | None = None


class CategoryPart(Struct, frozen=True, kw_only=True):
    """A category with each of its actions."""

    slug: str
    label: str
    count: int
    lines: tuple[ActionLine, ...]


def categories_of(counts: Mapping[str, ActionCount]) -> tuple[CategoryPart, ...]:
    """Every category in the order of the catalogue; actions without events too."""
    names = [action.name for action in actions()]
    names += sorted(name for name in counts if find_action(name) is None)
    lines = [line_of(name, counts.get(name)) for name in names]
    return tuple(
        CategoryPart(
            slug=category.slug,
            label=category.label,
            count=sum(line.count for line in lines if category_of(line.name) == category.slug),
            lines=tuple(line for line in lines if category_of(line.name) == category.slug),
        )
        for category in categories()
    )


def line_of(name: str, counted: ActionCount | None) -> ActionLine:
    """An action with what occurred of it; None for nothing."""
    action = find_action(name)
    return ActionLine(
        name=name,
        label=action_label(name),
        sensitive=action is not None and action.sensitive,
        count=counted.count if counted else 0,
        actors=counted.actors if counted else 0,
        first_at=counted.first_at if counted else None,
        last_at=counted.last_at if counted else None,
    )
