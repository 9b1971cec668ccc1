"""Where the record times of a log do not rise: a fold over its events, so that a search by time looks twice there.

New records rise (`events.sealing.rising`); logs from before, or of a clock that was put right, may hold others. A
record made before the highest time so far makes ambiguous the times from its own to that of the next record that rises:
events before and after it claim them. Outside of such stretches a binary search over the log is exact.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

import msgspec

from events.sealing.records import Record, recorded_us

EVERY = 256
"""Events between two entries of the index."""


class Inversion(msgspec.Struct, frozen=True, array_like=True):
    """Times from `low` to before `high` (UTC microseconds) are claimed out of order, for the last time at `last`."""

    low: int
    high: int
    last: int


class RecordClock(msgspec.Struct, frozen=True):
    """Inversions in order of time, and every EVERY-th event with the highest time up to it: (time, position).

    `high`: the highest time of `events` so far; `falling`: the last of them has an earlier one.
    """

    high: int = -(1 << 62)
    events: int = 0
    falling: bool = False
    inversions: tuple[Inversion, ...] = ()
    index: tuple[tuple[int, int], ...] = ()

    def fold(self, events: Iterable[Record]) -> RecordClock:
        """The clock once further events are taken, in log order; any split gives the same."""
        high, count, found, index = self.high, self.events, list(self.inversions), list(self.index)
        falling = self.falling
        for event in events:
            recorded = recorded_us(event.state)
            if recorded is None:
                continue
            if recorded < high:
                _ambiguous(found, Inversion(recorded, high, event.position))
            elif falling:  # the record before it was made before this one, and nobody knows how long before
                found[-1] = msgspec.structs.replace(found[-1], high=recorded)
            falling = recorded < high
            high = max(high, recorded)
            if count % EVERY == 0:
                index.append((high, event.position))
            count += 1
        return RecordClock(high, count, falling, tuple(found), tuple(index))

    def stretch(self, moment: int) -> tuple[int, int] | None:
        """First and last position between which `moment` is claimed out of order, None where it is not."""
        at = bisect_right(self.inversions, moment, key=lambda one: one.low) - 1
        if at < 0 or moment >= self.inversions[at].high:
            return None
        found = self.inversions[at]
        before = bisect_right(self.index, found.low, key=lambda one: one[0]) - 1
        return (self.index[before][1] if before >= 0 else 1), found.last


RISING = RecordClock()
"""Before the first event: nothing is out of order."""


def _ambiguous(found: list[Inversion], one: Inversion) -> None:
    """Take a stretch into those that are known: where they touch they become one."""
    first = bisect_right(found, one.low, key=lambda each: each.high)
    end = first
    low, high, last = one.low, one.high, one.last
    while end < len(found) and found[end].low <= high:
        low, high, last = min(low, found[end].low), max(high, found[end].high), max(last, found[end].last)
        end += 1
    found[first:end] = [Inversion(low, high, last)]
