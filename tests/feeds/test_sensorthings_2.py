"""SensorThings 2.0: the examples of OGC 23-019 (clause 7, Datastream and Observation) land as those of 1.1 do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from events.feeds import sensorthings
from events.feeds.decoded import Decoded
from tests.feeds.offering import offer, reasons

OVEN = {
    "id": 42, "@id": "https://example.org/v2.0/Datastreams(42)", "name": "Oven temperature",
    "resultType": {
        "type": "Quantity", "definition": "http://mmisw.org/ont/cf/parameter/air_temperature",
        "uom": {"code": "Cel", "label": "degree Celsius", "symbol": "°C"},
    },
}  # fmt: skip
DATINGS = {"id": 43, "name": "Sample Datings", "resultType": {"type": "Category"}}
BOTH = {
    "id": 43,
    "resultType": {
        "type": "DataRecord",
        "fields": [
            {"name": "temp", "type": "Quantity", "uom": {"code": "Cel", "label": "degree Celsius", "symbol": "°C"}},
            {"name": "press", "type": "Quantity", "uom": {"code": "mbar", "label": "Millibar", "symbol": "mBar"}},
        ],
    },
}
"""Datastreams of OGC 23-019; the day of its observations is no day (month 13): another stands here."""

TIME = "2021-12-14T15:16:00Z"


def observed(stream: dict[str, Any], result: Any, time: Any = TIME) -> dict[str, Any]:
    return {"result": result, "phenomenonTime": time, "resultTime": None, "Datastream": stream}


def decoded(*observations: Any) -> Decoded:
    return offer(sensorthings.decode, json.dumps({"@count": 1, "value": observations}).encode())


def told(found: Decoded) -> list[tuple[Any, ...]]:
    return found.frames["readings"].select("point_id", "value", "unit").rows()


def test_a_quantity_and_a_category() -> None:
    found = decoded(observed(OVEN, 25.1), observed(DATINGS, "Jurassic"))
    assert found.refused.is_empty()
    assert told(found) == [("sta:datastream:42", 25.1, "Cel")]
    assert found.frames["states"].select("point_id", "text").rows() == [("sta:datastream:43", "Jurassic")]
    assert found.frames["readings"]["time"][0].isoformat() == "2021-12-14T15:16:00+00:00"


def test_a_record_is_a_reading_for_each_field_and_its_odd_one_alone_is_refused() -> None:
    assert told(decoded(observed(BOTH, {"temp": 15, "press": 1024}))) == [
        ("sta:datastream:43:temp", 15.0, "Cel"), ("sta:datastream:43:press", 1024.0, "hPa"),
    ]  # fmt: skip
    found = decoded(observed(BOTH, {"temp": 15, "colour": 7, "press": None}))
    assert told(found) == [("sta:datastream:43:temp", 15.0, "Cel")]
    (reason,) = reasons(found)
    assert "sta:datastream:43:colour: unit of measurement None" in reason
    assert offer(sensorthings.decode, found.refused["payload"][0]).refused.height == 1


@pytest.mark.parametrize("time", [{"start": TIME}, {"start": "2021-12-14T15:00:00Z", "end": TIME}, TIME])
def test_times_are_objects(time: Any) -> None:
    found = decoded(observed(OVEN, 25.1, time))
    assert found.frames["readings"]["time"][0].isoformat() == "2021-12-14T15:16:00+00:00"


@pytest.mark.parametrize(
    "stream", [{"@id": "https://example.org/v2.0/Datastreams(42)"}, {"id": "42"}, {"@iot.id": 42}, {"@id": "42"}]
)
def test_a_datastream_by_its_key_or_its_address(stream: dict[str, Any]) -> None:
    described = stream | {"resultType": OVEN["resultType"]}
    assert told(decoded(observed(described, 1))) == [("sta:datastream:42", 1.0, "Cel")]


def test_expanded_from_the_thing_with_the_place_of_the_feature() -> None:
    feature = {"name": "air", "feature": {"type": "Point", "coordinates": [121.5, 25.0]}}
    observation = {"result": 25.1, "phenomenonTime": {"start": TIME}}
    stream = OVEN | {"UltimateFeatureOfInterest": feature, "Observations": [observation]}
    found = decoded({"id": 7, "name": "Oven", "Datastreams": [stream], "Locations@navigationLink": "x"})
    assert told(found) == [("sta:datastream:42", 25.1, "Cel")]
    assert found.frames["stations"].select("station_id", "longitude").rows() == [("sta:datastream:42", 121.5)]
    assert decoded({"id": 7, "name": "Oven", "Datastreams@navigationLink": "Things(7)/Datastreams"}).offered == 0


def test_a_datastream_named_by_its_link() -> None:
    told_by = {"result": "open", "phenomenonTime": TIME, "Datastream@navigationLink": "https://x/v2.0/Datastreams(9)"}
    found = decoded(told_by)
    assert found.frames["states"]["point_id"].to_list() == ["sta:datastream:9"]
