"""GTFS-Realtime vehicle positions and trip updates (protobuf) to positions and arrivals.

A vehicle is known by its descriptor's id, else by the entity's; its instant is its own timestamp, else the feed's,
else the arrival. Bearings outside 0–360 degrees and negative speeds are null. Trip updates
are read by `events.feeds.gtfs_trips`. Alerts and deletions are refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import polars as pl
from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2 as gtfs

from events.errors import PayloadError
from events.feeds.decoded import Decoded, Payload
from events.feeds.gtfs_trips import Stops, arrivals, faults, next_arrivals
from events.feeds.packed import unpacked
from events.feeds.refusals import Refused, quoted, refused_frame
from events.observations import POSITIONS

VERSIONS = ("1.0", "1", "2.0", "2")
"""Versions of the standard that are read."""

EARLIEST_S = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
LATEST_S = datetime(2200, 1, 1, tzinfo=UTC).timestamp()

Row = tuple[object, ...]


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Positions of the feeds' vehicles; an entity that cannot be taken is refused with a feed of that entity alone."""
    rows: list[Row] = []
    stops: Stops = []
    refused: list[Refused] = []
    for record, payload in enumerate(payloads):
        try:
            feed = feed_message(unpacked(payload.data))
        except PayloadError as error:
            refused.append(Refused(record, f"gtfs-rt: {error}", payload.data))
            continue
        for told in _told(feed, record, payload.received_at):
            (refused if isinstance(told, Refused) else rows).append(told)  # type: ignore[arg-type]
        stops += next_arrivals(feed, record, feed.header.timestamp or payload.received_at.timestamp())
    frames = {"positions": _frame(rows), "arrivals": arrivals(stops)}
    return Decoded(frames, refused_frame(refused), len(rows) + len(stops) + len(refused))


def feed_message(data: bytes) -> gtfs.FeedMessage:
    """The feed in `data`; PayloadError when the bytes are none, though they may happen to parse as protobuf."""
    if not data:
        raise PayloadError("empty payload")
    feed = gtfs.FeedMessage()
    try:
        feed.ParseFromString(data)
    except (DecodeError, RuntimeError) as error:
        raise PayloadError(f"no GTFS-Realtime protobuf ({quoted(data[:16])}…): {str(error)[:120]}") from error
    if feed.header.gtfs_realtime_version not in VERSIONS:
        version = quoted(feed.header.gtfs_realtime_version)
        raise PayloadError(f"header says version {version}, not one of {', '.join(VERSIONS)}: no GTFS-Realtime feed")
    if not feed.entity:
        raise PayloadError("a feed without entities")
    return feed


def _told(feed: gtfs.FeedMessage, record: int, received_at: datetime) -> Iterator[Row | Refused]:
    """What each entity tells: a row for a vehicle, a refusal for every other thing."""
    feed_time_s = feed.header.timestamp or received_at.timestamp()
    for entity in feed.entity:
        for fault in _unread(entity, feed_time_s):
            yield Refused(record, f"gtfs-rt: entity {entity.id}: {fault}", _alone(feed, entity))
        if entity.HasField("vehicle") and not entity.is_deleted:
            wrong = _fault(entity, feed_time_s)
            if wrong:
                yield Refused(record, f"gtfs-rt: entity {entity.id}: {wrong}", _alone(feed, entity))
            else:
                yield _row(entity, feed_time_s, record)


def _unread(entity: gtfs.FeedEntity, feed_time_s: float) -> Iterable[str]:
    if entity.is_deleted:
        return ["deleted: nothing is observed"]
    if entity.HasField("alert"):
        return ["alert: not decoded yet"]
    if entity.HasField("trip_update"):
        return faults(entity.trip_update, feed_time_s)
    return [] if entity.HasField("vehicle") else ["holds neither a vehicle, a trip update nor an alert"]


def _fault(entity: gtfs.FeedEntity, feed_time_s: float) -> str | None:
    """Why a vehicle's position cannot be taken, None when it can."""
    vehicle, place = entity.vehicle, entity.vehicle.position
    time_s = vehicle.timestamp or feed_time_s
    if not (vehicle.vehicle.id or entity.id):
        return "a vehicle without an id"
    if not vehicle.HasField("position") or not place.IsInitialized():
        return "no position with latitude and longitude"
    if not (abs(place.latitude) <= 90 and abs(place.longitude) <= 180):
        return f"latitude {place.latitude}, longitude {place.longitude} lie on no map"
    if place.latitude == 0 and place.longitude == 0:
        return "latitude 0, longitude 0: a receiver without a fix"
    if not EARLIEST_S <= time_s <= LATEST_S:
        return f"timestamp {time_s} is no time in seconds since 1970"
    return None


def _row(entity: gtfs.FeedEntity, feed_time_s: float, record: int) -> Row:
    vehicle, place = entity.vehicle, entity.vehicle.position
    bearing = place.bearing if place.HasField("bearing") and 0 <= place.bearing <= 360 else None
    speed = place.speed if place.HasField("speed") and 0 <= place.speed < math.inf else None
    time_us = round((vehicle.timestamp or feed_time_s) * 1e6)
    name = vehicle.vehicle.id or entity.id
    return name, time_us, vehicle.trip.route_id or None, place.longitude, place.latitude, bearing, speed, record


def _frame(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=POSITIONS.decoded, orient="row")


def _alone(feed: gtfs.FeedMessage, entity: gtfs.FeedEntity) -> bytes:
    """A feed of one entity: what a later decoder can try again."""
    return bytes(gtfs.FeedMessage(header=feed.header, entity=[entity]).SerializePartialToString())
