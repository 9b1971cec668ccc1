"""Vehicles of a GTFS-Realtime feed: where they are, and what else is told of them as states.

    vehicle:<id>:current_status        INCOMING_AT, STOPPED_AT, IN_TRANSIT_TO
    vehicle:<id>:stop_id               the stop that the status speaks of; :current_stop_sequence likewise
    vehicle:<id>:occupancy_status      EMPTY, STANDING_ROOM_ONLY, FULL …
    vehicle:<id>:occupancy_percentage  a whole number
    vehicle:<id>:congestion_level      RUNNING_SMOOTHLY, STOP_AND_GO …
    vehicle:<id>:trip_id, :route_id    where no position tells them

A position is optional, as under ground. A vehicle is known by its descriptor's id, else by the entity's; its instant is
its own timestamp, else the feed's. Bearings outside 0–360 degrees and negative speeds are null.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from google.transit import gtfs_realtime_pb2 as gtfs

from events.feeds.buses.alerts import State
from events.feeds.buses.kinds import BUS, kind_of_route

Row = tuple[object, ...]
"""Row of POSITIONS, its time in microseconds."""

_EARLIEST_S, _LATEST_S = 946_684_800, 7_258_118_400  # years 2000 and 2200
NOTHING = "no position with latitude and longitude"

_ENUMS = {
    "current_status": gtfs.VehiclePosition.VehicleStopStatus,
    "occupancy_status": gtfs.VehiclePosition.OccupancyStatus,
    "congestion_level": gtfs.VehiclePosition.CongestionLevel,
}
_PLAIN = ("stop_id", "current_stop_sequence", "occupancy_percentage")


def name_of(entity: gtfs.FeedEntity) -> str:
    """What the vehicle is known by, "" when by nothing."""
    return entity.vehicle.vehicle.id or entity.id


def time_fault(entity: gtfs.FeedEntity, feed_time_s: float) -> str | None:
    """Why nothing of a vehicle can be taken, None when something may."""
    time_s = entity.vehicle.timestamp or feed_time_s
    if not name_of(entity):
        return "a vehicle without an id"
    if not _EARLIEST_S <= time_s <= _LATEST_S:
        return f"timestamp {time_s} is no time in seconds since 1970"
    return None


def place_fault(vehicle: gtfs.VehiclePosition) -> str | None:
    """Why a vehicle's position cannot be taken, None when it can."""
    place = vehicle.position
    if not vehicle.HasField("position") or not place.IsInitialized():
        return NOTHING
    latitude, longitude = place.latitude, place.longitude
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return f"latitude {latitude}, longitude {longitude} lie on no map"
    if latitude == 0 and longitude == 0:
        return "latitude 0, longitude 0: a receiver without a fix"
    return None


def position(entity: gtfs.FeedEntity, feed_time_s: float, record: int, route_types: dict[str, int]) -> Row | None:
    """The row of a vehicle that is well placed and dated, None for any other: `time_fault`, `place_fault` say why.

    Written for speed: every field of a message that is asked for costs, and a field that is not told reads as 0.
    """
    vehicle = entity.vehicle
    place, trip = vehicle.position, vehicle.trip
    latitude, longitude = place.latitude, place.longitude
    time_s = vehicle.timestamp or feed_time_s
    name = vehicle.vehicle.id or entity.id
    if not (
        -90 <= latitude <= 90
        and -180 <= longitude <= 180
        and _EARLIEST_S <= time_s <= _LATEST_S
        and name
        and ((latitude and longitude) or place_fault(vehicle) is None)
    ):
        return None
    bearing, speed = place.bearing, place.speed
    route = trip.route_id or None
    return (
        name,
        round(time_s * 1e6),
        route,
        longitude,
        latitude,
        bearing if 0 < bearing <= 360 or (bearing == 0 and place.HasField("bearing")) else None,
        speed if 0 < speed < math.inf or (speed == 0 and place.HasField("speed")) else None,
        kind_of_route(route_types.get(route or f"trip:{trip.trip_id}")) if route_types else BUS,
        record,
    )


def has_states(vehicle: gtfs.VehiclePosition) -> bool:
    """Whether more than its place is told of a vehicle."""
    told = vehicle.HasField
    return (
        told("current_status") or told("stop_id") or told("occupancy_status") or told("congestion_level")
        or told("current_stop_sequence") or told("occupancy_percentage")
    )  # fmt: skip


def vehicle_states(entity: gtfs.FeedEntity, feed_time_s: float, record: int) -> Iterator[State]:
    """Rows of STATES of one vehicle."""
    vehicle = entity.vehicle
    told: dict[str, str] = {}
    for name, enum in _ENUMS.items():
        if vehicle.HasField(name):
            told[name] = enum.Name(getattr(vehicle, name))
    for name in _PLAIN:
        if vehicle.HasField(name):
            told[name] = str(getattr(vehicle, name))
    if not vehicle.HasField("position"):
        told |= {"trip_id": vehicle.trip.trip_id, "route_id": vehicle.trip.route_id}
    time_us = round((vehicle.timestamp or feed_time_s) * 1e6)
    for name, text in told.items():
        if text:
            yield f"vehicle:{name_of(entity)}:{name}", time_us, text, record
