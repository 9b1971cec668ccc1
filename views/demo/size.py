"""How much of the demo city is built: all of it, or a small part for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Size:
    """`buildings` first-phase buildings (None: all), bike `stations`, bus `vehicles`, `days` of data."""

    buildings: int | None = None
    stations: int = 360
    vehicles: int = 60
    days: int = 7


FULL = Size()
"""What `twin demo` builds."""

SMALL = Size(buildings=1, stations=12, vehicles=4, days=2)
"""Enough for a test of every page."""


@dataclass(frozen=True)
class Window:
    """Event time from `start` up to and including `end`, UTC, both on full hours."""

    start: datetime
    end: datetime

    def hours(self, first: int, count: int) -> tuple[datetime, datetime]:
        """The stretch of `count` hours after the first `first` hours, its end cut off at the window's."""
        start = self.start + timedelta(hours=first)
        return start, min(start + timedelta(hours=count), self.end)


def window_before(moment: datetime, days: int) -> Window:
    """The last full hour up to `moment`, and the days before it."""
    end = moment.replace(minute=0, second=0, microsecond=0)
    return Window(end - timedelta(days=days), end)
