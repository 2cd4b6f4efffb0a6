"""How many: over time, and by the values of fields."""

from __future__ import annotations

from typing import Final, get_args

from flask import Blueprint, Response

from auditdash.api.answers import answer_json, answer_table
from auditdash.api.arguments import ASKED, one_of, text, whole
from auditdash.api.call import Call
from auditdash.api.operations import CSV, NDJSON, Argument, Operation, operation
from auditdash.api.shapes import (
    Bucket,
    FacetAnswer,
    FacetsAnswer,
    FacetValue,
    HistogramAnswer,
)
from auditdash.downloads.cells import Value
from auditdash.events.calendars import Unit
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.queries.facets import FACETS, TOP, Facets, count_facets
from auditdash.queries.histogram import Histogram, count_over_time
from auditdash.store.engine import reading

blueprint = Blueprint("api_counts", __name__, url_prefix="/api/v1")

_UNITS: Final[tuple[Unit, ...]] = get_args(Unit)
_MOST_BUCKETS: Final = 5_000
_MOST_VALUES: Final = 1_000
_HOURS: Final = {"hour": 1, "day": 24, "week": 7 * 24, "month": 28 * 24}
_BUCKETS: Final = ("start", "end", "category", "count")
_VALUES: Final = ("field", "value", "label", "count")


@blueprint.get("/histogram")
@operation(
    Operation(
        name="getHistogram",
        tag="Numbers",
        summary="How many events happened when",
        says="Over the period that `q` names, or else from the first event to the last; `unit` is"
        " chosen by its length when it is left out.",
        arguments=(
            *ASKED,
            Argument(name="unit", says="the length of a bucket", schema=one_of(*_UNITS)),
        ),
        answer=HistogramAnswer,
        files=(CSV, NDJSON),
    )
)
def get_histogram(call: Call) -> Response:
    """Buckets without gaps; as a table one row for each bucket and category."""
    chosen = call.choice("unit", ("", *_UNITS), "")
    unit = next((each for each in _UNITS if each == chosen), None)
    form = call.form
    with reading(call.reader.installation.engine) as connection:
        scope = call.scope(connection)
        if unit in _HOURS:
            whole_time = count_over_time(connection, call.query, scope, call.clock)
            _check_length(whole_time, _HOURS[unit])
        found = count_over_time(connection, call.query, scope, call.clock, unit)
    call.record("api-histogram", form=form)
    rows = _buckets(found)
    if form != "application/json":
        return answer_table(call, "histogram", _BUCKETS, lambda _: _bucket_rows(rows))
    return answer_json(
        HistogramAnswer(
            unit=found.unit,
            zone=found.zone.key,
            total=found.total,
            buckets=rows,
            highest_seq=scope.highest_seq or 0,
        )
    )


@blueprint.get("/facets")
@operation(
    Operation(
        name="getFacets",
        tag="Numbers",
        summary="The values of fields, and how many events each has",
        says="The counts of a field leave out what `q` says about that very field, so that what"
        " was not chosen stays in sight.",
        arguments=(
            *ASKED,
            text("fields", f"which fields, with commas between: {', '.join(FACETS)}", "actor,ip"),
            Argument(
                name="top", says="how many values of each", schema=whole(1, _MOST_VALUES, TOP)
            ),
        ),
        answer=FacetsAnswer,
        files=(CSV, NDJSON),
    )
)
def get_facets(call: Call) -> Response:
    """As they stand beside the rows of the timeline."""
    fields = _fields(call)
    top = call.number("top", 1, _MOST_VALUES) or TOP
    form = call.form
    with reading(call.reader.installation.engine) as connection:
        scope = call.scope(connection)
        found = count_facets(connection, call.query, scope, call.clock, top, fields)
    call.record("api-facets", form=form)
    if form != "application/json":
        return answer_table(call, "facets", _VALUES, lambda _: _value_rows(found))
    return answer_json(
        FacetsAnswer(
            total=found.total,
            facets=[
                FacetAnswer(
                    field=each.field,
                    values=[
                        FacetValue(value=one.value, label=one.label, count=one.count)
                        for one in each.choices
                    ],
                    others=each.others,
                    other_count=each.other_count,
                    missing=each.missing,
                )
                for each in found.facets
            ],
            highest_seq=scope.highest_seq or 0,
        )
    )


def _fields(call: Call) -> list[str]:
    given = [each.strip() for each in call.word("fields").split(",") if each.strip()]
    for each in given:
        if each not in FACETS:
            raise BadInput("there is no such field", where="fields", expected=", ".join(FACETS))
    return list(dict.fromkeys(given)) or list(FACETS)


def _check_length(found: Histogram, hours: int) -> None:
    period = found.period
    if period.start is None or period.end is None:
        return
    if (period.end - period.start) / (hours * 3_600_000_000) > _MOST_BUCKETS:
        raise BadInput(
            f"that would be more than {_MOST_BUCKETS:,} buckets",
            where="unit",
            expected="a longer unit, or a shorter period in `q`",
        )


def _buckets(found: Histogram) -> list[Bucket]:
    columns = list(found.counts.items())
    rows = []
    for at, bucket in enumerate(found.buckets):
        counts = {slug: numbers[at] for slug, numbers in columns if numbers[at]}
        rows.append(
            Bucket(
                start=to_rfc3339(bucket.start or Instant(0)),
                end=to_rfc3339(bucket.end or Instant(0)),
                total=sum(counts.values()),
                counts=counts,
            )
        )
    return rows


def _bucket_rows(rows: list[Bucket]) -> list[tuple[Value, ...]]:
    return [
        (each.start, each.end, slug, count) for each in rows for slug, count in each.counts.items()
    ]


def _value_rows(found: Facets) -> list[tuple[Value, ...]]:
    return [
        (each.field, one.value, one.label, one.count)
        for each in found.facets
        for one in each.choices
    ]
