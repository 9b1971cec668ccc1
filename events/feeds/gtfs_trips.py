"""Trip updates of a GTFS-Realtime feed to arrivals: when the next vehicle of a route comes to a stop.

`estimate_s` is the arrival (else the departure) less the update's own time, where the update tells an instant;
`delay_s` is the told delay. A timetable, where one is declared, fills in what the feed leaves out
(`events.feeds.gtfs_planned`). `state` is scheduled, skipped, no_data or unscheduled; canceled for a whole trip. Of
several trips of one route at one stop the soonest counts, and only that is offered. An update without a route, as of
agencies that name trips only, stands under `trip:<trip_id>`. `direction` is direction_id, "" where it is not told.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from google.transit import gtfs_realtime_pb2 as gtfs

from events.feeds.gtfs_planned import UPDATES, planned
from events.feeds.timetable import Timetable
from events.observations import ARRIVALS, TIME

Update = tuple[
    int, str | None, str | None, str | None, float, int | None, int | None, str | None, int, str | None, str | None,
    int | None,
]  # fmt: skip
"""Row of UPDATES."""

LARGEST_S = 7 * 86_400
"""Delays and estimates beyond a week are faults: null."""

STATES = {0: "scheduled", 1: "skipped", 2: "no_data", 3: "unscheduled"}
CANCELED = (3, 7)
"""Schedule relationships of a trip that does not run: canceled, deleted."""

NO_STOP = "trip update: no stop_time_update with a stop_id"
"""Reason of an update that names no stop, nor one that its timetable knows."""

_EARLIEST_S, _LATEST_S = 946_684_800, 7_258_118_400  # years 2000 and 2200
_KEY = ("record", "route_id", "stop_id", "direction", "time")


def fault(update: gtfs.TripUpdate, feed_time_s: float) -> str | None:
    """Why a trip update tells nothing, None when it may."""
    if not (update.trip.route_id or update.trip.trip_id):
        return "trip update: neither a route_id nor a trip_id"
    time_s = update.timestamp or feed_time_s
    if not _EARLIEST_S <= time_s <= _LATEST_S:
        return f"trip update: timestamp {time_s} is no time in seconds since 1970"
    return None


def told_updates(update: gtfs.TripUpdate, entity: int, record: int, feed_time_s: float) -> Iterator[Update]:
    """Rows of UPDATES: one a stop, one without a stop for a cancelled trip that lists none."""
    trip, time_s = update.trip, update.timestamp or feed_time_s
    direction = str(trip.direction_id) if trip.HasField("direction_id") else None
    head = (entity, trip.route_id or None)
    tail = (record, trip.trip_id or None, trip.start_date or None)
    canceled = trip.schedule_relationship in CANCELED
    for stop in update.stop_time_update:
        event = stop.arrival if stop.HasField("arrival") else stop.departure
        told_s = event.time if abs(event.time - time_s) <= LARGEST_S else None
        delay_s = event.delay if event.HasField("delay") and abs(event.delay) <= LARGEST_S else None
        state = "canceled" if canceled else STATES.get(stop.schedule_relationship)
        sequence = stop.stop_sequence if stop.HasField("stop_sequence") and stop.stop_sequence < 2**31 else None
        if stop.stop_id or sequence is not None:
            yield *head, stop.stop_id or None, direction, time_s, told_s, delay_s, state, *tail, sequence
    if canceled and not update.stop_time_update:
        yield *head, None, direction, time_s, None, None, "canceled", *tail, None


def arrivals(updates: list[Update], timetable: Timetable | None) -> tuple[pl.DataFrame, set[int]]:
    """The soonest arrival of every route, stop, direction and instant of a feed; entities that tell at least one."""
    told = pl.DataFrame(updates, schema=UPDATES, orient="row")
    known = (told if timetable is None else planned(told, timetable)).drop_nulls("stop_id")
    estimate_s = (pl.col("told_s") - pl.col("time_s")).round().cast(pl.Int64)
    rows = known.with_columns(
        pl.coalesce("route_id", pl.concat_str(pl.lit("trip:"), "trip_id")),
        pl.col("direction").fill_null(""),
        (pl.col("time_s") * 1e6).round().cast(pl.Int64).cast(TIME).alias("time"),
        pl.when(estimate_s.abs() <= LARGEST_S).then(estimate_s).cast(pl.Int32).alias("estimate_s"),
        pl.when(pl.col("delay_s").abs() <= LARGEST_S).then(pl.col("delay_s")).alias("delay_s"),
    )
    gone = pl.col("estimate_s").is_null() | (pl.col("estimate_s") < 0)
    order = rows.with_row_index("at").sort(gone, pl.col("estimate_s").fill_null(0), "at")
    soonest = order.unique(list(_KEY), keep="first", maintain_order=True).sort("at")
    return soonest.select(list(ARRIVALS.decoded)), set(known["entity"].to_list())
