"""Air: stations, micro-sensors and SensorThings observations, in their units, silence left out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from events.feeds import airbox, aqi, sensorthings
from tests.feeds.offering import offer, reasons


def test_every_value_of_two_days_of_stations_lands(shared_data: Path) -> None:
    table = pl.read_parquet(shared_data / "air" / "taiwan_aqi_48h.parquet")
    told = sum(int((~table[c].is_in(["", "-"])).sum()) for c in aqi.UNITS)
    decoded = offer(aqi.decode, (shared_data / "air" / "taiwan_aqi_48h.parquet").read_bytes())
    assert (decoded.offered, decoded.refused.height) == (told, 0)
    pm = decoded.frames["readings"].filter(pl.col("point_id").str.ends_with(":pm2_5"))
    assert pm["value"].sum() == table["pm2_5"].cast(pl.Float64, strict=False).sum()
    assert pm["unit"].unique().to_list() == ["ug/m3"]
    first = decoded.frames["readings"].filter(pl.col("point_id") == "aqi:36:aqi").row(0, named=True)
    assert (first["value"], first["time"]) == (44.0, datetime(2026, 7, 3, 14, tzinfo=UTC))


def test_the_networks_own_json_has_the_same_readings_under_other_names() -> None:
    old = {"siteid": "36", "publishtime": "2026/07/03 22:00:00", "pm2.5": "9", "o3_8hr": "-"}
    new = {"site_id": "36", "publish_time": "2026/07/03 22:00:00", "pm2_5": "9", "o3_8hr": ""}
    frames = [offer(aqi.decode, json.dumps({"records": [r]}).encode()).frames["readings"] for r in (old, new)]
    assert frames[0].equals(frames[1])
    assert frames[0].select("point_id", "value").rows() == [("aqi:36:pm2_5", 9.0)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pm2_5": "x"}, "'x' is no number"),
        ({"pm2_5": "-5"}, "-5.0, not within"),
        ({"publish_time": "2026/13/03"}, "is no time"),
        ({"site_id": ""}, "a report without a site_id"),
    ],
)
def test_a_value_of_a_station_that_cannot_be_is_refused(change: dict[str, str], reason: str) -> None:
    report = {"site_id": "36", "publish_time": "2026/07/03 22:00:00", "pm2_5": "9"}
    decoded = offer(aqi.decode, json.dumps([report | change]).encode())
    assert decoded.frames["readings"].is_empty()
    assert reason in reasons(decoded)[0]


def test_every_sensor_of_every_airbox_lands(shared_data: Path) -> None:
    document = (shared_data / "air" / "airbox_200.json").read_bytes()
    feeds = json.loads(document)["feeds"]
    decoded = offer(airbox.decode, document)
    readings = decoded.frames["readings"]
    for key in airbox.KEYS:
        told = [f[key] for f in feeds if f[key] != "N/A"]
        found = readings.filter(pl.col("point_id").str.ends_with(f":{key}"))["value"]
        assert found.len() == len(told)
        assert found.sum() == pytest.approx(sum(told))
    assert decoded.refused.is_empty()


def observation(**members: object) -> bytes:
    stream = {"@iot.id": 5, "unitOfMeasurement": {"symbol": "μg/m3"}}
    return json.dumps(
        {"phenomenonTime": "2026-08-20T11:41:52Z", "result": 12.5, "Datastream": stream} | members
    ).encode()


def test_an_observation_is_a_reading_in_its_datastreams_unit() -> None:
    row = offer(sensorthings.decode, observation()).frames["readings"].row(0)
    assert row[:4] == ("sta:datastream:5", "ug/m3", datetime(2026, 8, 20, 11, 41, 52, tzinfo=UTC), 12.5)


def test_observations_come_in_collections_and_under_their_datastream() -> None:
    one = json.loads(observation())
    stream = one["Datastream"] | {"Observations": [{k: v for k, v in one.items() if k != "Datastream"}]}
    rows = [offer(sensorthings.decode, json.dumps(d).encode()).frames["readings"] for d in ({"value": [one]}, stream)]
    assert rows[0].equals(rows[1])


def test_of_an_interval_the_end_counts_and_texts_are_states() -> None:
    interval = observation(phenomenonTime="2026-08-20T11:00:00Z/2026-08-20T12:00:00Z", result="blocked")
    states = offer(sensorthings.decode, interval).frames["states"]
    assert states.row(0)[1:3] == (datetime(2026, 8, 20, 12, tzinfo=UTC), "blocked")


def test_a_data_array_tells_the_same_as_its_observations_one_by_one() -> None:
    one = json.loads(observation())
    array = {
        "Datastream": one["Datastream"], "components": ["phenomenonTime", "result"], "dataArray@iot.count": 2,
        "dataArray": [[one["phenomenonTime"], 12.5], [one["phenomenonTime"], 3], [one["phenomenonTime"]]],
    }  # fmt: skip
    decoded = offer(sensorthings.decode, json.dumps({"value": [array]}).encode())
    alone = offer(sensorthings.decode, json.dumps([one, one | {"result": 3}]).encode())
    assert decoded.frames["readings"].equals(alone.frames["readings"])
    assert reasons(decoded) == ["sensorthings: an observation without a result"]


def test_each_result_of_a_multi_datastream_is_a_reading_in_its_own_unit() -> None:
    units = [{"symbol": "degC"}, {"symbol": "%"}]
    many = {"@iot.id": 7, "unitOfMeasurements": units}
    time = "2026-08-20T11:41:52"
    rows = offer(
        sensorthings.decode, json.dumps({"phenomenonTime": time, "result": [21, 60], "MultiDatastream": many}).encode()
    )
    assert [row[:4] for row in rows.frames["readings"].rows()] == [
        ("sta:datastream:7:0", "Cel", datetime(2026, 8, 20, 11, 41, 52, tzinfo=UTC), 21),
        ("sta:datastream:7:1", "/100", datetime(2026, 8, 20, 11, 41, 52, tzinfo=UTC), 60),
    ]


def test_a_number_written_as_a_text_is_a_reading_where_there_is_a_unit() -> None:
    frames = offer(sensorthings.decode, observation(result=" 12.5 ")).frames
    assert frames["readings"]["value"].to_list() == [12.5]
    states = offer(sensorthings.decode, observation(result="3", Datastream={"@iot.id": 5})).frames["states"]
    assert states["text"].to_list() == ["3"]


def test_a_collection_without_observations_is_sound() -> None:
    assert offer(sensorthings.decode, b'{"@iot.count": 0, "value": []}').offered == 0
    assert reasons(offer(sensorthings.decode, b"[]")) == ["sensorthings: no observation in it"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"Datastream": {"@iot.id": 5}}, "has no SenML unit"),
        ({"Datastream": {"@iot.id": 5, "unitOfMeasurement": {"symbol": "furlong"}}}, "has no SenML unit"),
        ({"Datastream": {}}, "no @iot.id"),
        ({"result": None}, "neither a number nor a text"),
        ({"resultQuality": "fine"}, "resultQuality"),
        ({"phenomenonTime": None}, "is no time"),
    ],
)
def test_an_observation_without_what_it_needs_is_refused(change: dict[str, object], reason: str) -> None:
    decoded = offer(sensorthings.decode, observation(**change))
    assert decoded.frames["readings"].is_empty()
    assert reason in reasons(decoded)[0]


@pytest.mark.parametrize(
    "told",
    [
        {"timestamp": "2020-04-23T08:21:37Z"},
        {"timestamp": "2020-04-23T08:21:37"},
        {"timestamp": "2020-04-23 08:21:37"},
        {"timestamp": "2020-04-23T16:21:37+08:00"},
        {"timestamp": 1587630097},
        {"date": "2020-04-23", "time": "08:21:37"},
        {"timestamp": None, "date": "2020-04-23", "time": "08:21:37"},
    ],
)
def test_an_airboxs_time_is_utc_however_it_is_told(told: dict[str, object]) -> None:
    decoded = offer(airbox.decode, json.dumps({"feeds": [{"device_id": "a", "s_d0": 1.0, **told}]}).encode())
    assert decoded.frames["readings"]["time"].to_list() == [datetime(2020, 4, 23, 8, 21, 37, tzinfo=UTC)]


def test_an_airbox_that_tells_no_time_is_refused_and_says_so() -> None:
    decoded = offer(airbox.decode, b'{"feeds": [{"device_id": "a", "s_d0": 1.0, "s_t0": 20}]}')
    assert reasons(decoded) == ["airbox: a report of a without a timestamp"]
