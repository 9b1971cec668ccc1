"""Series over calendar periods of Asia/Taipei, consumption from cumulative registers, and series drawn by the pixel.

Local days and months are not runs of equal UTC days (a day begins at 16:00 UTC), so periods are cut on local time and
told in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import polars as pl

from events.clock import TAIPEI, micros
from events.errors import UsageError
from events.observations import TIME, Quality
from twin.reckoning.consumption import KEY, curve, of_each

Period = Literal["hour", "day", "month"]
EVERY: dict[Period, str] = {"hour": "1h", "day": "1d", "month": "1mo"}
"""Calendar periods and polars' word for them."""

LAST_BILLING_DAY = 28
"""The last day that every month has."""

CONSUMPTION: dict[str, pl.DataType] = {
    "point_id": pl.String(),
    "start": TIME,
    "end": TIME,
    "amount": pl.Float64(),
    "unit": pl.String(),
    "estimated_amount": pl.Float64(),
    "interpolated_amount": pl.Float64(),
    "known_share": pl.Float64(),
    "measured_share": pl.Float64(),
    "fell": pl.Boolean(),
    "rolled_over": pl.Boolean(),
    "state": pl.String(),
    "exchanged": pl.Boolean(),
}
"""Consumption of a period. `amount` (in `unit`) is what is known of it, `estimated_amount` the part that is not
measured, `interpolated_amount` what of that lies over a gap between measured readings; `fell`, `rolled_over`,
`exchanged`: what the register did within it (`fell`: no event says why); `known_share`, `measured_share`: of the
period's time. `state`: measured, interpolated, estimated (all known, at worst so), incomplete (partly known) or unknown
(`amount` is null)."""


def aggregated(
    series: pl.DataFrame, entity: Sequence[str], value: str, period: Period, *, billing_day: int = 1
) -> pl.DataFrame:
    """Minimum, maximum, mean, first and last of `value` by entity and local period (`billing_day`: see `periods`).

    Columns: the entity's, start (UTC), local_start (Asia/Taipei), count, min, max, mean, first, last; and
    estimated_share of the rows where the series has `quality`. Periods without a row are absent. Sorted.
    """
    local = _begins(pl.col("time"), period, billing_day).alias("local_start")
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


def periods(start: datetime, end: datetime, period: Period, *, billing_day: int = 1) -> list[datetime]:
    """Beginnings of the local periods from the one that holds `start` to the first at or after `end` (UTC).

    A month begins on `billing_day` (1 to 28, 抄表日): of the 5th, March runs from 5 March to 4 April. UsageError else.
    """
    if not 1 <= billing_day <= LAST_BILLING_DAY:
        raise UsageError(f"billing day {billing_day}: give 1 to {LAST_BILLING_DAY}, a day that every month has")
    span, every = pl.DataFrame({"t": pl.Series([start, end], dtype=TIME)}), EVERY[period]
    begins = span.select(_begins(pl.col("t"), period, billing_day))["t"]
    first, last = begins[0], begins.dt.offset_by(every)[1]
    edges = pl.datetime_range(first, last, every, eager=True, time_zone=TAIPEI.key)
    found: list[datetime] = edges.dt.convert_time_zone("UTC").to_list()
    return found if len(found) < 2 or found[-2] < end else found[:-1]


def _begins(time: pl.Expr, period: Period, billing_day: int) -> pl.Expr:
    """Beginning of the local period that holds a time."""
    local = time.dt.convert_time_zone(TAIPEI.key)
    if period != "month":
        return local.dt.truncate(EVERY[period])
    days = f"{billing_day - 1}d"
    return local.dt.offset_by(f"-{days}").dt.truncate(EVERY[period]).dt.offset_by(days)


def consumption(
    series: pl.DataFrame,
    start: datetime,
    end: datetime,
    period: Period,
    *,
    step: timedelta = timedelta(hours=1),
    modulus: float | None = None,
    events: pl.DataFrame | None = None,
    billing_day: int = 1,
) -> pl.DataFrame:
    """Consumption of each register of `series` (as `City.series` gives readings) by local period (CONSUMPTION).

    `step` is how often the meter is read; exchanges and roll-overs that `events` tell of (`City.register_events`) are
    counted over; what is known, and how well, is said in `twin.reckoning.consumption`, which this asks. Of other falls,
    one is a roll-over when the register counts modulo `modulus` and falls from its last tenth to its first.
    Give the series the readings around both ends (`replay.registers`). UsageError for a step that divides no hour.
    """
    if timedelta(hours=1) % step:
        raise UsageError(f"a step of {step} does not divide an hour; give for example 15 or 60 minutes")
    edges = pl.Series(periods(start, end, period, billing_day=billing_day), dtype=TIME)
    registers = series.select(KEY).unique(maintain_order=True)
    found = of_each(curve(series, events, step=step, modulus=modulus), registers, edges)
    told = found.select(
        "point_id",
        "start",
        "end",
        "amount",
        "unit",
        (pl.col("interpolated") + pl.col("estimated")).alias("estimated_amount"),
        pl.col("interpolated").alias("interpolated_amount"),
        "known_share",
        "measured_share",
        "fell",
        "rolled_over",
        "state",
    )
    return _with_events(told.sort("point_id", "unit", "start"), events)


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


def _with_events(found: pl.DataFrame, events: pl.DataFrame | None) -> pl.DataFrame:
    """Periods that events of their register fall into are marked."""
    if events is None or not events.height:
        return found.with_columns(exchanged=pl.lit(value=False))
    within = (pl.col("time") >= pl.col("start")) & (pl.col("time") < pl.col("end"))
    happened = found.join(events, on=["point_id", "unit"], how="inner").filter(within)
    marks = happened.group_by("point_id", "unit", "start").agg(
        pl.col("modulus").is_not_null().any().alias("over"), pl.col("final").is_not_null().any().alias("exchanged")
    )
    marked = found.join(marks, on=["point_id", "unit", "start"], how="left", maintain_order="left")
    rolled = pl.col("rolled_over") | pl.col("over").fill_null(value=False)
    return marked.with_columns(rolled_over=rolled, exchanged=pl.col("exchanged").fill_null(value=False)).drop("over")
