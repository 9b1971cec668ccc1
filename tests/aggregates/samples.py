"""One sample of every stored domain event. `python -m tests.aggregates.samples` writes golden files that are missing.

A golden file is never rewritten: when a form changes, its tag gets a new version and the old file stays.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twin.aggregates.access import DwellingViewed
from twin.aggregates.building import BuildingModelPublished, BuildingModelRevised
from twin.aggregates.community import CommunityChanged, CommunityRegistered
from twin.aggregates.compliance import BuildingModelChecked, Requirement
from twin.aggregates.devices import DevicesBound, DevicesRetired, DevicesRevised
from twin.aggregates.household import FormerMeter, HouseholdErased, TenancyEnded
from twin.aggregates.meter import RegisterExchanged, RegisterRolledOver
from twin.aggregates.scenario import ScenarioDefined, ScenarioRun
from twin.codec import DomainEvent, encode, tag_of

GOLDEN = Path(__file__).parent / "golden"

THEN: dict[str, Any] = {
    "time": datetime(2026, 1, 1, tzinfo=UTC),
    "recorded_at": datetime(2026, 11, 22, 8, 30, tzinfo=UTC),
}
SITE: dict[str, Any] = {
    "community_id": "84e67c87923337da",
    "name": "東明社會住宅",
    "name_en": "Dongming",
    "district": "南港區",
    "address": "臺北市南港區南港路二段60巷16、17、19號",
    "longitude": 121.6039,
    "latitude": 25.05435,
    "households": 700,
    "residents": 946,
    "floors": "地上21層",
    "status": "已完工",
    "source": "data.taipei",
}
MODEL: dict[str, Any] = {
    "building_id": "dongming-a",
    "community_id": "84e67c87923337da",
    "name": "東明 A",
    "sha256": "a" * 64,
    "schema": "IFC4",
    "crs": "EPSG:3826",
    "storeys": 24,
    "dwellings": 176,
    "devices": 540,
    "elements": 9000,
    "coverage": {"geometry": {"wanted": 9000, "got": 8999}},
}
METERS: dict[str, Any] = {
    "building_id": "dongming-a",
    "community_id": "84e67c87923337da",
    "device_id": ("m1", "lift1"),
    "kind": ("electricity_meter", "lift"),
    "serial": ("E0123456789", None),
    "dwelling_id": ("d1", None),
    "storey_id": ("s2", None),
    "point_ids": (("urn:dev:ser:E0123456789:1-0:1.8.0",), ()),
}
FOUND: dict[str, Any] = {
    "building_id": "dongming-a",
    "sha256": "a" * 64,
    "schema": "IFC4",
    "ids_file": "handover-ifc4.ids",
    "ids_sha256": "c" * 64,
    "requirements": (
        Requirement("門 Door", "OverallWidth", 3, 3, 0),
        Requirement("門 Door", "Pset_DoorCommon.FireExit", 3, 2, 1, ("0YvctVUKr0kugbFTf53O9L",)),
    ),
    "meters_wanted": 531,
    "meters_amiss": 2,
}
FORMER: dict[str, Any] = {
    "building_id": "dongming-a",
    "community_id": "84e67c87923337da",
    "entities": {"readings": (5, 6), "states": (2,)},
    "meters": (FormerMeter(5, "electricity_meter", datetime(2026, 1, 1, tzinfo=UTC), 3),),
}
QUESTION: dict[str, Any] = {
    "scenario_id": "0123456789abcdef",
    "title": "屋頂光電",
    "community_id": "84e67c87923337da",
    "base_at": datetime(2026, 11, 20, tzinfo=UTC),
    "base_known": None,
    "window_start": datetime(2026, 11, 13, tzinfo=UTC),
    "window_end": datetime(2026, 11, 20, tzinfo=UTC),
    "interventions": ({"type": "rooftop_pv", "kwp": 250.0, "tilt": 10.0, "azimuth": 180.0},),
    "seed": 1,
    "parameter_set": "2026-11",
}
ANSWER: dict[str, Any] = {
    "scenario_id": "0123456789abcdef",
    "digest": "b" * 64,
    "known": 1234,
    "kpis": ({"kpi": "pv_kwh", "unit": "kWh", "baseline": 0.0, "scenario": 1.5, "difference": 1.5},),
    "provenance": {"log_position": 1234},
}


def samples() -> list[DomainEvent]:
    """One event of every kind."""
    return [
        CommunityRegistered(**SITE, **THEN),
        CommunityChanged(**SITE, **THEN),
        BuildingModelPublished(**MODEL, **THEN),
        BuildingModelRevised(**MODEL, **THEN),
        DevicesBound(**METERS, **THEN),
        DevicesRevised(**METERS, **THEN),
        DevicesRetired(building_id="dongming-a", device_id=("m1",), reason="replaced", **THEN),
        ScenarioDefined(**QUESTION, **THEN),
        ScenarioRun(**ANSWER, **THEN),
        RegisterExchanged(entity=17, final=81234.5, initial=0.25, **THEN),
        RegisterRolledOver(entity=17, modulus=100000.0, **THEN),
        BuildingModelChecked(**FOUND, **THEN),
        TenancyEnded(**FORMER, **THEN),
        HouseholdErased(**FORMER, reason="asked for it", **THEN),
        DwellingViewed(building_id="dongming-a", dwelling_id="0Z3kq1", operator="op-7", **THEN),
    ]


def write_missing() -> None:
    """Write the golden file of every kind of event that has none."""
    for event in samples():
        path = GOLDEN / f"{tag_of(event)}.json"
        if not path.exists():
            path.write_bytes(encode(event))


if __name__ == "__main__":
    write_missing()
