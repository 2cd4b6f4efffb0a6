"""Alembic's entrance: runs on the connection that `store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from auditdash.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
