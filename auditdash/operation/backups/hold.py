"""What a restored copy would send beside the installation that it is of: it waits for a person."""

from __future__ import annotations

from msgspec import Struct

from auditdash.events.instants import Instant, parse_instant, parse_zone
from auditdash.events.wording import moment_text
from auditdash.operation.backups.manifest import Manifest
from auditdash.settings import Settings
from auditdash.store.engine import open_engine, writing
from auditdash.store.schedules import pause_all_schedules
from auditdash.store.sending.deliveries import give_up_all
from auditdash.store.sending.streams import pause_all_streams


class Held(Struct, frozen=True):
    """How many of each were on, or waited."""

    streams: int = 0
    schedules: int = 0
    deliveries: int = 0


def hold_back(settings: Settings, manifest: Manifest, now: Instant) -> Held:
    """Pause streams and schedules, and send nothing that waits: the same goes out elsewhere. What a
    person has paused keeps its own reason."""
    made = moment_text(parse_instant(manifest.made_at), parse_zone("UTC"))
    reason = f"restored from a backup of {made}; resume here"
    unsent = f"Not sent: restored from a backup of {made}. It can be tried again."
    engine = open_engine(settings.database_url, settings.index_folder)
    try:
        with writing(engine) as connection:
            return Held(
                streams=pause_all_streams(connection, reason),
                schedules=pause_all_schedules(connection, reason),
                deliveries=give_up_all(connection, unsent, now),
            )
    finally:
        engine.dispose()
