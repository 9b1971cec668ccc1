"""Generated towers: what was asked for is there, every door is reached without a step, and by two stairs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import ifcopenshell
import ifcopenshell.validate
import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from bim.check.checking import check
from bim.drafting import Schema
from bim.give.cobie.check import findings
from bim.give.cobie.export import write_cobie
from bim.graph import graph, reached, reached_dwellings
from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker
from bim.towers import TowerSpec, author_tower
from bim.towers.stairs import risers
from bim.ways import STREET, Ways, ways

SMALL = TowerSpec(storeys_above=4, storeys_below=1, dwellings=9, lifts=2)
STAIRS = ("西", "東")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("towers") / "small.ifc"
    author_tower(SMALL, path)
    return path


@pytest.fixture(scope="module")
def small(file: Path, worker: Worker) -> BuildingModel:
    return load(file, worker=worker)


def test_27_storeys_of_500_dwellings_with_two_stairs_and_three_lifts(tmp_path: Path, worker: Worker) -> None:
    author_tower(TowerSpec(), tmp_path / "tower.ifc")
    tower = load(tmp_path / "tower.ifc", worker=worker)
    assert tower.dwellings.height == 500
    assert tower.storeys["name"].to_list() == ["B3F", "B2F", "B1F", *(f"{nth}F" for nth in range(1, 28)), "RF"]
    found = ways(tower)
    stairs = found.passages.filter(kind="stair").group_by("risers").len().sort("risers")
    assert stairs.rows() == [(18, 2 * 26), (20, 2 * 3), (24, 2)]  # upper storeys, basements, the ground floor
    assert found.passages.filter(kind="lift")["passage_id"].n_unique() == 3
    assert tower.elements.filter(pl.col("ifc_class") == "IfcTransportElement").height == 3
    _is_reached_in_every_way_asked_for(tower, found)


def test_a_small_tower_keeps_the_same_rules(small: BuildingModel) -> None:
    assert small.dwellings.height == SMALL.dwellings
    _is_reached_in_every_way_asked_for(small, ways(small))


def _is_reached_in_every_way_asked_for(tower: BuildingModel, found: Ways) -> None:
    """Each dwelling without a step, and down either stair alone: then not even the other one's exit is needed."""
    every = set(tower.dwellings["dwelling_id"])
    assert reached_dwellings(found, step_free=True) == every
    assert not found.passages.filter(pl.col("kind") != "within")["inferred"].any()
    of_stair = {end: _of_stair(tower, found, end) for end in STAIRS}
    assert of_stair["西"].isdisjoint(of_stair["東"])
    doors_and_lifts = set(found.passages.filter(pl.col("kind").is_in(["exit", "lift"]))["passage_id"])
    for own in of_stair.values():
        assert reached_dwellings(found, out=doors_and_lifts - own) == every
        nothing_but_lifts = set.union(*of_stair.values()) | doors_and_lifts
        assert not reached_dwellings(found, out=nothing_but_lifts)
        assert own & doors_and_lifts


def _of_stair(tower: BuildingModel, found: Ways, end: str) -> set[str]:
    """Passages of one stair: its flights, its fire doors, and its own exit."""
    wells = set(tower.spaces.filter(pl.col("name").str.ends_with(f"{end}梯間"))["space_id"])
    return set(found.passages.filter(pl.col("a").is_in(wells) | pl.col("b").is_in(wells))["passage_id"])


def test_a_lift_out_of_service_leaves_the_others(small: BuildingModel) -> None:
    found = ways(small)
    lifts = sorted(set(found.passages.filter(kind="lift")["passage_id"]))
    assert len(lifts) == SMALL.lifts
    assert len(reached_dwellings(found, step_free=True, out=lifts[:1])) == SMALL.dwellings
    assert not reached_dwellings(found, step_free=True, out=lifts)


def test_the_graph_of_a_tower_has_no_place_that_is_cut_off(small: BuildingModel) -> None:
    found = ways(small)
    assert reached(found) == set(found.places["place_id"])
    assert STREET in graph(found).nodes()


def test_the_risers_of_a_stair_climb_to_the_next_storey(small: BuildingModel) -> None:
    level_m = dict(small.storeys.select("storey_id", "elevation_m").iter_rows())
    storey = dict(small.spaces.select("space_id", "storey_id").iter_rows())
    stairs = ways(small).passages.filter(kind="stair")
    assert stairs.height == 2 * (SMALL.storeys_above + SMALL.storeys_below)
    for a, b, count, riser_m in stairs.select("a", "b", "risers", "riser_m").iter_rows():
        rise_m = level_m[storey[b]] - level_m[storey[a]]
        assert count == risers(rise_m)
        assert count * riser_m == pytest.approx(rise_m, abs=0.002)
        assert riser_m <= 0.18


