"""Trip updates of a GTFS-Realtime feed to arrivals: when the next vehicle of a route comes to a stop.

`estimate_s` is the arrival (else the departure) less the update's own time, where the update tells an instant;
`delay_s` is the told delay. `state` is scheduled, skipped, no_data or unscheduled; canceled for a whole trip. Of
several trips of one route at one stop the soonest counts, and only that is offered. An update without a route, as of
agencies that name trips only, stands under `trip:<trip_id>`. `direction` is direction_id, "" where it is not told.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from google.transit import gtfs_realtime_pb2 as gtfs

from events.observations import ARRIVALS

Stop = tuple[str, str, str, int, int | None, int | None, str | None, int]
"""Row of ARRIVALS, its time in microseconds."""

Stops = list[Stop]

LARGEST_S = 7 * 86_400
"""Delays and estimates beyond a week are faults: null."""

STATES = {0: "scheduled", 1: "skipped", 2: "no_data", 3: "unscheduled"}
CANCELED = (3, 7)
"""Schedule relationships of a trip that does not run: canceled, deleted."""

_EARLIEST_S, _LATEST_S = 946_684_800, 7_258_118_400  # years 2000 and 2200


def arrivals(stops: Stops) -> pl.DataFrame:
    """The rows as a frame of ARRIVALS."""
    return pl.DataFrame(stops, schema=ARRIVALS.decoded, orient="row")


def faults(update: gtfs.TripUpdate, feed_time_s: float) -> list[str]:
    """Why a trip update tells nothing, empty when it does."""
    if not (update.trip.route_id or update.trip.trip_id):
        return ["trip update: neither a route_id nor a trip_id"]
    time_s = update.timestamp or feed_time_s
    if not _EARLIEST_S <= time_s <= _LATEST_S:
        return [f"trip update: timestamp {time_s} is no time in seconds since 1970"]
    if not any(stop.stop_id for stop in update.stop_time_update):
        return ["trip update: no stop_time_update with a stop_id"]
    return []


def next_arrivals(feed: gtfs.FeedMessage, record: int, feed_time_s: float) -> Stops:
    """The soonest told arrival of every route, stop, direction and instant of a feed."""
    soonest: dict[tuple[str, str, str, int], Stop] = {}
    for entity in feed.entity:
        if entity.HasField("trip_update") and not entity.is_deleted and not faults(entity.trip_update, feed_time_s):
            for stop in _stops(entity.trip_update, record, feed_time_s):
                known = soonest.get(stop[:4])
                if known is None or _order(stop) < _order(known):
                    soonest[stop[:4]] = stop
    return list(soonest.values())


def _order(stop: Stop) -> tuple[bool, int]:
    estimate_s = stop[4]
    return estimate_s is None or estimate_s < 0, estimate_s or 0


def _stops(update: gtfs.TripUpdate, record: int, feed_time_s: float) -> Iterator[Stop]:
    trip = update.trip
    route = trip.route_id or f"trip:{trip.trip_id}"
    direction = str(trip.direction_id) if trip.HasField("direction_id") else ""
    time_s = update.timestamp or feed_time_s
    for stop in update.stop_time_update:
        if stop.stop_id:
            event = stop.arrival if stop.HasField("arrival") else stop.departure
            estimate_s = _within(event.time - time_s) if event.time else None
            delay_s = _within(event.delay) if event.HasField("delay") else None
            state = "canceled" if trip.schedule_relationship in CANCELED else STATES.get(stop.schedule_relationship)
            yield route, stop.stop_id, direction, round(time_s * 1e6), estimate_s, delay_s, state, record


def _within(seconds: float) -> int | None:
    return round(seconds) if abs(seconds) <= LARGEST_S else None
