"""Record times rise along the log: each is the writer's own clock, or a microsecond after the record before it.

Two clocks that disagree by more than AHEAD are not reconciled unsaid. A third one tells which is wrong: that of the
store itself (the file system's, or the database server's):

    the writer is ahead of the log's last record and of the store's clock, the last record is not    it may not append
    the last record is ahead of the writer and of the store's clock                                  it is not followed
    the log was idle: the writer is ahead of the last record, and not of the store's clock           nothing is wrong
    the writer is behind the last record                                                             it follows it
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from eventsourcing.persistence import StoredEvent

from events.clock import instant
from events.errors import ClockAheadError
from events.sealing.records import made_at, recorded_us, told

AHEAD_US = 60_000_000
"""How far a writer's clock may be ahead of the log's last record and of its store."""

StoreClock = Callable[[], int]
"""The store's own clock, UTC microseconds; asked only where two others disagree."""


def rising(events: Sequence[StoredEvent], last: int | None, clock: StoreClock, where: str) -> list[StoredEvent]:
    """`events` of one append as they are stored behind a record made at `last` (None: before the first).

    They became known at once: later ones of the append have no earlier time than those before, and may have the same.
    ClockAheadError when the writer is ahead of the log and of its store.
    """
    stored: list[StoredEvent] = []
    least: int | None = None
    for event in events:
        own, state = recorded_us(event.state), event.state
        if own is not None:
            time = _time(own, last, clock, where) if least is None else max(own, least)
            state = made_at(state, time) if time != own else state
            least = time
        state = told(str(event.originator_id), event.originator_version, event.topic, state)
        stored.append(replace(event, state=state))
    return stored


def _time(own: int, last: int | None, clock: StoreClock, where: str) -> int:
    if last is None or abs(own - last) <= AHEAD_US:
        return own if last is None or own > last else last + 1
    store = clock()
    if own < last:
        return own if last > store + AHEAD_US else last + 1
    if own > store + AHEAD_US and last <= store + AHEAD_US:
        raise ClockAheadError(
            f"{where}: this writer's clock says {_shown(own)}, {(own - store) / 1e6:,.0f} s ahead of the log's "
            f"store and {(own - last) / 1e6:,.0f} s ahead of the log's last record: set it (NTP); nothing was written"
        )
    return own


def _shown(us: int) -> str:
    return f"{instant(us):%Y-%m-%dT%H:%M:%SZ}"
