"""Numbers as Prometheus reads them: its text format, version 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal

from msgspec import Struct

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPED: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Sample(Struct, frozen=True):
    """One number; `suffix` is that of a histogram's parts."""

    value: int | float
    labels: tuple[tuple[str, str], ...] = ()
    suffix: str = ""


class Metric(Struct, frozen=True):
    """What is counted or measured. Counters end in _total."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    samples: tuple[Sample, ...]


def sample(value: int | float, **labels: str) -> Sample:
    """A number and what it is of."""
    return Sample(value, tuple(labels.items()))


def exposition(metrics: Iterable[Metric]) -> bytes:
    """All of them; without samples a metric is left out."""
    lines = [line for metric in metrics if metric.samples for line in _lines(metric)]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")


def _lines(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.help}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for each in metric.samples:
        labels = ",".join(f'{name}="{text.translate(_ESCAPED)}"' for name, text in each.labels)
        braced = f"{{{labels}}}" if labels else ""
        yield f"{metric.name}{each.suffix}{braced} {each.value}"
