"""Who reads by the API: a token, what it may see, and the record that it looked."""

from __future__ import annotations

from flask import current_app, request
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.accounts.tokens import Token
from auditdash.ingest import accesses
from auditdash.ingest.accesses import Access, AccessLog
from auditdash.queries.timeline import find_highest_seq
from auditdash.search.scope import Scope
from auditdash.store.engine import reading
from auditdash.store.installation import Installation
from auditdash.store.workspaces import Workspace, list_workspaces


class Reader(Struct, frozen=True):
    """A program with a token that may read."""

    installation: Installation
    token: Token
    workspace: Workspace

    def scope(self, connection: Connection, highest: int | None) -> Scope:
        """Its workspace up to this number, else up to the newest event now."""
        everything = Scope(workspace_id=self.workspace.id)
        newest = find_highest_seq(connection, everything)
        seen = newest if highest is None else min(highest, newest)
        return Scope(workspace_id=self.workspace.id, highest_seq=seen)

    def record_access(self, what: str, query: str, **context: str) -> None:
        """Keep that it looked, and at what: no record, no answer. No person's name has a colon."""
        at, told = self.installation.now(), {"token": self.token.prefix, **context}
        self._keep(accesses.access_of(self.workspace, at, self._actor(), what, query, told))

    def record_refusal(self, scope: str) -> None:
        """Keep that it asked for what needs this scope, which it has not."""
        context = {
            "reason": f"the token may not {scope}",
            "method": request.method,
            "path": request.path[:500],
            "token": self.token.prefix,
        }
        at = self.installation.now()
        self._keep(accesses.refusal_of(self.workspace, at, self._actor(), context))

    def _actor(self) -> dict[str, str | None]:
        return {
            "ip": request.remote_addr,
            "user_agent": request.headers.get("User-Agent", ""),
            "user_id": f"token:{self.token.id}",
            "username": f"token:{self.token.name}",
        }

    def _keep(self, access: Access) -> None:
        log: AccessLog = current_app.extensions.setdefault(accesses.EXTENSION, AccessLog())
        log.keep(self.installation.engine, access)


def reader_of(installation: Installation, token: Token) -> Reader:
    """The reader behind a token."""
    with reading(installation.engine) as connection:
        every = list_workspaces(connection)
    return Reader(
        installation, token, next(each for each in every if each.id == token.workspace_id)
    )
