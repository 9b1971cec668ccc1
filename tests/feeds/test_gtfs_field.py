"""GTFS-Realtime as its consumers found it: trips that hide others, arrivals that tell nothing, delays that go on."""

from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from google.transit import gtfs_realtime_pb2 as gtfs
from hypothesis import given
from hypothesis import strategies as st

from events.feeds import gtfs_rt
from events.feeds.decoded import Decoded
from events.feeds.timetable import Timetable, timetable_of
from tests.feeds.offering import UNHURRIED, offer, reasons
from tests.feeds.test_timetable import archive

AT = 1_772_496_000  # 2026-03-03 08:00 in Taipei
Wait = tuple[int | None, int | None, str]


@pytest.fixture(scope="module")
def timetable(shared_data: Path) -> Timetable:
    return timetable_of((shared_data / "field" / "feeds" / "tt.zip").read_bytes())


def field(shared_data: Path, name: str, timetable: Timetable | None = None) -> Decoded:
    document = (shared_data / "field" / "feeds" / f"{name}.pb").read_bytes()
    return offer(gtfs_rt.decoder(timetable) if timetable else gtfs_rt.decode, document)


def waits(decoded: Decoded) -> dict[str, Wait]:
    """What is told of each stop: estimate, delay, state."""
    rows = decoded.frames["arrivals"].select("stop_id", "estimate_s", "delay_s", "state").rows()
    return {stop: (wait, late, state) for stop, wait, late, state in rows}


def feed_of(*trips: tuple[str, dict[str, object]]) -> tuple[gtfs.FeedMessage, list[gtfs.TripUpdate]]:
    feed = gtfs.FeedMessage(header=gtfs.FeedHeader(gtfs_realtime_version="2.0", timestamp=AT))
    updates = []
    for number, (trip_id, told) in enumerate(trips):
        update = feed.entity.add(id=f"e{number}").trip_update
        update.trip.CopyFrom(gtfs.TripDescriptor(trip_id=trip_id, start_date="20260303", **told))  # type: ignore[arg-type]
        updates.append(update)
    return feed, updates


def test_a_cancelled_trip_never_hides_a_running_one(shared_data: Path, timetable: Timetable) -> None:
    assert waits(field(shared_data, "rt_cancelled_hides_running"))["S1"] == (720, None, "scheduled")
    beside = waits(field(shared_data, "rt_cancelled_hides_running", timetable))
    assert beside["S1"][::2] == (720, "scheduled")
    assert beside["S5"] == (None, None, "canceled")


@pytest.mark.parametrize("newer_s", [0, 5])
def test_a_skipped_or_cancelled_trip_with_a_newer_update_hides_none_either(newer_s: int) -> None:
    feed, (gone, runs) = feed_of(("T1", {"route_id": "R"}), ("T2", {"route_id": "R"}))
    gone.timestamp, runs.timestamp = AT + newer_s, AT
    gone.stop_time_update.add(stop_id="S1", schedule_relationship=1).arrival.time = AT + 60
    runs.stop_time_update.add(stop_id="S1").arrival.time = AT + 600
    assert waits(offer(gtfs_rt.decode, feed.SerializeToString())) == {"S1": (600 - newer_s, None, "scheduled")}


def test_where_the_arrival_tells_no_instant_the_departure_does(shared_data: Path) -> None:
    found = waits(field(shared_data, "rt_empty_arrival"))
    assert {stop: wait for stop, (wait, _, _) in found.items()} == {"S1": 90, "S2": 400, "S3": 700}


def test_a_delay_goes_on_until_no_data_ends_it(shared_data: Path, timetable: Timetable) -> None:
    assert waits(field(shared_data, "rt_delay_propagates", timetable)) == {
        "S3": (900, 300, "scheduled"),
        "S4": (1200, 300, "scheduled"),
        "S5": (None, None, "no_data"),
    }


def test_the_standards_own_example_of_delays_that_go_on() -> None:
    stops = "".join(f"t1,8:{n:02d}:00,8:{n:02d}:00,s{n},{n}\n" for n in range(1, 21))
    feed, (update,) = feed_of(("t1", {}))
    update.stop_time_update.add(stop_sequence=3).arrival.delay = 300
    update.stop_time_update.add(stop_sequence=5, schedule_relationship=1)
    update.stop_time_update.add(stop_sequence=8).arrival.delay = 60
    update.stop_time_update.add(stop_sequence=10, schedule_relationship=2)
    found = waits(offer(gtfs_rt.decoder(timetable_of(archive(stops))), feed.SerializeToString()))
    late = {n: found[f"s{n}"][1] for n in range(1, 21) if f"s{n}" in found}
    assert late == {3: 300, 4: 300, 5: None, 6: 300, 7: 300, 8: 60, 9: 60, **dict.fromkeys(range(10, 21))}
    assert {found[f"s{n}"][2] for n in range(10, 21)} == {"no_data"}
    assert found["s5"] == (None, None, "skipped")


