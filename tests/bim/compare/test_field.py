"""Every value of `field/bim/diff-*.md`: what two models of the field differ in, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bim.load import load
from bim.process import Worker
from bim.revision import diff

RIGHT: dict[str, list[tuple[Any, ...]]] = {
    "L-shape": [
        ("changed", "IfcSlab", "S", "shape", "surface 35.200 m², volume 3.200 m³",
         "surface 27.200 m², volume 2.400 m³"),
        ("changed", "IfcSpace", "R", "area_m2", "16.0", "12.0"),
        ("changed", "IfcSpace", "R", "shape", "surface 76.800 m², volume 44.800 m³",
         "surface 68.800 m², volume 33.600 m³"),
    ],
    "baked-moved": [("moved", "IfcBuildingElementProxy", "BREP", "placement", "10.5 0.5 0.5", "12.5 0.5 0.5")],
    "boundary": [
        ("changed", "IfcDoor", "D", "bounds", "0 PHYSICAL INTERNAL; 1 PHYSICAL INTERNAL",
         "0 PHYSICAL INTERNAL; 2 PHYSICAL INTERNAL"),
    ],
    "doc": [("changed", "IfcWall", "W1", "document", "http://a/1 Manual", "http://a/2 Manual")],
    "georef": [
        ("moved", "IfcProject", "P", "georeference", "EPSG:3826 302000.000 2770000.000 5.000 m 0.0°",
         "EPSG:3826 302100.000 2770000.000 5.000 m 0.0°: moved 100.000 m"),
    ],
    "opening-added": [
        ("added", "IfcOpeningElement", "op2", None, None, None),
        ("changed", "IfcWall", "W1", "shape", "surface 36.240 m², volume 3.180 m³",
         "surface 35.999 m², volume 3.108 m³"),
    ],
    "storey-renamed-newguids": [("changed", "IfcBuildingStorey", "GF", "name", "1F", "GF")],
    "table-prop": [
        ("changed", "IfcWall", "W", "B.R", "M20.0", "M30.0"),
        ("changed", "IfcWall", "W", "B.T", "1.0 -> 10.0; 2.0 -> 20.0", "1.0 -> 10.0; 2.0 -> 30.0"),
    ],
    "truenorth": [
        ("moved", "IfcProject", "P", "georeference", "25.033333333 121.550000000 0.0°",
         "25.033333333 121.550000000 30.0000°: turned 30.0000°"),
    ],
    "units": [],
    "zone": [
        ("changed", "IfcSpace", "101", "zone", "FireA; FireB", "FireA"),
        ("changed", "IfcSpace", "102", "zone", "FireA", "FireB"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_pair_of_the_field_differs_in_what_was_changed_and_nothing_else(
    shared_data: Path, worker: Worker, name: str
) -> None:
    old, new = (load(shared_data / "field" / "bim" / f"diff-{name}-{side}.ifc", worker=worker) for side in "ab")
    changes = diff(old, new)
    told = changes.filter(changes["change"] != "re-identified")
    rows = told.select("change", "ifc_class", "name", "attribute", "before", "after").rows()
    assert sorted(rows, key=str) == sorted(RIGHT[name], key=str)
    there_and_back = diff(new, old)
    assert there_and_back.height == changes.height
    is_renewed = name == "storey-renamed-newguids"
    assert changes.filter(change="re-identified").height == (13 if is_renewed else 0)
