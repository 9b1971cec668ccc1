"""GTFS-Realtime vehicle positions, trip updates and alerts (protobuf) to positions, arrivals and states.

Vehicles are read by `events.feeds.buses.vehicles`, trip updates by `events.feeds.buses.trips`, beside a timetable where
one is declared (`decoder`), alerts by `events.feeds.buses.alerts`. Shapes, stops and trip modifications are refused by
their names. A dated feed without entities is sound: nothing is amiss, or nothing runs. What a full dataset no longer
lists, and what a differential one deletes, is ended where it lands (`events.feeds.buses.listed`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl
from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2 as gtfs

from events.errors import PayloadError
from events.feeds.buses import vehicles
from events.feeds.buses.alerts import State, alert_fault, alert_states
from events.feeds.buses.listed import (
    ALERTS,
    TRIPS,
    VEHICLES,
    FullFeed,
    TornEntity,
    entity_listing,
    feed_name,
    full_listing,
    torn,
)  # fmt: skip
from events.feeds.buses.parts import MOST_ENTITIES, check_parts
from events.feeds.buses.trips import NO_STOP, Stop, Trip, arrivals, fault, told_stops, told_trip
from events.feeds.decoded import Decoded, Decoder, Payload
from events.feeds.limits import MOST_REFUSED, check_refused
from events.feeds.packed import unpacked
from events.feeds.refusals import Refused, quoted, refused_frame
from events.feeds.timetable import Timetable
from events.observations import POSITIONS, STATES

VERSIONS = ("1.0", "1", "2.0", "2")
"""Versions of the standard that are read."""

EARLIEST_S, LATEST_S = 946_684_800, 7_258_118_400  # years 2000 and 2200
NOT_TAKEN = ("shape", "stop", "trip_modifications")


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Positions, arrivals and states of the feeds; what cannot be taken is refused as a feed of that entity alone."""
    return _decoded(payloads, None)


def decoder(timetable: Timetable) -> Decoder:
    """`decode` with a timetable at its side."""
    return lambda payloads: _decoded(payloads, timetable)


@dataclass
class _Read:
    """What was read so far; `entities` are those whose stops are not known to tell anything yet."""

    route_types: dict[str, int] = field(default_factory=dict)
    positions: list[vehicles.Row] = field(default_factory=list)
    trips: list[Trip] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    entities: list[tuple[int, gtfs.FeedMessage, gtfs.FeedEntity]] = field(default_factory=list)
    full: list[FullFeed] = field(default_factory=list)
    torn: list[TornEntity] = field(default_factory=list)


def _decoded(payloads: Sequence[Payload], timetable: Timetable | None) -> Decoded:
    read = _Read({} if timetable is None else timetable.route_types)
    for record, payload in enumerate(payloads):
        try:
            feed = feed_message(unpacked(payload.data))
        except PayloadError as error:
            read.refused.append(Refused(record, f"gtfs-rt: {error}", payload.data))
            continue
        _read_within(read, feed, record, payload)
    stops, calls = arrivals(read.trips, read.stops, timetable)
    telling = set(calls["entity"].unique().to_list())
    for number, (record, feed, entity) in enumerate(read.entities):
        if number not in telling:
            read.refused.append(_refused(feed, entity, record, NO_STOP))
    positions = pl.DataFrame(read.positions, schema=POSITIONS.decoded, orient="row")
    told = pl.DataFrame(read.states, schema=STATES.decoded, orient="row")
    listing = (full_listing(read.full, positions, stops, told), entity_listing(read.torn, calls))
    states = pl.concat([told, *listing]) if read.full or read.torn else told
    offered = positions.height + stops.height + states.height + len(read.refused)
    frames = {"positions": positions, "arrivals": stops, "states": states}
    return Decoded(frames, refused_frame(read.refused), offered)


def feed_message(data: bytes) -> gtfs.FeedMessage:
    """The feed in `data`; PayloadError when the bytes are none, though they may happen to parse as protobuf."""
    if not data:
        raise PayloadError("empty payload")
    check_parts(data)
    feed = gtfs.FeedMessage()
    try:
        feed.ParseFromString(data)
    except (DecodeError, RuntimeError) as error:
        raise PayloadError(f"no GTFS-Realtime protobuf ({quoted(data[:16])}…): {str(error)[:120]}") from error
    if feed.header.gtfs_realtime_version not in VERSIONS:
        version = quoted(feed.header.gtfs_realtime_version)
        raise PayloadError(f"header says version {version}, not one of {', '.join(VERSIONS)}: no GTFS-Realtime feed")
    if len(feed.entity) > MOST_ENTITIES:
        raise PayloadError(f"{len(feed.entity)} entities, where {MOST_ENTITIES} are allowed; split the feed")
    if not feed.entity and not feed.header.timestamp:
        raise PayloadError("a feed without entities and without a time")
    return feed


def _read_within(read: _Read, feed: gtfs.FeedMessage, record: int, payload: Payload) -> None:
    """Take a feed, or refuse it whole where too many of its parts would be refused."""
    held = {name: len(rows) for name, rows in vars(read).items() if isinstance(rows, list)}
    try:
        _read_feed(read, feed, record, payload)
    except PayloadError as error:
        for name, count in held.items():
            del getattr(read, name)[count:]
        read.refused.append(Refused(record, f"gtfs-rt: {error}", payload.data))


