"""What one running application stands on."""

from __future__ import annotations

from collections.abc import Callable
from threading import BoundedSemaphore

from msgspec import Struct, field
from sqlalchemy import Engine

from auditdash.events import instants
from auditdash.events.instants import Instant
from auditdash.settings import Settings

DOWNLOADS_AT_ONCE = 4  # of the 8 threads of a worker: pages must find one, however slow others read


class Installation(Struct, frozen=True):
    """Kept by the application as `app.extensions["auditdash"]`; `now` is its clock.

    `downloads` has a place for each file that this process may stream at once.
    """

    engine: Engine
    settings: Settings
    now: Callable[[], Instant] = instants.now
    downloads: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(DOWNLOADS_AT_ONCE))
