"""Series over calendar periods of Asia/Taipei, consumption from cumulative registers, and series drawn by the pixel.

Local days and months are not runs of equal UTC days (a day begins at 16:00 UTC), so periods are cut on local time and
told in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

import numpy as np
import polars as pl

from events.clock import TAIPEI, micros
from events.errors import UsageError
from events.observations import TIME, Quality
from events.runs import Mask
from replay.engines.registers import Floats, Ints, Register, intervals_of

Period = Literal["hour", "day", "month"]
EVERY: dict[Period, str] = {"hour": "1h", "day": "1d", "month": "1mo"}
"""Calendar periods and polars' word for them."""

CONSUMPTION: dict[str, pl.DataType] = {
    "point_id": pl.String(),
    "start": TIME,
    "end": TIME,
    "amount": pl.Float64(),
    "unit": pl.String(),
    "estimated_amount": pl.Float64(),
    "known_share": pl.Float64(),
    "fell": pl.Boolean(),
    "rolled_over": pl.Boolean(),
    "state": pl.String(),
}
"""Consumption of a period. `amount` (in `unit`) is what is known of it, `estimated_amount` the part that is estimated;
`known_share` the share of the period's time that is known; `fell`, `rolled_over`: the register did, within it. `state`:
measured, estimated (all known, some of it estimated), incomplete (partly known) or unknown (`amount` is null)."""


def aggregated(series: pl.DataFrame, entity: Sequence[str], value: str, period: Period) -> pl.DataFrame:
    """Minimum, maximum, mean, first and last of `value` by entity and local period.

    Columns: the entity's, start (UTC), local_start (Asia/Taipei), count, min, max, mean, first, last; and
    estimated_share of the rows where the series has `quality`. Periods without a row are absent. Sorted.
    """
    local = pl.col("time").dt.convert_time_zone(TAIPEI.key).dt.truncate(EVERY[period]).alias("local_start")
    column = pl.col(value)
    figures = [
        column.len().alias("count"),
        *(getattr(column, name)().alias(name) for name in ("min", "max", "mean", "first", "last")),
    ]
    if "quality" in series.columns:
        figures.append((pl.col("quality") != Quality.MEASURED).mean().alias("estimated_share"))
    ordered = series.sort(*entity, "time").with_columns(local)
    grouped = ordered.group_by([*entity, "local_start"], maintain_order=True).agg(figures)
    start = pl.col("local_start").dt.convert_time_zone("UTC").alias("start")
    return grouped.select(*entity, start, pl.all().exclude(*entity)).sort(*entity, "start")


def periods(start: datetime, end: datetime, period: Period) -> list[datetime]:
    """Beginnings of the local periods from the one that holds `start` to the first at or after `end` (UTC)."""
    span = pl.Series("t", [start, end], TIME).dt.convert_time_zone(TAIPEI.key)
    first, every = span.dt.truncate(EVERY[period])[0], EVERY[period]
    last = span.dt.truncate(EVERY[period]).dt.offset_by(every)[1]
    edges = pl.datetime_range(first, last, every, eager=True, time_zone=TAIPEI.key)
    found: list[datetime] = edges.dt.convert_time_zone("UTC").to_list()
    return found if len(found) < 2 or found[-2] < end else found[:-1]


def consumption(
    series: pl.DataFrame,
    start: datetime,
    end: datetime,
    period: Period,
    *,
    step: timedelta = timedelta(hours=1),
    modulus: float | None = None,
) -> pl.DataFrame:
    """Consumption of each register of `series` (as `City.series` gives readings) by local period (CONSUMPTION).

    `step` is how often the meter is read: within it a register is taken to rise evenly, and readings more than 1.5
    steps apart make an estimate (`replay.engines.registers`). A fall is a roll-over when the register counts modulo
    `modulus` and falls from its last tenth to its first; any other fall is a reset or an exchange: unknown.
    Give the series some steps before `start` and after `end`. UsageError for a step that does not divide an hour.
    """
    if timedelta(hours=1) % step:
        raise UsageError(f"a step of {step} does not divide an hour; give for example 15 or 60 minutes")
    edges = periods(start, end, period)
    rows = [
        row
        for (point, unit), one in series.group_by(["point_id", "unit"], maintain_order=True)
        for row in _consumed(str(point), str(unit), one.sort("time"), edges, step, modulus)
    ]
    return pl.DataFrame(rows, schema=CONSUMPTION, orient="row").sort("point_id", "unit", "start")


