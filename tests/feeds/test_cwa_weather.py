"""Weather of the CWA: hours by their end, marks that are no numbers, radiation as power."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from events.feeds.decoded import Decoded
from events.feeds.weather import cwa
from tests.feeds.offering import offer, reasons

CAPTURE = "cwa_466920_hourly_2020-06_2021-05.parquet"
HOUR = {"Date": "2020-06-01", "Station": "466920", "ObsTime": "24", "Temperature": "25.5"}


def hours(*rows: dict[str, Any]) -> Decoded:
    return offer(cwa.decode, pl.DataFrame([HOUR | row for row in rows], infer_schema_length=None).write_csv().encode())


def values(found: Decoded) -> dict[str, float]:
    return {
        p.removeprefix("weather:466920:"): v for p, v in found.frames["readings"].select("point_id", "value").rows()
    }


def marks(found: Decoded) -> dict[str, str]:
    return {p.removeprefix("weather:466920:"): t for p, t in found.frames["states"].select("point_id", "text").rows()}


def test_a_year_of_taipei(shared_data: Path) -> None:
    found = offer(cwa.decode, (shared_data / "weather" / CAPTURE).read_bytes())
    assert found.refused.is_empty()
    readings = found.frames["readings"]
    sums = dict(readings.group_by("point_id").agg(pl.col("value").sum()).rows())
    assert sums["weather:466920:global_radiation"] / 1000 == pytest.approx(1440, abs=1)  # kWh/m2 of twelve months
    states = found.frames["states"]["point_id"].value_counts()
    assert dict(states.rows())["weather:466920:rain:mark"] == 537
    assert readings.filter(pl.col("point_id") == "weather:466920:rain").height == 8760 - 537
    night = readings.filter(pl.col("point_id") == "weather:466920:sunshine")
    assert night.height == 8760 - 3650
    place = found.frames["stations"].row(0, named=True)
    assert (place["station_id"], place["district"], place["longitude"]) == ("weather:466920", "臺北市", 121.514853)


def test_the_last_hour_ends_at_the_next_midnight() -> None:
    found = hours({}, {"ObsTime": "1"})
    assert [f"{t:%m-%dT%H:%M}" for t in found.frames["readings"]["time"]] == ["06-01T16:00", "05-31T17:00"]


@pytest.mark.parametrize("hour", ["0", "25", "x"])
def test_an_hour_that_is_none_is_refused_and_the_others_land(hour: str) -> None:
    found = hours({}, {"ObsTime": hour})
    assert found.frames["readings"].height == 1
    assert len(reasons(found)) == 1


@pytest.mark.parametrize(
    ("column", "mark", "told"),
    [
        ("Precp", "T", {"rain:mark": "trace"}), ("WD", "V", {"wind_direction:mark": "variable"}),
        ("StnPres", "X", {"station_pressure:mark": "fault"}), ("Precp", "&", {"rain:mark": "accumulated"}),
        ("Precp", "-9998", {"rain:mark": "trace"}), ("SunShine", "...", {}), ("UVI", "", {}), ("RH", "-9999", {}),
    ],
)  # fmt: skip
def test_a_mark_is_no_number_and_no_zero(column: str, mark: str, told: dict[str, str]) -> None:
    found = hours({column: mark})
    assert found.refused.is_empty()
    assert values(found) == {"temperature": 25.5}
    assert marks(found) == told


def test_radiation_is_the_mean_power_of_the_hour() -> None:
    assert values(hours({"GloblRad": "3.6", "Cloud Amount": "7"})) == pytest.approx(
        {"temperature": 25.5, "global_radiation": 1000.0, "cloud_amount": 0.7}
    )


def test_a_value_that_cannot_be_is_refused_alone() -> None:
    found = hours({"RH": "140", "Precp": "0.5"})
    assert values(found) == {"temperature": 25.5, "rain": 0.5}
    assert "not within 0.0 to 100.0 %RH" in reasons(found)[0]


def test_open_data_s_observations() -> None:
    station = {
        "StationName": "臺北", "StationId": "466920", "ObsTime": {"DateTime": "2026-09-24T15:00:00+08:00"},
        "GeoInfo": {"CountyName": "臺北市", "TownName": "中正區", "Coordinates": [
            {"CoordinateName": "TWD67", "StationLatitude": "25.0394", "StationLongitude": "121.5067"},
            {"CoordinateName": "WGS84", "StationLatitude": "25.037658", "StationLongitude": "121.514853"}]},
        "WeatherElement": {"AirTemperature": "32.2", "RelativeHumidity": "-99", "WindSpeed": "3.4",
                           "WindDirection": "990", "Weather": "晴", "UVIndex": "-99",
                           "Now": {"Precipitation": "T"}},
    }  # fmt: skip
    found = offer(cwa.decode, json.dumps({"success": "true", "records": {"Station": [station, 5]}}).encode())
    assert values(found) == {"temperature": 32.2, "wind_speed": 3.4}
    assert marks(found) == {"wind_direction:mark": "variable", "rain_today:mark": "trace", "weather": "晴"}
    place = found.frames["stations"].row(0, named=True)
    assert (place["name"], place["longitude"]) == ("臺北", 121.514853)
    assert len(reasons(found)) == 1
