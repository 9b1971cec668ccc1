"""What no kernel draws is compared by its description, and what nothing is known of is told."""

from __future__ import annotations

from pathlib import Path

import ifcopenshell
import polars as pl
import pytest

from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker
from bim.revision import diff, not_compared
from bim.tables import Tables
from tests.bim.compare.small import SMALL, Manner
from tests.bim.compare.written import write


def _of_lines(folder: Path, length: float, unit_m: float, name: str) -> Path:
    """The small building, its block's body a line, which encloses nothing."""
    path = write(SMALL, folder / name, Manner(unit_m=unit_m))
    model = ifcopenshell.open(str(path))
    ends = [model.create_entity("IfcCartesianPoint", (x / unit_m, 0.0, 0.0)) for x in (0.0, length)]
    curves = model.create_entity("IfcGeometricCurveSet", [model.create_entity("IfcPolyline", ends)])
    model.by_type("IfcBuildingElementProxy")[0].Representation.Representations[0].Items = [curves]
    model.write(str(path))
    return path


@pytest.mark.parametrize("unit_m", [1.0, 0.001])
def test_a_body_of_lines_is_compared_by_what_it_is_made_of(tmp_path: Path, worker: Worker, unit_m: float) -> None:
    old = load(_of_lines(tmp_path, 2.0, 1.0, "old.ifc"), worker=worker)
    same = load(_of_lines(tmp_path, 2.0, unit_m, "same.ifc"), worker=worker)
    longer = load(_of_lines(tmp_path, 2.5, unit_m, "longer.ifc"), worker=worker)
    assert diff(old, same).rows() == []
    (row,) = diff(old, longer).to_dicts()
    assert (row["change"], row["name"], row["attribute"]) == ("changed", "B1", "shape")
    assert "2.0000" in row["before"]
    assert "2.5000" in row["after"]
    assert not_compared(old, longer).is_empty()


def test_what_is_drawn_in_one_model_only_is_told(tmp_path: Path, worker: Worker) -> None:
    drawn = load(write(SMALL, tmp_path / "drawn.ifc", Manner()), worker=worker)
    lines = load(_of_lines(tmp_path, 2.0, 1.0, "lines.ifc"), worker=worker)
    (row,) = diff(drawn, lines).to_dicts()
    assert (row["name"], row["attribute"], row["before"]) == ("B1", "shape", "surface 2.480 m², volume 0.240 m³")


def test_a_shape_of_which_nothing_is_known_is_named(tmp_path: Path, worker: Worker) -> None:
    model = load(_of_lines(tmp_path, 2.0, 1.0, "lines.ifc"), worker=worker)
    words = pl.when(pl.col("words") != "").then(pl.lit("?")).otherwise("words")
    places = model.tables["places"].with_columns(words=words)
    tables = {**model.tables, "places": places}
    unknown = BuildingModel(
        model.file, model.sha256, model.schema, model.schema_loaded, model.length_unit_m, model.georeference,
        model.coverage, Tables(tables.__getitem__), model.read_meshes,
    )  # fmt: skip
    told = not_compared(model, unknown)
    assert told.select("side", "ifc_class", "name").rows() == [("after", "IfcBuildingElementProxy", "B1")]
