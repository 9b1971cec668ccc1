"""Authored housing is what its specification asks for, and the first phase is what the city's list says."""

from __future__ import annotations

import csv
import dataclasses
from collections import defaultdict
from pathlib import Path

import numpy as np
import polars as pl
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from bim.author import author_building
from bim.housing import DEFAULT_MIX, DWELLING_TYPES, HousingSpec, plan, type_sequence
from bim.model import BuildingModel
from bim.phase_one import phase_one, split
from bim.tables import METER_KINDS
from tests.bim.conftest import SPEC


def _metres(lon_lat: np.ndarray) -> np.ndarray:
    to_map = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3826", always_xy=True)
    return np.column_stack(to_map.transform(lon_lat[:, 0], lon_lat[:, 1]))


def test_every_dwelling_asked_for_is_there_with_its_area_and_rooms(block: BuildingModel) -> None:
    assert block.dwellings.height == SPEC.dwellings
    rooms_of = {kind.name: (len(kind.rooms), kind.area_m2) for kind in DWELLING_TYPES}
    for kind, rooms, area_m2 in block.dwellings.select("dwelling_type", "rooms", "area_m2").iter_rows():
        assert rooms_of[kind][0] == rooms
        assert rooms_of[kind][1] == pytest.approx(area_m2)
    assert set(block.dwellings["area_source"]) == {"quantity"}


def test_every_dwelling_and_the_building_has_its_three_meters(block: BuildingModel) -> None:
    meters = block.devices.filter(pl.col("kind").is_in(METER_KINDS))
    counts = meters.group_by("dwelling_id", "kind").len()
    assert set(counts["len"]) == {1}
    assert counts["dwelling_id"].n_unique() == SPEC.dwellings + 1
    assert counts.height == 3 * (SPEC.dwellings + 1)


def test_serials_are_opaque_unique_and_say_their_medium(block: BuildingModel) -> None:
    meters = block.devices.filter(pl.col("kind").is_in(METER_KINDS))
    assert meters["serial"].is_unique().all()
    assert meters["serial"].str.contains(r"^[EWG][0-9A-F]{10}$").all()
    letters = {"electricity_meter": "E", "water_meter": "W", "gas_meter": "G"}
    assert all(serial[0] == letters[kind] for kind, serial in meters.select("kind", "serial").iter_rows())


def test_every_kind_of_equipment_is_there(block: BuildingModel) -> None:
    kinds = set(block.devices["kind"])
    assert kinds >= {"lift", "pv", "battery", "ev_charger", "pump", "sensor", "transformer", "fire_door"}


def test_storeys_are_numbered_from_the_lowest(block: BuildingModel) -> None:
    assert block.storeys["name"].to_list() == ["B2F", "B1F", "1F", "2F", "3F", "4F", "5F", "6F", "7F", "RF"]
    assert block.storeys["elevation_m"].is_sorted()
    assert block.storeys["storey_order"].to_list() == list(range(10))


def test_a_block_lands_where_it_was_put(block: BuildingModel) -> None:
    assert block.georeference.status == "map_conversion"
    rings = block.footprints.filter(pl.col("kind") == "storey")["polygon"]
    corners = _metres(np.concatenate([np.array(ring.to_list()) for ring in rings]))
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    wanted = _metres(np.array([[SPEC.lon_deg, SPEC.lat_deg]]))[0]
    assert np.linalg.norm(middle - wanted) < 5.0
    assert np.linalg.norm(corners - wanted, axis=1).max() < 60.0


def test_dwellings_of_a_storey_do_not_overlap(block: BuildingModel) -> None:
    drawn = block.footprints.filter(pl.col("kind") == "dwelling")
    assert drawn["entity_id"].n_unique() == SPEC.dwellings
    for _, storey in drawn.group_by("storey_id"):
        polygons = [shapely.Polygon(ring) for ring in storey["polygon_m"]]
        assert shapely.union_all(polygons).area == pytest.approx(sum(polygon.area for polygon in polygons), rel=1e-6)


def test_outlines_agree_with_the_stated_areas(block: BuildingModel) -> None:
    outlines = block.footprints.filter(pl.col("kind") == "space")
    drawn = {key: shapely.Polygon(ring).area for key, ring in outlines.select("entity_id", "polygon_m").iter_rows()}
    stated = block.spaces.filter(pl.col("area_source") == "quantity").select("space_id", "area_m2")
    assert stated.height > 200
    assert all(drawn[key] == pytest.approx(area_m2, abs=0.01) for key, area_m2 in stated.iter_rows())