def test_flights_stand_within_their_wells_and_climb_to_the_next_floor(small: BuildingModel) -> None:
    """As they are drawn: the lower from its floor to the landing, the upper from there to the floor above."""
    storey = dict(small.elements.select("element_id", "storey_id").iter_rows())
    level_m = dict(small.storeys.select("storey_id", "elevation_m").iter_rows())
    order = small.storeys["storey_id"].to_list()
    flights = small.elements.filter(pl.col("ifc_class") == "IfcStairFlight").drop_nulls("instance")
    assert flights.height == 4 * (SMALL.storeys_above + SMALL.storeys_below)
    half = _half_length_m(small)
    for key, instance in flights.select("element_id", "instance").iter_rows():
        corners = small.meshes.placed(instance)
        low, high = corners.min(axis=0), corners.max(axis=0)
        floor_m = level_m[storey[key]]
        above_m = level_m[order[order.index(storey[key]) + 1]]
        half_m = (floor_m + above_m) / 2
        climbs = (pytest.approx(floor_m, abs=0.01), pytest.approx(half_m, abs=0.01))
        assert (low[2], high[2]) == climbs or (low[2], high[2]) == (climbs[1], pytest.approx(above_m, abs=0.01))
        assert -8.5 <= low[1] <= high[1] <= -1.0
        assert half - 3.6 <= min(abs(low[0]), abs(high[0])) <= max(abs(low[0]), abs(high[0])) <= half


def _half_length_m(tower: BuildingModel) -> float:
    """Half the length of its slabs."""
    slab = tower.elements.filter((pl.col("ifc_class") == "IfcSlab") & (pl.col("name") == "樓板"))["instance"][0]
    return float(abs(tower.meshes.placed(slab)[:, 0]).max())


def test_a_ramp_leads_from_the_street_to_the_sill_of_every_exit(small: BuildingModel) -> None:
    exits = set(ways(small).passages.filter(kind="exit")["passage_id"])
    ramps = small.elements.filter(pl.col("ifc_class") == "IfcRampFlight")["instance"].to_list()
    assert len(exits) == len(ramps) == 4
    drawn = [small.meshes.placed(instance) for instance in ramps]
    for instance in small.elements.filter(pl.col("element_id").is_in(exits))["instance"]:
        door = small.meshes.placed(instance)
        middle = (door.min(axis=0) + door.max(axis=0))[:2] / 2
        reaching = [ramp for ramp in drawn if _meets(ramp[ramp[:, 2] > -0.01], middle)]
        assert reaching
        for ramp in reaching:
            run_m, _, rise_m = ramp.max(axis=0) - ramp.min(axis=0)
            assert rise_m / run_m == pytest.approx(1 / 12, rel=1e-3)


def _meets(top: npt.NDArray[np.float64], middle: npt.NDArray[np.float64]) -> bool:
    """Whether the upper edge of a ramp is at the sill of this door."""
    return bool(
        abs(top[:, 0] - middle[0]).min() < 0.1 and top[:, 1].min() - 0.01 <= middle[1] <= top[:, 1].max() + 0.01
    )


def test_compartments_hold_every_space_once_and_are_no_dwellings(small: BuildingModel, file: Path) -> None:
    model = ifcopenshell.open(str(file))
    zones = [zone for zone in model.by_type("IfcZone") if "防火區劃" in zone.ObjectType]
    wells = model.by_type("IfcSpatialZone")
    assert len(zones) == SMALL.storeys_above + SMALL.storeys_below
    assert len(wells) == len(STAIRS)
    held = [one.GlobalId for zone in zones for relation in zone.IsGroupedBy for one in relation.RelatedObjects]
    held += [one.GlobalId for zone in wells for relation in zone.ReferencesElements for one in relation.RelatedElements]
    assert sorted(held) == sorted(small.spaces["space_id"])
    assert not {zone.GlobalId for zone in (*zones, *wells)} & set(small.dwellings["dwelling_id"])


def test_a_tower_says_that_it_is_generated(file: Path) -> None:
    model = ifcopenshell.open(str(file))
    assert any("Generated model of no real building" in line for line in model.header.file_description.description)
    (building,) = model.by_type("IfcBuilding")
    assert "Generated model of no real building" in building.Description
    assert all(
        "enerated" in named.Name for named in (building, *model.by_type("IfcProject"), *model.by_type("IfcSite"))
    )


def test_a_tower_meets_the_citys_requirements_and_the_rule_of_meters(small: BuildingModel, file: Path) -> None:
    found = check(small, file)
    assert found.audit.passed, found.audit.failures
    assert found.meters.is_empty()


def test_a_towers_register_lacks_only_the_room_of_what_stands_in_none(file: Path, tmp_path: Path) -> None:
    found = findings(write_cobie(file, tmp_path / "register").sheets)
    assert set(found.filter(severity="error").select("rule", "sheet", "column").rows()) == {
        ("references", "Component", "Space")
    }


@pytest.mark.parametrize("schema", ["IFC4", "IFC4X3"])
def test_a_tower_is_valid_ifc(tmp_path: Path, schema: Schema) -> None:
    author_tower(TowerSpec(2, 0, 2, 1), tmp_path / "tower.ifc", schema=schema)
    told = ifcopenshell.validate.json_logger()  # type: ignore[no-untyped-call]
    ifcopenshell.validate.validate(ifcopenshell.open(str(tmp_path / "tower.ifc")), told)
    assert [each for each in told.statements if each.get("level") == "error"] == []


def test_the_command_writes_the_tower_asked_for_the_same_each_time(file: Path, tmp_path: Path) -> None:
    asked = ("--storeys", "4", "--basements", "1", "--dwellings", "9", "--lifts", "2")
    path = tmp_path / file.name
    subprocess.run([sys.executable, "-m", "bim.towers", str(path), *asked], check=True)
    assert path.read_bytes() == file.read_bytes()


@pytest.mark.parametrize("name", ["storeys_above", "dwellings", "lifts"])
def test_a_tower_that_cannot_be_is_refused_in_words(name: str) -> None:
    with pytest.raises(ValueError, match=rf"a tower's {name} is 0: give \d or more"):
        TowerSpec(**{name: 0})
