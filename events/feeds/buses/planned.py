"""Trip updates held beside a timetable: routes, stops, delays and waits that the feed itself leaves out.

What the feed tells is kept; what it leaves out comes from the timetable:

    route_id, direction   of the trip
    stop_id               of the call with the told stop_sequence
    delay_s               told instant less planned instant
    told_s                planned instant plus told delay

A delay goes on to the calls that follow until another update ends it: a skipped stop passes it on, NO_DATA ends it
(GTFS Realtime reference, trip updates, stop time updates). The trip's own delay holds until the first update with one.
What has gone by is not made up.

The service day is the trip's start_date; without one it is the day that brings the planned time nearest to the told
instant (else to the update's). A trip of frequencies.txt, and a duplicated one, is planned from its start_time; without
one only the time between its calls is known. Where exact_times is 0 there is no timetable to be late against: `delay_s`
stays null. Added, new and replacement trips have nothing to do with the timetable. Trips and calls that the timetable
does not have stay as they are.
"""

from __future__ import annotations

from datetime import time

import polars as pl

from events.feeds.timetable import Timetable, seconds_of_clock

STATES = {0: "scheduled", 1: "skipped", 2: "no_data", 3: "unscheduled"}
SKIPPED, NO_DATA = 1, 2
CANCELED_STATE = "canceled"
CANCELED = (3, 7)
"""Schedule relationships of a trip that does not run: canceled, deleted."""

ADDED, NEW, REPLACEMENT, DUPLICATED = 1, 8, 5, 6
LARGEST_S = 7 * 86_400
"""Delays and estimates beyond a week are faults: null."""

TOLD = (
    "entity", "record", "time_s", "route_id", "direction", "trip_id", "relation", "stop_id", "told_s", "delay_s",
    "stop_relation",
)  # fmt: skip
"""Columns of what `told` and `planned` give beside those of the updates: `told_s` is the instant that counts."""

_NONE = 2**40
"""Stands for a delay that is known to be unknown while delays are carried on."""

_DAY_S = 86_400
_HALF_DAY_S = 43_200


def told(trips: pl.DataFrame, stops: pl.DataFrame) -> pl.DataFrame:
    """Every stop time update beside its trip's, with the instant and the delay that count.

    An arrival of instant 0, or further than LARGEST_S from the update, tells none.
    """
    joined = stops.join(trips, on="entity", how="left", maintain_order="left")
    sound = joined.with_columns(
        *(
            pl.when((pl.col(c) - pl.col("time_s")).abs() <= LARGEST_S).then(c).alias(c)
            for c in ("arrives_s", "leaves_s")
        ),
        *(
            pl.when(pl.col(c).abs() <= LARGEST_S).then(c).alias(c)
            for c in ("arrival_delay_s", "departure_delay_s", "trip_delay_s")
        ),
    )
    arrival = pl.col("arrives_s").is_not_null() | pl.col("leaves_s").is_null()
    ordered = pl.when(arrival).then("arrival_delay_s").otherwise("departure_delay_s")
    other = pl.when(arrival).then("departure_delay_s").otherwise("arrival_delay_s")
    return sound.with_columns(
        told_s=pl.coalesce("arrives_s", "leaves_s"),
        delay_s=pl.coalesce(ordered, other, "trip_delay_s"),
    )


def planned(trips: pl.DataFrame, listed: pl.DataFrame, timetable: Timetable) -> pl.DataFrame:
    """`listed` (of `told`) with what the timetable adds, and a row for each call that a delay was carried on to."""
    named = timetable.trips.rename({"route_id": "planned_route", "direction": "planned_direction"})
    runs = timetable.frequencies
    joined = trips.join(named, on="trip_id", how="left", maintain_order="left")
    routed = joined.join(runs, on="trip_id", how="left", maintain_order="left").with_columns(
        pl.coalesce("route_id", "planned_route").alias("route_id"),
        pl.coalesce("direction", "planned_direction").alias("direction"),
        pl.when(pl.col("trip_delay_s").abs() <= LARGEST_S).then("trip_delay_s").alias("trip_delay_s"),
    )
    own = pl.col("relation").is_in([ADDED, NEW, REPLACEMENT])
    stops = _matched(listed, routed.filter(~own), timetable)
    theirs = pl.col("call").is_not_null()
    calls = _calls(routed.filter(~own), stops.filter(theirs), timetable)
    left = (
        stops.filter(~theirs)
        .drop("route_id", "direction")
        .join(routed.select("entity", "route_id", "direction"), on="entity", how="left", maintain_order="left")
    )
    columns = list(TOLD)
    return pl.concat([_carried(calls, timetable.zone).select(columns), left.select(columns)]).sort(
        "entity", maintain_order=True
    )


