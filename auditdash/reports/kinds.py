"""What kinds of report there are, and what they ask when nobody says otherwise."""

from __future__ import annotations

from typing import Final

COMPLIANCE: Final = "compliance"

# The audited system's events; our own readers' access records have the same archive.
DEFAULT_QUERY: Final = "-source:auditdash"
