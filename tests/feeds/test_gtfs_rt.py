"""GTFS-Realtime vehicle positions: a real feed, and bytes that only look like one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.transit import gtfs_realtime_pb2 as gtfs
from hypothesis import given
from hypothesis import strategies as st

from events.feeds import gtfs_rt
from tests.feeds.offering import ARRIVAL, UNHURRIED, offer, reasons

HEADER_TIME = 1_760_000_000


def feed(*, header_time: int = HEADER_TIME, version: str = "2.0") -> gtfs.FeedMessage:
    return gtfs.FeedMessage(header=gtfs.FeedHeader(gtfs_realtime_version=version, timestamp=header_time))


def with_vehicle(message: gtfs.FeedMessage, latitude: float = 25.0, longitude: float = 121.5) -> gtfs.VehiclePosition:
    vehicle: gtfs.VehiclePosition = message.entity.add(id="e1").vehicle
    vehicle.position.latitude, vehicle.position.longitude = latitude, longitude
    return vehicle


def test_every_vehicle_of_the_real_feed_lands(shared_data: Path) -> None:
    document = (shared_data / "gtfsrt" / "gtfs_vehicle_positions.pb").read_bytes()
    decoded = offer(gtfs_rt.decode, document)
    positions = decoded.frames["positions"]
    assert decoded.offered == positions.height == 33
    first = positions.row(0, named=True)
    assert first["vehicle_id"] == "17403.0"
    assert first["time"] == datetime(2023, 3, 22, 11, 0, 43, tzinfo=UTC)
    assert (first["longitude"], first["latitude"]) == pytest.approx((18.960268, 50.186565), abs=1e-5)
    assert first["speed"] == pytest.approx(75 / 3.6)
    assert (first["route_id"], first["bearing"]) == (None, None)


def test_every_stop_of_the_real_trip_updates_lands_under_its_trip(shared_data: Path) -> None:
    decoded = offer(gtfs_rt.decode, (shared_data / "gtfsrt" / "gtfs_trip_update.pb").read_bytes())
    arrivals = decoded.frames["arrivals"]
    assert decoded.offered == arrivals.height == 33
    told_at = datetime(2023, 3, 22, 10, 59, 35, tzinfo=UTC)
    assert arrivals.drop("record").row(0) == ("trip:94815/4", "72967", "", told_at, None, -60, "scheduled")


def test_of_several_trips_of_a_route_the_soonest_counts_at_a_stop() -> None:
    message = feed()
    for number, wait_s in enumerate((900, 120, 1500)):
        trip = message.entity.add(id=str(number)).trip_update
        trip.trip.trip_id, trip.trip.route_id, trip.trip.direction_id = f"t{number}", "307", 1
        trip.stop_time_update.add(stop_id="s1").arrival.time = HEADER_TIME + wait_s
    arrivals = offer(gtfs_rt.decode, message.SerializeToString()).frames["arrivals"]
    assert arrivals.select("route_id", "stop_id", "direction", "estimate_s").rows() == [("307", "s1", "1", 120)]


def test_alerts_and_empty_trip_updates_are_refused_one_by_one() -> None:
    message = feed()
    message.entity.add(id="a").alert.SetInParent()
    message.entity.add(id="t").trip_update.trip.trip_id = "t1"
    decoded = offer(gtfs_rt.decode, message.SerializeToString())
    assert reasons(decoded) == [
        "gtfs-rt: entity a: alert: neither an informed_entity nor a header_text",
        "gtfs-rt: entity t: trip update: no stop_time_update with a stop_id",
    ]
    kept = gtfs.FeedMessage.FromString(decoded.refused["payload"][0])
    assert [e.id for e in kept.entity] == ["a"]


def test_a_vehicle_tells_all_it_says() -> None:
    message = feed()
    vehicle = with_vehicle(message)
    vehicle.trip.route_id, vehicle.vehicle.id, vehicle.timestamp = "307", "EAL-0001", HEADER_TIME + 5
    vehicle.position.bearing, vehicle.position.speed = 270.0, 8.5
    row = offer(gtfs_rt.decode, message.SerializeToString()).frames["positions"].drop("record").rows()
    assert row == [("EAL-0001", datetime(2025, 10, 9, 8, 53, 25, tzinfo=UTC), "307", 121.5, 25.0, 270.0, 8.5, "bus")]


def test_a_bus_that_stands_has_speed_zero_and_one_that_tells_none_has_none() -> None:
    standing, silent = feed(), feed()
    with_vehicle(standing).position.speed = 0.0
    with_vehicle(silent)
    rows = offer(gtfs_rt.decode, standing.SerializeToString(), silent.SerializeToString()).frames["positions"]
    assert rows["speed"].to_list() == [0.0, None]


def test_what_a_vehicle_leaves_out_comes_from_its_entity_the_feed_or_the_arrival() -> None:
    dated, undated = feed(), feed(header_time=0)
    with_vehicle(dated), with_vehicle(undated)
    rows = offer(gtfs_rt.decode, dated.SerializeToString(), undated.SerializeToString()).frames["positions"]
    assert rows["vehicle_id"].to_list() == ["e1", "e1"]
    assert rows["time"].to_list() == [datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC), ARRIVAL]


@pytest.mark.parametrize(("bearing", "speed"), [(-1.0, -2.0), (361.0, float("inf")), (float("nan"), float("nan"))])
def test_a_bearing_or_speed_that_cannot_be_is_null(bearing: float, speed: float) -> None:
    message = feed()
    place = with_vehicle(message).position
    place.bearing, place.speed = bearing, speed
    row = offer(gtfs_rt.decode, message.SerializeToString()).frames["positions"]
    assert row.select("bearing", "speed").rows() == [(None, None)]


@pytest.mark.parametrize(
    ("latitude", "longitude", "reason"),
    [
        (91.0, 121.5, "lie on no map"),
        (25.0, -180.5, "lie on no map"),
        (float("nan"), 121.5, "lie on no map"),
        (0.0, 0.0, "a receiver without a fix"),
    ],
)
def test_a_place_that_cannot_be_is_refused(latitude: float, longitude: float, reason: str) -> None:
    message = feed()
    with_vehicle(message, latitude, longitude)
    with_vehicle(message)
    decoded = offer(gtfs_rt.decode, message.SerializeToString())
    assert decoded.frames["positions"].height == 1
    (why,) = reasons(decoded)
    assert reason in why


def test_a_place_with_half_its_coordinates_is_refused() -> None:
    message = feed()
    message.entity.add(id="half").vehicle.position.longitude = 121.5
    (why,) = reasons(offer(gtfs_rt.decode, message.SerializePartialToString()))
    assert why == "gtfs-rt: entity half: no position with latitude and longitude"


def test_a_timestamp_in_milliseconds_is_refused() -> None:
    message = feed()
    with_vehicle(message).timestamp = HEADER_TIME * 1000
    (why,) = reasons(offer(gtfs_rt.decode, message.SerializeToString()))
    assert "timestamp 1760000000000 is no time in seconds" in why


def test_empty_entities_are_refused_and_a_deleted_one_is_not() -> None:
    message = feed()
    message.entity.add(id="gone", is_deleted=True)
    message.entity.add(id="hollow")
    message.entity.add(id="nowhere").vehicle.vehicle.id = "x"
    assert reasons(offer(gtfs_rt.decode, message.SerializeToString())) == [
        "gtfs-rt: entity hollow: holds neither a vehicle, a trip update nor an alert",
        "gtfs-rt: entity nowhere: no position with latitude and longitude",
    ]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "empty payload"),
        (b'{"header":{}}', "no GTFS-Realtime protobuf"),
        (b"\x00" * 10, "no GTFS-Realtime protobuf"),
        (b"\x0a\x05\x0a\x03abc", "header says version 'abc'"),
        (b"\x0a\x05\x0a\x032.0", "a feed without entities and without a time"),
    ],
)
def test_what_is_no_feed_is_refused_whole(document: bytes, reason: str) -> None:
    decoded = offer(gtfs_rt.decode, document)
    (why,) = reasons(decoded)
    assert reason in why


def test_a_dated_feed_without_entities_is_sound() -> None:
    assert offer(gtfs_rt.decode, feed().SerializeToString()).offered == 0


def test_a_feed_cut_short_is_refused_whole(shared_data: Path) -> None:
    document = (shared_data / "gtfsrt" / "gtfs_vehicle_positions.pb").read_bytes()
    assert "no GTFS-Realtime protobuf" in reasons(offer(gtfs_rt.decode, document[:1000]))[0]


@UNHURRIED
@given(st.binary(max_size=200))
def test_random_bytes_are_never_a_position(noise: bytes) -> None:
    assert offer(gtfs_rt.decode, noise).frames["positions"].is_empty()
