"""What the report says about itself, for machines: the attached manifest.json."""

from __future__ import annotations

import msgspec

from auditdash.downloads.columns import VERSION as COLUMNS_VERSION
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.reports.contents import Contents

VERSION = 1


def manifest_of(contents: Contents) -> bytes:
    """JSON with the question, the software and each number that can be counted again."""
    question = contents.question
    facts = {
        "manifest": VERSION,
        "report": contents.id,
        "kind": "compliance",
        "workspace": contents.workspace.slug,
        "final": contents.final,
        "requested_by": contents.requested_by,
        "made_at": to_rfc3339(contents.made_at),
        "question": {
            "query": question.text,
            "start": to_rfc3339(question.start),
            "end": to_rfc3339(question.end),
            "zone": question.clock.zone.key,
            "highest_seq": question.scope.highest_seq,
        },
        "software": {
            "auditdash": contents.version,
            "commit": contents.commit,
            "tzdata": contents.tzdata,
        },
        "population": {
            "file": contents.file.name,
            "rows": contents.file.rows,
            "bytes": contents.file.size,
            "sha256": contents.file.sha256,
            "columns_version": COLUMNS_VERSION,
            "row_limit_reached": False,
            "first_event_at": _text(contents.population.first_at),
            "last_event_at": _text(contents.population.last_at),
        },
        "numbers": _numbers(contents),
    }
    return msgspec.json.format(msgspec.json.encode(facts), indent=1) + b"\n"


def _numbers(contents: Contents) -> dict[str, object]:
    lines = [line for part in contents.categories for line in part.lines]
    return {
        "events": contents.population.count,
        "actors": contents.population.actors,
        "data_exports": contents.exports.total,
        "exporters": contents.exports.people_count,
        "exports_at_night": contents.exports.nights,
        "permission_changes": contents.permissions.counts.total,
        "sensitive_events": contents.sensitive,
        "unmapped_events": contents.intake.unmapped_count,
        "rejected_records": contents.intake.rejected,
        "conflicting_records": contents.intake.conflicts,
        "by_category": {part.slug: part.count for part in contents.categories},
        "by_action": {line.name: line.count for line in lines},
    }


def _text(instant: Instant | None) -> str | None:
    return None if instant is None else to_rfc3339(instant)