def test_the_ground_floor_holds_the_five_services(block: BuildingModel) -> None:
    ground = block.storeys.filter(pl.col("name") == "1F")["storey_id"].item()
    services = block.spaces.filter((pl.col("storey_id") == ground) & pl.col("object_type").str.contains("service"))
    assert set(services["object_type"].str.split(": ").list.last()) == {
        "office",
        "library",
        "health",
        "childcare",
        "retail",
    }


def test_shapes_are_shared(block: BuildingModel) -> None:
    assert len(block.meshes.mesh) > 10 * block.meshes.count


def test_the_same_specification_gives_the_same_bytes(authored: Path, tmp_path: Path) -> None:
    again = tmp_path / authored.name
    author_building(SPEC, again)
    assert again.read_bytes() == authored.read_bytes()


def test_another_building_shares_no_global_id(block: BuildingModel, tmp_path: Path) -> None:
    other = tmp_path / "other.ifc"
    author_building(dataclasses.replace(SPEC, building_name="B棟", dwellings=4, storeys_above=2), other)
    text = other.read_text()
    assert not [key for key in block.elements["element_id"] if f"'{key}'" in text]


@given(dwellings=st.integers(0, 900))
def test_types_follow_the_mix_to_one_dwelling(dwellings: int) -> None:
    counts: dict[str, int] = defaultdict(int)
    for kind in type_sequence(dwellings, DEFAULT_MIX):
        counts[kind.name] += 1
    assert sum(counts.values()) == dwellings
    for kind, part in zip(DWELLING_TYPES, DEFAULT_MIX, strict=True):
        assert abs(counts[kind.name] - dwellings * part / 700) < 1


@settings(max_examples=30, deadline=None)
@given(above=st.integers(1, 30), below=st.integers(0, 5), dwellings=st.integers(0, 400))
def test_a_plan_places_every_dwelling_once_within_the_building(above: int, below: int, dwellings: int) -> None:
    placed = plan(dataclasses.replace(SPEC, storeys_above=above, storeys_below=below, dwellings=dwellings))
    assert len({dwelling.name for dwelling in placed.dwellings}) == dwellings
    assert {dwelling.storey for dwelling in placed.dwellings} <= set(placed.elevation_m)
    assert all(abs(dwelling.x_m) <= placed.length_m / 2 for dwelling in placed.dwellings)


@given(households=st.integers(0, 2_000), storeys=st.lists(st.integers(2, 40), min_size=1, max_size=5))
def test_a_split_loses_no_household(households: int, storeys: list[int]) -> None:
    assert sum(split(households, tuple(storeys))) == households


def test_the_first_phase_has_the_households_and_places_of_the_list(shared_data: Path) -> None:
    listing = shared_data / "housing" / "taipei_social_housing_sites.tsv"
    with listing.open(encoding="utf-8") as stream:
        sites = {row["id"]: row for row in csv.DictReader(stream, delimiter="\t")}
    households: dict[str, int] = defaultdict(int)
    for spec in phase_one():
        site = sites[spec.community_id]
        assert spec.community_name == site["name"]
        assert abs(spec.lat_deg - float(site["latitude"])) < 0.001
        assert abs(spec.lon_deg - float(site["longitude"])) < 0.001
        households[spec.community_id] += spec.dwellings
    assert len(households) == 8
    assert all(count == int(sites[community]["households"]) for community, count in households.items())


def test_dongming_has_176_and_524_dwellings_in_its_zones() -> None:
    dongming = {spec.building_name: spec.dwellings for spec in phase_one() if spec.community_name == "東明社會住宅"}
    assert dongming["甲基地"] == 176
    assert sum(count for name, count in dongming.items() if name.startswith("乙")) == 524


def test_buildings_of_the_first_phase_do_not_overlap() -> None:
    outlines = [_outline(spec) for spec in phase_one()]
    assert shapely.union_all(outlines).area == pytest.approx(sum(outline.area for outline in outlines), rel=1e-9)


def _outline(spec: HousingSpec) -> shapely.Polygon:
    placed = plan(spec)
    box = shapely.box(-placed.length_m / 2, -placed.depth_m / 2, placed.length_m / 2, placed.depth_m / 2)
    east_m, north_m = _metres(np.array([[spec.lon_deg, spec.lat_deg]]))[0]
    turned = shapely.affinity.rotate(box, spec.rotation_deg, origin=(0, 0))
    return shapely.affinity.translate(turned, east_m, north_m)
