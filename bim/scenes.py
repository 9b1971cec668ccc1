"""A model's GLB per storey and class, made once and kept in the archive beside its meshes.

<archive_dir>/<sha256[:2]>/<sha256>/glb/<first 16 digits of the content's name>.glb
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import msgspec
import polars as pl

from bim import archive
from bim.errors import ArchiveError, ArchiveUnavailableError
from bim.glb import glb, origin_of
from bim.model import BuildingModel

WRITER = 1
"""Version of what `bim.glb` writes; another one is written anew."""


def drawn(model: BuildingModel) -> pl.DataFrame:
    """What there is to draw: storey_id, ifc_class, instances (count), sorted; spaces are of class IfcSpace."""
    counted = _placed(model).group_by("storey_id", "ifc_class").agg(instances=pl.len().cast(pl.Int64))
    return counted.sort("storey_id", "ifc_class", nulls_last=True)


def scene(archive_dir: Path, model: BuildingModel, storey_id: str | None, ifc_class: str) -> Path:
    """The GLB of one class on one storey (None: what is on no storey); written when first asked for.

    Raises ArchiveError for a model that the archive does not hold, ArchiveUnavailableError if it cannot be written.
    """
    folder = archive.place(archive_dir, model.sha256)
    if not folder.is_dir():
        raise ArchiveError(f"{archive_dir}: no model {model.sha256}; load its file")
    name = hashlib.sha256(msgspec.json.encode([WRITER, model.sha256, storey_id, ifc_class])).hexdigest()[:16]
    path = folder / "glb" / f"{name}.glb"
    if not path.exists():
        _write(path, scene_bytes(model, storey_id, ifc_class))
    return path


def scene_bytes(model: BuildingModel, storey_id: str | None, ifc_class: str) -> bytes:
    """The GLB of one class on one storey, around the whole model's origin: storeys fit onto each other."""
    placed = _placed(model).filter(pl.col("storey_id").eq_missing(storey_id), pl.col("ifc_class") == ifc_class)
    return glb(model.meshes, placed["instance"].sort().to_list(), origin_of(model.meshes))


def _placed(model: BuildingModel) -> pl.DataFrame:
    ids = model.meshes.entity_id.astype(str).tolist()
    instances = pl.DataFrame({"entity_id": ids}, schema={"entity_id": pl.String}).with_row_index("instance")
    elements = model.elements.select(pl.col("element_id").alias("entity_id"), "storey_id", "ifc_class")
    spaces = model.spaces.select(
        pl.col("space_id").alias("entity_id"), "storey_id", pl.lit("IfcSpace").alias("ifc_class")
    )
    return instances.join(pl.concat([elements, spaces]), on="entity_id", how="inner", maintain_order="left")


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: written beside its place and renamed."""
    try:
        path.parent.mkdir(exist_ok=True)
        descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        Path(fresh).replace(path)
    except OSError as error:
        raise ArchiveUnavailableError(
            f"{path}: the drawing cannot be kept: {error.strerror}; free space or permit writing"
        ) from error
