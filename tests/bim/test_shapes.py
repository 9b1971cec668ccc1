"""A shape is drawn as the file says it: its volume is what a formula, or the file itself, gives."""

from __future__ import annotations

from math import pi
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker
from tests.bim.surgery import written
from tests.bim.test_odd_files import BOX, GUID

CHORDS = 0.005
"""Arcs are drawn as polygons: half a per cent of the volume."""

ARC = (
    "#50=IFCCARTESIANPOINT((2.,0.));", "#51=IFCCARTESIANPOINT((2.,2.));", "#52=IFCCARTESIANPOINT((0.,2.));",
    "#53=IFCCARTESIANPOINT((2.,1.));", "#54=IFCAXIS2PLACEMENT2D(#53,$);", "#55=IFCCIRCLE(#54,1.);",
    "#57=IFCCOMPOSITECURVESEGMENT(.CONTINUOUS.,.T.,#56);", "#58=IFCPOLYLINE((#51,#52,#10,#50));",
    "#59=IFCCOMPOSITECURVESEGMENT(.CONTINUOUS.,.T.,#58);", "#41=IFCCOMPOSITECURVE((#59,#57),.F.);",
    "#42=IFCARBITRARYCLOSEDPROFILEDEF(.AREA.,$,#41);",
)  # fmt: skip
"""Two metres square, with half a disc of one metre at its side (#56 is the arc)."""

FROM, TO = (f"IFCPARAMETERVALUE({angle})" for angle in (-pi / 2, pi / 2))
TETRAHEDRON = "#40=IFCCARTESIANPOINTLIST3D(((0.,0.,0.),(1.,0.,0.),(0.,1.,0.),(0.,0.,1.)));"
PLANE = (
    "#14=IFCEXTRUDEDAREASOLID(#12,$,#13,3.);", "#50=IFCCARTESIANPOINT((0.,0.,1.));",
    "#51=IFCAXIS2PLACEMENT3D(#50,$,$);", "#52=IFCPLANE(#51);",
)  # fmt: skip
"""The box and a plane through it, a metre above its foot."""

FAR_PLANE = (PLANE[0], "#50=IFCCARTESIANPOINT((50000.,0.,1.));", *PLANE[2:])
"""The same plane, located far away on it."""

BOUNDED = (
    "#54=IFCCARTESIANPOINT((-1.,-5.));", "#55=IFCCARTESIANPOINT((1.,-5.));", "#56=IFCCARTESIANPOINT((1.,5.));",
    "#57=IFCCARTESIANPOINT((-1.,5.));", "#58=IFCPOLYLINE((#54,#55,#56,#57,#54));",
    "#53=IFCPOLYGONALBOUNDEDHALFSPACE(#52,.{}.,#19,#58);",
)  # fmt: skip
"""Half a space of the middle two metres."""

CLIPPED = "#43=IFCBOOLEANCLIPPINGRESULT(.DIFFERENCE.,#14,#53);"
MAPPED = (
    "#14=IFCEXTRUDEDAREASOLID(#12,$,#13,3.);", "#50=IFCSHAPEREPRESENTATION(#18,'Body','SweptSolid',(#14));",
    "#51=IFCREPRESENTATIONMAP(#19,#50);", "#52=IFCCARTESIANTRANSFORMATIONOPERATOR3D($,$,#17,2.,$);",
    "#53=IFCMAPPEDITEM(#51,#52);", "#54=IFCSHAPEREPRESENTATION(#18,'Body','MappedRepresentation',(#53));",
    "#55=IFCREPRESENTATIONMAP(#19,#54);", "#56=IFCDIRECTION((-1.,0.,0.));", "#57=IFCDIRECTION((0.,1.,0.));",
    "#58=IFCCARTESIANPOINT((10.,0.,0.));", "#59=IFCCARTESIANTRANSFORMATIONOPERATOR3D(#56,#57,#58,1.,#13);",
    "#43=IFCMAPPEDITEM(#55,#59);",
)  # fmt: skip
"""The box at twice its size, mapped once more, mirrored, to ten metres from there."""

UPRIGHT = "#43=IFCEXTRUDEDAREASOLID(#42,$,#13,3.);"
HALF_DISC = 12 + 3 * pi / 2


