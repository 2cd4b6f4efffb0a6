"""The charts of what was asked: answers of queries made into series, with words and links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from auditdash.charts.buckets import HEADS, bucket_short, bucket_text
from auditdash.charts.links import having, having_others, link, link_within_each, within
from auditdash.charts.series import ACCENT, Label, Rest, Series, Trace
from auditdash.charts.summaries import (
    say_by_category,
    say_hours_of_week,
    say_over_time,
    say_ranking,
)
from auditdash.events.catalogue import action_label, categories
from auditdash.queries.histogram import Histogram
from auditdash.queries.permissions.directions import KINDS, Direction, Kind, kind_of
from auditdash.queries.rankings import Rank, Ranking
from auditdash.search.query import Atom, Query, Term, query_of
from auditdash.search.scope import Clock

WEEKDAYS: Final = (
    *("Monday", "Tuesday", "Wednesday", "Thursday"),
    *("Friday", "Saturday", "Sunday"),
)

OPS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "granted": ("grant", "invite", "create"),
    "revoked": ("revoke", "remove"),
    "changed": ("modify",),
}
_KINDS: Final[Mapping[Kind, str]] = {
    "granted": "Granted",
    "revoked": "Revoked",
    "changed": "Role changed",
}


def draw_over_time(histogram: Histogram, query: Query, clock: Clock) -> Series:
    """Stacked bars: the events of each category in each bucket of time."""
    return _over_time(
        histogram,
        query,
        clock,
        name="over-time",
        title="Events over time",
        unit="events",
        field="category",
        names={category.slug: category.label for category in categories()},
    )


def draw_exports_over_time(histogram: Histogram, query: Query, clock: Clock) -> Series:
    """Stacked bars: the exports of each kind; `histogram` counts actions."""
    return _over_time(
        histogram,
        query,
        clock,
        name="exports-over-time",
        title="Exports over time",
        unit="exports",
        field="action",
        names={action: action_label(action) for action in histogram.counts},
    )


def _over_time(
    histogram: Histogram,
    query: Query,
    clock: Clock,
    *,
    name: str,
    title: str,
    unit: str,
    field: str,
    names: Mapping[str, str],
) -> Series:
    labels = _bucket_labels(histogram, query, clock)
    return Series(
        name=name,
        kind="stacked-bars",
        title=title,
        summary=say_over_time(histogram, [label.text for label in labels], unit),
        unit=unit,
        label_head=HEADS[histogram.unit],
        labels=labels,
        traces=tuple(
            Trace(
                name=label,
                slug=slug,
                values=histogram.counts[slug],
                links=_links(histogram, query, clock, field, slug),
            )
            for slug, label in names.items()
        ),
    )


def _bucket_labels(histogram: Histogram, query: Query, clock: Clock) -> tuple[Label, ...]:
    unit, zone = histogram.unit, histogram.zone
    links = link_within_each(query, histogram.buckets, clock)
    return tuple(
        Label(text=bucket_text(bucket, unit, zone), short=bucket_short(bucket, unit, zone), link=to)
        for bucket, to in zip(histogram.buckets, links, strict=True)
    )


def _links(
    histogram: Histogram, query: Query, clock: Clock, field: str, slug: str
) -> tuple[str, ...]:
    counts = histogram.counts[slug]
    if not any(counts):
        return ("",) * len(counts)
    links = link_within_each(query, histogram.buckets, clock, **{field: slug})
    return tuple(to if count else "" for to, count in zip(links, counts, strict=True))


def draw_by_category(counts: Mapping[str, int], query: Query) -> Series:
    """Horizontal bars, the largest first: the categories that have events."""
    found = sorted(
        (category for category in categories() if counts[category.slug]),
        key=lambda category: -counts[category.slug],
    )
    return _ranking_series(
        name="by-category",
        title="Events by category",
        summary=say_by_category([(each.label, counts[each.slug]) for each in found]),
        label_head="Category",
        labels=[Label(text=each.label, short=each.label, slug=each.slug) for each in found],
        values=[counts[each.slug] for each in found],
        links=[link(having(query, category=each.slug)) for each in found],
    )


def draw_top_actors(ranking: Ranking, query: Query) -> Series:
    """Horizontal bars: who did most."""
    names = [rank.name or "" for rank in ranking.ranks]
    rest = _rest(
        ranking,
        ("1 other actor", f"{ranking.others:,} other actors"),
        "No actor named",
        link(having_others(query, "actor", [{"actor": name} for name in names])),
        link(having(query, actor=None)),
    )
    return _ranking_series(
        name="top-actors",
        title="Top actors",
        summary=say_ranking(ranking, "actor", "actors"),
        label_head="Actor",
        labels=[Label(text=name, short=name) for name in names],
        values=[rank.count for rank in ranking.ranks],
        links=[link(having(query, actor=name)) for name in names],
        rest=rest,
    )


def draw_top_entities(ranking: Ranking, query: Query) -> Series:
    """Horizontal bars: what most was done to. The note of a label is the entity's type."""
    names = [rank.name or rank.id or "" for rank in ranking.ranks]
    rest = _rest(
        ranking,
        ("1 other entity", f"{ranking.others:,} other entities"),
        "No entity named",
        link(having_others(query, "entity", [_fields(rank) for rank in ranking.ranks])),
        link(having(query, entity=None)),
    )
    return _ranking_series(
        name="top-entities",
        title="Top entities",
        summary=say_ranking(ranking, "entity", "entities"),
        label_head="Entity",
        note_head="Type",
        labels=[
            Label(text=name, short=name, note=rank.type or "")
            for name, rank in zip(names, ranking.ranks, strict=True)
        ],
        values=[rank.count for rank in ranking.ranks],
        links=[link(having(query, **_fields(rank))) for rank in ranking.ranks],
        rest=rest,
    )


