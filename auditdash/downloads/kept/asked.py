"""What a download is asked with, as it is kept beside it: the question, and its reader's eyes."""

from __future__ import annotations

from msgspec import DecodeError, Struct, ValidationError, json
from sqlalchemy import Connection

from auditdash.accounts.scopes import parse_limit
from auditdash.downloads.orders.order import Asked
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, parse_zone
from auditdash.events.periods import Period
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Limit, Scope
from auditdash.store.downloads.runs import Download
from auditdash.store.workspaces import Workspace


class Eyes(Struct, frozen=True, kw_only=True):
    """What somebody may see: all, or what answers a query within a period; addresses or not."""

    limited: bool = False
    query: str = ""
    start: Instant | None = None
    end: Instant | None = None
    addresses: bool = True


class KeptAsked(Struct, frozen=True, kw_only=True):
    """A question as its text; `now` and `zone` are those of who asked."""

    query: str
    zone: str
    now: Instant
    eyes: Eyes
    bom: bool = False


def encode_asked(asked: KeptAsked) -> str:
    """As JSON."""
    return json.encode(asked).decode()


def decode_asked(text: str) -> KeptAsked:
    """What encode_asked wrote; BadInput of what this version cannot read."""
    try:
        return json.decode(text, type=KeptAsked)
    except (ValidationError, DecodeError) as error:
        raise BadInput(f"this download was asked for by another version ({error})") from None


def may_read(now: Eyes, then: Eyes) -> bool:
    """Whether who sees so much now may read what was made for these eyes: their view may have been
    narrowed since, or addresses be hidden again."""
    if then.addresses and not now.addresses:
        return False
    same = (now.limited, now.query, now.start, now.end)
    return not now.limited or same == (then.limited, then.query, then.start, then.end)


def asked_again(
    connection: Connection,
    kept: KeptAsked,
    run: Download,
    workspace: Workspace,
    domains: frozenset[str],
) -> Asked:
    """The same question, up to the same event."""
    eyes = kept.eyes
    limit = None
    if eyes.limited:
        limit = Limit(query=parse_limit(eyes.query), period=Period(eyes.start, eyes.end))
    scope = Scope(
        workspace_id=run.workspace_id,
        highest_seq=run.highest_seq,
        limit=limit,
        addresses=eyes.addresses,
    )
    return Asked(
        connection=connection,
        query=parse(kept.query),
        scope=scope,
        clock=Clock(kept.now, parse_zone(kept.zone)),
        home=workspace.zone_info,
        domains=domains,
    )
