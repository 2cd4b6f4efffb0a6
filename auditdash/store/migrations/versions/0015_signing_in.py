"""Signing in: second factors, passkeys, recovery codes, identities of a provider, what waits for a
further request, what failed from where; and of sessions from where they came and how.

Sessions that were there before were begun with a password.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"

PLAIN: sa.types.TypeEngine[str] = sa.Text().with_variant(
    postgresql.TEXT(collation="C"), "postgresql"
)
BIG: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _widen_sessions()
    _create_factors()
    _create_steps()
    _create_identities()
    _create_attempts()


def _at(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, PLAIN, nullable=False)


def _id() -> sa.Column[int]:
    return sa.Column("id", BIG, autoincrement=True, nullable=False)


def _person(table: str, *, nullable: bool = False, key: bool = False) -> list[sa.schema.SchemaItem]:
    column: sa.Column[int] = (
        sa.Column("person_id", BIG, autoincrement=False, nullable=False)
        if key
        else sa.Column("person_id", BIG, nullable=nullable)
    )
    return [
        column,
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=f"fk_{table}_person_id"),
    ]


def _widen_sessions() -> None:
    for name, default in (("method", "'password'"), ("ip", "''"), ("user_agent", "''")):
        column = sa.Column(name, PLAIN, nullable=False, server_default=sa.text(default))
        op.add_column("sessions", column)
    confirmed = sa.Column(
        "confirmed_at", sa.BigInteger(), nullable=False, server_default=sa.text("0")
    )
    op.add_column("sessions", confirmed)


def _create_factors() -> None:
    op.create_table(
        "authenticators",
        *_person("authenticators", key=True),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        _at("created_at"),
        _at("confirmed_at", nullable=True),
        _at("last_step"),
        sa.PrimaryKeyConstraint("person_id", name="pk_authenticators"),
    )
    op.create_table(
        "passkeys",
        _id(),
        *_person("passkeys"),
        _text("name"),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        _at("sign_count"),
        _text("transports"),
        sa.Column("synced", sa.Boolean(), nullable=False),
        _at("created_at"),
        _at("last_used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("credential_id", name="uq_passkeys_credential_id"),
    )
    op.create_index("ix_passkeys_person_id", "passkeys", ["person_id"])
    op.create_table(
        "recovery_codes",
        _id(),
        *_person("recovery_codes"),
        _text("selector"),
        _text("code_hash"),
        _at("created_at"),
        _at("used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_codes"),
        sa.UniqueConstraint("person_id", "selector", name="uq_recovery_codes_person_id_selector"),
    )


def _create_steps() -> None:
    op.create_table(
        "sign_in_steps",
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        _text("kind"),
        *_person("sign_in_steps", nullable=True),
        _text("data"),
        _at("created_at"),
        _at("expires_at"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sign_in_steps"),
    )
    op.create_index("ix_sign_in_steps_expires_at", "sign_in_steps", ["expires_at"])


def _create_identities() -> None:
    op.create_table(
        "identities",
        _id(),
        *_person("identities"),
        _text("issuer"),
        _text("subject"),
        _text("shown"),
        _at("created_at"),
        _at("last_used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_identities"),
        sa.UniqueConstraint("issuer", "subject", name="uq_identities_issuer_subject"),
    )
    op.create_index("ix_identities_person_id", "identities", ["person_id"])


def _create_attempts() -> None:
    op.create_table(
        "address_failures",
        _text("address"),
        sa.Column("failures", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        _at("counted_at"),
        sa.PrimaryKeyConstraint("address", name="pk_address_failures"),
    )
    op.create_table(
        "known_browsers",
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        *_person("known_browsers"),
        _at("seen_at"),
        sa.PrimaryKeyConstraint("token_hash", "person_id", name="pk_known_browsers"),
    )
    op.create_index("ix_known_browsers_person_id", "known_browsers", ["person_id"])
