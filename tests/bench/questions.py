"""What a dashboard asks, in auditdash's words and in SQL, with parameters that change.

The SQL is written once: `[since]`, `[month]` and the like stand for what SQLite and DuckDB say
differently, see `_WORDS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np
from msgspec import Struct

from auditdash.events.catalogue import actions
from tests.bench import words
from tests.bench.generate import END, RARE, START
from tests.bench.population import Rng, make_population

Parameters = dict[str, str]
_MONTHS_24 = (date.fromisoformat(END) - date.fromisoformat(START)).days
_PAGE = 50
_EXPORTS = ", ".join(f"'{each.name}'" for each in actions() if each.category == "exports")
_PERMISSIONS = ", ".join(f"'{each.name}'" for each in actions() if each.permission)
_NO_BARE_COLON = re.compile(r"(?<!:):([a-z]+)")

# For SQLite and for DuckDB.
_WORDS: dict[str, tuple[str, str]] = {
    "since": (":since", "CAST(:since AS TIMESTAMP)"),
    "until": (":until", "CAST(:until AS TIMESTAMP)"),
    "month": ("substr(occurred_at, 1, 7)", "date_trunc('month', occurred_at)"),
    "hour": ("CAST(substr(occurred_at, 12, 2) AS INTEGER)", "hour(occurred_at)"),
    "word": (
        "rowid IN (SELECT rowid FROM events_fts WHERE events_fts MATCH :match)",
        "regexp_matches(concat_ws(' ', actor, action, entity, subject, description, ip, context),"
        " :pattern)",
    ),
    "before": (  # the role that the same subject had on the same entity
        f"""SELECT (
            SELECT role FROM events p WHERE p.entity = page.entity AND p.subject = page.subject
            AND p.occurred_at < page.occurred_at AND p.action IN ({_PERMISSIONS})
            ORDER BY p.occurred_at DESC LIMIT 1
        ) AS before, page.* FROM page""",
        f"""SELECT (
            SELECT max_by(role, p.occurred_at) FROM events p
            WHERE p.entity = page.entity AND p.subject = page.subject
            AND p.occurred_at < page.occurred_at AND p.action IN ({_PERMISSIONS})
        ) AS before, page.* FROM page""",
    ),
}
_PERIOD = "occurred_at >= [since] AND occurred_at < [until]"


class Question(Struct, frozen=True, kw_only=True):
    """One question of a dashboard. `text` is what a person types, `sql` what it is elsewhere; the
    parameters come from `draw`. `kind` is a task of tests.bench.ours.answer."""

    name: str
    kind: str
    text: str
    sql: tuple[str, ...]
    draw: Callable[[Rng, Sequence[str]], Parameters]

    def texts(self, parameters: Parameters) -> str:
        """The search text with these parameters."""
        return self.text.format(**parameters)

    def sqlite(self) -> list[str]:
        """Its SQL for SQLite, parameters as :name."""
        return [_in_words(each, 0) for each in self.sql]

    def duck(self) -> list[str]:
        """Its SQL for DuckDB, parameters as $name."""
        return [_NO_BARE_COLON.sub(r"$\1", _in_words(each, 1)) for each in self.sql]


def _in_words(sql: str, dialect: int) -> str:
    for name, choices in _WORDS.items():
        sql = sql.replace(f"[{name}]", choices[dialect])
    return sql


def answer_of(question: Question, rows: list[list[list[str]]]) -> int:
    """One number by which the answers of all contenders can be compared."""
    first = rows[0]
    match question.kind:
        case "page":
            return len(first)
        case "count":
            return int(first[0][0])
        case "facets":
            return sum(int(row[2]) for row in first if row[0] == "total")
        case _:
            return sum(int(row[1] or 0) for row in first)


def draws(seed: int, question: Question, count: int) -> list[Parameters]:
    """Parameters for a question: `count` times other ones, the same for the same seed."""
    usernames = make_population(np.random.default_rng(seed)).usernames
    rng = np.random.default_rng([seed, len(question.name), count])
    return [question.draw(rng, usernames) for _ in range(count)]


def _days(rng: Rng, length: int, leeway: int = 0) -> Parameters:
    """A period of so many days, a little shorter at both ends by chance when it is all there is."""
    start, end = date.fromisoformat(START), date.fromisoformat(END)
    first = start + timedelta(int(rng.integers(0, max(_MONTHS_24 - length, leeway) + 1)))
    last = min(first + timedelta(length), end - timedelta(int(rng.integers(0, leeway + 1))))
    return {"since": first.isoformat(), "until": last.isoformat()}


def _recent(rng: Rng, _names: Sequence[str]) -> Parameters:
    day = date.fromisoformat(END) - timedelta(int(rng.integers(0, 90)))
    return {"until": day.isoformat()}


def _actor(rng: Rng, names: Sequence[str]) -> Parameters:
    """Busy people more often, quiet ones too."""
    return {"actor": names[int(len(names) ** rng.random()) - 1]}


def _usual_action(rng: Rng) -> Parameters:
    names = [each.name for each in actions() if each.name not in RARE]
    return {"action": str(rng.choice(names))}


def _rare_action(rng: Rng) -> Parameters:
    return {"action": str(rng.choice(RARE))}


def _word(rng: Rng, action: str = "") -> Parameters:
    word = str(rng.choice(words.TOPICS))
    asked = f"{word}*" + (f' AND action: "{action.replace("_", " ")}"' if action else "")
    return {"word": word, "match": asked, "pattern": rf"(?i)\b{word}"}


def _rare_word(rng: Rng, _names: Sequence[str]) -> Parameters:
    action = _rare_action(rng)
    return action | _word(rng, action["action"])


def _facets(condition: str) -> str:
    """The eight most frequent values of each of four fields, and the total."""
    top = " UNION ALL ".join(
        f"SELECT * FROM (SELECT '{name}' AS field, {name} AS value, count(*) AS n FROM events"
        f" WHERE {condition} AND {name} IS NOT NULL GROUP BY {name} ORDER BY n DESC LIMIT 8)"
        for name in ("actor", "action", "entity", "ip")
    )
    return f"{top} UNION ALL SELECT 'total', '', count(*) FROM events WHERE {condition}"


def _page(condition: str) -> str:
    return f"SELECT * FROM events WHERE {condition} ORDER BY occurred_at DESC LIMIT {_PAGE}"


def _exports(key: str, other: str) -> str:
    """For each person (or report): how many in the period, since when ever, how many at night."""
    inside = f"CASE WHEN {_PERIOD} THEN 1 ELSE 0 END"
    night = f"CASE WHEN {_PERIOD} AND ([hour] < 6 OR [hour] >= 22) THEN 1 ELSE 0 END"
    return f"""
    SELECT {key}, sum({inside}) AS n, sum({night}), min(occurred_at),
        max(CASE WHEN {_PERIOD} THEN occurred_at END),
        count(DISTINCT CASE WHEN {_PERIOD} THEN {other} END)
    FROM events WHERE action IN ({_EXPORTS}) GROUP BY {key}
    """


_CREATED = "created:>={since} created:<{until}"
_CHANGES = f"action IN ({_PERMISSIONS}) AND {_PERIOD}"
_EXPORT_SQL = (_exports("actor", "entity_id"), _exports("entity_id", "actor"))

QUESTIONS = (
    Question(
        name="latest page",
        kind="page",
        text="created:<{until}",
        sql=(_page("occurred_at < [until]"),),
        draw=_recent,
    ),
    Question(
        name="rare action",
        kind="page",
        text='action:"{action}"',
        sql=(_page("action = :action"),),
        draw=lambda rng, _: _rare_action(rng),
    ),
    Question(
        name="three filters",
        kind="page",
        text='actor:{actor} action:"{action}" ' + _CREATED,
        sql=(_page(f"actor = :actor AND action = :action AND {_PERIOD}"),),
        draw=lambda rng, names: _actor(rng, names) | _usual_action(rng) | _days(rng, 180),
    ),
    Question(
        name="text + rare action",
        kind="page",
        text='{word} action:"{action}"',
        sql=(_page("[word] AND action = :action"),),
        draw=_rare_word,
    ),
    Question(
        name="histogram by category, 24 months",
        kind="histogram",
        text=_CREATED,
        sql=(
            "SELECT [month] || category, count(*) FROM events JOIN actions USING (action)"
            f" WHERE {_PERIOD} GROUP BY [month], category",
        ),
        draw=lambda rng, _: _days(rng, _MONTHS_24, 20),
    ),
    Question(
        name="facets, 30 days",
        kind="facets",
        text=_CREATED,
        sql=(_facets(_PERIOD),),
        draw=lambda rng, _: _days(rng, 30),
    ),
    Question(
        name="facets, 90 days + action",
        kind="facets",
        text='action:"{action}" ' + _CREATED,
        sql=(_facets(f"action = :action AND {_PERIOD}"),),
        draw=lambda rng, _: _usual_action(rng) | _days(rng, 90),
    ),
    Question(
        name="count, actor + action",
        kind="count",
        text='actor:{actor} action:"{action}"',
        sql=("SELECT count(*) FROM events WHERE actor = :actor AND action = :action",),
        draw=lambda rng, names: _actor(rng, names) | _usual_action(rng),
    ),
    Question(
        name="count, a word",
        kind="count",
        text="{word}",
        sql=("SELECT count(*) FROM events WHERE [word]",),
        draw=lambda rng, _: _word(rng),
    ),
    Question(
        name="export summary, 90 days",
        kind="exports",
        text=_CREATED,
        sql=_EXPORT_SQL,
        draw=lambda rng, _: _days(rng, 90),
    ),
    Question(
        name="export summary, 24 months",
        kind="exports",
        text=_CREATED,
        sql=_EXPORT_SQL,
        draw=lambda rng, _: _days(rng, _MONTHS_24, 20),
    ),
    Question(
        name="permission summary, 90 days",
        kind="permissions",
        text=_CREATED,
        sql=(
            f"SELECT action, count(*) FROM events WHERE {_CHANGES} GROUP BY action",
            f"WITH page AS ({_page(_CHANGES)}) [before] ORDER BY page.occurred_at DESC",
        ),
        draw=lambda rng, _: _days(rng, 90),
    ),
)
