"""What every table is made of. Instants are integer microseconds UTC."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

# Code point order in both databases, so that sorting and prefixes agree.
Plain: TypeEngine[str] = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
# JSON text as it came, or bytes: what SQLite keeps in one column takes two types elsewhere.
Record: TypeEngine[str] = Text().with_variant(LargeBinary(), "postgresql")
# SQLite numbers rows by itself only in a column that is INTEGER to the letter.
Big: TypeEngine[int] = BigInteger().with_variant(Integer, "sqlite")


def key_column() -> Column[int]:
    """The number of a row."""
    return Column("id", Big, primary_key=True, autoincrement=True)


def workspace_column() -> Column[int]:
    """Whose it is."""
    return Column("workspace_id", Big, ForeignKey("workspaces.id"), nullable=False)


def text_column(name: str, *, nullable: bool = False) -> Column[str]:
    """Text in code point order."""
    return Column(name, Plain, nullable=nullable)


def at_column(name: str, *, nullable: bool = False) -> Column[int]:
    """An instant."""
    return Column(name, BigInteger, nullable=nullable)


def count_column(name: str) -> Column[int]:
    """A number that begins at 0."""
    return Column(name, BigInteger, nullable=False, server_default="0")
