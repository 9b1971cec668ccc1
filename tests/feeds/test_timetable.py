"""Trip updates beside a timetable: delays from instants, instants from delays, and days that are not 24 hours long."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from google.transit import gtfs_realtime_pb2 as gtfs
from hypothesis import given
from hypothesis import strategies as st

from events.errors import PayloadError
from events.feeds import gtfs_rt
from events.feeds.timetable import Timetable, timetable_of
from tests.feeds.offering import UNHURRIED, offer, reasons

TAIPEI = ZoneInfo("Asia/Taipei")
STOP_TIMES = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"


def archive(stop_times: str, zone: str = "Asia/Taipei", folder: str = "", **tables: str) -> bytes:
    buffer = io.BytesIO()
    told = {
        "agency": f"agency_name,agency_url,agency_timezone\nA,http://a,{zone}\n",
        "trips": "route_id,service_id,trip_id,direction_id\n307,1,t1,1\n",
        "stop_times": STOP_TIMES + stop_times,
    } | tables
    with zipfile.ZipFile(buffer, "w") as file:
        for name, text in told.items():
            file.writestr(f"{folder}{name}.txt", text)
    return buffer.getvalue()


def seconds(*when: int, zone: ZoneInfo = TAIPEI) -> int:
    return round(datetime(*when, tzinfo=zone).timestamp())  # type: ignore[misc, arg-type]


def update(made_s: int, trip_id: str = "t1", start_date: str = "") -> tuple[gtfs.FeedMessage, gtfs.TripUpdate]:
    feed = gtfs.FeedMessage(header=gtfs.FeedHeader(gtfs_realtime_version="2.0", timestamp=made_s))
    told: gtfs.TripUpdate = feed.entity.add(id="e").trip_update
    told.trip.trip_id, told.trip.start_date = trip_id, start_date
    return feed, told


def row(feed: gtfs.FeedMessage, timetable: Timetable) -> dict[str, object]:
    """The first arrival; those that a delay was carried on to come behind."""
    arrivals = offer(gtfs_rt.decoder(timetable), feed.SerializeToString()).frames["arrivals"]
    return arrivals.row(0, named=True)


def test_the_real_archive_in_another_encoding_is_read(shared_data: Path) -> None:
    timetable = timetable_of((shared_data / "gtfsrt" / "gtfs_data.zip").read_bytes())
    assert (timetable.zone, timetable.trips.height) == ("Europe/Warsaw", 451)
    assert timetable.calls["planned_s"].null_count() == 0
    trip = timetable.calls.filter(pl.col("trip_id") == "69471_20230414")
    assert trip.row(0)[1:] == (0, "179234", 18 * 3600 + 15 * 60)
    assert trip["sequence"].is_sorted()


def test_an_instant_becomes_a_delay_against_the_real_timetable(shared_data: Path) -> None:
    timetable = timetable_of((shared_data / "gtfsrt" / "gtfs_data.zip").read_bytes())
    warsaw = ZoneInfo("Europe/Warsaw")
    feed, told = update(seconds(2023, 4, 14, 18, 0, zone=warsaw), "69471_20230414")
    told.stop_time_update.add(stop_id="179234").departure.time = seconds(2023, 4, 14, 18, 18, zone=warsaw)
    found = row(feed, timetable)
    assert (found["route_id"], found["delay_s"], found["estimate_s"]) == ("18890233", 180, 1080)


def test_a_delay_becomes_a_wait_and_a_sequence_a_stop() -> None:
    feed, told = update(seconds(2026, 8, 20, 8, 0))
    told.stop_time_update.add(stop_sequence=2).arrival.delay = 90
    found = row(feed, timetable_of(archive("t1,08:00:00,08:00:00,s1,1\nt1,08:10:00,08:11:00,s2,2\n", folder="feed/")))
    assert (found["route_id"], found["direction"], found["stop_id"]) == ("307", "1", "s2")
    assert (found["delay_s"], found["estimate_s"]) == (90, 690)


@pytest.mark.parametrize("start_date", ["20260820", ""])
def test_a_time_beyond_midnight_belongs_to_the_day_before(start_date: str) -> None:
    feed, told = update(seconds(2026, 8, 21, 1, 0), start_date=start_date)
    told.stop_time_update.add(stop_id="s1").arrival.time = seconds(2026, 8, 21, 1, 12)
    assert row(feed, timetable_of(archive("t1,25:10:00,25:10:00,s1,1\n")))["delay_s"] == 120


@pytest.mark.parametrize("day", [29, 30])
def test_planned_times_are_counted_from_noon_so_that_clocks_may_change(day: int) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    feed, told = update(seconds(2025, 3, day, 8, 0, zone=berlin), start_date=f"202503{day}")
    told.stop_time_update.add(stop_id="s1").arrival.time = seconds(2025, 3, day, 8, 5, zone=berlin)
    assert row(feed, timetable_of(archive("t1,08:03:00,08:03:00,s1,1\n", zone="Europe/Berlin")))["delay_s"] == 120


def test_a_stop_that_a_trip_calls_at_twice_needs_its_sequence() -> None:
    timetable = timetable_of(archive("t1,08:00:00,08:00:00,s1,1\nt1,09:00:00,09:00:00,s1,5\n"))
    for sequence, delay_s in ((None, None), (5, 60), (1, 3660)):
        feed, told = update(seconds(2026, 8, 20, 8, 30))
        stop = told.stop_time_update.add(stop_id="s1")
        stop.arrival.time = seconds(2026, 8, 20, 9, 1)
        if sequence is not None:
            stop.stop_sequence = sequence
        assert row(feed, timetable)["delay_s"] == delay_s


def test_a_cancelled_trip_is_cancelled_at_every_planned_stop() -> None:
    feed, told = update(seconds(2026, 8, 20, 8, 0))
    told.trip.schedule_relationship = gtfs.TripDescriptor.CANCELED
    timetable = timetable_of(archive("t1,08:00:00,08:00:00,s1,1\nt1,09:00:00,09:00:00,s2,2\n"))
    arrivals = offer(gtfs_rt.decoder(timetable), feed.SerializeToString()).frames["arrivals"]
    assert arrivals.select("stop_id", "estimate_s", "state").rows() == [
        ("s1", None, "canceled"),
        ("s2", None, "canceled"),
    ]
    assert "no stop_time_update" in reasons(offer(gtfs_rt.decode, feed.SerializeToString()))[0]


def test_what_the_feed_tells_is_never_overruled_and_an_unknown_trip_stays_as_it_is() -> None:
    timetable = timetable_of(archive("t1,08:00:00,08:00:00,s1,1\n"))
    feed, told = update(seconds(2026, 8, 20, 7, 50))
    told.trip.route_id = "R"
    arrival = told.stop_time_update.add(stop_id="s1").arrival
    arrival.time, arrival.delay = seconds(2026, 8, 20, 8, 5), 7
    assert (row(feed, timetable)["route_id"], row(feed, timetable)["delay_s"]) == ("R", 7)
    feed, told = update(seconds(2026, 8, 20, 7, 50), "elsewhere")
    told.stop_time_update.add(stop_id="s1").arrival.delay = 30
    found = row(feed, timetable)
    assert (found["route_id"], found["delay_s"], found["estimate_s"]) == ("trip:elsewhere", 30, None)


@UNHURRIED
@given(planned_s=st.integers(0, 30 * 3600), late_s=st.integers(-1800, 6 * 3600), day=st.integers(1, 28))
def test_any_instant_is_its_planned_time_and_its_delay(planned_s: int, late_s: int, day: int) -> None:
    midnight_s = seconds(2026, 8, day)
    clock = f"{planned_s // 3600}:{planned_s // 60 % 60:02d}:{planned_s % 60:02d}"
    feed, told = update(midnight_s + planned_s, start_date=f"202608{day:02d}")
    told.stop_time_update.add(stop_id="s1").arrival.time = midnight_s + planned_s + late_s
    assert row(feed, timetable_of(archive(f"t1,{clock},{clock},s1,1\n")))["delay_s"] == late_s


def test_a_tdx_timetable_runs_past_midnight() -> None:
    stops = [("36407", "23:50"), ("36408", "00:10")]
    told = [
        {"StopSequence": n, "StopUID": f"TPE{s}", "StopID": s, "ArrivalTime": t} for n, (s, t) in enumerate(stops, 1)
    ]
    line = {"RouteUID": "TPE10442", "RouteID": "10442", "SubRouteUID": "TPE104420", "Direction": 0}
    timetable = timetable_of(json.dumps([line | {"Timetables": [{"TripID": "1", "StopTimes": told}]}]).encode())
    assert timetable.calls["planned_s"].to_list() == [23 * 3600 + 50 * 60, 24 * 3600 + 600]
    assert timetable.trips.row(0) == ("TPE104420_0_1", "10442", "0")


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"PK\x03\x04 not really", "cannot be opened"),
        (archive("", zone="Taipei"), "is no IANA time zone"),
        (archive("", trips="trip\nx\n"), "trips.txt has no column trip_id"),
        (archive("", agency="name\nA\n"), "is no IANA time zone"),
        (archive("", trips="a\nx\n"), "trips.txt has no column trip_id"),
        (b'{"Timetables": []}', "no Timetables with StopTimes"),
        (b"<xml/>", "JSON"),
    ],
)
def test_what_is_no_timetable_says_what_is_missing(document: bytes, reason: str) -> None:
    with pytest.raises(PayloadError, match=reason):
        timetable_of(document)


def alert_feed() -> bytes:
    """A feed of one alert: a lift that is out."""
    feed = gtfs.FeedMessage(header=gtfs.FeedHeader(gtfs_realtime_version="2.0", timestamp=seconds(2026, 8, 20, 8)))
    alert = feed.entity.add(id="a1").alert
    alert.effect, alert.cause = gtfs.Alert.ACCESSIBILITY_ISSUE, gtfs.Alert.MAINTENANCE
    alert.severity_level = gtfs.Alert.SEVERE
    alert.active_period.add(start=seconds(2026, 8, 20, 9))
    alert.informed_entity.add(stop_id="BL12")
    alert.informed_entity.add(route_id="BL", direction_id=1)
    for language, text in (("en", "Lift out of order"), ("zh-TW", "電梯維修")):
        alert.header_text.translation.add(language=language, text=text)
    return bytes(feed.SerializeToString())


def test_an_alert_tells_what_where_and_when() -> None:
    states = offer(gtfs_rt.decode, alert_feed()).frames["states"]
    assert set(states["time"]) == {datetime(2026, 8, 20, 0, tzinfo=UTC)}
    assert dict(states.select("point_id", "text").iter_rows()) == {
        "alert:a1:effect": "ACCESSIBILITY_ISSUE",
        "alert:a1:cause": "MAINTENANCE",
        "alert:a1:severity": "SEVERE",
        "alert:a1:active": "2026-08-20T01:00:00Z/",
        "alert:a1:informed": "stop BL12;route BL direction 1",
        "alert:a1:header": "電梯維修",
        "alert:a1:header:zh-tw": "電梯維修",
        "alert:a1:header:en": "Lift out of order",
        "alert:a1:in_force": "false",
    }


def test_an_alert_with_a_period_in_milliseconds_is_refused() -> None:
    feed = gtfs.FeedMessage(header=gtfs.FeedHeader(gtfs_realtime_version="2.0", timestamp=seconds(2026, 8, 20, 8)))
    alert = feed.entity.add(id="a1").alert
    alert.active_period.add(start=seconds(2026, 8, 20, 9) * 1000)
    assert "active_period 1787187600000 is no time" in reasons(offer(gtfs_rt.decode, feed.SerializeToString()))[0]
