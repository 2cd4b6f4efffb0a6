"""The registry of fields: what each means and which values it takes."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Literal, TypeAlias, get_args

from msgspec import Struct

from auditdash.events.catalogue import OTHER, Op, categories
from auditdash.search.query import Order

# text: any value, `*` · action: a family, `*` · exact: any value · choice: one of a list
Kind: TypeAlias = Literal["text", "action", "exact", "choice", "address", "date", "flag", "order"]

CONTEXT = "context."
FLAG_MEANINGS = {
    "export": "exporting data",
    "permission": "changing permissions",
    "own-access": "changing one’s own access",
    "sensitive": "marked sensitive",
    "off-hours": "outside office hours",
    "night": "at night",
    "first-seen": "done for the first time by their actor",
    "unmapped": "unknown to the catalogue",
    "late": "that came more than a day late",
}
FLAGS = tuple(FLAG_MEANINGS)
OUTCOMES = ("success", "failure", "unknown")
OPS: tuple[str, ...] = (*get_args(Op), OTHER)


class Field(Struct, frozen=True):
    """One field: `meaning` completes "actor: who did it", `example` is a value it takes."""

    name: str
    kind: Kind
    meaning: str
    example: str

    @property
    def choices(self) -> tuple[str, ...]:
        """All values, where they are a list; else empty."""
        match self.name:
            case "category":
                return tuple(category.slug for category in categories())
            case "op":
                return OPS
            case "outcome":
                return OUTCOMES
            case "is":
                return FLAGS
            case "sort":
                return get_args(Order)
        return ()

    @property
    def can_be_missing(self) -> bool:
        """Whether `field:*` asks something."""
        return self.kind not in {"flag", "order"}


FIELDS = (
    Field("actor", "text", "who did it: username, id or e-mail", "bob"),
    Field("subject", "text", "whom it was done to: the affected member or group", "analysts"),
    Field("action", "action", "the action or its family", "collection"),
    Field("category", "choice", "the category of the action", "exports"),
    Field("op", "choice", "what the action does", "grant"),
    Field("entity", "text", "what it was done to: name or id", "payroll"),
    Field("entity_type", "text", "the type of what it was done to", "report"),
    Field("entity_id", "text", "the id of what it was done to", "af5aaf31658b"),
    Field("role", "text", "the role or access that was given", "manage"),
    Field("ip", "address", "the address it came from", "10.0.0.0/8"),
    Field("ua", "text", "the user agent", "curl*"),
    Field("ua_family", "text", "the kind of user agent: Chrome, Firefox, curl, …", "curl"),
    Field("outcome", "choice", "how it ended", "unknown"),
    Field("source", "exact", "the connector that brought it", "mode"),
    Field("workspace", "exact", "the tenant it happened in", "acme"),
    Field("corr", "exact", "the correlation id", "12321917-5e07-4094-ae08-1b6254a2a6c8"),
    Field("created", "date", "when it happened, by their clock", "2026-03-08"),
    Field("received", "date", "when it reached us, by our clock", ">=now-7d"),
    Field("is", "flag", "a mark of the event", "sensitive"),
    Field("sort", "order", "the order of the rows", "created-asc"),
)
# What other products call it, or people do.
_CALLED = {
    **dict.fromkeys(("user", "username", "user_id", "by", "who", "member", "email"), "actor"),
    **dict.fromkeys(("target", "group", "affected"), "subject"),
    **dict.fromkeys(("event", "event_type", "operation", "verb"), "action"),
    **dict.fromkeys(("object", "resource", "on", "name"), "entity"),
    **dict.fromkeys(("type", "object_type", "resource_type"), "entity_type"),
    **dict.fromkeys(("date", "time", "timestamp", "when", "at", "since", "after"), "created"),
    **dict.fromkeys(("before", "until", "day", "month", "year", "occurred", "period"), "created"),
    **dict.fromkeys(("imported", "ingested", "arrived"), "received"),
    **dict.fromkeys(("address", "network", "cidr", "host", "ip_address"), "ip"),
    **dict.fromkeys(("user_agent", "useragent", "agent"), "ua"),
    **dict.fromkeys(("browser", "client"), "ua_family"),
    **dict.fromkeys(("status", "result"), "outcome"),
    **dict.fromkeys(("correlation", "correlation_id", "request", "trace"), "corr"),
    **dict.fromkeys(("has", "mark", "flag"), "is"),
    **dict.fromkeys(("order", "orderby", "order_by"), "sort"),
    **dict.fromkeys(("tenant", "org", "account"), "workspace"),
    **dict.fromkeys(("permission", "access"), "role"),
}
_BY_NAME = {field.name: field for field in FIELDS}


def find_field(name: str) -> Field | None:
    """The field of a name as a query writes it (any case); None when there is none."""
    if len(name) > len(CONTEXT) and name[: len(CONTEXT)].lower() == CONTEXT:
        path = name[len(CONTEXT) :]
        return Field(CONTEXT + path, "text", f"{path} in the context", "view")
    return _BY_NAME.get(name.lower())


def nearest_field(name: str) -> str | None:
    """The known field that an unknown name most likely means."""
    word = name.lower().replace("-", "_")
    return _CALLED.get(word) or nearest(word, [*_BY_NAME, CONTEXT])


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str | None:
    """The most similar known word, if any is near."""
    found = get_close_matches(word, known, 1)
    if not found and len(word) > 2:
        found = [each for each in known if word in each]
    return found[0] if found else None
