"""The columns of chosen events, in the order in which they were chosen; instants as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditdash.events.instants import DAY, HOUR, MINUTE, SECOND
from auditdash.index.files.segment import Column, Columns, Segment
from auditdash.index.view import View

_REPEATED: Final = 4  # instants that are the same so often are written once


def read_columns(view: View, seqs: NDArray[np.int64], names: Sequence[str]) -> Columns:
    """What the index has of the events with these numbers, all of them in sight."""
    found: dict[str, list[Column]] = {name: [] for name in names}
    places: list[NDArray[np.int64]] = []
    for segment, where in _by_segment(view, seqs):
        rows = _rows_of(segment)[seqs[where] - segment.first_seq]
        places.append(where)
        for name in names:
            column = segment.times if name == "time" else segment.column(name)
            found[name].append(column[rows])
    if len(places) == 1:  # all are in one, and stand as they were asked for
        return {name: columns[0] for name, columns in found.items()}
    back = np.argsort(np.concatenate(places)) if places else np.zeros(0, np.int64)
    return {
        name: np.concatenate(columns)[back] if columns else back for name, columns in found.items()
    }


def _by_segment(view: View, seqs: NDArray[np.int64]) -> Iterator[tuple[Segment, NDArray[np.int64]]]:
    """Each segment that has some of them, and which, by their places."""
    segments = view.segments
    ends = np.array([segment.last_seq for segment in segments], np.int64)
    numbers = np.searchsorted(ends, seqs)
    for number in np.unique(numbers).tolist():
        yield segments[number], np.flatnonzero(numbers == number)


def _rows_of(segment: Segment) -> NDArray[np.int64]:
    """The row of each seq of a segment, counted from its first one; it may not have them all."""
    rows = np.empty(segment.last_seq - segment.first_seq + 1, np.int64)
    rows[segment.column("seq")] = np.arange(len(segment))
    return rows


def instant_texts(instants: Column) -> list[bytes]:
    """Each as `to_rfc3339` writes it, in ASCII, all at once."""
    distinct, places = np.unique(instants, return_inverse=True)
    if len(distinct) * _REPEATED > len(instants):
        texts: list[bytes] = _written(instants.astype(np.int64)).tolist()
    else:
        texts = _written(distinct.astype(np.int64)).astype(object)[places].tolist()
    return texts


def _written(instants: NDArray[np.int64]) -> NDArray[np.bytes_]:
    """A row of letters for each, filled column by column."""
    letters = np.empty((len(instants), len(_FRAME)), np.uint8)
    letters[:] = np.frombuffer(_FRAME, np.uint8)
    days, within = np.divmod(instants, DAY)
    distinct, places = np.unique(days, return_inverse=True)
    letters[:, :10] = _letters(_date_texts(distinct))[places]
    for start, unit, turn in ((11, HOUR, 24), (14, MINUTE, 60), (17, SECOND, 60)):
        letters[:, start : start + 2] = _TWO_DIGITS[within // unit % turn]
    letters[:, 20:23] = _THREE_DIGITS[within // 1000 % 1000]
    letters[:, 23:26] = _THREE_DIGITS[within % 1000]
    return letters.view(f"S{len(_FRAME)}").ravel()


def _date_texts(days: NDArray[np.int64]) -> NDArray[np.bytes_]:
    return np.datetime_as_string(days.astype("datetime64[D]")).astype("S10")


def _letters(texts: NDArray[np.bytes_]) -> NDArray[np.uint8]:
    """The letters of texts of one length, a row for each."""
    return texts.view(np.uint8).reshape(len(texts), texts.itemsize)


_FRAME: Final = b"0000-00-00T00:00:00.000000Z"
_TWO_DIGITS: Final = _letters(np.array([b"%02d" % number for number in range(100)]))
_THREE_DIGITS: Final = _letters(np.array([b"%03d" % number for number in range(1_000)]))
