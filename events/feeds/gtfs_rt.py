"""GTFS-Realtime vehicle positions, trip updates and alerts (protobuf) to positions, arrivals and states.

A vehicle is known by its descriptor's id, else by the entity's; its instant is its own timestamp, else the feed's,
else the arrival. Bearings outside 0–360 degrees and negative speeds are null. Trip updates are read by
`events.feeds.gtfs_trips`, beside a timetable where one is declared (`decoder`), alerts by `events.feeds.gtfs_alerts`.
Deletions are refused. A dated feed without entities is sound: nothing is amiss, or nothing runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl
from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2 as gtfs

from events.errors import PayloadError
from events.feeds.decoded import Decoded, Decoder, Payload
from events.feeds.gtfs_alerts import State, alert_fault, alert_states
from events.feeds.gtfs_trips import NO_STOP, Update, arrivals, fault, told_updates
from events.feeds.packed import unpacked
from events.feeds.refusals import Refused, quoted, refused_frame
from events.feeds.timetable import Timetable
from events.observations import POSITIONS, STATES

VERSIONS = ("1.0", "1", "2.0", "2")
"""Versions of the standard that are read."""

EARLIEST_S = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
LATEST_S = datetime(2200, 1, 1, tzinfo=UTC).timestamp()

Row = tuple[object, ...]


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Positions, arrivals and alerts of the feeds; what cannot be taken is refused as a feed of that entity alone."""
    return _decoded(payloads, None)


def decoder(timetable: Timetable) -> Decoder:
    """`decode` with a timetable at its side."""
    return lambda payloads: _decoded(payloads, timetable)


@dataclass
class _Read:
    """What was read so far; `entities` are those whose stops are not known to tell anything yet."""

    positions: list[Row] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    entities: list[tuple[int, gtfs.FeedMessage, gtfs.FeedEntity]] = field(default_factory=list)


def _decoded(payloads: Sequence[Payload], timetable: Timetable | None) -> Decoded:
    read = _Read()
    for record, payload in enumerate(payloads):
        try:
            feed = feed_message(unpacked(payload.data))
        except PayloadError as error:
            read.refused.append(Refused(record, f"gtfs-rt: {error}", payload.data))
            continue
        _read_feed(read, feed, record, payload.received_at)
    stops, telling = arrivals(read.updates, timetable)
    for number, (record, feed, entity) in enumerate(read.entities):
        if number not in telling:
            read.refused.append(_refused(feed, entity, record, NO_STOP))
    positions, states = _frame(read.positions), pl.DataFrame(read.states, schema=STATES.decoded, orient="row")
    offered = positions.height + stops.height + states.height + len(read.refused)
    frames = {"positions": positions, "arrivals": stops, "states": states}
    return Decoded(frames, refused_frame(read.refused), offered)


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
    if not feed.entity and not feed.header.timestamp:
        raise PayloadError("a feed without entities and without a time")
    return feed


def _read_feed(read: _Read, feed: gtfs.FeedMessage, record: int, received_at: datetime) -> None:
    """Take what each entity tells: rows, or a refusal for every thing that tells none."""
    feed_time_s = feed.header.timestamp or received_at.timestamp()
    for entity in feed.entity:
        faults = list(_faults(entity, feed_time_s))
        read.refused += [_refused(feed, entity, record, why) for _, why in faults]
        bad = {what for what, _ in faults}
        if entity.is_deleted:
            continue
        if entity.HasField("vehicle") and "vehicle" not in bad:
            read.positions.append(_row(entity, feed_time_s, record))
        if entity.HasField("alert") and "alert" not in bad:
            read.states += alert_states(entity, record, feed_time_s)
        if entity.HasField("trip_update") and "trip_update" not in bad:
            read.updates += told_updates(entity.trip_update, len(read.entities), record, feed_time_s)
            read.entities.append((record, feed, entity))


def _faults(entity: gtfs.FeedEntity, feed_time_s: float) -> Iterator[tuple[str, str]]:
    """Parts of an entity that cannot be taken, and why."""
    if entity.is_deleted:
        yield "entity", "deleted: nothing is observed"
        return
    found = {
        "vehicle": _fault(entity, feed_time_s) if entity.HasField("vehicle") else None,
        "trip_update": fault(entity.trip_update, feed_time_s) if entity.HasField("trip_update") else None,
        "alert": alert_fault(entity, feed_time_s) if entity.HasField("alert") else None,
    }
    yield from ((what, why) for what, why in found.items() if why)
    if not any(entity.HasField(what) for what in found):
        yield "entity", "holds neither a vehicle, a trip update nor an alert"


def _refused(feed: gtfs.FeedMessage, entity: gtfs.FeedEntity, record: int, why: str) -> Refused:
    return Refused(record, f"gtfs-rt: entity {entity.id}: {why}", _alone(feed, entity))


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
