"""What the report says about itself, for machines: the attached manifest.json."""

from __future__ import annotations

import msgspec

from auditdash.events.instants import to_rfc3339
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
            "row_limit_reached": False,
        },
    }
    return msgspec.json.encode(facts)
