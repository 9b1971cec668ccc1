"""Rows behind incidents: read once for everyone, and further back and on for those whose incident leans on more.

What an entity's incident is may rest on rows long before the window (when its bikes ran out) or after it (when it
reported again). Those rows are read of the entities concerned alone, so that the same instants asked by three hours, by
days or whole give the same incidents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from events.observations import FAMILIES, TIME
from replay.city import City

LOOK_BACK, LOOK_AHEAD = timedelta(hours=2), timedelta(hours=1)
"""Rows read of everyone before and after the window, beside the state at their beginning."""

REACH, WIDENING = timedelta(days=1), 8
"""How far is read next for entities that lean on more, and how many times further each time."""

_INSTANT = timedelta(microseconds=1)

Rule = Callable[[pl.DataFrame, datetime], pl.DataFrame]
"""(rows, the horizon) -> incidents of each entity by itself, FOUND and LEANING."""


@dataclass(frozen=True)
class Reach:
    """What is watched: the city as known, and the window's ends, the latter not behind the horizon; `first` and
    `horizon`: the first and last instant of which anything is known."""

    city: City
    known: int
    start: datetime
    end: datetime
    first: datetime
    horizon: datetime

    @property
    def high(self) -> datetime:
        """Up to where rows are read of everyone."""
        return min(self.end + LOOK_AHEAD, self.horizon)

    def rows(self, family: str) -> pl.DataFrame:
        """Rows of a family around the window, with the state of every entity before them; its name as `entity`."""
        before = self.city.cut(self.start - LOOK_BACK, self.known)
        opening = before.frame(family)
        rows = self.city.rows(family, before.at + _INSTANT, self.high, self.known)
        return pl.concat([opening.select(rows.columns), rows]).rename({_name(family): "entity"})

    def settled(self, family: str, rows: pl.DataFrame, rule: Rule) -> pl.DataFrame:
        """What fires within the window, of rows that reach as far as it leans on."""
        found, low, high, reach = rule(rows, self.horizon), self.start - LOOK_BACK, self.high, REACH
        done: list[pl.DataFrame] = []
        while True:
            leaning = found.filter(self._leans(low, high))["entity"].unique().to_list()
            done.append(found.filter(self._within() & ~pl.col("entity").is_in(leaning)))
            if not leaning:
                return pl.concat(done)
            low, high = max(self.first, low - reach), min(self.horizon, high + reach)
            rows = self._wider(family, rows, sorted(leaning), low, high)
            found, reach = rule(rows, self.horizon), WIDENING * reach

    def _within(self) -> pl.Expr:
        between = pl.col("time").is_between(pl.lit(self.start, TIME), pl.lit(self.end, TIME))
        return between.fill_null(value=False)

    def _leans(self, low: datetime, high: datetime) -> pl.Expr:
        """What may be answered otherwise with rows before `low` or after `high`, and concerns the window."""
        start, end = pl.lit(self.start, TIME), pl.lit(self.end, TIME)
        meets = (pl.col("since") <= end) & (pl.col("until").fill_null(end) >= start)
        back = (self._within() & pl.col("leans")) | (meets & pl.col("unsure"))
        ahead = self._within() & pl.col("until").is_null()
        nothing = pl.lit(value=False)
        return (back if low > self.first else nothing) | (ahead if high < self.horizon else nothing)

    def _wider(self, family: str, rows: pl.DataFrame, some: list[str], low: datetime, high: datetime) -> pl.DataFrame:
        """Rows of some entities from `low` to `high`, and those of them that were read before."""
        more = self.city.series(family, some, low, high, self.known).rename({_name(family): "entity"})
        own = rows.filter(pl.col("entity").is_in(some))
        key = [c if c != _name(family) else "entity" for c in FAMILIES[family].entity]
        return pl.concat([own, more.select(own.columns)]).unique([*key, "time"], keep="first", maintain_order=True)


def _name(family: str) -> str:
    return next(iter(FAMILIES[family].entity))
