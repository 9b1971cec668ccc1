"""How many observations fell in each bin of time: what a time bar draws."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np
import polars as pl

from events.clock import instant, micros
from events.errors import NaiveTimeError, UsageError
from events.observations import FAMILIES, TIME, Family
from events.observations import family as family_named
from replay.city import City
from replay.engines.registers import Floats, Ints
from twin import manifest
from twin.lake import Lake
from twin.manifest import QUARTER_US, Part

EXACT_QUARTERS = 8
"""Windows of at most so many quarter-days are counted row by row."""

DENSITY: dict[str, pl.DataType] = {"start": TIME, "end": TIME, "count": pl.Int64()}
"""A bin, half open (the last one holds the window's end too), and the observations that landed in it."""


def density(city: City, family: str, start: datetime, end: datetime, bins: int) -> pl.DataFrame:
    """Observations of a family by bin of event time from `start` to `end` (DENSITY), corrected ones counted each.

    Up to two days are counted exactly. A longer window is told from the lake's time marks without reading a row: the
    sum is exact, and what stands at a bin's edge may be a neighbour's by at most `twin.manifest.MARK_ROWS` rows.
    UsageError for no bins or a window that does not end after it starts.
    """
    for moment in (start, end):
        if moment.tzinfo is None:
            raise NaiveTimeError(f"{moment.isoformat()} has no zone; give an aware time")
    low, high = micros(start), micros(end)
    if bins < 1 or high <= low:
        raise UsageError(f"{bins} bins from {start.isoformat()} to {end.isoformat()}: give a window that has a length")
    kind = family_named(family)
    edges = np.linspace(low, high, bins + 1).round().astype(np.int64)
    counts = _recent(city, kind, edges)
    if (high - low) <= EXACT_QUARTERS * QUARTER_US:
        counts += _binned(city.asked(lambda lake: lake.rows(kind, None, low, high, city.head))["time"], edges)
    else:
        marked = city.asked(lambda lake: list(_marked(lake, kind, edges)))
        upto = np.rint(np.cumsum([0.0, *sum(marked, np.zeros(bins))])).astype(np.int64)
        counts += np.diff(upto)  # rounded after summing, so that no row is lost
    columns = {"start": edges[:-1], "end": edges[1:], "count": counts}
    return pl.DataFrame(columns).with_columns(pl.col("start", "end").cast(TIME))


SPARSE_SHARE, APART_US = 0.02, 2 * 86_400_000_000
"""What lies more than two days before everything else, and is less than this share of it, is no part of a time bar."""


def dense_span(city: City) -> tuple[datetime, datetime] | None:
    """As `City.span`, without the first few observations that lie far before all others: one thing's own clock may be
    months behind, and would stretch a bar of time. None before the first observation."""
    span = city.span()
    counts = sorted(_stretches(city))
    if span is None or not counts:
        return span
    left, total, first = 0, sum(rows for _, _, rows in counts), 0
    for place in range(1, len(counts)):
        left += counts[place - 1][2]
        if left > SPARSE_SHARE * total:
            break
        if counts[place][0] - max(high for _, high, _ in counts[:place]) > APART_US:
            first = place
    return instant(counts[first][0]), span[1]


def _stretches(city: City) -> Iterator[tuple[int, int, int]]:
    """First and last time of what landed in each quarter of a day, and how many rows, lake and pending."""
    for kind in FAMILIES.values():
        if kind.slowly_changing:
            continue
        for quarter in city.lake.quarters(kind):
            if quarter.parts:
                times = [(part.first_time, part.last_time) for part in quarter.parts]
                yield min(low for low, _ in times), max(high for _, high in times), quarter.rows
        for frame in city.pending(kind.name):
            quarters = frame.select(pl.col("time").dt.epoch("us").alias("us")).group_by(pl.col("us") // QUARTER_US)
            yield from (
                quarters.agg(low=pl.col("us").min(), high=pl.col("us").max(), rows=pl.len())
                .select("low", "high", "rows")
                .rows()
            )


def _recent(city: City, family: Family, edges: Ints) -> Ints:
    """Counts of rows that the lake does not hold yet."""
    return sum((_binned(f["time"], edges) for f in city.pending(family.name)), np.zeros(len(edges) - 1, np.int64))


def _binned(times: pl.Series, edges: Ints) -> Ints:
    counts: Ints = np.histogram(times.dt.epoch("us").to_numpy(), edges)[0].astype(np.int64)
    return counts


def _marked(lake: Lake, family: Family, edges: Ints) -> Iterator[Floats]:
    for quarter in lake.quarters(family):
        for part in quarter.parts:
            if part.last_time >= edges[0] and part.first_time <= edges[-1]:
                yield _spread(part, edges)


def _spread(part: Part, edges: Ints) -> Floats:
    """A part's rows by bin, drawn straight between its time marks; all that is within the window is counted."""
    times = np.array([*part.marks, part.last_time + 1], dtype=np.float64)
    rows = np.array([*(n * manifest.MARK_ROWS for n in range(len(part.marks))), part.rows], dtype=np.float64)
    drawn: Floats = np.diff(np.interp(edges, times, rows))
    return drawn
