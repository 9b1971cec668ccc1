"""Trip updates of a GTFS-Realtime feed to arrivals: when the next vehicle of a route comes to a stop.

`estimate_s` is the arrival less the row's time; where the arrival tells no instant it is the departure. `delay_s` is
the told delay. A row's time is the feed's, or the update's own where that is later. A timetable, where one is declared,
fills in what the feed leaves out (`events.feeds.buses.planned`). `state` is scheduled, skipped, no_data or unscheduled;
canceled for a whole trip. Of several trips of one route at one stop in a feed the soonest that runs counts, and only
that is offered: a trip that was cancelled, or skips the stop, is told where no other comes. An update without a route,
as of agencies that name trips only, stands under `trip:<trip_id>`. `direction` is direction_id, "" where none is told.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from google.transit import gtfs_realtime_pb2 as gtfs

from events.feeds.buses.parts import MOST_CALLS
from events.feeds.buses.planned import (
    ADDED,
    CANCELED,
    CANCELED_STATE,
    DUPLICATED,
    LARGEST_S,
    NEW,
    REPLACEMENT,
    STATES,
    planned,
    told,
)
from events.feeds.timetable import Timetable
from events.observations import ARRIVALS, TIME

Trip = tuple[
    int, int, float, str | None, str | None, str | None, str | None, str | None, int, int | None,
]  # fmt: skip
"""Row of TRIPS."""

Stop = tuple[int, str | None, int | None, int | None, int | None, int | None, int | None, int]
"""Row of STOPS."""

TRIPS = {
    "entity": pl.UInt32(), "record": pl.UInt32(), "time_s": pl.Float64(), "route_id": pl.String(),
    "direction": pl.String(), "trip_id": pl.String(), "start_date": pl.String(), "start_time": pl.String(),
    "relation": pl.Int32(), "trip_delay_s": pl.Int64(),
}  # fmt: skip
"""Trip updates: `time_s` is the row's instant (seconds since 1970), `relation` the trip's schedule relationship."""

STOPS = {
    "entity": pl.UInt32(), "stop_id": pl.String(), "sequence": pl.Int64(), "arrives_s": pl.Int64(),
    "arrival_delay_s": pl.Int64(), "leaves_s": pl.Int64(), "departure_delay_s": pl.Int64(), "stop_relation": pl.Int32(),
}  # fmt: skip
"""Stop time updates as told, in the order of the feed; 0 where no instant is told."""

NO_STOP = "trip update: no stop_time_update with a stop_id"
"""Reason of an update that names no stop, nor one that its timetable knows."""

ALONE = "trip:"
"""How the route of a trip begins whose route is not known."""

_OWN_SCHEDULE = (ADDED, NEW, DUPLICATED, REPLACEMENT)
_EARLIEST_S, _LATEST_S = 946_684_800, 7_258_118_400  # years 2000 and 2200
_KEY = ("record", "route_id", "stop_id", "direction")


def fault(update: gtfs.TripUpdate, feed_time_s: float) -> str | None:
    """Why a trip update tells nothing, None when it may."""
    if not (update.trip.route_id or update.trip.trip_id):
        return "trip update: neither a route_id nor a trip_id"
    if len(update.stop_time_update) > MOST_CALLS:
        return f"trip update: {len(update.stop_time_update)} stop_time_updates, where {MOST_CALLS} are allowed"
    time_s = update.timestamp or feed_time_s
    if not _EARLIEST_S <= time_s <= _LATEST_S:
        return f"trip update: timestamp {time_s} is no time in seconds since 1970"
    return None


def told_trip(update: gtfs.TripUpdate, entity: int, record: int, feed_time_s: float) -> Trip:
    """The row of TRIPS of an update; a duplicated trip has the date and time of its own."""
    trip = update.trip
    relation = trip.schedule_relationship
    date, start = trip.start_date, trip.start_time
    if relation == DUPLICATED and update.HasField("trip_properties"):
        date, start = update.trip_properties.start_date or date, update.trip_properties.start_time or start
    timestamp = update.timestamp
    sound_feed_time_s = feed_time_s if feed_time_s <= _LATEST_S else 0.0
    return (
        entity,
        record,
        max(timestamp, sound_feed_time_s) if timestamp else feed_time_s,
        trip.route_id or None,
        str(trip.direction_id) if trip.HasField("direction_id") else None,
        trip.trip_id or None,
        date or None,
        start or None,
        relation,
        update.delay if update.HasField("delay") else None,
    )


def told_stops(update: gtfs.TripUpdate, entity: int) -> Iterator[Stop]:
    """Rows of STOPS of an update."""
    own = update.trip.schedule_relationship in _OWN_SCHEDULE
    for stop in update.stop_time_update:
        arrives_s = leaves_s = arrival_delay_s = departure_delay_s = None
        if stop.HasField("arrival"):
            event = stop.arrival
            arrives_s = event.time
            arrival_delay_s = event.delay if event.HasField("delay") else _own_delay(event) if own else None
        if stop.HasField("departure"):
            event = stop.departure
            leaves_s = event.time
            departure_delay_s = event.delay if event.HasField("delay") else _own_delay(event) if own else None
        sequence = stop.stop_sequence if stop.HasField("stop_sequence") else None
        relation = stop.schedule_relationship
        yield (
            entity, stop.stop_id or None, sequence, arrives_s, arrival_delay_s, leaves_s, departure_delay_s, relation
        )  # fmt: skip


def arrivals(trips: list[Trip], stops: list[Stop], timetable: Timetable | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The soonest arrival of every route, stop and direction of a feed; and every one's identity with its `entity`."""
    told_of = pl.DataFrame(trips, schema=TRIPS, orient="row")
    listed = told(told_of, pl.DataFrame(stops, schema=STOPS, orient="row"))
    known = (listed if timetable is None else planned(told_of, listed, timetable)).filter(
        pl.col("stop_id").is_not_null()
    )
    rows = known.with_columns(
        pl.coalesce("route_id", pl.concat_str(pl.lit(ALONE), "trip_id")),
        pl.col("direction").fill_null(""),
        _state().alias("state"),
    )
    served = ~pl.col("state").is_in([CANCELED_STATE, STATES[1], STATES[2]])
    wait_s = (pl.col("told_s") - pl.col("time_s")).round().cast(pl.Int64)
    timed = rows.with_columns(
        pl.when(served & (wait_s.abs() <= LARGEST_S)).then(wait_s).cast(pl.Int32).alias("estimate_s"),
        pl.when(served & (pl.col("delay_s").abs() <= LARGEST_S)).then("delay_s").cast(pl.Int32).alias("delay_s"),
    )
    return _soonest(timed), timed.select("entity", *ARRIVALS.entity)


