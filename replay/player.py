"""The player: the city's changes in order of event time, at 1 to 3600 times the pace they had, or as fast as they come.

The changes are a plain iterator; the player only decides when the next one is due, by an injected clock and sleep, so
that the app, a notebook and a Kafka topic play the same history.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl

from events.clock import instant
from events.errors import UsageError
from events.runs import starts
from replay.city import City
from twin.latest import whole

FASTEST = 3600.0
"""Highest speed with a pace; None plays without one."""

LONGEST_SLEEP_S = 0.2
"""Between two looks at the controls while the next change is not due."""


@dataclass(frozen=True)
class Moment:
    """What changed at one event time: rows of one family (columns of `City.series`)."""

    time: datetime
    family: str
    rows: pl.DataFrame


def moments(
    city: City, family: str, start: datetime, end: datetime, known: int | datetime | None = None
) -> Iterator[Moment]:
    """Every change of a family with `start` ≤ time ≤ `end`, as known, in order of event time; one a distinct time.

    Reads about a quarter-day of the city at once.
    """
    for rows in city.played(family, start, end, known):
        times = whole(rows, "time")
        edges = [*np.flatnonzero(starts(times)).tolist(), rows.height]
        for low, high in pairwise(edges):
            yield Moment(instant(int(times[low])), family, rows.slice(low, high - low))


class Player:
    """Plays moments from `start`. `open_at` gives the moments from an instant on: a jump opens them anew."""

    def __init__(
        self,
        open_at: Callable[[datetime], Iterator[Moment]],
        start: datetime,
        *,
        speed: float | None = 60.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._open_at, self._clock, self._sleep = open_at, clock, sleep
        self._paused = False
        self._steps = 0
        self._speed = _checked(speed)
        self._city_time, self._wall_s = start, clock()
        self._coming = open_at(start)
        self._jumps = 0

    @property
    def at(self) -> datetime:
        """The city's time now being played."""
        if self._paused or self._speed is None:
            return self._city_time
        return self._city_time + timedelta(seconds=(self._clock() - self._wall_s) * self._speed)

    def pause(self) -> None:
        """Hold the city's time; `step` goes on by one moment, `resume` at the speed set."""
        self._anchor(self.at)
        self._paused = True

    def resume(self) -> None:
        """Go on from where the city's time was held."""
        self._anchor(self.at)
        self._paused = False

    def step(self) -> None:
        """Let one further moment through, paused as it is."""
        self._steps += 1

    def jump(self, to: datetime) -> None:
        """Go on from `to`, before or behind; a moment that was not due yet is dropped."""
        self._anchor(to)
        self._coming = self._open_at(to)
        self._jumps += 1

    def faster(self, speed: float | None) -> None:
        """Play at another speed from now on (1 to 3600; None: without a pace)."""
        self._anchor(self.at)
        self._speed = _checked(speed)

    def __iter__(self) -> Iterator[Moment]:
        """Moments, each when it is due."""
        while True:
            jumps, moment = self._jumps, next(self._coming, None)
            if moment is None:
                return
            if self._awaited(moment, jumps):
                yield moment

    def _awaited(self, moment: Moment, jumps: int) -> bool:
        """Wait until `moment` is due; False when a jump came first."""
        while self._jumps == jumps:
            if self._paused and self._steps:
                self._steps -= 1
                self._anchor(moment.time)
                return True
            left_s = self._left_s(moment)
            if left_s <= 0:
                self._city_time = moment.time if self._speed is None else self._city_time
                return True
            self._sleep(min(left_s, LONGEST_SLEEP_S))
        return False

    def _left_s(self, moment: Moment) -> float:
        """Seconds until the moment is due; a whole look while paused."""
        if self._paused:
            return LONGEST_SLEEP_S
        return 0.0 if self._speed is None else (moment.time - self.at).total_seconds() / self._speed

    def _anchor(self, city_time: datetime) -> None:
        self._city_time, self._wall_s = city_time, self._clock()


def _checked(speed: float | None) -> float | None:
    if speed is not None and not 1 <= speed <= FASTEST:
        raise UsageError(f"speed {speed:g}: give 1 to {FASTEST:g} times the pace of the city, or none for no pace")
    return speed
