"""A diff as views show it: one row a change, one shape a drawn thing, coloured by what befell it most."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from bim.changes import RANK, SHAPES, TABLE, shapes, table
from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker
from bim.revision import diff
from tests.bim.test_revision import Revise, _id, _line, revise

__all__ = ["revise"]


def _renovated(authored: Path, block: BuildingModel, revise: Revise) -> BuildingModel:
    """Without one meter, with a serial exchanged."""
    meter = _line(authored.read_text(), "IfcFlowMeter")
    serial = block.devices.filter(pl.col("device_id") != _id(meter)).drop_nulls("serial")["serial"][-1]
    return revise(lambda text: text.replace(meter + "\n", "").replace(serial, "G0000000001"))


def test_equal_models_change_nothing_and_are_drawn_twice(block: BuildingModel) -> None:
    changes = diff(block, block)
    assert table(block, block, changes).schema == TABLE
    drawn = shapes(block, block, changes)
    assert drawn.schema == SHAPES
    assert set(drawn["kind"]) == {"unchanged"}
    assert drawn.height == 2 * len(block.meshes.mesh)


def test_every_change_is_a_row_and_colours_its_shapes(authored: Path, block: BuildingModel, revise: Revise) -> None:
    new = _renovated(authored, block, revise)
    changes = diff(block, new)
    rows = table(block, new, changes)
    assert rows.height == changes.height
    removed = rows.filter(kind="removed").row(0, named=True)
    drawn = shapes(block, new, changes)
    coloured = drawn.filter(pl.col("kind") != "unchanged").select("side", "kind", "global_id", "storey").rows()
    assert ("before", "removed", removed["global_id_before"], removed["storey"]) in coloured
    assert removed["global_id_after"] is None
    changed = rows.filter(kind="changed", attribute="serial").row(0, named=True)
    assert {("before", "changed"), ("after", "changed")} <= {
        (side, kind) for side, kind, key, _ in coloured if key == changed["global_id_after"]
    }


def test_what_moved_and_changed_is_shown_as_moved(block: BuildingModel) -> None:
    key = block.elements.drop_nulls("instance")["element_id"][0]
    row = {"entity_id": key, "previous_id": key, "ifc_class": "IfcWall", "name": "w", "matched_by": "GlobalId"}
    told = [{**row, "change": kind, "attribute": None, "before": None, "after": None} for kind in RANK[1:4]]
    changes = pl.DataFrame(told, schema_overrides=dict.fromkeys(("attribute", "before", "after"), pl.String))
    drawn = shapes(block, block, changes)
    assert drawn.filter(global_id=key)["kind"].to_list() == ["moved", "moved"]


def test_a_shape_is_the_box_of_its_mesh_where_it_stands(block: BuildingModel) -> None:
    drawn = shapes(block, block, diff(block, block)).filter(side="after")
    for row in drawn.gather_every(37).iter_rows(named=True):
        corners = block.meshes.placed(row["instance"])
        ring = np.array(row["polygon_m"])
        assert np.allclose(ring[0], ring[-1])
        assert np.allclose(ring.min(axis=0), corners[:, :2].min(axis=0), atol=1e-3)
        assert np.allclose(ring.max(axis=0), corners[:, :2].max(axis=0), atol=1e-3)
        assert np.isclose(row["base_m"], corners[:, 2].min(), atol=1e-4)
        assert np.isclose(row["height_m"], np.ptp(corners[:, 2]), atol=1e-4)
        assert np.allclose(np.array(row["polygon"]).mean(axis=0), (121.6039, 25.05435), atol=1e-3)


def test_a_model_without_shapes_has_an_empty_frame(shared_data: Path, worker: Worker) -> None:
    model = load(shared_data / "ifc" / "pass-grf005-scaled_foot_to_metre.ifc", worker=worker)
    assert shapes(model, model, diff(model, model)).schema == SHAPES


def _field(shared_data: Path, worker: Worker, name: str) -> tuple[BuildingModel, BuildingModel, pl.DataFrame]:
    folder = shared_data / "field" / "bim"
    old, new = (load(folder / f"diff-{name}-{side}.ifc", worker=worker) for side in "ab")
    return old, new, diff(old, new)


def test_an_opening_that_was_made_is_drawn_as_the_box_of_its_corners(shared_data: Path, worker: Worker) -> None:
    old, new, changes = _field(shared_data, worker, "opening-added")
    touched = shapes(old, new, changes).filter(pl.col("kind") != "unchanged")
    assert touched.select("side", "kind", "name").rows() == [
        ("before", "changed", "W1"),
        ("after", "changed", "W1"),
        ("after", "added", "op2"),
    ]
    opening = touched.row(2, named=True)
    assert (opening["mesh"], opening["storey"]) == (None, "1F")
    assert np.allclose(opening["polygon_m"], [[4.0, -0.1], [4.6, -0.1], [4.6, 0.3], [4.0, 0.3], [4.0, -0.1]])
    assert np.allclose((opening["base_m"], opening["height_m"]), (1.2, 0.6))
    assert table(old, new, changes).filter(kind="added")["storey"].to_list() == ["1F"]
    gone = shapes(new, old, diff(new, old)).filter(kind="removed")
    assert gone.select("side", "name").rows() == [("before", "op2")]


def test_shapes_that_changed_and_coordinates_that_moved_are_coloured(shared_data: Path, worker: Worker) -> None:
    for name, expected in (("L-shape", {"R": "changed", "S": "changed"}), ("baked-moved", {"BREP": "moved"})):
        drawn = shapes(*_field(shared_data, worker, name)).filter(
            (pl.col("kind") != "unchanged") & (pl.col("side") == "after")
        )
        assert dict(drawn.select("name", "kind").iter_rows()) == expected