def _soonest(rows: pl.DataFrame) -> pl.DataFrame:
    """Of each route's trips at a stop the one that comes next; one that has passed, or does not run, only alone."""
    wait_s = pl.col("estimate_s")
    rank = (
        pl.when(pl.col("state").is_in([CANCELED_STATE, STATES[1]]))
        .then(3)
        .when(wait_s.is_null())
        .then(1)
        .when(wait_s < 0)
        .then(2)
        .otherwise(0)
    )
    newest_s = (
        pl.when(pl.col("route_id").str.starts_with(ALONE)).then("time_s").otherwise(pl.col("time_s").max().over(_KEY))
    )  # of several trips' updates the row is as new as the newest; updates of one trip follow one another
    dated = rows.with_columns(newest_s=newest_s).with_row_index("at").sort(rank, wait_s.abs().fill_null(0), "at")
    soonest = dated.unique([*_KEY, "newest_s"], keep="first", maintain_order=True).sort("at")
    later_s = (pl.col("newest_s") - pl.col("time_s")).round().cast(pl.Int32)
    return soonest.with_columns(
        pl.col("estimate_s") - later_s,
        (pl.col("newest_s") * 1e6).round().cast(pl.Int64).cast(TIME).alias("time"),
    ).select(list(ARRIVALS.decoded))


def _state() -> pl.Expr:
    stop = pl.col("stop_relation").replace_strict(STATES, default=STATES[0], return_dtype=pl.String)
    return pl.when(pl.col("relation").is_in(CANCELED)).then(pl.lit(CANCELED_STATE)).otherwise(stop)


def _own_delay(event: gtfs.TripUpdate.StopTimeEvent) -> int | None:
    """Delay against the schedule that a trip of none in the timetable brings along."""
    both = event.time and event.HasField("scheduled_time")
    return event.time - event.scheduled_time if both else None
