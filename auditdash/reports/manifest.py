"""What the report says about itself, for machines: the attached manifest.json."""

from __future__ import annotations

import msgspec
from msgspec import to_builtins

from auditdash.downloads.access_rows import VERSION as GRANTS_VERSION
from auditdash.downloads.columns import VERSION as COLUMNS_VERSION
from auditdash.events.catalogue import Action, actions, category_label
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.queries.evidence import Delivery
from auditdash.reports.attached.files import AttachedFile
from auditdash.reports.contents import Contents
from auditdash.reports.result.figures import figures_of
from auditdash.reports.sections.controls import FrameworkPart
from auditdash.reports.sections.feeds import FeedLine

VERSION = 3


def manifest_of(contents: Contents) -> bytes:
    """JSON with the question, the software and each number that can be counted again."""
    facts = {
        "manifest": VERSION,
        **_run(contents),
        **_files(contents),
        "numbers": _numbers(contents),
        "controls": [_framework(part) for part in contents.controls] if contents.of_events else [],
        "coverage": [_coverage(each) for each in contents.feeds],
    }
    if contents.of_events:
        facts |= {
            "catalogue": {action.name: _catalogued(action) for action in actions()},
            "received": [to_builtins(each) for each in contents.totals.received],
            "deliveries": [_delivery(each) for each in contents.deliveries],
        }
    return msgspec.json.format(msgspec.json.encode(facts), indent=1) + b"\n"


def _run(contents: Contents) -> dict[str, object]:
    question = contents.question
    return {
        "report": contents.id,
        "kind": contents.kind.name,
        "lines": contents.kind.lines,
        "workspace": contents.workspace.slug,
        "workspace_zone": contents.workspace.zone,
        "final": contents.final,
        "requested_by": contents.requested_by,
        "made_at": to_rfc3339(contents.made_at),
        "trigger": _trigger(contents),
        "slot": _text(contents.slot),
        "question": {
            "query": question.text,
            "start": to_rfc3339(question.start),
            "end": to_rfc3339(question.end),
            "zone": question.clock.zone.key,
            "highest_seq": question.scope.highest_seq,
            "order": "occurred_at, seq" if contents.of_events else "subject, object, role",
            "moment": None if contents.of_events else to_rfc3339(contents.moment),
        },
        "order": to_builtins(contents.order),
        "sections": {section.name: section.title for section in contents.sections},
        "parameters": [
            {"name": each.name, "value": each.value, "default": each.default}
            for each in contents.parameters
        ],
        "software": {
            "auditdash": contents.version,
            "commit": contents.commit,
            "tzdata": contents.tzdata,
        },
    }


def _trigger(contents: Contents) -> str:
    if contents.slot is not None:
        return "a schedule"
    return "a schedule, run by hand" if contents.scheduled else "by hand"


def _catalogued(action: Action) -> dict[str, object]:
    """What the numbers by action rest on."""
    return {
        "label": action.label,
        "category": category_label(action.category),
        "op": action.op,
        "sensitive": action.sensitive,
        "permission": action.permission,
    }


def _files(contents: Contents) -> dict[str, object]:
    attached = contents.attached
    return {
        "population": {
            **_file(contents.file),
            "columns_version": COLUMNS_VERSION if contents.of_events else GRANTS_VERSION,
            "row_limit_reached": False,
            **(_events_of(contents) if contents.of_events else {}),
        },
        "exceptions": {
            **_file(attached.exceptions_file),
            contents.unit[1]: attached.exceptions.events,
            "by_rule": {part.rule.name: part.count for part in attached.exceptions.parts},
            "by_action": attached.exceptions.by_action,
        },
        "sample": {
            **_file(attached.sample_file),
            "size": attached.sample.size,
            "nonce": attached.sample.nonce,
            "nonce_given": attached.sample.own,
            "rule": "lowest SHA-256 of NONCE:REPORT:NUMBER",
        },
        "lists": [_file(each) for each in attached.lists],
    }


def _events_of(contents: Contents) -> dict[str, object]:
    population = contents.population
    return {
        "first_event_at": _text(population.first_at),
        "last_event_at": _text(population.last_at),
        "lowest_seq": population.first_seq,
        "highest_seq": population.last_seq,
    }


def _file(file: AttachedFile) -> dict[str, object]:
    return {"file": file.name, "rows": file.rows, "bytes": file.size, "sha256": file.sha256}


def _numbers(contents: Contents) -> dict[str, object]:
    found: dict[str, object] = {each.name: each.value for each in figures_of(contents)}
    found["exceptions"] = contents.attached.exceptions.total
    if not contents.of_events:
        return found | {"by_kind": contents.grants.by_kind}
    lines = [line for part in contents.categories for line in part.lines]
    if contents.has("exports"):
        found |= {
            "data_exports": contents.exports.total,
            "exporters": contents.exports.people_count,
            "exports_at_night": contents.exports.nights,
        }
    if contents.has("permissions"):
        found["permission_changes"] = contents.permissions.counts.total
    return found | {
        "events": contents.population.count,
        "actors": contents.population.actors,
        "unmapped_events": contents.intake.unmapped_count,
        "rejected_records": contents.intake.rejected,
        "conflicting_records": contents.intake.conflicts,
        "late_events": contents.totals.late,
        "duplicate_records": contents.totals.duplicates,
        "by_category": {part.slug: part.count for part in contents.categories},
        "by_action": {line.name: line.count for line in lines},
        "by_day": {day.isoformat(): count for day, count in contents.totals.days.items()},
    }


def _delivery(delivery: Delivery) -> dict[str, object]:
    return {
        **to_builtins(delivery),
        "first_received_at": to_rfc3339(delivery.first_received_at),
        "last_received_at": to_rfc3339(delivery.last_received_at),
    }


def _framework(part: FrameworkPart) -> dict[str, object]:
    return {
        "framework": part.name,
        "mapping": "to be confirmed by your assessor",
        "controls": [
            {
                "control": line.control,
                "events": line.count,
                "exceptions": line.exceptions,
                "actions": {each.action: each.count for each in line.actions},
            }
            for line in part.lines
        ],
    }


def _coverage(feed: FeedLine) -> dict[str, object]:
    return {
        "feed": feed.name,
        "start": to_rfc3339(feed.span.start),
        "end": to_rfc3339(feed.span.end),
        "percent": round(feed.percent, 1),
        "windows": feed.windows,
        "gaps": [{"start": to_rfc3339(gap.start), "end": to_rfc3339(gap.end)} for gap in feed.gaps],
        "begins_at": to_rfc3339(feed.begins_at),
        "echoes_expected": feed.echoes_expected,
        "echoes_seen": feed.echoes_seen,
    }


def _text(instant: Instant | None) -> str | None:
    return None if instant is None else to_rfc3339(instant)
