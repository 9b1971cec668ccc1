"""Every real file loads, and nothing that OpenCASCADE draws of it is lost."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import shapely

from bim import strokes
from bim.errors import BudgetError
from bim.job import Job
from bim.load import load, summary
from bim.model import BuildingModel
from bim.process import Worker
from bim.tables import DEVICE_KINDS, SCHEMAS

SHARED = Path(os.environ.get("TWIN_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
FILES = sorted((SHARED / "ifc").rglob("*.ifc"))
SUMMARY_KEYS = [
    "file",
    "status",
    "reason",
    "schema",
    "storeys",
    "spaces",
    "dwellings",
    "devices",
    "elements",
    "geometry",
]


def _name(path: Path) -> str:
    return path.stem


@pytest.fixture(scope="module", params=FILES, ids=_name)
def model(request: pytest.FixtureRequest, worker: Worker) -> BuildingModel:
    return load(request.param, worker=worker)


def test_there_are_real_files() -> None:
    assert len(FILES) >= 20


def test_every_body_of_every_real_file_is_drawn(model: BuildingModel) -> None:
    assert model.coverage.got == model.coverage.wanted, model.coverage.geometry


def test_tables_have_their_declared_columns_and_unique_ids(model: BuildingModel) -> None:
    for name, schema in SCHEMAS.items():
        assert model.tables[name].schema == schema
    for name, key in (("storeys", "storey_id"), ("spaces", "space_id"), ("elements", "element_id")):
        assert model.tables[name][key].is_unique().all()
    assert set(model.devices["kind"]) <= set(DEVICE_KINDS)


def test_ids_in_one_table_are_found_in_the_other(model: BuildingModel) -> None:
    storeys = set(model.storeys["storey_id"])
    for name in ("spaces", "dwellings", "devices", "elements", "footprints"):
        assert set(model.tables[name]["storey_id"].drop_nulls()) <= storeys
    assert set(model.devices["device_id"]) <= set(model.elements["element_id"])


def test_footprints_are_closed_rings_of_some_area(model: BuildingModel) -> None:
    for ring, height_m in model.footprints.select("polygon_m", "height_m").iter_rows():
        assert ring[0] == ring[-1]
        assert shapely.Polygon(ring).is_valid
        assert shapely.Polygon(ring).area > 0.01
        assert height_m >= 0


def test_every_instance_is_finite_and_its_faces_name_its_vertices(model: BuildingModel) -> None:
    meshes = model.meshes
    assert np.isfinite(meshes.placement).all()
    for mesh in range(meshes.count):
        vertices, faces = meshes.of(mesh)
        assert np.isfinite(vertices).all()
        assert faces.min() >= 0
        assert faces.max() < len(vertices)


def test_a_summary_begins_with_the_contract(model: BuildingModel) -> None:
    told = summary(model, 1.0)
    assert [key for key in told if key in SUMMARY_KEYS] == SUMMARY_KEYS
    assert told["status"] == "loaded"


@pytest.mark.parametrize(
    "name", ["Duplex_A_20110907_georeferenced", "LargeBuilding", "TallBuilding", "MULTICOM-balkons", "SimpleWall"]
)
def test_no_element_is_lost_against_opencascade(name: str, worker: Worker, tmp_path: Path) -> None:
    path = SHARED / "ifc" / f"{name}.ifc"
    job = Job(str(path), str(tmp_path), ["opencascade"])
    assert [reply.stage for reply in worker.run(job, deadline=time.monotonic() + 120, silence_s=60)][-1] == "done"
    by_opencascade = len(strokes.drawn(tmp_path))
    assert load(path, worker=worker).coverage.got >= by_opencascade > 0


def test_the_duplex_that_kills_manifold_is_drawn_whole(worker: Worker) -> None:
    model = load(SHARED / "ifc" / "Duplex_A_20110907_georeferenced.ifc", worker=worker)
    assert model.coverage.got == model.coverage.wanted == 236
    assert model.coverage.incidents == []


def test_a_clipping_of_itself_costs_only_its_wall(worker: Worker, tmp_path: Path) -> None:
    """A clipping of itself: a kernel would follow it until its stack ends."""
    text = (SHARED / "ifc" / "TallBuilding.ifc").read_text(encoding="latin-1")
    clipping = re.search(r"^#(\d+)= ?IFCBOOLEANCLIPPINGRESULT\(\.DIFFERENCE\.,#(\d+)", text, re.MULTILINE)
    assert clipping is not None
    endless = clipping[0].removesuffix(clipping[2]) + clipping[1]
    path = tmp_path / "endless.ifc"
    path.write_text(text.replace(clipping[0], endless, 1), encoding="latin-1")
    model = load(path, worker=worker)
    assert any(f"made of themselves: #{clipping[1]}" in incident for incident in model.coverage.incidents)
    assert (model.coverage.wanted, model.coverage.got) == (58, 57)


def test_the_duplex_stands_in_luxembourg_by_its_property_set(worker: Worker) -> None:
    model = load(SHARED / "ifc" / "Duplex_A_20110907_georeferenced.ifc", worker=worker)
    assert model.georeference.status == "pset_map_conversion"
    lon_lat = np.array(model.footprints["polygon"][0].to_list())
    assert np.allclose(lon_lat.mean(axis=0), (6.1, 49.6), atol=0.3)


def test_a_map_in_millimetres_is_read_in_metres(worker: Worker) -> None:
    model = load(SHARED / "ifc" / "building-architecture.ifc", worker=worker)
    assert model.georeference.origin_e_m == pytest.approx(729_013.349, abs=0.001)
    assert "map unit is 0.001 m" in model.georeference.notes


def test_a_scale_that_no_map_has_is_reported(worker: Worker) -> None:
    model = load(SHARED / "ifc" / "pass-grf005-scaled_foot_to_metre.ifc", worker=worker)
    assert model.georeference.scale == 1.0
    assert any("Scale" in note for note in model.georeference.notes)


def test_areas_say_where_they_come_from(worker: Worker) -> None:
    spaces = load(SHARED / "ifc" / "AC20-FZK-Haus.ifc", worker=worker).spaces
    assert set(spaces["area_source"]) == {"quantity"}
    drawn = load(SHARED / "ifc" / "gem002" / "pass-gem002-body_representation_sweptsolid.ifc", worker=worker).spaces
    assert set(drawn["area_source"]) <= {"geometry", None}


def test_a_loader_never_holds_the_parser(tmp_path: Path) -> None:
    path = SHARED / "ifc" / "SimpleWall.ifc"
    code = (
        "import sys, pathlib; from bim.load import load\n"
        f"archive = pathlib.Path({str(tmp_path)!r})\n"
        f"cold = load(pathlib.Path({str(path)!r}), archive_dir=archive)\n"
        f"warm = load(pathlib.Path({str(path)!r}), archive_dir=archive)\n"
        "assert warm.elements.equals(cold.elements)\n"
        "assert not [name for name in sys.modules if name.startswith('ifcopenshell')]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_what_a_budget_does_not_allow_is_reported_or_refused(worker: Worker) -> None:
    begun = time.monotonic()
    try:
        model = load(SHARED / "ifc" / "AC20-FZK-Haus.ifc", worker=worker, budget_s=0.05)
    except BudgetError as error:
        assert "--budget" in str(error)
    else:
        assert model.coverage.got < model.coverage.wanted
        assert model.coverage.incidents
    assert time.monotonic() - begun < 30.0