def _matched(listed: pl.DataFrame, trips: pl.DataFrame, timetable: Timetable) -> pl.DataFrame:
    """`call`: the sequence of each update's call, by its sequence, else by its stop where the trip calls there once."""
    ours = timetable.calls.join(trips.select("trip_id").unique(), on="trip_id", how="semi")
    keyed = listed.join(trips.select("entity", planned_trip="trip_id"), on="entity", how="left", maintain_order="left")
    by_sequence = ours.select(
        planned_trip="trip_id", sequence=pl.col("sequence").cast(pl.Int64), planned_stop="stop_id"
    )
    once = ours.filter(pl.len().over("trip_id", "stop_id") == 1).select(
        planned_trip="trip_id", stop_id="stop_id", by_stop=pl.col("sequence").cast(pl.Int64)
    )
    found = keyed.join(by_sequence, on=["planned_trip", "sequence"], how="left", maintain_order="left").join(
        once, on=["planned_trip", "stop_id"], how="left", maintain_order="left"
    )
    agrees = pl.col("planned_stop").is_not_null() & (
        pl.col("stop_id").is_null() | (pl.col("stop_id") == pl.col("planned_stop"))
    )
    return found.with_columns(
        call=pl.coalesce(pl.when(agrees).then("sequence"), "by_stop"),
        stop_id=pl.coalesce("stop_id", "planned_stop"),
    )


def _calls(trips: pl.DataFrame, stops: pl.DataFrame, timetable: Timetable) -> pl.DataFrame:
    """Every planned call of the trips, in order, with what the feed tells of it; `listed` where it does."""
    spoken = stops.select(
        "entity", "call", "arrives_s", "arrival_delay_s", "leaves_s", "departure_delay_s", "stop_relation",
        assigned="stop_id", listed=pl.lit(value=True),
    ).unique(["entity", "call"], keep="last", maintain_order=True)  # fmt: skip
    calls = (
        timetable.calls.join(trips.select("trip_id").unique(), on="trip_id", how="semi")
        .join(timetable.departures, on=["trip_id", "sequence"], how="left")
        .select(
            "trip_id", "stop_id", pl.col("sequence").cast(pl.Int64).alias("call"), "planned_s", "planned_departure_s"
        )
    )
    every = trips.filter(pl.col("trip_id").is_not_null()).join(calls, on="trip_id", how="inner").sort("entity", "call")
    return every.join(spoken, on=["entity", "call"], how="left", maintain_order="left").with_columns(
        pl.col("listed").fill_null(value=False), pl.coalesce("assigned", "stop_id").alias("stop_id")
    )