def test_a_trips_own_delay_holds_until_the_first_update_with_one() -> None:
    stops = "".join(f"t1,8:{n}0:00,8:{n}0:00,s{n},{n}\n" for n in range(1, 5))
    feed, (update,) = feed_of(("t1", {}))
    update.delay = 120
    timetable = timetable_of(archive(stops))
    alone = waits(offer(gtfs_rt.decoder(timetable), feed.SerializeToString()))
    assert [alone[f"s{n}"][:2] for n in range(1, 5)] == [(600 * n + 120, 120) for n in range(1, 5)]
    update.stop_time_update.add(stop_sequence=3).departure.delay = 30
    both = waits(offer(gtfs_rt.decoder(timetable), feed.SerializeToString()))
    assert [both[f"s{n}"][1] for n in range(1, 5)] == [120, 120, 30, 30]


def test_what_has_gone_by_is_not_made_up() -> None:
    stops = "t1,7:00:00,7:00:00,s1,1\nt1,7:10:00,7:10:00,s2,2\nt1,8:10:00,8:10:00,s3,3\n"
    feed, (update,) = feed_of(("t1", {}))
    update.stop_time_update.add(stop_sequence=1).departure.delay = 60
    found = waits(offer(gtfs_rt.decoder(timetable_of(archive(stops))), feed.SerializeToString()))
    assert (found["s1"][0], set(found), found["s3"][0]) == (-3540, {"s1", "s3"}, 660)


def test_a_trip_of_intervals_is_late_against_nothing(shared_data: Path, timetable: Timetable) -> None:
    found = waits(field(shared_data, "rt_frequency_trip", timetable))
    assert found == {"P2": (930, None, "scheduled"), "P3": (1230, None, "scheduled")}


@pytest.mark.parametrize(("exact", "start", "late_s"), [("1", "08:10:00", 30), ("1", "", None), ("0", "", None)])
def test_exact_times_are_counted_from_the_start_of_the_run(exact: str, start: str, late_s: int | None) -> None:
    stops = "t1,1:00:00,1:00:00,s1,1\nt1,1:05:00,1:05:00,s2,2\nt1,1:10:00,1:10:00,s3,3\n"
    runs = f"trip_id,start_time,end_time,headway_secs,exact_times\nt1,06:00:00,22:00:00,600,{exact}\n"
    feed, (update,) = feed_of(("t1", {"start_time": start} if start else {}))
    update.stop_time_update.add(stop_sequence=2).arrival.time = AT + 930
    found = waits(offer(gtfs_rt.decoder(timetable_of(archive(stops, frequencies=runs))), feed.SerializeToString()))
    assert found == {"s2": (930, late_s, "scheduled"), "s3": (1230, late_s, "scheduled")}


def test_a_duplicated_trip_runs_at_the_time_of_its_own(timetable: Timetable) -> None:
    feed, (update,) = feed_of(("T2", {"route_id": "R1", "schedule_relationship": 6}))
    own = update.trip_properties
    own.trip_id, own.start_date, own.start_time = "T2-b", "20260303", "08:05:00"
    update.stop_time_update.add(stop_sequence=1).arrival.delay = 60
    found = waits(offer(gtfs_rt.decoder(timetable), feed.SerializeToString()))
    assert found == {f"S{n}": (60 + 300 * n, 60, "scheduled") for n in (1, 2, 3)}


@pytest.mark.parametrize("relation", [1, 5, 8])
def test_an_added_new_or_replacing_trip_is_held_against_its_own_schedule(relation: int, timetable: Timetable) -> None:
    feed, (update,) = feed_of(("T1", {"route_id": "R1", "schedule_relationship": relation}))
    arrival = update.stop_time_update.add(stop_id="S1").arrival
    arrival.time, arrival.scheduled_time = AT + 120, AT + 90
    update.stop_time_update.add(stop_id="S9").arrival.time = AT + 300
    found = waits(offer(gtfs_rt.decoder(timetable), feed.SerializeToString()))
    assert found == {"S1": (120, 30, "scheduled"), "S9": (300, None, "scheduled")}


