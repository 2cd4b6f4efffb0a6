"""The acts: a baseline is imported, or taken out of the picture. Each is an event of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, parse_instant, shorten, to_rfc3339
from auditdash.events.periods import Period, day_period
from auditdash.ingest.accesses import ACTS, Act, access_of, append_access
from auditdash.ingest.baselines.lines import File
from auditdash.store.baselines.rows import Baseline
from auditdash.store.baselines.table import (
    append_baseline,
    append_removal,
    find_baseline,
    find_baselines,
    lock_baselines,
)
from auditdash.store.workspaces import Workspace

IMPORTED, REMOVED = ACTS
_EXPECTED: Final = "a day as in 2026-03-31, or a moment as in 2026-03-31T14:05:00Z"


class When(Struct, frozen=True):
    """The moment that a baseline tells of; of a day its end, or now while it is not over."""

    at: Instant
    same: Period  # what is the same moment, when the same file comes again


class Kept(Struct, frozen=True):
    """The baseline, and whether it is new: the same file of the same moment is known."""

    baseline: Baseline
    is_new: bool


def parse_when(text: str, zone: ZoneInfo, now: Instant) -> When:
    """A day of the zone, or a moment; BadInput for anything else, or the future."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        raise BadInput(f"{shorten(text)} is no day", where="date", expected=_EXPECTED) from None
    if day is None:
        try:
            at = parse_instant(text)
        except BadInput as error:
            raise BadInput(error.what, where="date", expected=_EXPECTED) from None
        same = Period(at, Instant(at + 1))
    elif not 1971 <= day.year < 9998:
        raise BadInput(f"{shorten(text)} is no day", where="date", expected=_EXPECTED)
    else:
        same = day_period(day, zone)
        at = Instant(min((same.end or now) - 1, now))
    if at > now or (same.start is not None and same.start > now):
        raise BadInput(f"{shorten(text)} is still to come", where="date", expected="a past moment")
    return When(at, same)


def keep_baseline(connection: Connection, act: Act, file: File, when: When) -> Kept:
    """Keep a file as a baseline, whole, unless it is known."""
    check_workspace(act.workspace)
    digest = hashlib.sha256(file.content)
    lock_baselines(connection, act.workspace.id)
    for known in find_baselines(connection, act.workspace.id):
        is_same = known.sha256 == digest.digest() and when.same.contains(known.at)
        if is_same and known.removed_seq is None:
            return Kept(known, is_new=False)
    many = f"{len(file.lines):,}"
    told = {"baseline_at": to_rfc3339(when.at), "file": file.name, "lines": many}
    seq = _record(connection, act, IMPORTED, told | {"sha256": digest.hexdigest()})
    values = {
        "at": when.at,
        "name": file.name,
        "sha256": digest.digest(),
        "file": file.content,
        "imported_at": act.now,
        "imported_by": act.by,
        "imported_seq": seq,
    }
    number = append_baseline(connection, act.workspace.id, values, file.lines)
    return Kept(_there(connection, act, number), is_new=True)


def remove_baseline(connection: Connection, act: Act, number: int) -> Baseline:
    """Take a baseline out of the picture; it and its file stay, and so does who removed it."""
    lock_baselines(connection, act.workspace.id)
    found = _there(connection, act, number)
    if found.removed_seq is not None:
        raise BadInput(f"the baseline {number} is removed already")
    told = {"baseline_at": to_rfc3339(found.at), "file": found.name, "lines": f"{found.lines:,}"}
    seq = _record(connection, act, REMOVED, told | {"sha256": found.sha256.hex()})
    append_removal(connection, number, act.now, act.by, seq)
    return _there(connection, act, number)


def _there(connection: Connection, act: Act, number: int) -> Baseline:
    found = find_baseline(connection, act.workspace.id, number)
    if found is None:
        raise BadInput(f"there is no baseline {number} in {act.workspace.slug}")
    return found


def check_workspace(workspace: Workspace) -> None:
    """BadInput for the demo, which tells of an invented firm."""
    if workspace.kind == "demo":
        raise BadInput("the demo takes no baseline of yours", expected="a workspace of your own")


def _record(connection: Connection, act: Act, what: str, told: Mapping[str, str]) -> int:
    access = access_of(act.workspace, act.now, act.actor, what, "", told)
    return append_access(connection, access)