def _carried(calls: pl.DataFrame, zone: str) -> pl.DataFrame:
    """The calls that the feed tells of, or that a delay reaches, or whose trip is cancelled."""
    timed = calls.with_columns(origin_s=_origin(zone)).with_columns(
        arrival_s=pl.col("origin_s") + pl.col("planned_s"),
        departure_s=pl.col("origin_s") + pl.col("planned_departure_s"),
    )
    late = timed.with_columns(
        at_arrival=pl.coalesce("arrival_delay_s", pl.col("arrives_s") - pl.col("arrival_s")),
        at_departure=pl.coalesce("departure_delay_s", pl.col("leaves_s") - pl.col("departure_s")),
    )
    silent = pl.col("stop_relation") == NO_DATA
    passed_on = (
        pl.when(silent)
        .then(_NONE)
        .when(pl.col("stop_relation") == SKIPPED)
        .then(None)
        .otherwise(pl.coalesce("at_departure", "at_arrival"))
    )
    reached = late.with_columns(
        carried=pl.coalesce(passed_on.forward_fill().over("entity", order_by="call"), "trip_delay_s")
    )
    ended = pl.col("carried") == _NONE
    carried = pl.when(~ended).then("carried")
    instant = pl.coalesce(
        "arrives_s", "leaves_s", pl.col("arrival_s") + pl.col("arrival_delay_s"),
        pl.col("departure_s") + pl.col("departure_delay_s"), pl.col("arrival_s") + carried,
    )  # fmt: skip
    by_arrival = pl.col("arrives_s").is_not_null() | (pl.col("leaves_s").is_null() & pl.col("at_arrival").is_not_null())
    first, second = "at_arrival", "at_departure"
    delay = pl.when(by_arrival).then(pl.coalesce(first, second)).otherwise(pl.coalesce(second, first))
    stated = pl.coalesce("arrival_delay_s", "departure_delay_s")
    against = pl.col("exact_times").is_null() | ((pl.col("exact_times") == 1) & pl.col("start_time").is_not_null())
    done = reached.with_columns(
        told_s=instant,
        delay_s=pl.when(against).then(pl.coalesce(delay, carried)).otherwise(stated),
        stop_relation=pl.coalesce("stop_relation", pl.when(ended).then(NO_DATA)).fill_null(0),
    )
    ahead = pl.col("carried").is_not_null() & (ended | (pl.col("told_s") >= pl.col("time_s")))
    return done.filter(pl.col("listed") | pl.col("relation").is_in(CANCELED) | ahead)


def _origin(zone: str) -> pl.Expr:
    """Seconds since 1970 that `planned_s` of a trip is counted from."""
    first_planned = pl.col("planned_s").first().over("entity", order_by="call")
    started = pl.col("exact_times").is_not_null() | (pl.col("relation") == DUPLICATED)
    start_s = seconds_of_clock(pl.col("start_time")).cast(pl.Int64)
    shift_s = pl.when(started).then(start_s - first_planned).otherwise(0)
    seen_s = pl.coalesce("arrives_s", "leaves_s")
    seen_planned = pl.when(pl.col("arrives_s").is_not_null()).then("planned_s").otherwise("planned_departure_s")
    afloat = (seen_s - seen_planned).drop_nulls().first().over("entity", order_by="call")
    day = pl.col("start_date").str.to_date("%Y%m%d", strict=False)
    noon_s = _noon_s(pl.coalesce(day, _nearest_day(shift_s, zone)), zone)
    fixed = noon_s - _HALF_DAY_S + shift_s
    return pl.when(pl.col("exact_times").is_not_null() & start_s.is_null()).then(afloat).otherwise(fixed)


def _nearest_day(shift_s: pl.Expr, zone: str) -> pl.Expr:
    """The service day that brings planned times nearest to what is told, the first told call of a trip deciding."""
    seen_s = pl.coalesce("arrives_s", "leaves_s")
    anchor_s = pl.coalesce(seen_s.cast(pl.Float64), "time_s")
    planned_s = pl.coalesce("planned_s", "planned_departure_s") + shift_s
    wall_s = _wall_s(anchor_s, zone)
    days = (wall_s - planned_s + _HALF_DAY_S) // _DAY_S
    by_instant = pl.when(seen_s.is_not_null()).then(days).drop_nulls().first()
    by_update = pl.when(pl.col("listed")).then(days).drop_nulls().first()
    told_day = pl.coalesce(by_instant, by_update, days.drop_nulls().first()).over("entity", order_by="call")
    return told_day.cast(pl.Int32).cast(pl.Date)


def _wall_s(instant_s: pl.Expr, zone: str) -> pl.Expr:
    local = pl.from_epoch((instant_s * 1e6).cast(pl.Int64), time_unit="us").dt.replace_time_zone("UTC")
    return local.dt.convert_time_zone(zone).dt.replace_time_zone(None).dt.epoch("s")


def _noon_s(day: pl.Expr, zone: str) -> pl.Expr:
    noon = day.dt.combine(time(12)).dt.replace_time_zone(zone, non_existent="null")
    return noon.dt.convert_time_zone("UTC").dt.epoch("s")