@pytest.mark.parametrize(
    ("lines", "volume_m3", "low_z_m", "high_z_m"),
    [
        ([TETRAHEDRON, "#43=IFCTRIANGULATEDFACESET(#40,$,.T.,((1,3,2),(1,2,4),(2,3,4),(1,4,3)),$);"], 1 / 6, 0, 1),
        (
            [
                TETRAHEDRON,
                "#44=IFCINDEXEDPOLYGONALFACE((1,3,2));", "#45=IFCINDEXEDPOLYGONALFACE((1,2,4));",
                "#46=IFCINDEXEDPOLYGONALFACE((2,3,4));", "#47=IFCINDEXEDPOLYGONALFACE((1,4,3));",
                "#43=IFCPOLYGONALFACESET(#40,.T.,(#44,#45,#46,#47),$);",
            ],
            1 / 6, 0, 1,
        ),
        (["#42=IFCCIRCLEPROFILEDEF(.AREA.,$,#11,1.);", UPRIGHT], 3 * pi, 0, 3),
        (["#42=IFCCIRCLEHOLLOWPROFILEDEF(.AREA.,$,#11,1.,0.2);", UPRIGHT], 3 * pi * 0.36, 0, 3),
        (["#42=IFCELLIPSEPROFILEDEF(.AREA.,$,#11,2.,1.);", UPRIGHT], 6 * pi, 0, 3),
        (["#42=IFCROUNDEDRECTANGLEPROFILEDEF(.AREA.,$,#11,4.,2.,0.5);", UPRIGHT], 3 * (8 - (1 - pi / 4)), 0, 3),
        (["#42=IFCISHAPEPROFILEDEF(.AREA.,$,#11,2.,4.,0.1,0.2,$,$,$);", UPRIGHT], 3.48, 0, 3),
        (
            [
                "#40=IFCCARTESIANPOINTLIST2D(((0.,0.),(2.,0.),(3.,1.),(2.,2.),(0.,2.)));",
                "#41=IFCINDEXEDPOLYCURVE(#40,(IFCLINEINDEX((1,2)),IFCARCINDEX((2,3,4)),IFCLINEINDEX((4,5,1))),.F.);",
                "#42=IFCARBITRARYCLOSEDPROFILEDEF(.AREA.,$,#41);", UPRIGHT,
            ],
            HALF_DISC, 0, 3,
        ),
        ([*ARC, "#56=IFCTRIMMEDCURVE(#55,(#50),(#51),.T.,.CARTESIAN.);", UPRIGHT], HALF_DISC, 0, 3),
        (
            [*ARC, f"#56=IFCTRIMMEDCURVE(#55,({FROM}),({TO}),.T.,.PARAMETER.);", UPRIGHT],
            HALF_DISC, 0, 3,
        ),
        ([*PLANE, "#53=IFCHALFSPACESOLID(#52,.T.);", CLIPPED], 16, 1, 3),
        ([*PLANE, "#53=IFCHALFSPACESOLID(#52,.F.);", CLIPPED], 8, 0, 1),
        ([*FAR_PLANE, "#53=IFCHALFSPACESOLID(#52,.F.);", CLIPPED], 8, 0, 1),
        ([*PLANE, *BOUNDED[:-1], BOUNDED[-1].format("T"), CLIPPED], 20, 0, 3),
        ([*PLANE, *BOUNDED[:-1], BOUNDED[-1].format("F"), CLIPPED], 16, 0, 3),
        ([*MAPPED], 24 * 8, 0, 6),
        (
            [
                "#39=IFCCARTESIANPOINT((5.,0.));", "#38=IFCAXIS2PLACEMENT2D(#39,$);",
                "#37=IFCRECTANGLEPROFILEDEF(.AREA.,$,#38,1.,2.);", "#36=IFCDIRECTION((0.,1.,0.));",
                "#35=IFCAXIS1PLACEMENT(#17,#36);", f"#43=IFCREVOLVEDAREASOLID(#37,#19,#35,{pi / 2});",
            ],
            5 * pi, -5.5, 0,
        ),
    ],
)  # fmt: skip
def test_a_shape_has_the_volume_that_its_formula_gives(
    lines: list[str], volume_m3: float, low_z_m: float, high_z_m: float, tmp_path: Path, worker: Worker
) -> None:
    """Also where no unit of angles is named: it is the radian then."""
    model = _drawn(lines, tmp_path, worker)
    assert _volume_m3(model, 0) == pytest.approx(volume_m3, rel=CHORDS)
    z_m = model.meshes.placed(0)[:, 2]
    assert (z_m.min(), z_m.max()) == pytest.approx((low_z_m, high_z_m), abs=0.01)


@pytest.mark.parametrize(
    "solid",
    [
        "#43=IFCEXTRUDEDAREASOLID(#12,$,#13,0.);",
        "#42=IFCRECTANGLEPROFILEDEF(.AREA.,$,#11,0.,2.);\n#43=IFCEXTRUDEDAREASOLID(#42,$,#13,3.);",
        "#43=IFCEXTRUDEDAREASOLID(#12,$,#13,-3.);",
    ],
)
def test_a_shape_without_a_volume_is_missing_and_said_to_be(solid: str, tmp_path: Path, worker: Worker) -> None:
    model = _drawn([solid], tmp_path, worker)
    assert (model.coverage.wanted, model.coverage.got) == (1, 0)


