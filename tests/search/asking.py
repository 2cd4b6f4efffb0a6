"""Random queries: trees as the parser makes them, and texts that are nearly queries."""

from __future__ import annotations

from hypothesis import strategies as st

from auditdash.search.edit import atom_of
from auditdash.search.fields import CONTEXT, FIELDS
from auditdash.search.parse import LONGEST
from auditdash.search.print import print_query
from auditdash.search.query import (
    Atom,
    Compare,
    Node,
    Not,
    Present,
    Query,
    Range,
    Term,
    Text,
    Value,
    conjunction,
    disjunction,
)

# Names of actors and entities, each a trap: for LIKE, for folding, for the parser, for an index.
NAMES = (
    *("bob", "Bob", "BOB@example.org", "bobby", "zoë", "ZOË", "zoe", "straße", "STRASSE", "İzmir"),
    *("100%", "1000", "a_b", "axb", "a%b", "a\\b", "a*b", "a..b", "a,b", "(x)", '"q"', "-x", ">=5"),
    *("O'Brien", "日本", "NOT", "or", "Star Space", "star  space", "\u202eevil", "x" * 600),
)
ACTIONS = (
    *("collection_created", "collection_deleted", "connection_created", "group_created"),
    *("export_data_sql_exported", "report_schedule_created", "audit_log_accessed"),
    *("collection", "collectionx", "Collection_Odd", "weird%action", "É_x"),
)
USER_AGENTS = (
    "curl/8.5.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "python-requests/2.32.3",
)
ADDRESSES = (
    "10.0.0.1",
    "10.255.255.255",
    "11.0.0.0",
    "::ffff:10.0.0.1",
    "2001:db8::1",
    "192.168.0.1",
)
NETWORKS = ("10.0.0.0/8", "10.0.0.1/32", "::ffff:0:0/96", "2001:db8::/32", "0.0.0.0/0", "::/0")
DATES = (
    *("2026", "2026-03", "2026-Q1", "2026-03-08", "2026-11-01", "today", "yesterday"),
    *("2026-03-08T07:00:00Z", "2026-03-08T07:00:00.5Z", "2026-11-01T01:30:00-04:00"),
)
MOMENTS = ("now", "now-7d", "now-90m", "now-3w", "now-12h")
PATHS = ("role", "group_name", "tags", "deep.er", "flag", "a b", "Role")
_OPEN_FIELDS = tuple(field.name for field in FIELDS if field.kind in {"text", "exact"})
_CHOICES = tuple(field for field in FIELDS if field.kind in {"choice", "flag"})

_NAMES_OF = {"action": ACTIONS, "ua_family": ("curl", "Firefox", "python-requests", "OTHER")}
_fields = st.sampled_from([*_OPEN_FIELDS, "action", *(CONTEXT + path for path in PATHS)])
_dates = st.sampled_from(DATES).map(Atom)
_edges = st.sampled_from((*DATES, *MOMENTS)).map(Atom)


@st.composite
def _texts(draw: st.DrawFn) -> Term:
    field = draw(_fields)
    names = _NAMES_OF.get(field, NAMES)
    exact = st.sampled_from(names).map(lambda name: atom_of(field, name))
    values: list[st.SearchStrategy[Value]] = [exact, st.just(Present())]
    if field == "action":
        values.append(st.sampled_from(("collection", "report", "group_created")).map(Atom))
    if field not in {"source", "corr", "workspace"}:
        patterns = ("*o*", "b*", "*a", "a*b", "100%*", "*_b", "*straß*", "*\\*", "É*", "*r*")
        values.append(st.sampled_from(patterns).map(Atom))
    return Term(field, draw(_some(st.one_of(values))))


def _some(values: st.SearchStrategy[Value]) -> st.SearchStrategy[tuple[Value, ...]]:
    return st.lists(values, min_size=1, max_size=3).map(tuple)


@st.composite
def _choices(draw: st.DrawFn) -> Term:
    field = draw(st.sampled_from(_CHOICES))
    return Term(field.name, draw(_some(st.sampled_from(field.choices).map(Atom))))


_sides = st.one_of(_edges, st.just(Atom("*")))
_compared = st.builds(Compare, st.sampled_from((">=", "<=", ">", "<")), _edges)
_when: st.SearchStrategy[Value] = st.one_of(
    _dates, _compared, st.builds(Range, _sides, _sides), st.just(Present())
)
_dated = st.builds(Term, st.sampled_from(("created", "received")), _some(_when))
_where: st.SearchStrategy[Value] = st.one_of(
    st.sampled_from(ADDRESSES + NETWORKS).map(Atom), st.just(Present())
)
_placed = st.builds(Term, st.just("ip"), _some(_where))
_free = st.one_of(
    st.sampled_from(("bo", "b", "zoe", "collection", "a_b", "10.0.0.1", "star", "100%", "str")).map(
        Text
    ),
    st.sampled_from(("star space", "a b", "bob", "10 0")).map(lambda text: Text(text, quoted=True)),
)
leaves: st.SearchStrategy[Node] = st.one_of(_texts(), _choices(), _dated, _placed, _free)


def _larger(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(nodes, min_size=2, max_size=3).map(tuple)
    return st.one_of(several.map(conjunction), several.map(disjunction), nodes.map(Not))


nodes: st.SearchStrategy[Node] = st.recursive(leaves, _larger, max_leaves=6)
# What could be written into the box, so no longer than a query may be.
queries: st.SearchStrategy[Query] = st.builds(
    Query, st.none() | nodes, st.sampled_from(("created-desc", "created-asc"))
).filter(lambda query: len(print_query(query)) <= LONGEST)

_TOKENS = (
    *(
        "actor:",
        "created:",
        "ip:",
        "is:",
        "sort:",
        "context.",
        "a",
        "bob",
        '"',
        "\\",
        "(",
        ")",
        ",",
    ),
    *("-", " ", "  ", "AND", "OR", "NOT", "or", "*", "..", ">=", "2026", "now-7d", ":", "\x00"),
    *("\ud800", "é", "\u2028", "%", "_", "created-asc", "10.0.0.0/8", "https://x", "\n"),
)
near_queries: st.SearchStrategy[str] = st.one_of(
    st.lists(st.sampled_from(_TOKENS), max_size=30).map("".join),
    st.text(st.characters(), max_size=60),
)
