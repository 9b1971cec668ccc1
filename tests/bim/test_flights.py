"""Risers and length are of the whole stair, and a door of parts is one passage."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker
from bim.ways import STREET, ways
from tests.bim.sketch import Sketch

SCHEMAS = ["IFC2X3", "IFC4", "IFC4X3_ADD2"]


def _stairs(model: BuildingModel) -> list[tuple[Any, Any]]:
    return sorted(ways(model).passages.filter(kind="stair").select("risers", "length_m").iter_rows(), key=str)


def _doors(model: BuildingModel) -> list[tuple[str, ...]]:
    """Names of the places on both sides of every door."""
    name = {**dict(model.spaces.select("space_id", "name").iter_rows()), STREET: STREET}
    rows = ways(model).passages.filter(pl.col("kind").is_in(["door", "exit"])).select("a", "b").iter_rows()
    return sorted(tuple(sorted((name[a], name[b]))) for a, b in rows)


def _described(sketch: Sketch, flight: Any, risers: float, riser: float, going: float, *, how: str) -> None:
    if how == "attributes":
        setattr(flight, "NumberOfRiser" if sketch.schema == "IFC2X3" else "NumberOfRisers", int(risers))
        flight.RiserHeight, flight.TreadLength = riser, going
        return
    values = {"RiserHeight": ("IfcPositiveLengthMeasure", riser), "TreadLength": ("IfcPositiveLengthMeasure", going)}
    count = {"NumberOfRiser": ("IfcCountMeasure", risers if sketch.schema != "IFC4X3_ADD2" else int(risers))}
    sketch.describe(flight, "Pset_StairFlightCommon", **count, **values)


def _stair(sketch: Sketch, *flights: Any, nested: bool = False, serves: tuple[float, ...] = (0.0, 3.06)) -> Any:
    """A stair of these flights between spaces at these heights."""
    stair = sketch.element("IfcStair", "ST", size=None)
    whole = stair
    if nested:
        whole = sketch.element("IfcElementAssembly", "run", size=None)
        sketch.aggregate(stair, whole)
    if flights:
        sketch.aggregate(whole, *flights)
    for nth, height in enumerate(serves):
        storey = sketch.storey(f"{nth + 1}F", height, elevation=height)
        sketch.refer(sketch.space(f"{nth + 1}01", storey, size=None), stair)
        if not nth:
            sketch.contain(storey, stair)
    return stair


def test_two_flights_are_one_stair(shared_data: Path, worker: Worker) -> None:
    model = load(shared_data / "field" / "bim" / "stair-two-flights-0.ifc", worker=worker)
    assert _stairs(model) == [(18, 5.5916)]


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("how", ["properties", "attributes"])
@pytest.mark.parametrize("counts", [(18,), (9, 9), (6, 7, 5), (3, 3, 3, 3)])
def test_a_stair_has_the_risers_of_all_its_flights(
    schema: str, how: str, counts: tuple[int, ...], tmp_path: Path, worker: Worker
) -> None:
    sketch = Sketch(schema, length="MILLI")
    flights = [sketch.element("IfcStairFlight", f"F{nth}", size=None) for nth in range(len(counts))]
    for flight, count in zip(flights, counts, strict=True):
        _described(sketch, flight, float(count), 170.0, 260.0, how=how)
    stair = _stair(sketch, *flights, nested=len(counts) == 3, serves=(0.0, 3060.0))
    sketch.describe(stair, "Pset_StairCommon", NumberOfRiser=99.0)
    expected = sum(counts) * math.hypot(0.17, 0.26)
    assert _stairs(sketch.load(tmp_path, worker)) == [(sum(counts), pytest.approx(expected, abs=1e-4))]


def test_flights_of_other_steps_are_each_as_long_as_theirs(tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch()
    steep, flat = (sketch.element("IfcStairFlight", name, size=None) for name in ("steep", "flat"))
    _described(sketch, steep, 10.0, 0.2, 0.2, how="properties")
    _described(sketch, flat, 5.0, 0.15, 0.3, how="attributes")
    _stair(sketch, steep, flat)
    passages = ways(sketch.load(tmp_path, worker)).passages
    expected = 10 * math.hypot(0.2, 0.2) + 5 * math.hypot(0.15, 0.3)
    (row,) = passages.select("risers", "length_m", "riser_m", "tread_m").rows()
    assert row == (
        15,
        pytest.approx(expected, abs=1e-4),
        pytest.approx(2.75 / 15, abs=1e-4),
        pytest.approx(3.5 / 15, abs=1e-4),
    )


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_stair_without_flights_says_it_itself_and_a_spiral_is_as_wide_as_stated(
    schema: str, tmp_path: Path, worker: Worker
) -> None:
    """Given a spiral with a body of its own, then its box is not taken for the width of the way."""
    sketch = Sketch(schema)
    stair = _stair(sketch)
    stair.Representation = sketch.box(2.0, 2.0, 3.06)
    setattr(stair, "ShapeType" if schema == "IFC2X3" else "PredefinedType", "SPIRAL_STAIR")
    measured = {"RiserHeight": ("IfcPositiveLengthMeasure", 0.17), "TreadLength": ("IfcPositiveLengthMeasure", 0.22)}
    sketch.describe(stair, "Pset_StairCommon", NumberOfRiser=18.0, **measured)
    passages = ways(sketch.load(tmp_path, worker)).passages
    assert passages.select("risers", "length_m", "clear_width_m").rows() == [
        (18, pytest.approx(18 * math.hypot(0.17, 0.22), abs=1e-4), None)
    ]


def test_a_winder_counts_its_treads_at_the_walking_line(tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch()
    winder = sketch.element("IfcStairFlight", "W", size=(2.0, 2.0, 1.0), PredefinedType="WINDER", NumberOfTreads=8)
    measured = {"RiserHeight": 0.17, "TreadLengthAtOffset": 0.25, "ClearWidth": 0.9}
    lengths = {name: ("IfcPositiveLengthMeasure", value) for name, value in measured.items()}
    sketch.describe(winder, "Pset_StairFlightCommon", **lengths)
    _stair(sketch, winder)
    passages = ways(sketch.load(tmp_path, worker)).passages
    assert passages.select("risers", "length_m", "clear_width_m").rows() == [
        (9, pytest.approx(9 * math.hypot(0.17, 0.25), abs=1e-4), 0.9)
    ]


def test_what_one_flight_does_not_say_is_not_made_up(tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch()
    told, silent = (sketch.element("IfcStairFlight", name, size=None) for name in ("told", "silent"))
    _described(sketch, told, 9.0, 0.17, 0.26, how="properties")
    _stair(sketch, told, silent)
    assert _stairs(sketch.load(tmp_path, worker)) == [(None, None)]


def test_a_stair_past_three_storeys_is_shared_out_by_height(tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch()
    flights = [sketch.element("IfcStairFlight", f"F{nth}", size=None) for nth in range(3)]
    for flight in flights:
        _described(sketch, flight, 10.0, 0.15, 0.3, how="properties")
    _stair(sketch, *flights, serves=(0.0, 1.5, 4.5))
    steps = math.hypot(0.15, 0.3)
    assert _stairs(sketch.load(tmp_path, worker)) == [
        (10, pytest.approx(10 * steps, abs=1e-4)), (20, pytest.approx(20 * steps, abs=1e-4)),
    ]  # fmt: skip


def test_a_door_of_leaf_and_frame_is_one_passage(shared_data: Path, worker: Worker) -> None:
    assert _doors(load(shared_data / "field" / "bim" / "door-aggregated.ifc", worker=worker)) == [("101", "102")]


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("leaf", ["IfcPlate", "IfcDoor", "IfcElementAssembly"])
def test_a_leaf_is_no_door_of_its_own(schema: str, leaf: str, tmp_path: Path, worker: Worker) -> None:
    """Given a door without a body between two rooms, its parts one deep or two, then it is one passage."""
    sketch = Sketch(schema)
    storey = sketch.storey("1F", 0.0)
    sketch.space("101", storey, (0, 0, 0), (4, 4, 3))
    sketch.space("102", storey, (4.2, 0, 0), (4, 4, 3))
    door = sketch.element("IfcDoor", "D", size=None, OverallWidth=0.9)
    part = sketch.element(leaf, "leaf", (4.05, 2.0, 0), None if leaf == "IfcElementAssembly" else (0.1, 0.9, 2.1))
    if leaf == "IfcElementAssembly":
        sketch.aggregate(part, sketch.element("IfcPlate", "panel", (4.05, 2.0, 0), (0.1, 0.9, 2.1)))
    sketch.contain(storey, door)
    sketch.aggregate(door, part)
    assert _doors(sketch.load(tmp_path, worker)) == [("101", "102")]


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("named", ["door", "opening", "leaf"])
@pytest.mark.parametrize("side", ["INTERNAL", "EXTERNAL"])
def test_a_boundary_may_name_the_opening_or_the_leaf(
    schema: str, named: str, side: str, tmp_path: Path, worker: Worker
) -> None:
    """Given rooms far from a door that bounds them by its opening or its leaf, then it joins them."""
    sketch = Sketch(schema)
    storey = sketch.storey("1F", 0.0)
    rooms = [sketch.space(name, storey, size=None) for name in ("101", "102")[: 2 if side == "INTERNAL" else 1]]
    wall, door, leaf = sketch.element("IfcWall", "W"), *(sketch.element(c, c) for c in ("IfcDoor", "IfcPlate"))
    window = sketch.element("IfcWindow", "Wi")
    opening, hole = (sketch.element("IfcOpeningElement", name) for name in ("O", "H"))
    sketch.contain(storey, wall, door, window)
    sketch.aggregate(door, leaf)
    for void, filling in ((opening, door), (hole, window)):
        sketch.root("IfcRelVoidsElement", RelatingBuildingElement=wall, RelatedOpeningElement=void)
        sketch.root("IfcRelFillsElement", RelatingOpeningElement=void, RelatedBuildingElement=filling)
    for element in ({"door": door, "opening": opening, "leaf": leaf}[named], hole, wall):
        for room in rooms:
            sketch.root(
                "IfcRelSpaceBoundary", RelatingSpace=room, RelatedBuildingElement=element,
                PhysicalOrVirtualBoundary="PHYSICAL", InternalOrExternalBoundary=side,
            )  # fmt: skip
    assert _doors(sketch.load(tmp_path, worker)) == [("101", "102" if side == "INTERNAL" else STREET)]


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("by", ["opening", "placement"])
def test_a_door_without_a_body_is_where_its_opening_or_its_placement_is(
    schema: str, by: str, tmp_path: Path, worker: Worker
) -> None:
    """Given a door that is not drawn in a wall between two rooms, then it joins these."""
    sketch = Sketch(schema)
    storey = sketch.storey("1F", 0.0)
    sketch.space("101", storey, (0, 0, 0), (4, 4, 3))
    sketch.space("102", storey, (4.2, 0, 0), (4, 4, 3))
    wall = sketch.element("IfcWall", "W", (4, 0, 0), (0.2, 4, 3))
    door = sketch.element("IfcDoor", "D", (4.1, 1.0, 0) if by == "placement" else (0, 0, 0), None, OverallWidth=0.9)
    sketch.contain(storey, wall, door)
    if by == "opening":
        opening = sketch.element("IfcOpeningElement", "O", (4, 1, 0), (0.2, 1, 2.1))
        sketch.root("IfcRelVoidsElement", RelatingBuildingElement=wall, RelatedOpeningElement=opening)
        sketch.root("IfcRelFillsElement", RelatingOpeningElement=opening, RelatedBuildingElement=door)
    assert _doors(sketch.load(tmp_path, worker)) == [("101", "102")]


def test_a_door_that_is_placed_nowhere_joins_nothing(tmp_path: Path, worker: Worker) -> None:
    """At the model's zero is what an exporter placed that has no places: no reason to join the rooms there."""
    sketch = Sketch("IFC4")
    storey = sketch.storey("1F", 0.0)
    sketch.space("101", storey, (0, 0, 0), (4, 4, 3))
    sketch.space("102", storey, (-4.2, 0, 0), (4, 4, 3))
    sketch.contain(storey, sketch.element("IfcDoor", "D", (0, 0, 0), None, OverallWidth=0.9))
    assert _doors(sketch.load(tmp_path, worker)) == []
