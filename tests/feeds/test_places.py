"""Names and coordinates of whatever reports land as station facts, beside the readings, and cost no reading."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.feeds import airbox, aqi, health, sensorthings
from events.feeds.places import place_of
from events.ids import SourceId
from events.ingest import Ingester
from events.observations import STATIONS
from replay.city import City
from tests.feeds.offering import offer
from twin.place import init

NAMED = ["station_id", "time", "name", "district", "longitude", "latitude"]


def stations(decoded: Any) -> list[tuple[Any, ...]]:
    frame: pl.DataFrame = decoded.frames["stations"]
    assert dict(frame.schema) == dict(STATIONS.decoded)
    return frame.select(NAMED).rows()


def test_every_airbox_has_its_place(shared_data: Path) -> None:
    decoded = offer(airbox.decode, (shared_data / "air" / "airbox_200.json").read_bytes())
    found = stations(decoded)
    assert len(found) == 200
    assert found[0] == (
        "airbox:taiwan.tciot.epa.6237402965", datetime(2020, 4, 23, 8, 16, tzinfo=UTC),
        "空品微型感測器-6237402965-TW010108A0100650", "taichuang", 120.6631316, 24.176598,
    )  # fmt: skip
    assert decoded.frames["stations"]["longitude"].null_count() == 0


def test_every_air_quality_station_has_its_place(shared_data: Path) -> None:
    table = (shared_data / "air" / "taiwan_aqi_48h.parquet").read_bytes()
    decoded = offer(aqi.decode, table)
    first = ("aqi:36", datetime(2026, 7, 3, 14, tzinfo=UTC), "南投", "南投縣", 120.6853, 23.913)
    assert stations(decoded)[0] == first
    reported = {point.rsplit(":", 1)[0] for point in decoded.frames["readings"]["point_id"].unique()}
    assert reported <= set(decoded.frames["stations"]["station_id"])
    assert len(reported) > 80


OBSERVATION = {"phenomenonTime": "2024-03-12T00:10:00Z", "result": 12.5}
SEEN = {"Observations": [OBSERVATION]}
STREAM = {"@iot.id": 7, "name": "PM2.5", "unitOfMeasurement": {"symbol": "ug/m3"}}
HELD = {"Datastreams": [STREAM | SEEN]}
POINT = {"type": "Point", "coordinates": [121.5, 25.0]}
FEATURE = {"type": "Feature", "geometry": POINT}
LOCATION = {"location": POINT, "encodingType": "application/geo+json"}
AT = datetime(2024, 3, 12, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ({"value": [{"name": "station", "Locations": [LOCATION], **HELD}]}, "station"),
        ({"value": [LOCATION | {"Things": [{"name": "station", **HELD}]}]}, "station"),
        (OBSERVATION | {"Datastream": STREAM | {"Thing": {"name": "box", "Locations": [LOCATION]}}}, "box"),
        (OBSERVATION | {"Datastream": STREAM, "FeatureOfInterest": {"feature": POINT}}, "PM2.5"),
        (OBSERVATION | {"Datastream": STREAM, "FeatureOfInterest": {"feature": FEATURE}}, "PM2.5"),
    ],
)  # fmt: skip
def test_an_observation_stands_where_its_thing_does(answer: Any, name: str) -> None:
    decoded = offer(sensorthings.decode, json.dumps(answer).encode())
    assert decoded.refused.is_empty()
    assert decoded.frames["readings"]["value"].to_list() == [12.5]
    assert stations(decoded) == [("sta:datastream:7", AT, name, None, 121.5, 25.0)]


def test_the_things_of_a_server_stand_where_they_are(shared_data: Path) -> None:
    decoded = offer(sensorthings.decode, (shared_data / "field" / "feeds" / "sta_things_expanded.json").read_bytes())
    assert [(row[0], *row[2:]) for row in stations(decoded)] == [
        (f"sta:datastream:{stream}", "station", None, 121.5, 25.0) for stream in (7, 8)
    ]


REPORT = {"station_id": "HS-007", "timestamp": "2026-08-20T11:41:52+08:00", "device_state": "ok"}


def test_a_health_station_tells_where_it_stands_and_nothing_of_a_person() -> None:
    placed = {"station_name": "東明社宅 2樓健康站", "longitude": 121.6, "latitude": 25.05}
    decoded = offer(health.decode, json.dumps(REPORT | placed | {"visit_count": 3}).encode())
    assert decoded.refused.is_empty()
    at = datetime(2026, 8, 20, 3, 41, 52, tzinfo=UTC)
    assert stations(decoded) == [("health:HS-007", at, "東明社宅 2樓健康站", None, 121.6, 25.05)]


@pytest.mark.parametrize(
    "told",
    [
        {"station_name": "王小明"},
        {"station_name": "站 A123456789"},
        {"station_name": "站 0912345678"},
        {"station_name": "室 a@b.tw"},
        {"station_name": "站" * 41},
        {"station_name": ["站"]},
        {"longitude": "王小明站"},
        {"latitude": 143},
    ],
)
def test_a_name_that_may_be_a_persons_is_dropped(told: dict[str, Any]) -> None:
    decoded = offer(health.decode, json.dumps(REPORT | told).encode())
    ((why, kept),) = decoded.refused.select("reason", "payload").rows()
    assert f"{next(iter(told))} that is none" in why
    assert str(next(iter(told.values()))) not in kept.decode()
    assert decoded.frames.get("stations", pl.DataFrame()).is_empty()


@given(
    longitude=st.one_of(st.floats(), st.integers(), st.text(), st.none(), st.booleans()),
    latitude=st.one_of(st.floats(), st.integers(), st.text(), st.none(), st.booleans()),
)
def test_a_coordinate_is_on_earth_or_none(longitude: object, latitude: object) -> None:
    place = place_of("x", "name", None, longitude, latitude)
    assert place is not None
    assert (place.longitude is None) == (place.latitude is None)
    if place.longitude is not None and place.latitude is not None:
        assert abs(place.longitude) <= 180
        assert abs(place.latitude) <= 90
        assert (place.longitude, place.latitude) != (0, 0)


def test_places_are_in_the_city_and_written_once(tmp_path: Path, shared_data: Path) -> None:
    decoded = offer(airbox.decode, (shared_data / "air" / "airbox_200.json").read_bytes())
    place = init(tmp_path / "city")
    with place.log() as log:
        ingester = Ingester(log)
        assert ingester.append_frames(SourceId("a"), decoded.frames).rows["stations"] == 200
        later = {n: f.with_columns(pl.col("time") + pl.duration(minutes=5)) for n, f in decoded.frames.items()}
        assert ingester.append_frames(SourceId("a"), later).rows["stations"] == 0
    with City.open(place.directory) as city:
        assert city.cut().frame("stations").select("station_id").n_unique() == 200
