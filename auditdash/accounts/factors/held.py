"""What a person has beside a password, at one glance, and the end of all of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, delete

from auditdash.accounts.factors.passkeys import Passkey, list_passkeys
from auditdash.accounts.factors.recovery import count_codes, forget_codes
from auditdash.accounts.factors.totp import (
    Authenticator,
    find_authenticator,
    remove_authenticator,
)
from auditdash.store.tables.signing import passkeys


class Factors(Struct, frozen=True, kw_only=True):
    """`codes` is how many recovery codes are left."""

    authenticator: Authenticator | None
    passkeys: Sequence[Passkey]
    codes: int

    @property
    def any(self) -> bool:
        """Whether a password alone does not let this person in."""
        return self.authenticator is not None or bool(self.passkeys)


def find_factors(connection: Connection, person_id: int) -> Factors:
    """A person's."""
    return Factors(
        authenticator=find_authenticator(connection, person_id),
        passkeys=list_passkeys(connection, person_id),
        codes=count_codes(connection, person_id),
    )


def forget_codes_alone(connection: Connection, person_id: int) -> None:
    """Recovery codes stand for a second factor: without one they are nothing."""
    if not find_factors(connection, person_id).any:
        forget_codes(connection, person_id)


def reset_factors(connection: Connection, person_id: int) -> Factors:
    """Take away all of them, for somebody who lost them; what there was."""
    had = find_factors(connection, person_id)
    remove_authenticator(connection, person_id)
    connection.execute(delete(passkeys).where(passkeys.c.person_id == person_id))
    forget_codes(connection, person_id)
    return had
