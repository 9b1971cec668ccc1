"""Buses of TDX, and the names of the city's stops and routes."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from events.feeds.buses import network, tdx
from events.feeds.decoded import Decoded
from tests.feeds.offering import offer, reasons

AT = datetime(2024, 3, 12, 0, 0, 15, tzinfo=UTC)


def wait(status: int | None = 0, seconds: int | None = None, **told: Any) -> dict[str, Any]:
    row = {"PlateNumb": "-1", "StopUID": "TPE36407", "StopID": "36407", "StopName": {"Zh_tw": "捷運站", "En": "MRT"},
           "RouteUID": "TPE10132", "RouteID": "10132", "RouteName": {"Zh_tw": "307"}, "Direction": 0,
           "UpdateTime": "2024-03-12T08:00:15+08:00"}  # fmt: skip
    row |= {} if status is None else {"StopStatus": status}
    return row | ({} if seconds is None else {"EstimateTime": seconds}) | told


def read(*rows: dict[str, Any]) -> Decoded:
    return offer(tdx.decode, json.dumps(rows).encode())


def test_the_bus_of_the_field_lands_in_metres_a_second_at_its_gps_time(shared_data: Path) -> None:
    decoded = offer(tdx.decode, (shared_data / "field" / "feeds" / "tdx_bus_a1.json").read_bytes())
    (bus,) = decoded.frames["positions"].drop("record").iter_rows(named=True)
    assert bus.pop("speed") == pytest.approx(6.389, abs=1e-3)
    assert bus == {
        "vehicle_id": "EAL-0001", "time": datetime(2024, 3, 12, 0, 0, 5, tzinfo=UTC), "route_id": "10132",
        "longitude": 121.51, "latitude": 25.04, "bearing": 85.0, "kind": "bus",
    }  # fmt: skip
    assert dict(decoded.frames["states"].select("point_id", "text").iter_rows()) == {
        "vehicle:EAL-0001:duty_status": "started",
        "vehicle:EAL-0001:bus_status": "normal",
    }
    assert decoded.frames["stations"].select("station_id", "name").rows() == [("bus-route:10132", "307")]


@pytest.mark.parametrize(
    ("status", "seconds", "estimate", "state"),
    [
        (0, 120, 120, "estimated"),
        (0, 0, 0, "estimated"),
        (0, None, None, "no_data"),
        (0, -1, None, "no_data"),
        (1, None, None, "not_departed"),
        (1, 900, 900, "not_departed"),
        (2, 60, None, "not_stopping"),
        (3, None, None, "last_bus_gone"),
        (4, None, None, "no_service_today"),
        (None, 90, 90, "estimated"),
    ],
)
def test_an_estimate_is_what_its_stop_status_says(
    status: int | None, seconds: int | None, estimate: int | None, state: str
) -> None:
    arrivals = read(wait(status, seconds)).frames["arrivals"].drop("record")
    assert arrivals.rows() == [("10132", "36407", "0", AT, estimate, None, state)]


def test_of_several_buses_at_a_stop_the_soonest_counts() -> None:
    decoded = read(wait(3), wait(0, 600, PlateNumb="A"), wait(0, 60, PlateNumb="B"), wait(1, None))
    assert decoded.frames["arrivals"].select("estimate_s", "state").rows() == [(60, "estimated")]


def test_names_of_stops_and_routes_come_with_the_estimates() -> None:
    facts = read(wait(0, 60)).frames["stations"]
    assert facts.select("station_id", "name", "name_en").rows() == [
        ("bus-route:10132", "307", None),
        ("bus-stop:36407", "捷運站", "MRT"),
    ]


def test_wrapped_rows_are_dated_by_their_document_where_they_are_not() -> None:
    row = wait(0, 60)
    del row["UpdateTime"]
    document = {"UpdateTime": "2024-03-12T08:00:15+08:00", "Count": 1, "N1Datas": [row]}
    assert offer(tdx.decode, json.dumps(document).encode()).frames["arrivals"]["time"].to_list() == [AT]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (wait(7), "StopStatus '7' is none of 0 to 4"),
        (wait(0, 60, RouteID="", RouteUID=""), "an estimate without a RouteID"),
        (wait(None), "neither a BusPosition (A1) nor a StopStatus or EstimateTime (N1): the twin reads those two"),
        (wait(0, 60, UpdateTime="then"), "'then' is no time"),
        ({"PlateNumb": "A", "BusPosition": {"PositionLon": 0, "PositionLat": 0}, "GPSTime": "2024-03-12T08:00:05Z"},
         "bus A: longitude 0, latitude 0: a receiver without a fix"),
        ({"PlateNumb": "A", "BusPosition": {"PositionLon": 121.5, "PositionLat": 25}}, "a row without a time"),
    ],
)  # fmt: skip
def test_an_odd_row_is_refused_alone_and_can_be_tried_again(row: dict[str, Any], reason: str) -> None:
    decoded = read(row, wait(0, 60))
    assert decoded.frames["arrivals"].height == 1
    assert reasons(decoded) == [f"tdx-bus: {reason}"]
    assert reasons(offer(tdx.decode, tdx.whole(decoded.refused["payload"][0]))) == [f"tdx-bus: {reason}"]


@pytest.mark.parametrize(("speed", "azimuth"), [(-1, -1), (9_999, 361), ("x", "y")])
def test_a_speed_or_azimuth_that_cannot_be_is_null(speed: object, azimuth: object) -> None:
    row = {"PlateNumb": "A", "BusPosition": {"PositionLon": 121.5, "PositionLat": 25}, "Speed": speed,
           "Azimuth": azimuth, "GPSTime": "2024-03-12T08:00:05+08:00"}  # fmt: skip
    assert read(row).frames["positions"].select("speed", "bearing").rows() == [(None, None)]


def test_every_route_and_place_of_the_city_has_a_name(shared_data: Path) -> None:
    routes, places = (
        offer(network.decode, (shared_data / "bus" / f"Get{name}.json.gz").read_bytes())
        for name in ("Route", "StopLocation")
    )
    assert (routes.frames["stations"].height, places.frames["stations"].height) == (417, 5321)
    assert routes.refused.height + places.refused.height == 0
    estimates = json.loads(gzip.decompress((shared_data / "bus" / "estimate_2024-09-08T144600.json.gz").read_bytes()))
    named = set(routes.frames["stations"]["station_id"])
    assert {f"bus-route:{row['RouteID']}" for row in estimates["BusInfo"]} <= named
    place = places.frames["stations"].filter(pl.col("station_id") == "bus-stop-location:6017").drop("record").row(0)
    at = datetime(2024, 9, 7, 23, 50, 46, tzinfo=UTC)
    assert place == ("bus-stop-location:6017", at, "麟光站", None, None, 121.560787, 25.015917, None)


def test_a_stop_has_the_number_that_an_arrival_names() -> None:
    row = {"Id": 36407, "routeId": 10442, "nameZh": "捷運站", "nameEn": "MRT", "longitude": "121.5", "latitude": "25.0"}
    document = {"EssentialInfo": {"UpdateTime": "2024/09/08 13:50:46"}, "BusInfo": [row, {"Id": 5}]}
    decoded = offer(network.decode, json.dumps(document).encode())
    facts = decoded.frames["stations"].select("station_id", "name", "longitude").rows()
    assert facts == [("bus-stop:36407", "捷運站", 121.5)]
    assert reasons(decoded) == ["bus-network: bus-route:5: no name"]


def test_a_long_document_is_cut_into_messages_of_its_own_time(shared_data: Path) -> None:
    document = (shared_data / "bus" / "GetStopLocation.json.gz").read_bytes()
    parts = network.split(document)
    assert len(parts) > 1
    together = offer(network.decode, *parts).frames["stations"].drop("record")
    assert together.equals(offer(network.decode, document).frames["stations"].drop("record"))
