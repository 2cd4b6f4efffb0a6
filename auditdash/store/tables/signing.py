"""The tables of signing in, beside `people` and `sessions`. Secrets are sealed or hashed."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from auditdash.store.tables.columns import (
    Big,
    Plain,
    at_column,
    count_column,
    key_column,
    metadata,
    text_column,
)


def _person(*, nullable: bool = False) -> Column[int]:
    return Column("person_id", Big, ForeignKey("people.id"), nullable=nullable)


# One authenticator app of a person; until its first code is given (confirmed_at) it is none.
authenticators = Table(
    "authenticators",
    metadata,
    Column("person_id", Big, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("sealed_secret", LargeBinary, nullable=False),
    at_column("created_at"),
    at_column("confirmed_at", nullable=True),
    Column("last_step", BigInteger, nullable=False),  # of the newest code: none is good twice
)

passkeys = Table(
    "passkeys",
    metadata,
    key_column(),
    _person(),
    text_column("name"),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    text_column("transports"),  # words with a space between them, as the browser gave them
    Column("synced", Boolean, nullable=False),  # whether its maker keeps a copy
    at_column("created_at"),
    at_column("last_used_at", nullable=True),
    Index(None, "person_id"),
)

# The first letters of a code find its row, the others are hashed as passwords are.
recovery_codes = Table(
    "recovery_codes",
    metadata,
    key_column(),
    _person(),
    text_column("selector"),
    text_column("code_hash"),
    at_column("created_at"),
    at_column("used_at", nullable=True),
    UniqueConstraint("person_id", "selector"),
)

# What waits for the next request of one browser: a second factor, a passkey, an answer of the
# provider. Each is taken once.
sign_in_steps = Table(
    "sign_in_steps",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    text_column("kind"),
    _person(nullable=True),
    text_column("data"),
    at_column("created_at"),
    at_column("expires_at"),
    Index(None, "expires_at"),
)

# Whose account it is that a provider speaks of: never its e-mail address.
identities = Table(
    "identities",
    metadata,
    key_column(),
    _person(),
    text_column("issuer"),
    text_column("subject"),
    text_column("shown"),  # the name or address that the provider gave, for people
    at_column("created_at"),
    at_column("last_used_at", nullable=True),
    UniqueConstraint("issuer", "subject"),
    Index(None, "person_id"),
)

# How many attempts failed from a network address, less what was forgiven until counted_at.
address_failures = Table(
    "address_failures",
    metadata,
    Column("address", Plain, primary_key=True),
    count_column("failures"),
    at_column("counted_at"),
)

# Browsers in which a person has signed in: theirs are not made to wait for what others try.
known_browsers = Table(
    "known_browsers",
    metadata,
    Column("token_hash", LargeBinary(32), nullable=False),
    _person(),
    at_column("seen_at"),
    PrimaryKeyConstraint("token_hash", "person_id"),
    Index(None, "person_id"),
)

TABLES = (
    authenticators,
    passkeys,
    recovery_codes,
    sign_in_steps,
    identities,
    address_failures,
    known_browsers,
)
