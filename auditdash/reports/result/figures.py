"""The numbers at the head of a report: each by its name, and how it is told from the contents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from auditdash.reports.contents import Contents


class Figure(Struct, frozen=True, kw_only=True):
    """A number with its label; `name` is what manifest.json calls it."""

    name: str
    label: str
    value: int


def figures_of(contents: Contents) -> tuple[Figure, ...]:
    """The figures of the kind; each can be counted again in the attachments."""
    found = ((name, *_FIGURES[name]) for name in contents.kind.figures)
    return tuple(
        Figure(name=name, label=label, value=count(contents)) for name, label, count in found
    )


_FIGURES: Final[Mapping[str, tuple[str, Callable[[Contents], int]]]] = {
    "events": ("Events", lambda some: some.file.rows),
    "actors": ("People who acted", lambda some: some.population.actors),
    "data_exports": ("Data exports", lambda some: some.exports.total),
    "exported_reports": ("Reports exported", lambda some: some.exports.reports_count),
    "exports_at_night": ("Exports at night", lambda some: some.exports.nights),
    "first_exporters": ("First-ever exporters", lambda some: len(some.exports.new_people)),
    "bursts": ("Bursts of exports", lambda some: len(some.exports.bursts)),
    "permission_changes": ("Permission changes", lambda some: some.permissions.counts.total),
    "granted": ("Granted", lambda some: some.permissions.counts.granted),
    "changed": ("Changed", lambda some: some.permissions.counts.changed),
    "revoked": ("Revoked", lambda some: some.permissions.counts.revoked),
    "own_changes": ("Own access changed", lambda some: some.permissions.counts.self_made),
    "sensitive_events": ("Sensitive events", lambda some: some.sensitive),
    "unmapped_events": ("Unmapped events", lambda some: some.intake.unmapped_count),
    "rejected_records": ("Rejected records", lambda some: some.intake.rejected),
    "conflicting_records": ("Conflicting records", lambda some: some.intake.conflicts),
    "late_events": ("Late events", lambda some: some.totals.late),
    "exceptions": ("Exceptions", lambda some: some.attached.exceptions.total),
    "grants": ("Grants", lambda some: some.file.rows),
    "subjects": ("People and groups", lambda some: some.grants.subjects),
    "objects": ("Things they reach", lambda some: some.grants.objects),
    "grants_to_everyone": ("Grants to everyone", lambda some: some.grants.to_everyone),
    "gained": ("Given in the period", lambda some: some.differences["gained"]),
    "lost": ("Taken in the period", lambda some: some.differences["lost"]),
    "role_changes": (
        "Other role since",
        lambda some: some.differences["changed"],
    ),
    "tokens_there": ("Tokens now", lambda some: some.tokens.now),
    "tokens_of_lowered": ("Of makers with less role", lambda some: some.tokens.lowered),
    "tokens_of_away": ("Of makers who are away", lambda some: some.tokens.away),
    "recipients_there": ("Recipients now", lambda some: some.recipients.now),
    "recipients_outside": ("Of these outside", lambda some: some.recipients.outside),
    "files_taken": ("Files taken away", lambda some: some.readings.files),
    "readings_at_night": ("Readings at night", lambda some: some.readings.nights),
}
FIGURES: Final = tuple(_FIGURES)
