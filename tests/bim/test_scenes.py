"""GLB of a model draws what its meshes draw, once per shape, and is kept."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from bim.errors import ArchiveError
from bim.glb import glb, origin_of
from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker
from bim.scenes import drawn, scene, scene_bytes

Points = npt.NDArray[np.float64]


def _opened(content: bytes) -> tuple[dict[str, Any], bytes]:
    magic, version, length = struct.unpack("<4sII", content[:12])
    assert (magic, version, length) == (b"glTF", 2, len(content))
    size, kind = struct.unpack("<I4s", content[12:20])
    assert (kind, size % 4) == (b"JSON", 0)
    return json.loads(content[20 : 20 + size]), content[20 + size + 8 :]


def _world(document: dict[str, Any], binary: bytes) -> dict[str, Points]:
    """Vertices of every named node as a viewer places them, y up."""
    root, *nodes = document["nodes"]
    up = np.array(root["matrix"]).reshape(4, 4).T
    found = {}
    for node in nodes:
        (primitive,) = document["meshes"][node["mesh"]]["primitives"]
        accessor = document["accessors"][primitive["attributes"]["POSITION"]]
        view = document["bufferViews"][accessor["bufferView"]]
        points = np.frombuffer(binary, "<f4", accessor["count"] * 3, view["byteOffset"]).reshape(-1, 3)
        assert points.min(axis=0).tolist() == accessor["min"]
        indices = document["accessors"][primitive["indices"]]
        faces = np.frombuffer(
            binary, "<u4", indices["count"], document["bufferViews"][indices["bufferView"]]["byteOffset"]
        )
        assert faces.max() < len(points)
        placed = np.c_[points, np.ones(len(points))] @ (up @ np.array(node["matrix"]).reshape(4, 4).T).T
        found[node["name"]] = placed[:, :3]
    return found


def test_every_instance_is_where_its_mesh_is(block: BuildingModel) -> None:
    storey = block.storeys.filter(name="3F")["storey_id"][0]
    walls = _world(*_opened(scene_bytes(block, storey, "IfcWall")))
    wanted = block.elements.filter(storey_id=storey, ifc_class="IfcWall")
    assert set(walls) == set(wanted["element_id"])
    origin = np.array(origin_of(block.meshes))
    for key, instance in wanted.select("element_id", "instance").iter_rows():
        x, y, z = (block.meshes.placed(instance) - origin).T
        assert np.allclose(walls[key], np.c_[x, z, -y], atol=1e-4)


def test_a_shape_is_written_once_however_often_it_stands(block: BuildingModel) -> None:
    storey = block.storeys.filter(name="3F")["storey_id"][0]
    document, _ = _opened(scene_bytes(block, storey, "IfcFlowMeter"))
    assert (len(document["meshes"]), len(document["nodes"]) - 1) == (1, 3 * 10)


def test_storeys_and_classes_together_draw_everything(block: BuildingModel) -> None:
    assert drawn(block)["instances"].sum() == len(block.meshes.mesh)


def test_nothing_to_draw_is_a_valid_empty_scene(block: BuildingModel) -> None:
    document, binary = _opened(glb(block.meshes, [], (0.0, 0.0, 0.0)))
    assert (len(document["nodes"]), "meshes" in document, binary) == (1, False, b"")


def test_a_scene_is_made_once_and_the_same_bytes_again(authored: Path, worker: Worker, tmp_path: Path) -> None:
    model = load(authored, archive_dir=tmp_path, worker=worker)
    storey, ifc_class, _ = drawn(model).filter(pl.col("ifc_class") == "IfcSpace").row(0)
    first = scene(tmp_path, model, storey, ifc_class)
    written = first.stat().st_mtime_ns
    assert scene(tmp_path, model, storey, ifc_class) == first
    assert first.stat().st_mtime_ns == written
    assert first.read_bytes() == scene_bytes(model, storey, ifc_class)
    assert [each.name for each in first.parent.iterdir()] == [first.name]


def test_a_model_that_is_not_archived_has_no_scene(block: BuildingModel, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="load its file"):
        scene(tmp_path, block, None, "IfcWall")
