"""Trip updates held beside a timetable: routes, stops, delays and waits that the feed itself leaves out.

Rows in and out are UPDATES. What the feed tells is kept; what it leaves out comes from the timetable:

    route_id, direction   of the trip
    stop_id               of the call with the told stop_sequence
    delay_s               told instant less planned instant
    told_s                planned instant plus told delay

The service day is the trip's start_date; without one it is the day that brings the planned time nearest to the told
instant (else to the update's). Trips and calls that the timetable does not have stay as they are.
"""

from __future__ import annotations

from datetime import time

import polars as pl

from events.feeds.timetable import Timetable

UPDATES = {
    "entity": pl.UInt32(), "route_id": pl.String(), "stop_id": pl.String(), "direction": pl.String(),
    "time_s": pl.Float64(), "told_s": pl.Int64(), "delay_s": pl.Int32(), "state": pl.String(), "record": pl.UInt32(),
    "trip_id": pl.String(), "start_date": pl.String(), "sequence": pl.Int32(),
}  # fmt: skip
"""Stop time updates as told: `time_s` is the update's instant, `told_s` the vehicle's at the stop (seconds since 1970);
`stop_id` or `sequence` may be null, both where a cancelled trip lists no stops."""

_DAY_S = 86_400
_HALF_DAY_S = 43_200


def planned(updates: pl.DataFrame, timetable: Timetable) -> pl.DataFrame:
    """`updates` with what the timetable adds; a trip without any stop gets all of its planned calls."""
    trips = timetable.trips.rename({"route_id": "planned_route", "direction": "planned_direction"})
    routed = (
        _with_calls(updates, timetable)
        .join(trips, on="trip_id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("route_id", "planned_route").alias("route_id"),
            pl.coalesce("direction", "planned_direction").alias("direction"),
        )
    )
    timed = _with_planned_time(routed, timetable)
    anchor = pl.coalesce(pl.col("told_s").cast(pl.Float64), "time_s")
    instant = _planned_instant(anchor, timetable.zone).cast(pl.Int64)
    filled = timed.with_columns(instant=instant).with_columns(
        delay_s=pl.coalesce("delay_s", (pl.col("told_s") - pl.col("instant")).cast(pl.Int32, strict=False)),
        told_s=pl.coalesce("told_s", pl.col("instant") + pl.col("delay_s")),
    )
    return filled.select(list(UPDATES))


def _with_calls(updates: pl.DataFrame, timetable: Timetable) -> pl.DataFrame:
    """Rows that name no stop at all become the planned calls of their trip."""
    bare = pl.col("stop_id").is_null() & pl.col("sequence").is_null()
    if not updates.select(bare.any()).item():
        return updates
    calls = timetable.calls.select("trip_id", "stop_id", "sequence")
    spread = updates.filter(bare).drop("stop_id", "sequence").join(calls, on="trip_id", how="left")
    return pl.concat([updates.filter(~bare), spread.select(list(UPDATES))])


def _with_planned_time(updates: pl.DataFrame, timetable: Timetable) -> pl.DataFrame:
    """`planned_s` of each row's call: by its sequence, else by its stop where the trip calls there once."""
    calls = timetable.calls
    by_sequence = calls.rename({"stop_id": "planned_stop", "planned_s": "by_sequence"})
    once = calls.filter(pl.len().over("trip_id", "stop_id") == 1).select("trip_id", "stop_id", by_stop="planned_s")
    joined = (
        updates.join(by_sequence, on=["trip_id", "sequence"], how="left", maintain_order="left")
        .with_columns(
            by_sequence=pl.when(pl.col("stop_id").is_null() | (pl.col("stop_id") == pl.col("planned_stop"))).then(
                pl.col("by_sequence")
            ),
            stop_id=pl.coalesce("stop_id", "planned_stop"),
        )
        .join(once, on=["trip_id", "stop_id"], how="left", maintain_order="left")
    )
    return joined.with_columns(planned_s=pl.coalesce("by_sequence", "by_stop"))


def _planned_instant(anchor_s: pl.Expr, zone: str) -> pl.Expr:
    """Seconds since 1970 of `planned_s` on the trip's service day."""
    told_day = pl.col("start_date").str.to_date("%Y%m%d", strict=False)
    local = pl.from_epoch((anchor_s * 1e6).cast(pl.Int64), time_unit="us").dt.replace_time_zone("UTC")
    wall_s = local.dt.convert_time_zone(zone).dt.replace_time_zone(None).dt.epoch("s")
    nearest = ((wall_s - pl.col("planned_s") + _HALF_DAY_S) // _DAY_S).cast(pl.Int32).cast(pl.Date)
    noon = pl.coalesce(told_day, nearest).dt.combine(time(12)).dt.replace_time_zone(zone, non_existent="null")
    return noon.dt.convert_time_zone("UTC").dt.epoch("s") - _HALF_DAY_S + pl.col("planned_s")
