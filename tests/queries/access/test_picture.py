"""The picture of access against the oracle that replays one event after the other."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import count
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from auditdash.events.folding import fold_case
from auditdash.events.instants import MINUTE, Instant, to_rfc3339
from auditdash.events.periods import Period
from auditdash.ingest.accesses import Act
from auditdash.ingest.baselines.keep import When, keep_baseline, remove_baseline
from auditdash.ingest.baselines.lines import COLUMNS, parse_file
from auditdash.queries.access.paths import DIRECT, Paths, find_from, find_to
from auditdash.queries.access.picture import Picture, find_picture
from auditdash.queries.access.replay import KINDS, NEVER_BEGAN, OPEN
from auditdash.queries.sight.views import open_view
from auditdash.queries.stream import iterate_events
from auditdash.search.query import Query
from auditdash.search.scope import Scope
from auditdash.store.baselines.table import find_baselines, iterate_lines
from auditdash.store.engine import reading, writing
from auditdash.store.workspaces import find_workspace
from tests.databases import add_workspace
from tests.make import make_record, store
from tests.queries.access.replaying import Key, Odd, Replay, Span, Stated
from tests.queries.access_events import START
from tests.queries.test_permission_changes import CLOCK

# Two people are called ann, two groups the same: whoever is only named so could be either.
_PEOPLE = (("u1", "bob"), ("u2", "ann"), ("u3", "Ann"))
_GROUPS = (("g1", "Analysts"), ("g2", "analysts"))
_THINGS = (("c1", "Payroll"), ("c2", "Sales"))
# Few of a kind in one example, so that they meet.
_FAMILIES = tuple(
    names.split()
    for names in (
        "org_user_invited org_user_role_changed org_user_reinvited group_deleted"
        " workspace_default_access_changed report_activity_sql_added",
        "group_created group_deleted group_member_added group_member_removed"
        " collection_group_added collection_group_access_changed",
        "collection_created collection_deleted collection_member_added group_deleted"
        " collection_member_removed collection_member_access_changed collection_group_added"
        " collection_group_removed collection_group_access_changed",
        "connection_created connection_deleted connection_member_added_with_role group_created"
        " connection_member_removed connection_member_access_changed group_deleted"
        " connection_group_access_changed connection_group_added_with_role"
        " connection_group_removed",
    )
)
_SEEN = ("both",) * 4 + ("id",) * 2 + ("name", "none")


def _draw(dice: random.Random, actions: list[str]) -> dict[str, Any]:
    return _record(
        (
            dice.choice(actions),
            *(dice.choice((0, 0, 0, 1, 2)), dice.choice(_SEEN)),
            *(dice.choice((0, 0, 0, 1)), dice.choice(_SEEN)),
            dice.choice(("view", "Edit", "none", None)),
            dice.randrange(30),  # minutes: in any order, and some at the same moment
            dice.choice(("thing", "thing", "thing", "subject", "nothing")),
        )
    )


def _draw_lines(dice: random.Random, family: list[str]) -> list[str]:
    """Lines of a baseline about the things of a family of actions."""
    nouns = {action.partition("_")[0] for action in family}
    if "workspace" in nouns:
        every = ["member,{who},workspace,,,{role}", "everyone,,,default,,,{role}"]
    else:
        kinds = sorted(nouns & {"group", "collection", "connection"})
        every = [f"member,{{who}},{kind},{{what}},{{role}}" for kind in kinds]
        every += [f"group,{{who}},{kind},{{what}},{{role}}" for kind in kinds if kind != "group"]
    lines: dict[str, str] = {}
    for _ in range(8):
        form = dice.choice(every)
        own = dice.choice(_GROUPS if form.startswith("group") else _PEOPLE)
        thing = dice.choice(_GROUPS if "},group" in form else _THINGS)
        who, what = (_cells(one, dice.choice(_SEEN[:-1])) for one in (own, thing))
        role = "" if "},group" in form else dice.choice(("view", "Edit", ""))
        line = form.format(who=who, what=what, role=role)
        # Not twice the same, as far as the file tells.
        lines.setdefault(form.format(who=_key_cell(who), what=_key_cell(what), role=""), line)
    return list(lines.values())


def _cells(one: tuple[str, str], seen: str) -> str:
    return ",".join(cell or "" for cell in _named(one, seen)[::-1])


def _key_cell(cells: str) -> str:
    name, _, identity = cells.partition(",")
    return f"id {identity}" if identity else f"name {fold_case(name)}"


def _import(engine: Engine, workspace_id: int, lines: list[str], minute: int) -> int:
    at = Instant(START + minute * MINUTE)
    content = "\n".join((",".join(COLUMNS), *lines)).encode()
    with writing(engine) as connection:
        workspace = find_workspace(connection, workspace_id)
        assert workspace is not None
        act = Act(workspace=workspace, actor={"username": "alice"}, now=CLOCK.now)
        when = When(at, Period(at, Instant(at + 1)))
        return keep_baseline(connection, act, parse_file(content, "b.csv"), when).baseline.id


def _remove(engine: Engine, workspace_id: int, number: int) -> None:
    with writing(engine) as connection:
        workspace = find_workspace(connection, workspace_id)
        assert workspace is not None
        act = Act(workspace=workspace, actor={"username": "alice"}, now=CLOCK.now)
        remove_baseline(connection, act, number)


def _stated(connection: Connection, scope: Scope) -> list[Stated]:
    """The lines of the baselines that count for a scope, by their moment and in their order."""
    highest = open_view(connection, scope).highest_seq
    return [
        Stated(
            each.at,
            _where(each.id, line.line),
            _named_by(line.subject_kind, line.subject_id, line.subject_name),
            _named_by(line.object_kind, line.object_id, line.object_name),
            line.role,
        )
        for each in find_baselines(connection, scope.workspace_id)
        if each.imported_seq <= highest and not (each.removed_seq or highest + 1) <= highest
        for line in iterate_lines(connection, each.id)
    ]


def _named_by(
    kind: str, identity: str | None, name: str | None
) -> tuple[str, str | None, str | None]:
    return kind, identity and fold_case(identity), name and fold_case(name)


def _where(baseline: int, line: int) -> str:
    return f"baseline {baseline}, line {line}"


_numbers = count()


def _named(one: tuple[str, str], seen: str) -> tuple[str | None, str | None]:
    return (
        one[0] if seen in {"both", "id"} else None,
        one[1] if seen in {"both", "name"} else None,
    )


def _record(drawn: tuple[Any, ...]) -> dict[str, Any]:
    action, who, seen_who, what, seen_what, role, minute, entity_is = drawn
    noun = action.partition("_")[0]
    to_group = "_group_" in action or action in {"group_created", "group_deleted"}
    kind = "group" if to_group else "member"
    subject = _named((_GROUPS if to_group else _PEOPLE)[who % (2 if to_group else 3)], seen_who)
    thing = _named((_GROUPS if noun == "group" else _THINGS)[what], seen_what)
    context = {f"{kind}_id": subject[0], f"{kind}_name": subject[1], "role": role}
    entity: tuple[str | None, ...] = (noun, *thing)
    if action.startswith(("group_created", "group_deleted")):
        entity = ("group", *subject)
    elif entity_is != "thing" and noun in {"group", "collection", "connection"}:
        entity = (kind, *subject) if entity_is == "subject" else (None, None, None)
        context |= {f"{noun}_id": thing[0], f"{noun}_name": thing[1]}
    return make_record(
        id=f"access-{next(_numbers)}",
        action=action,
        timestamp=to_rfc3339(Instant(START + minute * MINUTE)),
        context={key: value for key, value in context.items() if value is not None},
        entity__entity_type=entity[0],
        entity__entity_id=entity[1],
        entity__entity_name=entity[2],
    )


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 1 << 32))
def test_any_prefix_of_any_events_gives_what_replaying_them_one_by_one_gives(
    engine: Engine, seed: int
) -> None:
    dice = random.Random(seed)
    family = dice.choice(_FAMILIES)
    records = [_draw(dice, family) for _ in range(50)]
    twice = dice.randrange(50)
    with writing(engine) as connection:
        workspace_id = add_workspace(connection, uuid4().hex, "Random")
        store(connection, workspace_id, *records[:twice])
    _agree(engine, workspace_id, None)  # so that later ones come to a picture that is kept
    with writing(engine) as connection:
        store(connection, workspace_id, *records)  # the first of them for the second time
    _agree(engine, workspace_id, dice.randrange(50))
    _agree(engine, workspace_id, None)
    first = _import(engine, workspace_id, _draw_lines(dice, family), dice.randrange(-2, 30))
    _agree(engine, workspace_id, None)
    _import(engine, workspace_id, _draw_lines(dice, family), dice.randrange(30))
    with writing(engine) as connection:
        store(connection, workspace_id, *(_draw(dice, family) for _ in range(5)))
    _agree(engine, workspace_id, None)
    _remove(engine, workspace_id, first)
    _agree(engine, workspace_id, None)
    _agree(engine, workspace_id, dice.randrange(45, 60))  # what was known between these acts


def _agree(engine: Engine, workspace_id: int, highest_seq: int | None) -> None:
    scope = Scope(workspace_id=workspace_id, highest_seq=highest_seq)
    with reading(engine) as connection:
        events = iterate_events(connection, Query(), scope, CLOCK)
        oracle = Replay(events, _stated(connection, scope))
        picture = _picture(connection, scope)
    assert sorted(_spans(picture), key=repr) == sorted(oracle.spans, key=repr)
    assert _odd(picture) == sorted(oracle.odd, key=lambda each: str(each.seq))
    for minute in range(-1, 32, 3):
        moment = START + minute * MINUTE
        spans = [each for each in _spans(picture) if _holds(each, moment)]
        assert {(each.subject, each.obj): each.role for each in spans} == oracle.at(moment)
        assert len(spans) == len(oracle.at(moment))
    _agree_who_reaches_what(picture, oracle, START + 20 * MINUTE)


def _agree_who_reaches_what(picture: Picture, oracle: Replay, moment: int) -> None:
    """Of each person what they reach, of each thing who reaches it: the same ways, and those that
    come of joining one pair with another."""
    pairs = oracle.at(moment)
    told: list[tuple[Key, Key, Key | None]] = [(*pair, None) for pair in pairs]
    told += [
        (person, obj, group)
        for person, group in pairs
        for holder, obj in pairs
        if holder == group and person[0] == "member"
    ]
    by_default = [(subject, obj) for subject, obj in pairs if subject[0] == "everyone"]
    for number in range(len(picture.nodes)):
        node = _key(picture, number)
        ways = [each for each in told if each[0] == node]
        if node[0] == "member":
            ways += [(node, obj, everyone) for everyone, obj in by_default]
        assert sorted(_ways(picture, find_from(picture, number, moment))) == _sorted(ways)
        if node[0] in {"collection", "connection", "group"}:
            ways = [each for each in told if each[1] == node and each[0][0] != "group"]
            if node[0] == "collection":
                ways += [(everyone, node, everyone) for everyone, _ in by_default]
            assert sorted(_ways(picture, find_to(picture, number, moment))) == _sorted(ways)


def _sorted(ways: Sequence[tuple[Key, Key, Key | None]]) -> list[str]:
    return sorted(repr(each) for each in ways)


def _ways(picture: Picture, paths: Paths) -> list[str]:
    return [
        repr(
            (
                _key(picture, subject),
                _key(picture, obj),
                None if through == DIRECT else _key(picture, through),
            )
        )
        for subject, obj, through in zip(
            paths.subjects.tolist(), paths.objects.tolist(), paths.through.tolist(), strict=True
        )
    ]


def _picture(connection: Connection, scope: Scope) -> Picture:
    return find_picture(open_view(connection, scope))


def _spans(picture: Picture) -> list[Span]:
    some, seqs = picture.intervals, _told(picture)
    return [
        Span(
            _key(picture, int(some.subjects[at])),
            _key(picture, int(some.objects[at])),
            _folded(picture.role(int(some.roles[at]))),
            None if some.begins[at] == NEVER_BEGAN else int(some.begins[at]),
            None if some.ends[at] == OPEN else int(some.ends[at]),
            None if some.begun[at] < 0 else seqs[some.begun[at]],
            None if some.ended[at] < 0 else seqs[some.ended[at]],
            bool(some.doubtful[at]),
        )
        for at in range(len(some))
    ]


def _key(picture: Picture, number: int) -> Key:
    node = picture.nodes.node(number)
    if node.id:
        return node.kind, "id", node.id.casefold()
    return (node.kind, "name", node.name.casefold()) if node.name else (node.kind, "only", "")


def _folded(role: str | None) -> str | None:
    return role.casefold() if role else None


def _odd(picture: Picture) -> list[Odd]:
    found = picture.contradictions
    seqs = _told(picture)
    rows = zip(found.kinds.tolist(), found.facts.tolist(), found.others.tolist(), strict=True)
    odd = [
        Odd(KINDS[kind], seqs[fact], None if other < 0 else seqs[other])
        for kind, fact, other in rows
    ]
    return sorted(odd, key=lambda each: str(each.seq))


def _told(picture: Picture) -> list[int | str]:
    """By which event, or by which line of a baseline, each fact is told."""
    lines = picture.lines
    which = [lines.baselines[at].id for at in lines.which.tolist()]
    stated = [_where(*pair) for pair in zip(which, lines.numbers.tolist(), strict=True)]
    return [seq if seq > 0 else stated[-1 - seq] for seq in picture.facts.seqs.tolist()]


def _holds(span: Span, moment: int) -> bool:
    return (span.begin is None or span.begin <= moment) and (span.end is None or moment < span.end)


def test_events_that_are_no_change_of_access_leave_the_picture_as_it_is(
    engine: Engine, workspace_id: int
) -> None:
    scope = Scope(workspace_id=workspace_id)
    with writing(engine) as connection:
        store(
            connection,
            workspace_id,
            _record(("org_user_invited", 0, "both", 0, "id", "admin", 1, "thing")),
        )
    with reading(engine) as connection:
        before = _picture(connection, scope)
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(id="look", action="audit_log_accessed"))
    with reading(engine) as connection:
        assert _picture(connection, scope) is before