def test_a_vehicle_without_a_position_tells_its_states(shared_data: Path) -> None:
    decoded = field(shared_data, "rt_metro_without_position")
    assert decoded.refused.is_empty()
    assert decoded.frames["positions"].is_empty()
    assert dict(decoded.frames["states"].select("point_id", "text").iter_rows()) == {
        "vehicle:M101:current_status": "STOPPED_AT",
        "vehicle:M101:stop_id": "BL12",
        "vehicle:M101:current_stop_sequence": "4",
        "vehicle:M101:occupancy_status": "STANDING_ROOM_ONLY",
        "vehicle:M101:trip_id": "T1",
        "vehicle:M101:route_id": "BL",
    }


def test_a_placed_vehicle_tells_how_full_it_is_too_and_a_bad_place_costs_the_place_alone() -> None:
    feed = gtfs.FeedMessage(header=gtfs.FeedHeader(gtfs_realtime_version="2.0", timestamp=AT))
    for name, latitude in (("good", 25.0), ("bad", 95.0)):
        vehicle = feed.entity.add(id=name).vehicle
        vehicle.position.latitude, vehicle.position.longitude = latitude, 121.5
        vehicle.occupancy_status = gtfs.VehiclePosition.FULL
        vehicle.congestion_level = gtfs.VehiclePosition.CONGESTION
    decoded = offer(gtfs_rt.decode, feed.SerializeToString())
    assert decoded.frames["positions"]["vehicle_id"].to_list() == ["good"]
    assert decoded.frames["states"].filter(pl.col("text") == "FULL").height == 2
    assert reasons(decoded) == ["gtfs-rt: entity bad: latitude 95.0, longitude 121.5 lie on no map"]


@pytest.mark.parametrize(("kind", "route_type"), [("metro", 1), ("tram", 900), ("rail", 2), ("bus", 3), (None, 77)])
def test_what_runs_is_what_the_routes_type_says(kind: str | None, route_type: int) -> None:
    routes = f"route_id,route_type\n307,{route_type}\n"
    feed = gtfs.FeedMessage(header=gtfs.FeedHeader(gtfs_realtime_version="2.0", timestamp=AT))
    vehicle = feed.entity.add(id="v").vehicle
    vehicle.position.latitude, vehicle.position.longitude, vehicle.trip.trip_id = 25.0, 121.5, "t1"
    decode = gtfs_rt.decoder(timetable_of(archive("t1,08:00:00,08:00:00,s1,1\n", routes=routes)))
    assert offer(decode, feed.SerializeToString()).frames["positions"]["kind"].to_list() == [kind]


def test_shapes_stops_and_modifications_are_refused_by_name_and_what_stands_beside_them_lands() -> None:
    feed = gtfs.FeedMessage(header=gtfs.FeedHeader(gtfs_realtime_version="2.0", timestamp=AT))
    feed.entity.add(id="s").shape.shape_id = "x"
    feed.entity.add(id="p").stop.stop_id = "y"
    both = feed.entity.add(id="m")
    both.trip_modifications.start_times.append("08:00:00")
    both.vehicle.position.latitude, both.vehicle.position.longitude = 25.0, 121.5
    decoded = offer(gtfs_rt.decode, feed.SerializeToString())
    assert [why.split(": ", 2)[2].split(":")[0] for why in reasons(decoded)] == ["shape", "stop", "trip_modifications"]
    assert decoded.frames["positions"].height == 1


def alert(**periods: list[tuple[int, int]]) -> dict[str, str]:
    feed = gtfs.FeedMessage(header=gtfs.FeedHeader(gtfs_realtime_version="2.0", timestamp=AT))
    told = feed.entity.add(id="a").alert
    told.informed_entity.add(route_id="R1")
    for name, spans in periods.items():
        for start, end in spans:
            getattr(told, name).add(start=AT + start, end=AT + end)
    states = offer(gtfs_rt.decode, feed.SerializeToString()).frames["states"]
    return {point.removeprefix("alert:a:"): text for point, text in states.select("point_id", "text").iter_rows()}


NOW, TOMORROW = (-60, 600), (86_400, 90_000)


