"""Recipients of schedules made ready for the pages that show them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from auditdash.queries.inventory.recipients import Recipients
from auditdash.queries.inventory.rows import Mark
from auditdash.search.edit import atom_of
from auditdash.search.print import print_query
from auditdash.search.query import Atom, Term, query_of
from auditdash.web.frame.question import link

_NAMED = 3
_SCHEDULES = Term("category", (Atom("schedules"),))


class RecipientView(Struct, frozen=True, kw_only=True):
    """One recipient; `href` leads to all that the log tells of it."""

    kind: str
    name: str
    outside: bool | None
    report: str | None
    began: Mark | None
    ended: Mark | None
    how: str
    href: str


def recipient_views(recipients: Recipients, limit: int) -> Sequence[RecipientView]:
    """The first rows."""
    return [
        RecipientView(
            kind=each.kind,
            name=each.name,
            outside=each.outside,
            report=each.report,
            began=each.began,
            ended=each.ended,
            how="schedule deleted" if each.schedule_deleted else "removed",
            href=_events_of(each.name),
        )
        for each in recipients.all[:limit]
    ]


def inside_text(inside: frozenset[str], *, configured: bool) -> str:
    """Which domains count as the workspace's own, and who says so."""
    if not inside:
        return "No member’s address is in the feed, so nothing can be called outside."
    named = sorted(inside)[:_NAMED]
    more = f" and {len(inside) - len(named):,} more" if len(inside) > len(named) else ""
    whence = "as configured" if configured else "the domains of members’ addresses in the feed"
    return f"Inside is {', '.join(named)}{more}: {whence}."


def _events_of(name: str) -> str:
    if not name:
        return ""
    asked = query_of((_SCHEDULES, Term("subject", (atom_of("subject", name),))))
    return link("/timeline", print_query(asked))
