"""Wrong passwords slow down whoever tries: counted in the database, so for all workers together.

Two things are counted: the name that is tried, and the network that it is tried from. A network may
be a whole office: it is given many attempts and waits for seconds, and who is right costs nothing.
A browser in which this person has signed in before is counted for itself (`browsers`).
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import Final

from sqlalchemy import Connection, delete, select, update

from auditdash.accounts.browsers import browser_key, is_known_browser
from auditdash.events.folding import fold_case, storable
from auditdash.events.instants import DAY, MINUTE, SECOND, Instant
from auditdash.store.engine import insert_new
from auditdash.store.schema import login_failures
from auditdash.store.tables.signing import address_failures

FREE_ATTEMPTS: Final = 5
FREE_OF_NETWORK: Final = 50
FORGIVEN_EVERY: Final = 6 * SECOND  # one failure of a network: ten in a minute, however many try
_FIRST_WAIT: Final = 30 * SECOND
_LONGEST_WAIT: Final = 15 * MINUTE
_LONGEST_NAME: Final = 200


def begin_attempt(
    connection: Connection, username: str, now: Instant, address: str = "", browser: str = ""
) -> Instant | None:
    """Count an attempt before it is made; while the name or the network must wait, until when.

    Counting first means that many attempts at once are many attempts. Names are counted whether or
    not they exist, so that the wait tells nothing.
    """
    if is_known_browser(connection, browser, username, now):
        return _begin_named(connection, _browser_name(username, browser), now)
    until = _begin_from(connection, network_of(address), now)
    return until or _begin_named(connection, _key(username), now)


def forget_attempts(connection: Connection, username: str) -> None:
    """The password was right, or is another one now: begin anew."""
    connection.execute(delete(login_failures).where(login_failures.c.username == _key(username)))


def end_attempt(
    connection: Connection, username: str, now: Instant, address: str = "", browser: str = ""
) -> None:
    """The attempt was right: begin anew, and give the network back what this one has cost."""
    forget_attempts(connection, username)
    if is_known_browser(connection, browser, username, now):
        forget_attempts(connection, _browser_name(username, browser))
        return
    end_nameless(connection, address)


def begin_nameless(connection: Connection, now: Instant, address: str) -> Instant | None:
    """The same of an attempt that names nobody, of a passkey or by the provider: what fails is kept
    in the log for good, so no stranger may let it grow as they like."""
    return _begin_from(connection, network_of(address), now)


def end_nameless(connection: Connection, address: str) -> None:
    """It was right: give the network back what it has cost."""
    connection.execute(
        update(address_failures)
        .where(address_failures.c.address == network_of(address), address_failures.c.failures > 0)
        .values(failures=address_failures.c.failures - 1)
    )


def wait_after(failures: int) -> int:
    """Microseconds to wait after so many failures: 0, then 30 s, doubled up to 15 minutes."""
    if failures < FREE_ATTEMPTS:
        return 0
    return min(_FIRST_WAIT << min(failures - FREE_ATTEMPTS, 20), _LONGEST_WAIT)


def network_of(address: str) -> str:
    """What is counted of an address: IPv4 whole, of IPv6 the /64 of one house; "" if it is none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"


def _begin_named(connection: Connection, name: str, now: Instant) -> Instant | None:
    connection.execute(delete(login_failures).where(login_failures.c.locked_until < now - DAY))
    connection.execute(
        insert_new(connection, login_failures).values(username=name, failures=0, locked_until=now)
    )
    row = connection.execute(
        select(login_failures.c.failures, login_failures.c.locked_until)
        .where(login_failures.c.username == name)
        .with_for_update()
    ).one()
    if row.locked_until > now:
        return Instant(row.locked_until)
    failures = row.failures + 1
    connection.execute(
        update(login_failures)
        .where(login_failures.c.username == name)
        .values(failures=failures, locked_until=now + wait_after(failures))
    )
    return None


def _begin_from(connection: Connection, network: str, now: Instant) -> Instant | None:
    """Failures of a network are forgiven one by one, as time goes by."""
    if not network:
        return None
    all_forgiven = now - FREE_OF_NETWORK * FORGIVEN_EVERY
    connection.execute(
        delete(address_failures).where(address_failures.c.counted_at <= all_forgiven)
    )
    connection.execute(
        insert_new(connection, address_failures).values(address=network, failures=0, counted_at=now)
    )
    row = connection.execute(
        select(address_failures.c.failures, address_failures.c.counted_at)
        .where(address_failures.c.address == network)
        .with_for_update()
    ).one()
    forgiven = max(0, now - row.counted_at) // FORGIVEN_EVERY
    left = max(0, row.failures - forgiven)
    counted_at = row.counted_at + forgiven * FORGIVEN_EVERY if left else now
    if left >= FREE_OF_NETWORK:
        return Instant(counted_at + FORGIVEN_EVERY)
    connection.execute(
        update(address_failures)
        .where(address_failures.c.address == network)
        .values(failures=left + 1, counted_at=counted_at)
    )
    return None


def _browser_name(username: str, browser: str) -> str:
    """No person can have a name with a colon."""
    return f"browser:{browser_key(browser).hex()}:{_key(username)}"[:_LONGEST_NAME]


def _key(username: str) -> str:
    return storable(fold_case(username.strip()))[:_LONGEST_NAME]