def _read_feed(read: _Read, feed: gtfs.FeedMessage, record: int, payload: Payload) -> None:
    """Take what each entity tells: rows, or a refusal for every thing that tells none."""
    feed_time_s = feed.header.timestamp or payload.received_at.timestamp()
    lists = feed_name(payload.origin) if EARLIEST_S <= feed_time_s <= LATEST_S else ""
    differential = feed.header.incrementality == gtfs.FeedHeader.DIFFERENTIAL
    full = FullFeed(record, lists, round(feed_time_s * 1e6)) if lists and not differential else None
    refused = len(read.refused)
    for entity in feed.entity:
        if len(read.refused) - refused > MOST_REFUSED:
            check_refused(len(read.refused) - refused, read.refused[-1].reason)
        before = (len(read.positions), len(read.states), len(read.entities))
        if not entity.is_deleted:
            _read_entity(read, feed, entity, record, feed_time_s, full)
        if lists and differential:
            read.torn.append(
                _told_alone(read, entity, TornEntity(record, lists, round(feed_time_s * 1e6), entity.id), before)
            )
    if full is not None:
        read.full.append(full)


def _read_entity(
    read: _Read, feed: gtfs.FeedMessage, entity: gtfs.FeedEntity, record: int, feed_time_s: float, full: FullFeed | None
) -> None:
    """Take an entity's rows, or a refusal for every part of it that tells none."""
    faults: list[str] = []
    is_vehicle, is_trip, is_alert = (
        entity.HasField("vehicle"), entity.HasField("trip_update"), entity.HasField("alert")
    )  # fmt: skip
    if is_vehicle:
        bad = _read_vehicle(read, entity, record, feed_time_s)
        faults += bad
        if full is not None:
            full.kinds.add(VEHICLES)
            full.vehicles += [vehicles.name_of(entity)] if bad else []
    if is_trip:
        bad = _read_trip(read, feed, entity, record, feed_time_s)
        faults += bad
        if full is not None:
            full.kinds.add(torn(TRIPS) if bad else TRIPS)
    if is_alert:
        bad = _read_alert(read, entity, record, feed_time_s)
        faults += bad
        if full is not None:
            full.kinds.add(ALERTS)
            full.alerts += [entity.id] if bad else []
    faults += _further(entity, taken=is_vehicle or is_trip or is_alert)
    if faults:
        read.refused += [_refused(feed, entity, record, why) for why in faults]


def _told_alone(read: _Read, entity: gtfs.FeedEntity, alone: TornEntity, before: tuple[int, int, int]) -> TornEntity:
    """What an entity of a differential feed told of: what was read since `before`."""
    positions, states, trips = before
    alone.vehicle = vehicles.name_of(entity) if len(read.positions) > positions else None
    alone.points = [point for point, *_ in read.states[states:]]
    alone.trip = trips if len(read.entities) > trips else None
    return alone


def _read_trip(
    read: _Read, feed: gtfs.FeedMessage, entity: gtfs.FeedEntity, record: int, feed_time_s: float
) -> Sequence[str]:
    """Take a trip update; why it cannot be taken."""
    why = fault(entity.trip_update, feed_time_s)
    if why is not None:
        return (why,)
    number = len(read.entities)
    read.trips.append(told_trip(entity.trip_update, number, record, feed_time_s))
    read.stops += told_stops(entity.trip_update, number)
    read.entities.append((record, feed, entity))
    return ()


def _read_alert(read: _Read, entity: gtfs.FeedEntity, record: int, feed_time_s: float) -> Sequence[str]:
    """Take an alert; why it cannot be taken."""
    why = alert_fault(entity, feed_time_s)
    if why is not None:
        return (why,)
    read.states += alert_states(entity, record, feed_time_s)
    return ()


def _read_vehicle(read: _Read, entity: gtfs.FeedEntity, record: int, feed_time_s: float) -> Sequence[str]:
    """Take a vehicle; why something of it cannot be taken."""
    row = vehicles.position(entity, feed_time_s, record, read.route_types)
    if row is not None:
        read.positions.append(row)
        if vehicles.has_states(entity.vehicle):
            read.states += vehicles.vehicle_states(entity, feed_time_s, record)
        return ()
    why = vehicles.time_fault(entity, feed_time_s)
    if why is not None:
        return (why,)
    told = list(vehicles.vehicle_states(entity, feed_time_s, record))
    read.states += told
    unplaced = told and not entity.vehicle.HasField("position")
    return () if unplaced else (vehicles.place_fault(entity.vehicle) or vehicles.NOTHING,)


def _further(entity: gtfs.FeedEntity, *, taken: bool) -> Sequence[str]:
    """Parts of an entity that the twin does not take, by name."""
    told = entity.HasField
    if not (told("shape") or told("stop") or told("trip_modifications")):
        return () if taken else ("holds neither a vehicle, a trip update nor an alert",)
    others = [name for name in NOT_TAKEN if told(name)]
    return [f"{name}: the twin takes no {name.replace('_', ' ')} from a feed" for name in others]


def _refused(feed: gtfs.FeedMessage, entity: gtfs.FeedEntity, record: int, why: str) -> Refused:
    return Refused(record, f"gtfs-rt: entity {entity.id}: {why}", _alone(feed, entity))


def _alone(feed: gtfs.FeedMessage, entity: gtfs.FeedEntity) -> bytes:
    """A feed of one entity: what a later decoder can try again. It is no full dataset any more."""
    header = gtfs.FeedHeader()
    header.CopyFrom(feed.header)
    header.incrementality = gtfs.FeedHeader.DIFFERENTIAL
    return bytes(gtfs.FeedMessage(header=header, entity=[entity]).SerializePartialToString())