@pytest.mark.parametrize(
    ("profile", "volume_m3"),
    [
        ("IFCRECTANGLEPROFILEDEF(.AREA.,$,#11,0.,0.)", 24),
        ("IFCRECTANGLEPROFILEDEF(.AREA.,$,#11,1.,1.)", 21),
        ("IFCCIRCLEPROFILEDEF(.AREA.,$,#11,0.5)", 24 - 3 * pi / 4),
    ],
)
def test_an_opening_takes_what_it_holds(profile: str, volume_m3: float, tmp_path: Path, worker: Worker) -> None:
    """A round window takes a disc; an opening without an area takes nothing, and costs its wall nothing."""
    opening = (
        f"#61={profile};", "#62=IFCEXTRUDEDAREASOLID(#61,$,#13,9.);",
        "#63=IFCSHAPEREPRESENTATION(#18,'Body','SweptSolid',(#62));", "#64=IFCPRODUCTDEFINITIONSHAPE($,$,(#63));",
        f"#65=IFCOPENINGELEMENT({GUID.format('B')},$,'o',$,$,#20,#64,$,$);",
        f"#66=IFCRELVOIDSELEMENT({GUID.format('C')},$,$,$,#33,#65);",
    )  # fmt: skip
    model = _drawn(["#43=IFCEXTRUDEDAREASOLID(#12,$,#13,3.);", *opening], tmp_path, worker)
    assert _volume_m3(model, 0) == pytest.approx(volume_m3, rel=CHORDS)


@pytest.mark.parametrize("segments", ["(1,2)", "($,IFCARCINDEX((2,3,4)))", "(#12)", "'x'", "12"])
def test_a_curve_of_no_segments_costs_no_other_shape(segments: str, tmp_path: Path, worker: Worker) -> None:
    other = (
        "#81=IFCEXTRUDEDAREASOLID(#12,$,#13,3.);", "#82=IFCSHAPEREPRESENTATION(#18,'Body','SweptSolid',(#81));",
        "#83=IFCPRODUCTDEFINITIONSHAPE($,$,(#82));",
        f"#84=IFCBUILDINGELEMENTPROXY({GUID.format('Z')},$,'other',$,$,#20,#83,$,$);",
    )  # fmt: skip
    curve = (
        "#40=IFCCARTESIANPOINTLIST2D(((0.,0.),(2.,0.),(3.,1.),(2.,2.),(0.,2.)));",
        f"#41=IFCINDEXEDPOLYCURVE(#40,{segments},.F.);", "#42=IFCARBITRARYCLOSEDPROFILEDEF(.AREA.,$,#41);",
    )  # fmt: skip
    model = _drawn([*curve, UPRIGHT, *other], tmp_path, worker)
    assert GUID.format("Z").strip("'") in model.meshes.entity_id.astype(str).tolist()


@pytest.mark.parametrize("name", ["AC20-FZK-Haus", "building-architecture", "MULTICOM-balkons"])
def test_real_things_have_the_volume_that_their_file_states(name: str, shared_data: Path, worker: Worker) -> None:
    """Among them two gables that a roof's planes cut off."""
    model = load(shared_data / "ifc" / f"{name}.ifc", worker=worker)
    quantities = model.tables["quantities"].filter(pl.col("name") == "NetVolume")
    stated = dict(quantities.select("entity_id", "value").iter_rows())
    ids = model.meshes.entity_id.astype(str).tolist()
    drawn = {key: _volume_m3(model, at) for at, key in enumerate(ids) if key in stated}
    assert len(drawn) >= 7
    assert drawn == pytest.approx({key: stated[key] for key in drawn}, rel=0.01)


def _drawn(lines: list[str], folder: Path, worker: Worker) -> BuildingModel:
    """The model of one element whose body is #43."""
    path = folder / "shape.ifc"
    box = [line for line in BOX if not line.startswith(("#14", "#15"))]
    body = "#15=IFCSHAPEREPRESENTATION(#18,'Body','SolidModel',(#43));"
    element = f"#33=IFCBUILDINGELEMENTPROXY({GUID.format('D')},$,'x',$,$,#20,#16,$,$);"
    path.write_text(written("IFC4", [*box, body, *lines, element]))
    return load(path, worker=worker)


def _volume_m3(model: BuildingModel, instance: int) -> float:
    """The volume that a drawn thing's triangles enclose."""
    corners = model.meshes.placed(instance)
    _, faces = model.meshes.of(int(model.meshes.mesh[instance]))
    a, b, c = (corners[faces[:, at]] - corners[0] for at in range(3))
    return float(abs(np.einsum("ij,ij->i", a, np.cross(b, c)).sum()) / 6)
