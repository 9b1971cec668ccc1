"""Bodies that are lines only are counted apart from bodies that could not be drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bim.process import Worker
from tests.bim.sketch import Sketch


def _line(sketch: Sketch) -> Any:
    ends = [sketch.make("IfcCartesianPoint", Coordinates=[float(x), 0.0, 0.0]) for x in (0, 1)]
    return sketch.make("IfcPolyline", Points=ends)


def _mapped(sketch: Sketch, shape: Any) -> Any:
    source = sketch.make(
        "IfcRepresentationMap", MappingOrigin=sketch.axis((0, 0, 0)), MappedRepresentation=shape.Representations[0]
    )
    origin = sketch.make("IfcCartesianPoint", Coordinates=[0.0, 0.0, 0.0])
    target = sketch.make("IfcCartesianTransformationOperator3D", LocalOrigin=origin)
    return sketch.shape(
        "MappedRepresentation", sketch.make("IfcMappedItem", MappingSource=source, MappingTarget=target)
    )


@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3_ADD2"])
def test_lines_are_no_missing_bodies(schema: str, tmp_path: Path, worker: Worker) -> None:
    """Given lines in several wrappings, solids and a solid without a profile, then only the last is missing."""
    sketch = Sketch(schema)
    storey = sketch.storey("1F", 0.0)
    bodies = {
        "curve": sketch.shape("Curve3D", _line(sketch)),
        "set": sketch.shape("GeometricCurveSet", sketch.make("IfcGeometricCurveSet", Elements=[_line(sketch)])),
        "mixed set": sketch.shape("GeometricSet", sketch.make("IfcGeometricSet", Elements=[_line(sketch)])),
        "mapped": _mapped(sketch, sketch.shape("Curve3D", _line(sketch))),
        "solid": sketch.box(1, 1, 1),
        "mapped solid": _mapped(sketch, sketch.box(1, 1, 1)),
        "broken": sketch.box(1, 1, 1),
    }
    bodies["broken"].Representations[0].Items[0].SweptArea = None
    proxies = []
    for name, body in bodies.items():
        proxy = sketch.element("IfcBuildingElementProxy", name, size=None)
        proxy.Representation = body
        proxies.append(proxy)
    sketch.contain(storey, *proxies)
    model = sketch.load(tmp_path, worker)
    (found,) = model.coverage.geometry
    broken = model.elements.filter(name="broken")["element_id"].to_list()
    assert (found.wanted, found.got, found.lines, found.missing) == (3, 2, 4, broken)
    assert (model.coverage.wanted, model.coverage.got, model.coverage.lines) == (3, 2, 4)
