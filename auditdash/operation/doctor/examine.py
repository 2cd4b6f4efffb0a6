"""All checks, in the order in which one would mend what they find."""

from __future__ import annotations

from auditdash.events.instants import Instant
from auditdash.operation.doctor.database import check_schema, check_stored
from auditdash.operation.doctor.feeds import check_feeds
from auditdash.operation.doctor.files import check_files
from auditdash.operation.doctor.finding import Finding, ok, problem
from auditdash.operation.doctor.machine import check_disk, check_machine
from auditdash.operation.doctor.people import check_people
from auditdash.operation.doctor.sending import check_sent, check_ways
from auditdash.operation.doctor.tokens import check_tokens
from auditdash.settings import Settings
from auditdash.store.engine import (
    DatabaseTrouble,
    DatabaseUnfit,
    is_there,
    open_engine,
    reading,
)
from auditdash.store.standing.totals import find_size


def examine(settings: Settings, unknown: list[str], now: Instant) -> list[Finding]:
    """What every check says; nothing is changed or migrated. `unknown` are variables that nothing
    reads."""
    found = [*check_machine(settings, unknown), *check_ways(settings.sending)]
    size = 0
    try:
        if is_there(settings.database_url):
            size = _examine_stored(settings, now, found)
        else:
            found.append(problem("database", "there is none yet", "start once: auditdash serve"))
    except DatabaseTrouble as error:
        advice = "see that it runs, and that DATABASE_URL is right"
        found.append(problem("database", f"it does not answer: {error.orig}", advice))
    except DatabaseUnfit as error:
        advice = "see that DATABASE_URL is right; what is damaged is restored from a backup"
        found.append(problem("database", f"it cannot be read: {error.orig}", advice))
    except PermissionError as error:
        advice = "run as the user that it belongs to"
        found.append(problem("database", f"this user may not read {error.filename}", advice))
    found.append(check_disk(settings.instance, size))
    return found


def _examine_stored(settings: Settings, now: Instant, found: list[Finding]) -> int:
    """Adds what the database tells; its size in bytes."""
    engine = open_engine(settings.database_url, settings.index_folder, only_look=True)
    try:
        with reading(engine) as connection:
            size = find_size(connection)
            found.append(ok("database", f"it answers; {size / (1 << 20):,.0f} MiB"))
            schema = check_schema(connection)
            found.append(schema)
            if schema.state == "ok":
                found.extend(check_stored(connection, now))
                found.extend(check_feeds(connection, settings, now))
                found.extend(check_sent(connection, settings, now))
                found.extend(check_files(connection, settings))
                found.extend(check_tokens(connection, now))
                found.extend(check_people(connection, settings))
    finally:
        engine.dispose()
    return size
