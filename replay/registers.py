"""Readings of registers over a window, and what their use in it rests on beyond its ends.

A register's value at an instant lies between the last reading before it and the first one after, however far away these
are; so both are read too, and the answer is the same for any window that holds the instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from events.observations import TIME
from replay.branch import CityView
from twin.reckoning.consumption import KEY, usable

SLACK = timedelta(hours=2)
"""Readings this far outside the window are read at once; most registers have their neighbours there."""

REACH, WIDENING = timedelta(days=1), 8
"""How far is looked next for registers that have none there, and how many times further each time."""

_INSTANT = timedelta(microseconds=1)


def readings_around(
    city: CityView,
    points: Sequence[str],
    start: datetime,
    end: datetime,
    known: int | None,
    *,
    ahead: bool = True,
) -> pl.DataFrame:
    """Readings of points from `start` to `end`, as known, and a usable one of each register at or beyond both ends.

    Columns and order of `City.series`; some SLACK is in it. A register that never reported there has none there;
    not `ahead`: nothing further on is looked for.
    """
    rows, span = city.series("readings", points, start - SLACK, end + SLACK, known), city.span()
    if span is None:
        return rows
    own = city.names("readings").filter(pl.col("point_id").is_in(list(points))).select(KEY)
    found = [rows, *_before(city, rows, own, start, span[0], known), *_after(city, rows, own, end, span[1], known)]
    return pl.concat(found).sort(*KEY, "time") if len(found) > 1 else rows


def _before(
    city: CityView, rows: pl.DataFrame, own: pl.DataFrame, start: datetime, first: datetime, known: int | None
) -> list[pl.DataFrame]:
    """Rows further back of registers without a usable reading at or before `start`, until each has one."""
    found: list[pl.DataFrame] = []
    high, reach = start - SLACK, REACH
    missing = _without(rows, own, pl.col("time") <= pl.lit(start, TIME))
    while missing and high > first:
        low = max(first, high - reach)
        more = city.series("readings", missing, low, high - _INSTANT, known)
        found.append(more)
        missing = _without(pl.concat([rows, *found]), own, pl.col("time") <= pl.lit(start, TIME))
        high, reach = low, WIDENING * reach
    return found


def _after(
    city: CityView, rows: pl.DataFrame, own: pl.DataFrame, end: datetime, last: datetime, known: int | None
) -> list[pl.DataFrame]:
    """Rows further on of registers without a usable reading at or after `end`, until each has one."""
    found: list[pl.DataFrame] = []
    low, reach = end + SLACK, REACH
    missing = _without(rows, own, pl.col("time") >= pl.lit(end, TIME))
    while missing and low < last:
        high = min(last, low + reach)
        more = city.series("readings", missing, low + _INSTANT, high, known)
        found.append(more)
        missing = _without(pl.concat([rows, *found]), own, pl.col("time") >= pl.lit(end, TIME))
        low, reach = high, WIDENING * reach
    return found


def _without(rows: pl.DataFrame, registers: pl.DataFrame, there: pl.Expr) -> list[str]:
    """Points of which some register has no usable reading there, be it the silent one of two."""
    has = rows.filter(usable() & there).select(KEY).unique()
    return registers.join(has, on=KEY, how="anti")["point_id"].unique().sort().to_list()
