"""NGSI-LD entities in every representation, as the standard (ETSI GS CIM 009) and Smart Data Models write them."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.feeds.context import ngsi_ld
from events.feeds.decoded import Decoded
from replay.ngsi_ld import entities
from tests.feeds.offering import ARRIVAL, UNHURRIED, offer, reasons

DOWNTOWN = "ngsi:urn:ngsi-ld:OffStreetParking:Downtown1"
CONTEXT = ["https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"]
PARKING: dict[str, Any] = {
    "id": "urn:ngsi-ld:OffStreetParking:Downtown1",
    "type": "OffStreetParking",
    "scope": "/Madrid/Centro",
    "name": {"type": "Property", "value": "Downtown One"},
    "availableSpotNumber": {
        "type": "Property", "value": 121, "observedAt": "2017-07-29T12:05:02Z",
        "reliability": {"type": "Property", "value": 0.7},
        "providedBy": {"type": "Relationship", "object": "urn:ngsi-ld:Camera:C1"},
    },
    "totalSpotNumber": {"type": "Property", "value": 200},
    "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [-8.5, 41.2]}},
    "@context": CONTEXT,
}  # fmt: skip
"""ETSI GS CIM 009, C.5.15.3."""

OBSERVED = {
    "id": "urn:ngsi-ld:AirQualityObserved:Madrid-AmbientObserved-28079004-2016-03-15T11:00:00",
    "type": "AirQualityObserved",
    "dateObserved": {"type": "Property", "value": "2016-03-15T11:00:00/2016-03-15T12:00:00"},
    "CO": {"type": "Property", "value": 500, "unitCode": "GP"},
    "NO": {"type": "Property", "value": 45, "unitCode": "GQ"},
    "temperature": {"type": "Property", "value": 12.2},
}
"""Smart Data Models, AirQualityObserved, normalized example (abridged)."""


def decoded(*documents: Any) -> Decoded:
    return offer(ngsi_ld.decode, *(json.dumps(d).encode() for d in documents))


def readings(found: Decoded) -> dict[str, tuple[float, str]]:
    rows = found.frames["readings"].select("point_id", "value", "unit").rows()
    return {point.rpartition(":")[2]: (value, unit) for point, value, unit in rows}


def states(found: Decoded) -> dict[str, str]:
    rows = found.frames["states"].select("point_id", "text").rows()
    return {point.rpartition(":")[2]: text for point, text in rows}


def test_the_standard_s_car_park() -> None:
    found = decoded(PARKING)
    assert found.refused.is_empty()
    assert readings(found) == {"availableSpotNumber": (121.0, ""), "totalSpotNumber": (200.0, "")}
    spots = found.frames["readings"].filter(pl.col("point_id") == f"{DOWNTOWN}:availableSpotNumber")
    assert spots["time"][0].isoformat() == "2017-07-29T12:05:02+00:00"
    (place,) = found.frames["stations"].rows(named=True)
    assert (place["station_id"], place["name"]) == (DOWNTOWN, "Downtown One")
    assert (place["longitude"], place["latitude"]) == (-8.5, 41.2)


def test_concise_and_simplified_tell_the_same() -> None:
    concise = PARKING | {
        "name": "Downtown One", "totalSpotNumber": 200, "location": {"type": "Point", "coordinates": [-8.5, 41.2]},
        "availableSpotNumber": {"value": 121, "observedAt": "2017-07-29T12:05:02Z"},
    }  # fmt: skip
    normalized, short = decoded(PARKING), decoded(concise)
    for family, frame in normalized.frames.items():
        assert short.frames[family].equals(frame)
    simplified = decoded(concise | {"availableSpotNumber": 121})
    assert readings(simplified) == readings(normalized)
    assert set(simplified.frames["readings"]["time"]) == {ARRIVAL}


def test_units_by_their_codes_and_times_of_smart_data_models() -> None:
    found = decoded(OBSERVED)
    assert readings(found) == {"CO": (500_000.0, "ug/m3"), "NO": (45.0, "ug/m3"), "temperature": (12.2, "")}
    assert {f"{t:%Y-%m-%dT%H:%M}" for t in found.frames["readings"]["time"]} == {"2016-03-15T12:00"}


def test_a_notification_dates_what_tells_no_time() -> None:
    told = {"id": "urn:ngsi-ld:Notification:1", "type": "Notification", "notifiedAt": "2020-06-11T12:34:00+02:00"}
    found = decoded(told | {"subscriptionId": "s", "data": [PARKING, OBSERVED]})
    totals = found.frames["readings"].filter(pl.col("point_id").str.ends_with("totalSpotNumber"))
    assert totals["time"][0].isoformat() == "2020-06-11T10:34:00+00:00"
    assert found.frames["readings"].height == 5
    assert decoded(told | {"data": []}).offered == 0


def test_datasets_times_and_languages() -> None:
    speed = [{"type": "Property", "value": v, "datasetId": f"urn:{v}", "observedAt": "2018-08-01T12:03:00Z"}
             for v in (80, 81)]  # fmt: skip
    temporal = {"type": "Property", "values": [[120, "2018-08-01T12:03:00Z"], [80, "2018-08-01T12:05:00Z"]]}
    street = {"type": "LanguageProperty", "languageMap": {"en": "Grand Place", "zh-TW": "大廣場"}}
    found = decoded({"id": "urn:x", "type": "Vehicle", "speed": speed, "rpm": temporal, "street": street,
                     "isParked": {"type": "Relationship", "object": "urn:ngsi-ld:OffStreetParking:Downtown1"},
                     "category": ["public", "feeCharged"], "open": True,
                     "gone": {"type": "Property", "value": "urn:ngsi-ld:null"}})  # fmt: skip
    assert found.refused.is_empty()
    told = dict(found.frames["readings"].select("point_id", "value").rows())
    assert (told["ngsi:urn:x:speed:urn:80"], told["ngsi:urn:x:speed:urn:81"]) == (80.0, 81.0)
    assert found.frames["readings"].filter(pl.col("point_id") == "ngsi:urn:x:rpm")["value"].to_list() == [120.0, 80.0]
    assert states(found) == {"street": "大廣場", "isParked": "urn:ngsi-ld:OffStreetParking:Downtown1",
                             "category": '["public","feeCharged"]', "gone": "deleted"}  # fmt: skip
    assert readings(found)["open"] == (1.0, "/")


@pytest.mark.parametrize("code", ["FAH", "furlong"])
@settings(UNHURRIED, max_examples=10)
@given(at=st.integers(0, 2))
def test_an_attribute_in_a_unit_that_has_none_is_refused_alone(code: str, at: int) -> None:
    sound = [("a", {"value": 1, "unitCode": "KWH"}), ("b", {"value": 2, "unitCode": "CEL"})]
    told = dict([*sound[:at], ("odd", {"value": 3, "unitCode": code}), *sound[at:]])
    found = decoded({"id": "urn:x", "type": "T"} | told)
    assert readings(found) == {"a": (1.0, "kWh"), "b": (2.0, "Cel")}
    (reason,) = reasons(found)
    assert f"unitCode '{code}' has no SenML unit" in reason
    again = offer(ngsi_ld.decode, found.refused["payload"][0])
    assert (again.offered, again.refused.height) == (1, 1)


def test_geojson_of_entities_and_names_that_are_uris() -> None:
    noise = {"type": "T", "https://example.org/ns#noise": {"value": 61, "unitCode": "2N"}}
    place = {"type": "Point", "coordinates": [121.5, 25.0]}
    feature = {"id": "urn:x", "type": "Feature", "geometry": place, "properties": noise}
    found = decoded({"type": "FeatureCollection", "features": [feature]})
    assert readings(found) == {"noise": (61.0, "dB")}
    assert found.frames["stations"]["longitude"].to_list() == [121.5]


def test_what_the_twin_writes_it_reads() -> None:
    written = entities(decoded(OBSERVED).frames["readings"].drop("record"), "readings")
    found = decoded(written)
    assert found.refused.is_empty()
    values = found.frames["readings"].filter(pl.col("point_id").str.ends_with(":value")).sort("point_id")
    assert values.select("value", "unit").rows() == [(500_000.0, "ug/m3"), (45.0, "ug/m3"), (12.2, "")]
