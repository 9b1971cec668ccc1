"""The *known* clock in both its forms: a position of the log, and the record time at which it was reached.

Record times rise along a log. Where a log from before has some that do not, one wrong clock must not move the answer:
of the records between, the largest part that agrees with the log's order is believed, and each other one was made
between its neighbours.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt

from events.clock import instant, micros
from events.errors import CorruptEventError, NaiveTimeError
from events.log import Log, LogEvent
from events.sealing.records import recorded_us

Times = npt.NDArray[np.int64]


def record_time(event: LogEvent) -> datetime:
    """When the twin made the record (UTC): of a columnar event from its header, of a domain event from its JSON."""
    recorded = recorded_us(event.state)
    if recorded is None:
        raise CorruptEventError(
            f"position {event.position}: {event.tag} does not say when it was recorded; run `twin log verify`"
        )
    return instant(recorded)


def known_at(log: Log, position: int) -> datetime | None:
    """Record time of the event at `position`, None before the first and where the log has none."""
    try:
        return record_time(log.at(position)) if position > 0 else None
    except LookupError:
        return None


def position_at(log: Log, moment: datetime, head: int) -> int:
    """The last position recorded at or before `moment`, at most `head`; 0 when nothing was.

    A binary search: some twenty events are read whatever the log's length. Where `moment` lies in a stretch of record
    times that do not rise (`Log.record_clock` knows them), the stretch is read whole, and believed as `believed` says.
    NaiveTimeError for a moment without a zone.
    """
    if moment.tzinfo is None:
        raise NaiveTimeError(f"{moment.isoformat()} has no zone; give an aware time, such as 2026-08-20T19:41:52+08:00")
    asked = micros(moment)
    stretch = log.record_clock.stretch(asked)
    if stretch is not None and stretch[0] <= head:
        return _within(log, asked, head, *stretch)
    return _searched(log, asked, head)


def believed(times: Sequence[int]) -> Times:
    """Record times in log order as they are believed: rising.

    The longest part of them that rises already stays. Another one was made between its neighbours of that part,
    whatever its clock said: it counts as known from the next one's time on (behind the last: from the last one's).

    >>> believed([10, 90, 11, 12]).tolist()
    [10, 11, 11, 12]
    >>> believed([10, 11, 2, 12]).tolist()
    [10, 11, 12, 12]
    """
    told = np.asarray(times, np.int64)
    kept = _rising(told.tolist())
    behind = np.searchsorted(kept, np.arange(len(told)))
    return told[kept[np.minimum(behind, len(kept) - 1)]]


def _within(log: Log, asked: int, head: int, first: int, last: int) -> int:
    """The position in a stretch whose times do not rise; read to the first event behind it, whose time is in order."""
    seen: list[tuple[int, int]] = []
    for event in log.read(first - 1, upto=head):
        if (recorded := recorded_us(event.state)) is not None:
            seen.append((event.position, recorded))
            if event.position > last:
                break
    at = int(np.searchsorted(believed([us for _, us in seen]), asked, side="right"))
    return seen[at - 1][0] if at else first - 1


def _searched(log: Log, asked: int, head: int) -> int:
    low, high = 0, head
    while low < high:
        middle = (low + high + 1) // 2
        event = next(log.read(middle - 1, upto=high, page=1), None)
        if event is None or micros(record_time(event)) > asked:
            high = middle - 1
        else:
            low = event.position
    return low


def _rising(times: Sequence[int]) -> npt.NDArray[np.intp]:
    """Places of a longest part that does not fall, of several the one that ends lowest."""
    tails: list[int] = []
    places: list[int] = []
    before: list[int] = []
    for place, time in enumerate(times):
        at = bisect_right(tails, time)
        before.append(places[at - 1] if at else -1)
        tails[at : at + 1], places[at : at + 1] = [time], [place]
    found: list[int] = []
    place = places[-1] if places else -1
    while place >= 0:
        found.append(place)
        place = before[place]
    return np.array(found[::-1], np.intp)
