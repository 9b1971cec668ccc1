"""What hangs together otherwise than before is told: fillings, spatial zones, dwellings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bim.model import BuildingModel
from bim.process import Worker
from bim.revision import diff
from tests.bim.sketch import Sketch

Row = tuple[str, str, str, str | None, str | None, str | None]
Mutation = Callable[[], None]


def _between(sketch: Sketch, mutate: Mutation, folder: Path, worker: Worker) -> tuple[set[Row], set[Row]]:
    """What is told from before a mutation to after it, and back."""
    (folder / "before").mkdir()
    (folder / "after").mkdir()
    before = sketch.load(folder / "before", worker)
    mutate()
    after = sketch.load(folder / "after", worker)
    return _told(before, after), _told(after, before)


def _told(old: BuildingModel, new: BuildingModel) -> set[Row]:
    return set(diff(old, new).select("change", "ifc_class", "name", "attribute", "before", "after").rows())


def _back(rows: set[Row]) -> set[Row]:
    return {(*row[:4], row[5], row[4]) for row in rows}


@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3_ADD2"])
def test_an_opening_filled_by_another_door_is_told_of_both_doors(schema: str, tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch(schema)
    storey = sketch.storey("1F", 0.0)
    wall = sketch.element("IfcWall", "W", (0, 0, 0), (6, 0.2, 3))
    opening = sketch.element("IfcOpeningElement", "O", (1, 0, 0), (1, 0.2, 2.1))
    doors = [sketch.element("IfcDoor", name, (1, 0, 0), (1, 0.1, 2.1), OverallWidth=0.9) for name in ("D1", "D2")]
    sketch.contain(storey, wall, *doors)
    sketch.root("IfcRelVoidsElement", RelatingBuildingElement=wall, RelatedOpeningElement=opening)
    fills = sketch.root("IfcRelFillsElement", RelatingOpeningElement=opening, RelatedBuildingElement=doors[0])

    def refill() -> None:
        fills.RelatedBuildingElement = doors[1]

    there, back = _between(sketch, refill, tmp_path, worker)
    assert there == {
        ("changed", "IfcDoor", "D1", "fills", "O", None),
        ("changed", "IfcDoor", "D2", "fills", None, "O"),
    }
    assert back == _back(there)


@pytest.mark.parametrize("schema", ["IFC4", "IFC4X3_ADD2"])
@pytest.mark.parametrize(
    ("way", "what"),
    [("IfcRelReferencedInSpatialStructure", "space"), ("IfcRelReferencedInSpatialStructure", "element"),
     ("IfcRelContainedInSpatialStructure", "element")],
)  # fmt: skip
def test_another_spatial_zone_is_told_of_what_is_in_it(
    schema: str, way: str, what: str, tmp_path: Path, worker: Worker
) -> None:
    sketch = Sketch(schema)
    storey = sketch.storey("1F", 0.0)
    one = sketch.space("101", storey) if what == "space" else sketch.element("IfcWall", "101", (1, 1, 0))
    if what == "element" and way == "IfcRelReferencedInSpatialStructure":
        sketch.contain(storey, one)
    zones = [sketch.root("IfcSpatialZone", name, PredefinedType="FIRESAFETY") for name in ("Z1", "Z2")]
    relation = sketch.root(way, RelatedElements=[one], RelatingStructure=zones[0])

    def rezone() -> None:
        relation.RelatingStructure = zones[1]

    there, back = _between(sketch, rezone, tmp_path, worker)
    assert [(row[0], row[2], row[4], row[5]) for row in there] == [("changed", "101", "Z1", "Z2")]
    assert back == _back(there)


@pytest.mark.parametrize("zone_class", ["IfcZone", "IfcSpatialZone"])
def test_a_room_of_another_dwelling_is_told_with_what_it_makes_of_the_dwellings(
    zone_class: str, tmp_path: Path, worker: Worker
) -> None:
    """Room 102, 12 m², goes from dwelling A to dwelling B; the meter in it goes along."""
    sketch = Sketch("IFC4")
    storey = sketch.storey("1F", 0.0)
    rooms = [
        sketch.space(name, storey, (x, 0, 0), (width, 4, 3))
        for name, x, width in (("101", 0, 4), ("102", 5, 3), ("103", 9, 2))
    ]
    meter = sketch.element("IfcFlowMeter", "M", (5, 1, 1), PredefinedType="ENERGYMETER")
    sketch.contain(rooms[1], meter)
    own, other = _dwelling(sketch, zone_class, "A", rooms[:2]), _dwelling(sketch, zone_class, "B", rooms[2:])

    def move() -> None:
        _members(own, rooms[:1])
        _members(other, rooms[1:])

    there, back = _between(sketch, move, tmp_path, worker)
    assert there >= {
        ("changed", "IfcSpace", "102", "dwelling", "A", "B"),
        ("changed", "IfcFlowMeter", "M", "dwelling", "A", "B"),
        ("changed", zone_class, "A", "area_m2", "28.0", "16.0"),
        ("changed", zone_class, "B", "area_m2", "8.0", "20.0"),
    }
    assert {row[2] for row in there} == {"102", "M", "A", "B"}
    assert back == _back(there)


def _dwelling(sketch: Sketch, zone_class: str, name: str, rooms: list[Any]) -> Any:
    if zone_class == "IfcZone":
        zone = sketch.root("IfcZone", name, ObjectType="住宅單元 Dwelling")
        return sketch.root("IfcRelAssignsToGroup", RelatedObjects=rooms, RelatingGroup=zone)
    zone = sketch.root("IfcSpatialZone", name, ObjectType="住宅單元 Dwelling", PredefinedType="OCCUPANCY")
    return sketch.root("IfcRelReferencedInSpatialStructure", RelatedElements=rooms, RelatingStructure=zone)


def _members(relation: Any, rooms: list[Any]) -> None:
    name = "RelatedObjects" if relation.is_a("IfcRelAssignsToGroup") else "RelatedElements"
    setattr(relation, name, rooms)
