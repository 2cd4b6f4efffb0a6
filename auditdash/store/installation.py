"""What one running application stands on."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from sqlalchemy import Engine

from auditdash.events import instants
from auditdash.events.instants import Instant
from auditdash.settings import Settings


class Installation(Struct, frozen=True):
    """Kept by the application as `app.extensions["auditdash"]`; `now` is its clock."""

    engine: Engine
    settings: Settings
    now: Callable[[], Instant] = instants.now