def _fields(rank: Rank) -> dict[str, str | None]:
    """What a query says about an entity, and about no other one."""
    kind = {"entity_type": rank.type or None}
    if rank.id:
        return kind | {"entity_id": rank.id}
    return kind | {"entity": rank.name or "", "entity_id": None}


def _rest(
    ranking: Ranking, others: tuple[str, str], missing: str, others_link: str, missing_link: str
) -> tuple[Rest, ...]:
    """What the bars leave out, so that the numbers add up; `others` is said of one and of many."""
    found = []
    if ranking.others:
        text = others[0] if ranking.others == 1 else others[1]
        found.append(Rest(text=text, count=ranking.other_count, link=others_link))
    if ranking.missing:
        found.append(Rest(text=missing, count=ranking.missing, link=missing_link))
    return tuple(found)


def _ranking_series(
    *,
    name: str,
    title: str,
    summary: str,
    label_head: str,
    labels: Sequence[Label],
    values: Sequence[int],
    links: Sequence[str],
    note_head: str = "",
    rest: tuple[Rest, ...] = (),
) -> Series:
    trace = Trace(name="Events", slug=ACCENT, values=tuple(values), links=tuple(links))
    return Series(
        name=name,
        kind="ranking",
        title=title,
        summary=summary,
        label_head=label_head,
        note_head=note_head,
        labels=tuple(labels),
        traces=(trace,),
        rest=rest,
    )


def draw_hours_of_week(
    counts: Sequence[Sequence[int]], clock: Clock, unit: str = "events"
) -> Series:
    """A heat map: one row for each weekday, one cell for each hour of the reader's clocks."""
    return Series(
        name="hours-of-week",
        kind="heatmap",
        title="Hours of the week",
        summary=say_hours_of_week(counts, WEEKDAYS, clock.zone, unit),
        unit=unit,
        label_head="Weekday",
        labels=tuple(
            Label(text=f"{hour:02}:00 to {hour:02}:59", short=f"{hour:02}") for hour in range(24)
        ),
        traces=tuple(
            Trace(name=day, slug=ACCENT, values=tuple(row))
            for day, row in zip(WEEKDAYS, counts, strict=True)
        ),
    )


def draw_changes_over_time(histogram: Histogram, query: Query, clock: Clock) -> Series:
    """Stacked bars; `histogram` counts actions, and the query asks for permission changes alone."""
    labels = _bucket_labels(histogram, query, clock)
    narrowed = [within(query, bucket, clock) for bucket in histogram.buckets]
    counts = {kind: _of_kind(histogram, kind) for kind in KINDS}
    return Series(
        name="changes-over-time",
        kind="stacked-bars",
        title="Permission changes over time",
        summary=say_over_time(histogram, [label.text for label in labels], "changes"),
        unit="changes",
        label_head=HEADS[histogram.unit],
        labels=labels,
        traces=tuple(
            Trace(
                name=_KINDS[kind],
                slug=kind,
                values=values,
                links=tuple(
                    link(having_kind(narrow, kind)) if value else ""
                    for narrow, value in zip(narrowed, values, strict=True)
                ),
            )
            for kind, values in counts.items()
        ),
    )


def draw_directions_over_time(
    histogram: Histogram,
    query: Query,
    clock: Clock,
    names: Mapping[Direction, str],
    path: str,
) -> Series:
    """Stacked bars; `histogram` counts directions, which no search can ask for: `path` lists them
    by `direction`."""
    labels = _bucket_labels(histogram, query, clock)
    return Series(
        name="directions-over-time",
        kind="stacked-bars",
        title="More and less access over time",
        summary=say_over_time(histogram, [label.text for label in labels], "changes"),
        unit="changes",
        label_head=HEADS[histogram.unit],
        labels=labels,
        path=path,
        traces=tuple(
            Trace(
                name=name,
                slug=direction,
                values=histogram.counts[direction],
                links=tuple(
                    label.link if value else ""
                    for label, value in zip(labels, histogram.counts[direction], strict=True)
                ),
                more=f"&direction={direction}",
            )
            for direction, name in names.items()
        ),
    )


def having_kind(query: Query, kind: Kind) -> Query:
    """Narrowed to what grants, what revokes, or what changes a role."""
    term = Term("op", tuple(Atom(op) for op in OPS[kind]))
    kept = tuple(part for part in query.parts if part != term)
    return query_of((*kept, term), query.order)


def _of_kind(histogram: Histogram, kind: Kind) -> tuple[int, ...]:
    rows = [counts for action, counts in histogram.counts.items() if kind_of(action) == kind]
    return tuple(map(sum, zip(*rows, strict=True))) if rows else (0,) * len(histogram.buckets)
