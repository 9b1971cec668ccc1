"""Cuts as NGSI-LD entities keep the specification's rules, and say units and times."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import jsonschema_rs
import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.observations import FAMILIES, TIME
from replay.city import City
from replay.diff import REGISTERED, frame_of
from replay.ngsi_ld import TYPES, UNIT_CODES, entities
from tests.replay.ngsi_ld_schema import SCHEMA
from tests.replay.test_incidents import minutes, reading, station, told
from twin.place import init

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
VALID = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)


def checked(found: list[dict[str, object]]) -> list[dict[str, object]]:
    """The entities as they stand in a file, after the schema has passed them."""
    stored: list[dict[str, object]] = msgspec.json.decode(msgspec.json.encode(found))
    VALID.validate(stored)
    assert len({e["id"] for e in stored}) == len(stored)
    return stored


def test_a_station_s_counts_have_time_and_unit(tmp_path: Path) -> None:
    place = init(tmp_path / "city")
    told(place, "docks", [station(0, 3, name="台北 1")])
    with City.open(place.directory) as city:
        (found,) = checked(entities(city.cut().frame("docks"), "docks"))
    assert found["id"] == "urn:ngsi-ld:BikeStationStatus:%E5%8F%B0%E5%8C%97%201"
    assert found["numVehiclesAvailable"] == {
        "type": "Property", "value": 3, "observedAt": "2026-03-02T04:00:00.000000Z", "unitCode": "C62",
    }  # fmt: skip
    assert "capacity" not in found, "NGSI-LD has no null"


def test_a_point_that_reports_two_units_is_two_entities(tmp_path: Path) -> None:
    place = init(tmp_path / "city")
    told(place, "readings", [reading(0, 1.5), reading(0, 230.0, unit="V"), reading(0, 7.0, "m2", unit="bogus")])
    with City.open(place.directory) as city:
        found = checked(entities(city.cut(minutes(1)).frame("readings"), "readings"))
    values = {e["id"]: e["value"] for e in found}
    energy, other = values["urn:ngsi-ld:MeasuringPoint:m1:kWh"], values["urn:ngsi-ld:MeasuringPoint:m2"]
    assert isinstance(energy, dict)
    assert isinstance(other, dict)
    assert energy["unitCode"] == "KWH"
    assert (other.get("unitCode"), other["unit"]["value"]) == (None, "bogus")


def test_every_frame_has_a_type_and_every_code_two_or_three_characters() -> None:
    assert set(TYPES) == {*FAMILIES, *REGISTERED}
    assert all((2 <= len(code) <= 3 and code.isupper()) or code.isdigit() for code in UNIT_CODES.values())


@given(
    st.lists(
        st.tuples(st.text(min_size=1), st.floats(-180, 180), st.floats(-90, 90), st.none() | st.floats(0, 99)),
        unique_by=lambda row: row[0],
    )
)
def test_any_vehicle_passes_the_schema(rows: list[tuple[str, float, float, float | None]]) -> None:
    schema = {"vehicle_id": pl.String, "longitude": pl.Float64, "latitude": pl.Float64, "speed": pl.Float64}
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(time=pl.lit(NOON, TIME))
    for one in checked(entities(frame, "positions")):
        assert isinstance(one["location"], dict)
        assert one["location"]["type"] == "GeoProperty"


@pytest.mark.parametrize("wrong", [{"observedAt": "2026-03-01T12:00:00+08:00"}, {"unitCode": "kWh"}, {"value": None}])
def test_the_schema_refuses_what_the_specification_does(wrong: dict[str, object]) -> None:
    one = {
        "@context": ["https://a"],
        "id": "urn:ngsi-ld:T:1",
        "type": "T",
        "v": {"type": "Property", "value": 1} | wrong,
    }
    assert not VALID.is_valid([one])


def test_every_frame_of_a_city_passes(tmp_path: Path) -> None:
    place = init(tmp_path / "city")
    told(place, "docks", [station(0, 3)])
    with City.open(place.directory) as city:
        for name in TYPES:
            checked(entities(frame_of(city.cut(), name), name))