@pytest.mark.parametrize(
    ("periods", "in_force"),
    [
        ({}, "true"),
        ({"impact_period": [TOMORROW]}, "false"),
        ({"communication_period": [NOW], "impact_period": [TOMORROW]}, "false"),
        ({"active_period": [NOW], "impact_period": [TOMORROW]}, "false"),
        ({"active_period": [NOW], "communication_period": [TOMORROW]}, "false"),
        ({"active_period": [TOMORROW], "impact_period": [TOMORROW, NOW]}, "true"),
        ({"active_period": [TOMORROW, NOW]}, "true"),
        ({"active_period": [(-600, 0)]}, "false"),
    ],
)
def test_an_alert_for_tomorrow_is_not_in_force_today(periods: dict[str, list[tuple[int, int]]], in_force: str) -> None:
    told = alert(**periods)
    assert told["in_force"] == in_force
    if "impact_period" in periods:
        assert told["active"] == told["impact"]
        assert told["active"].count(";") == len(periods["impact_period"]) - 1


def test_every_language_of_an_alert_is_kept_and_taiwans_comes_first() -> None:
    feed = gtfs.FeedMessage(header=gtfs.FeedHeader(gtfs_realtime_version="2.0", timestamp=AT))
    header = feed.entity.add(id="a").alert.header_text
    for language, text in (("en", "Closed"), ("zh-CN", "关闭"), ("zh-TW", "關閉"), ("ja", "閉鎖")):
        header.translation.add(language=language, text=text)
    states = offer(gtfs_rt.decode, feed.SerializeToString()).frames["states"]
    told = {p: t for p, t in states.select("point_id", "text").iter_rows() if ":header" in p}
    assert told == {
        "alert:a:header": "關閉", "alert:a:header:en": "Closed", "alert:a:header:zh-cn": "关闭",
        "alert:a:header:zh-tw": "關閉", "alert:a:header:ja": "閉鎖",
    }  # fmt: skip


@UNHURRIED
@given(st.data())
def test_of_any_trips_the_soonest_that_runs_is_told(data: st.DataObject) -> None:
    trips = data.draw(st.lists(st.tuples(st.sampled_from([0, 3]), st.sampled_from([0, 1]), st.integers(0, 5000)),
                               min_size=1, max_size=6))  # fmt: skip
    feed, updates = feed_of(*((f"T{n}", {"route_id": "R", "schedule_relationship": t[0]}) for n, t in enumerate(trips)))
    for update, (_, relation, wait_s) in zip(updates, trips, strict=True):
        update.stop_time_update.add(stop_id="S", schedule_relationship=relation).arrival.time = AT + wait_s
    runs = [wait_s for trip, stop, wait_s in trips if (trip, stop) == (0, 0)]
    (found,) = offer(gtfs_rt.decode, feed.SerializeToString()).frames["arrivals"].iter_rows(named=True)
    assert found["estimate_s"] == (min(runs) if runs else None)
    assert found["time"] == datetime.fromtimestamp(AT, UTC)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (b"\x12\x02\x0a\x00", "more than 400000 parts"),
        (b"\x12\x00", "more than 400000 parts"),
    ],
)
def test_a_feed_of_millions_of_parts_is_refused_within_a_second(part: bytes, reason: str) -> None:
    header = b"\x0a\x0b\x0a\x032.0\x18\x80\xa8\x98\xcd\x06"
    packed = gzip.compress(header + part * (3_900_000 // len(part)))
    assert len(packed) < 20_000
    started = time.process_time()
    (why,) = reasons(offer(gtfs_rt.decode, packed))
    assert time.process_time() - started < 1
    assert reason in why


def test_a_trip_of_millions_of_stops_is_refused_within_a_second() -> None:
    feed, (update,) = feed_of(("t", {}))
    update.stop_time_update.extend([gtfs.TripUpdate.StopTimeUpdate()] * 400_000)
    started = time.process_time()
    assert "stop_time_updates, where 10000 are allowed" in reasons(offer(gtfs_rt.decode, feed.SerializeToString()))[0]
    update.stop_time_update.extend([gtfs.TripUpdate.StopTimeUpdate()] * 600_000)
    assert "more than 400000 parts" in reasons(offer(gtfs_rt.decode, feed.SerializeToString()))[0]
    assert time.process_time() - started < 2


def test_a_feed_of_nothing_but_faults_is_one_fault() -> None:
    feed = gtfs.FeedMessage(header=gtfs.FeedHeader(gtfs_realtime_version="2.0", timestamp=AT))
    for number in range(10_002):
        feed.entity.add(id=str(number))
    (why,) = reasons(offer(gtfs_rt.decode, feed.SerializeToString()))
    assert "more than 10000 of its parts cannot be taken" in why
