"""Rooms without a wall between them are open to each other; a wall, a gap or a corner parts them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bim.graph import told
from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker
from bim.ways import ways
from tests.bim.surgery import written

GUID = "'0YvctVUKr0kugbFTf53O9{}'"


def _box(first: int, x_m: float, y_m: float, width_m: float, depth_m: float, height_m: float) -> list[str]:
    """Lines #first to #first + 9: a box from a corner; its placement is #first and its shape #first + 1."""
    n = [f"#{first + k}" for k in range(10)]
    return [
        f"{n[0]}=IFCLOCALPLACEMENT($,{n[2]});",
        f"{n[1]}=IFCPRODUCTDEFINITIONSHAPE($,$,({n[4]}));",
        f"{n[2]}=IFCAXIS2PLACEMENT3D({n[3]},$,$);",
        f"{n[3]}=IFCCARTESIANPOINT(({x_m + width_m / 2},{y_m + depth_m / 2},0.));",
        f"{n[4]}=IFCSHAPEREPRESENTATION(#10,'Body','SweptSolid',({n[5]}));",
        f"{n[5]}=IFCEXTRUDEDAREASOLID({n[6]},$,#11,{height_m});",
        f"{n[6]}=IFCRECTANGLEPROFILEDEF(.AREA.,$,{n[7]},{width_m},{depth_m});",
        f"{n[7]}=IFCAXIS2PLACEMENT2D({n[8]},$);",
        f"{n[8]}=IFCCARTESIANPOINT((0.,0.));",
    ]


def _two_rooms(gap_m: float, shift_m: float, *, wall: bool = False, boundaries: str | None = None) -> list[str]:
    lines = [
        "#10=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-5,#12,$);",
        "#11=IFCDIRECTION((0.,0.,1.));",
        "#12=IFCAXIS2PLACEMENT3D(#13,$,$);",
        "#13=IFCCARTESIANPOINT((0.,0.,0.));",
        *_box(100, 0.0, 0.0, 4.0, 3.0, 2.8),
        *_box(200, 4.0 + gap_m, shift_m, 4.0, 3.0, 2.8),
        f"#20=IFCBUILDINGSTOREY({GUID.format('A')},$,'1F',$,$,$,$,$,.ELEMENT.,0.);",
        f"#21=IFCSPACE({GUID.format('B')},$,'east',$,$,#100,#101,$,.ELEMENT.,$,$);",
        f"#22=IFCSPACE({GUID.format('C')},$,'west',$,$,#200,#201,$,.ELEMENT.,$,$);",
        f"#23=IFCRELAGGREGATES({GUID.format('D')},$,$,$,#20,(#21,#22));",
    ]
    if wall:
        lines += [
            *_box(300, 3.95, -1.0, 0.1, 5.0, 2.8),
            f"#24=IFCWALL({GUID.format('E')},$,'wall',$,$,#300,#301,$,$);",
            f"#25=IFCRELCONTAINEDINSPATIALSTRUCTURE({GUID.format('F')},$,$,$,(#24),#20);",
        ]
    if boundaries:
        pair = f",$,{boundaries},.INTERNAL.,$"
        lines += [
            f"#30=IFCRELSPACEBOUNDARY2NDLEVEL({GUID.format('G')},$,$,$,#21,#33{pair},#31);",
            f"#31=IFCRELSPACEBOUNDARY2NDLEVEL({GUID.format('H')},$,$,$,#22,#33{pair},#30);",
            f"#33=IFCVIRTUALELEMENT({GUID.format('J')},$,$,$,$,$,$,$);",
        ]
    return lines


def _loaded(lines: list[str], path: Path, worker: Worker) -> BuildingModel:
    path.write_text(written("IFC4", lines))
    return load(path, worker=worker)


@pytest.mark.parametrize(
    ("rooms", "passages"),
    [
        (_two_rooms(0.0, 0.0), [("opening", True)]),
        (_two_rooms(0.02, 1.0), [("opening", True)]),
        (_two_rooms(0.0, 0.0, wall=True), []),
        (_two_rooms(0.15, 0.0), []),
        (_two_rooms(0.0, 2.5), []),
    ],
    ids=["flush", "nearly, aside", "a wall between", "a gap", "a corner"],
)
def test_rooms_that_meet_without_a_wall_are_open(
    rooms: list[str], passages: list[tuple[str, bool]], tmp_path: Path, worker: Worker
) -> None:
    model = _loaded(rooms, tmp_path / "rooms.ifc", worker)
    assert model.spaces.height == 2
    assert ways(model).passages.select("kind", "inferred").rows() == passages


def test_what_a_virtual_boundary_says_is_not_inferred(tmp_path: Path, worker: Worker) -> None:
    """Given two rooms 0.3 m apart whose second-level boundaries are virtual and name each other, then they are open."""
    model = _loaded(_two_rooms(0.3, 0.0, boundaries=".VIRTUAL."), tmp_path / "rooms.ifc", worker)
    passages = ways(model).passages
    assert set(passages.select("kind", "inferred").rows()) == {("opening", False)}
    walled = _loaded(_two_rooms(0.3, 0.0, boundaries=".PHYSICAL."), tmp_path / "walled.ifc", worker)
    assert "open" not in set(walled.tables["connections"]["relation"])


def test_the_report_counts_what_is_inferred(shared_data: Path, worker: Worker) -> None:
    duplex = told(load(shared_data / "ifc" / "Duplex_A_20110907_georeferenced.ifc", worker=worker))
    assert (duplex["places"], duplex["connected_share"]) == (21, 0.9524)
    assert duplex["inferred"] >= 8
    wall = told(load(shared_data / "ifc" / "SimpleWall.ifc", worker=worker))
    assert set(wall.values()) == {0}
