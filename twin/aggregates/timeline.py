"""What was so when: facts of one thing by event time, so that late knowledge about the past is taken in its place."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

F = TypeVar("F")


@dataclass(frozen=True)
class Timeline(Generic[F]):
    """Facts and the instants (UTC) from which they hold, in order of time."""

    times: tuple[datetime, ...] = ()
    facts: tuple[F, ...] = ()

    def at(self, time: datetime) -> F | None:
        """What is believed of `time`, None before the first fact."""
        place = bisect_right(self.times, time)
        return self.facts[place - 1] if place else None

    def put(self, time: datetime, fact: F) -> Timeline[F]:
        """With `fact` holding from `time` until the next later fact; it replaces one of the same instant."""
        place = bisect_right(self.times, time)
        kept = place - 1 if place and self.times[place - 1] == time else place
        return Timeline(
            (*self.times[:kept], time, *self.times[place:]),
            (*self.facts[:kept], fact, *self.facts[place:]),
        )