def downsampled(
    series: pl.DataFrame, entity: Sequence[str], value: str, window: tuple[datetime, datetime], pixels: int
) -> pl.DataFrame:
    """What an eye sees of a series on `pixels` columns: min, max and last of `value` in each, and the rows behind them.

    Columns: the entity's, pixel (0-based), time (of the last row), min, max, last, count. Pixels without a row are
    absent: a gap stays a gap.
    """
    low, high = (micros(moment) for moment in window)
    if pixels < 1 or high <= low:
        raise UsageError(f"{pixels} pixels from {window[0]} to {window[1]}: give a window that ends after it starts")
    place = ((pl.col("time").dt.epoch("us") - low) * pixels // (high - low)).clip(0, pixels - 1).cast(pl.Int32)
    inside = (
        series.filter(pl.col("time").dt.epoch("us").is_between(low, high))
        .sort(*entity, "time")
        .with_columns(pixel=place)
    )
    figures = [getattr(pl.col(value), name)().alias(name) for name in ("min", "max", "last")]
    grouped = inside.group_by([*entity, "pixel"], maintain_order=True)
    return grouped.agg(pl.col("time").last(), *figures, pl.len().alias("count")).sort(*entity, "pixel")


def _consumed(
    point: str, unit: str, rows: pl.DataFrame, edges: list[datetime], step: timedelta, modulus: float | None
) -> list[tuple[object, ...]]:
    """Rows of CONSUMPTION of one register."""
    usable = rows.filter(pl.col("value").is_finite() & (pl.col("quality").fill_null(0) != Quality.INVALID))
    time, value = usable["time"].dt.epoch("us").to_numpy(), usable["value"].to_numpy()
    rolled = _rolled(value, modulus)
    register = Register(
        time,
        value + np.concatenate([[0.0], np.cumsum(rolled)])[: len(value)] * (modulus or 0.0),
        usable["quality"].fill_null(0).cast(pl.UInt8).to_numpy(),
    )
    bounds = [micros(edge) for edge in edges]
    fine = np.arange(bounds[0], bounds[-1] + 1, step // timedelta(microseconds=1), dtype=np.int64)
    amount, measured = intervals_of(register, fine)
    fell_at, rolled_at = time[1:][np.diff(register.kwh) < 0], time[1:][rolled]
    found: list[tuple[object, ...]] = []
    for index, (low, high) in enumerate(pairwise(bounds)):
        part = slice(*np.searchsorted(fine, [low, high]).tolist())
        known = ~np.isnan(amount[part])
        total = float(amount[part][known].sum()) if known.any() else None
        sure = float(amount[part][measured[part]].sum())
        estimated = None if total is None else total - sure if (known & ~measured[part]).any() else 0.0
        found.append(
            (
                point,
                edges[index],
                edges[index + 1],
                total,
                unit,
                estimated,
                float(known.mean()),
                _within(fell_at, low, high),
                _within(rolled_at, low, high),
                _state(known, measured[part]),
            )
        )
    return found


def _state(known: Mask, measured: Mask) -> str:
    if not known.any():
        return "unknown"
    if not known.all():
        return "incomplete"
    return "measured" if measured.all() else "estimated"


def _rolled(value: Floats, modulus: float | None) -> Mask:
    """At which step the register began again from zero after its last digit."""
    if modulus is None:
        return np.zeros(max(0, len(value) - 1), dtype=np.bool_)
    rolled: Mask = (value[:-1] >= 0.9 * modulus) & (value[1:] < 0.1 * modulus)
    return rolled


def _within(times: Ints, low: int, high: int) -> bool:
    return bool(((times > low) & (times <= high)).any())
