"""What meters counted in the hours before an instant: the difference of two cuts of their registers.

A meter counts when it reported shortly before both ends of the stretch (`FRESH`) and its register did not run
backwards; otherwise its use is null, never a guess.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from events.observations import Quality
from replay.city import City
from twin.projections.former import nameless

DAY = timedelta(hours=24)
FRESH = timedelta(hours=3)
"""A register older than this says nothing of the instant."""

FEWEST_HOMES = 10
"""Planners see no aggregate of fewer homes (the same rule as `replay.load`)."""

MEDIA = ("electricity", "water", "gas")


def meter_use(city: City, at: datetime, known: int | None, span: timedelta = DAY) -> pl.DataFrame:
    """Use of every meter in the `span` before `at`.

    Columns: point_id, device_id, building_id, community_id, dwelling_id (null: the building's own meter), storey_id,
    medium, unit, serial, time (of the last reading, null: none yet), value (of the register), age_h, used (in `unit`),
    estimated (whether either end is no measurement). Nameless registers that report no more are not in it.
    """
    at = at.astimezone(UTC)
    cut = city.cut(at, known)
    meters = cut.devices().filter(pl.col("point_id").is_not_null())
    now = _registers(cut.frame("readings"), "now")
    before = _registers(city.cut(at - span, known).frame("readings"), "before")
    joined = meters.drop("time", "position").join(now, "point_id", how="left").join(before, "point_id", how="left")
    fresh = (at - pl.col("time_now") <= FRESH) & (at - span - pl.col("time_before") <= FRESH)
    used = pl.col("value_now") - pl.col("value_before")
    use = joined.select(
        *(
            "point_id",
            "device_id",
            "building_id",
            "community_id",
            "dwelling_id",
            "storey_id",
            "medium",
            "unit",
            "serial",
        ),
        time="time_now",
        value="value_now",
        age_h=(pl.lit(at) - pl.col("time_now")).dt.total_seconds() / 3600,
        used=pl.when(fresh & (used >= 0)).then(used),
        estimated=(pl.col("quality_now") != Quality.MEASURED) | (pl.col("quality_before") != Quality.MEASURED),
    ).sort("point_id")
    reporting = pl.col("age_h") <= FRESH / timedelta(hours=1)
    return use.filter(~nameless("point_id") | reporting)


def by_community(use: pl.DataFrame) -> pl.DataFrame:
    """Use of homes by community and medium; groups of fewer than ten homes that count are left out.

    Columns: community_id, medium, unit, homes (that count), used (their sum), per_home.
    """
    homes = use.filter(pl.col("dwelling_id").is_not_null() & pl.col("used").is_not_null())
    sums = homes.group_by("community_id", "medium", "unit").agg(
        homes=pl.struct("building_id", "dwelling_id").n_unique(), used=pl.col("used").sum()
    )
    enough = sums.filter(pl.col("homes") >= FEWEST_HOMES)
    return enough.with_columns(per_home=pl.col("used") / pl.col("homes")).sort("community_id", "medium")


def of_communities(use: pl.DataFrame, medium: str) -> pl.DataFrame:
    """Rows of the homes' meters of a medium in the communities that `by_community` tells of."""
    told = by_community(use).filter(pl.col("medium") == medium)["community_id"]
    homes = pl.col("dwelling_id").is_not_null() & pl.col("community_id").is_in(told.to_list())
    return use.filter(homes & (pl.col("medium") == medium))


def by_storey(use: pl.DataFrame, medium: str) -> pl.DataFrame:
    """Mean use of the homes of each storey: storey_id, homes, used, per_home."""
    homes = use.filter(pl.col("dwelling_id").is_not_null() & (pl.col("medium") == medium))
    return (
        homes.group_by("storey_id")
        .agg(homes=pl.col("used").count(), used=pl.col("used").sum())
        .with_columns(per_home=pl.when(pl.col("homes") > 0).then(pl.col("used") / pl.col("homes")))
        .sort("storey_id")
    )


def intervals(readings: pl.DataFrame, every: timedelta) -> pl.DataFrame:
    """A register's readings (time, value, quality) as use per interval of `every`, by the interval's beginning.

    Columns: time, used, estimated. An interval without a reading at both its ends is left out.
    """
    ends = (
        readings.sort("time")
        .with_columns(end=pl.col("time").dt.truncate(every))
        .filter(pl.col("time") == pl.col("end"))
    )
    steps = ends.with_columns(
        used=pl.col("value").diff(), gap=pl.col("time").diff(), estimated=pl.col("quality") != Quality.MEASURED
    )
    whole = steps.filter((pl.col("gap") == every) & (pl.col("used") >= 0))
    return whole.select(time=pl.col("time") - every, used="used", estimated="estimated")


def _registers(readings: pl.DataFrame, name: str) -> pl.DataFrame:
    """Latest value of each point; where a point has several units, the one that was read last."""
    latest = readings.sort("point_id", "time").unique("point_id", keep="last", maintain_order=True)
    return latest.select("point_id", pl.col("time", "value", "quality").name.suffix(f"_{name}"))
