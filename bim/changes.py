"""A diff (`bim.revision`) as views want it: what changed, as a table, and where it stands, to be coloured in 3D.

`table`, columns `TABLE`: one row per change. `kind` is added, removed, changed, moved or re-identified; `attribute`,
`before` and `after` say what of it (null for added and removed); `storey` is the storey's name, of the new model where
the thing is in both.

`shapes`, columns `SHAPES`: one row per drawn thing and model (`side`: before, after), unchanged ones too, and per
opening that changed, whose box is that of its corners (`mesh` and `instance` null). `kind` is what befell it or its
type most (`RANK`). `polygon` is the closed ring of its box in plan, [longitude, latitude] in degrees WGS84 (null
without georeference), `polygon_m` the same in the model's metres; `base_m` and `height_m` above the model's zero;
`mesh` and `instance` are rows of that model's `meshes`. A thing that is not drawn is in the table only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from bim.meshes import Meshes
from bim.model import BuildingModel

RANK = ("unchanged", "re-identified", "changed", "moved", "added", "removed")
"""Kinds, the one that is shown last: a thing that moved and changed is shown as moved."""

_UPRIGHT_M = 1e-6
_RING: Any = pl.List(pl.List(pl.Float64))

TABLE = pl.Schema(
    dict.fromkeys(
        ("kind", "global_id_before", "global_id_after", "ifc_class", "name", "storey", "attribute", "before", "after",
         "matched_by"),
        pl.String,
    )
)  # fmt: skip
SHAPES = pl.Schema(
    {
        **dict.fromkeys(("side", "kind", "global_id", "ifc_class", "name", "storey_id", "storey"), pl.String),
        **dict.fromkeys(("mesh", "instance"), pl.Int64),
        **dict.fromkeys(("polygon", "polygon_m"), _RING),
        **dict.fromkeys(("base_m", "height_m"), pl.Float64),
    }
)


def table(old: BuildingModel, new: BuildingModel, changes: pl.DataFrame) -> pl.DataFrame:
    """The changes from `old` to `new` (`bim.revision.diff` of the two), one row each, in its order."""
    after = _things(new).select(pl.col("global_id").alias("entity_id"), "storey")
    before = _things(old).select(pl.col("global_id").alias("previous_id"), pl.col("storey").alias("storey_before"))
    placed = changes.join(after, on="entity_id", how="left", maintain_order="left")
    return placed.join(before, on="previous_id", how="left", maintain_order="left").select(
        kind="change",
        global_id_before="previous_id",
        global_id_after="entity_id",
        ifc_class="ifc_class",
        name="name",
        storey=pl.when(pl.col("entity_id").is_null()).then("storey_before").otherwise("storey"),
        attribute="attribute",
        before="before",
        after="after",
        matched_by="matched_by",
    )


def shapes(old: BuildingModel, new: BuildingModel, changes: pl.DataFrame) -> pl.DataFrame:
    """Everything drawn in either model with what befell it, before first, in the order of each model's instances."""
    return pl.concat(
        [
            _side(old, "before", _worst(_of_occurrences(old, changes, "previous_id"), "previous_id")),
            _side(new, "after", _worst(_of_occurrences(new, changes, "entity_id"), "entity_id")),
        ]
    )


def _of_occurrences(model: BuildingModel, changes: pl.DataFrame, id_column: str) -> pl.DataFrame:
    """The changes, and those of types once more for each of their occurrences."""
    links = model.tables["links"].filter(pl.col("relation") == "type")
    of_types = changes.filter(pl.col("change") == "changed").join(
        links.select("entity_id", pl.col("other_id").alias("of_type")).rename({"entity_id": "occurrence"}),
        left_on=id_column,
        right_on="of_type",
        how="inner",
    )
    occurrences = of_types.with_columns(pl.col("occurrence").alias(id_column)).select(changes.columns)
    return pl.concat([changes, occurrences])


def _worst(changes: pl.DataFrame, id_column: str) -> pl.DataFrame:
    """(global_id, kind): of each thing the kind of the highest rank."""
    ranked = changes.drop_nulls(id_column).with_columns(rank=pl.col("change").replace_strict(RANK, range(len(RANK))))
    worst = ranked.sort(id_column, "rank").unique(id_column, keep="last", maintain_order=True)
    return worst.select(pl.col(id_column).alias("global_id"), pl.col("change").alias("kind"))


def _side(model: BuildingModel, side: str, worst: pl.DataFrame) -> pl.DataFrame:
    boxes = pl.concat([_boxes(model), _openings(model, worst)])
    drawn = boxes.join(_things(model), on="global_id", how="inner", maintain_order="left")
    befell = drawn.join(worst, on="global_id", how="left", maintain_order="left")
    return (
        befell.with_columns(side=pl.lit(side), kind=pl.col("kind").fill_null(RANK[0]))
        .select(SHAPES.names())
        .cast(SHAPES)
    )


def _things(model: BuildingModel) -> pl.DataFrame:
    """Elements, openings and spaces with their storeys; storeys and dwellings stand in the table only."""
    storeys = model.storeys.select("storey_id", pl.col("name").alias("storey"))
    elements = model.elements.select(pl.col("element_id").alias("global_id"), "ifc_class", "name", "storey_id")
    spaces = model.spaces.select(
        pl.col("space_id").alias("global_id"), pl.lit("IfcSpace").alias("ifc_class"), "name", "storey_id"
    )
    others = model.tables["others"].select(pl.col("thing_id").alias("global_id"), "ifc_class", "name", "storey_id")
    known = pl.concat([elements, spaces, others]).unique("global_id", keep="first", maintain_order=True)
    return known.join(storeys, on="storey_id", how="left", maintain_order="left")


def _boxes(model: BuildingModel) -> pl.DataFrame:
    """Each instance's own box as it stands: the ring of its lower side in plan, base and height."""
    meshes = model.meshes
    corners = _corners(meshes)[meshes.mesh]
    placed = np.einsum("nij,nkj->nki", meshes.placement[:, :3, :3], corners) + meshes.placement[:, None, :3, 3]
    rings_m = _rings(placed)
    lon_lat = model.georeference.lon_lat(rings_m.reshape(-1, 2))
    low, high = placed[:, :, 2].min(axis=1, initial=np.inf), placed[:, :, 2].max(axis=1, initial=-np.inf)
    return pl.DataFrame(
        {
            "global_id": meshes.entity_id.astype(str).tolist(),
            "mesh": meshes.mesh.astype(np.int64),
            "instance": np.arange(len(meshes.mesh)),
            "polygon": None if lon_lat is None else lon_lat.reshape(rings_m.shape).tolist(),
            "polygon_m": rings_m.tolist(),
            "base_m": low,
            "height_m": high - low,
        },
        schema_overrides={"global_id": pl.String, "polygon": _RING, "polygon_m": _RING},
    )


def _openings(model: BuildingModel, worst: pl.DataFrame) -> pl.DataFrame:
    """The boxes around the corners of openings that changed."""
    openings = model.tables["links"].filter(pl.col("relation") == "voids").select(global_id="entity_id")
    changed = openings.join(worst.select("global_id"), on="global_id", how="semi").unique(maintain_order=True)
    rows = changed.join(
        model.tables["places"], left_on="global_id", right_on="entity_id", how="inner", maintain_order="left"
    ).filter(pl.col("corners").list.len() > 0)
    boxes = [np.array(corners, dtype=np.float64) for corners in rows["corners"].to_list()]
    sides = np.array([(each.min(axis=0), each.max(axis=0)) for each in boxes]).reshape(-1, 2, 3)
    (x, y), (x2, y2) = sides[:, 0, :2].T, sides[:, 1, :2].T
    rings_m = np.stack([np.column_stack(each) for each in ((x, y), (x2, y), (x2, y2), (x, y2), (x, y))], axis=1)
    lon_lat = model.georeference.lon_lat(rings_m.reshape(-1, 2)) if len(boxes) else None
    return pl.DataFrame(
        {
            "global_id": rows["global_id"],
            "mesh": pl.Series([None] * len(boxes), dtype=pl.Int64),
            "instance": pl.Series([None] * len(boxes), dtype=pl.Int64),
            "polygon": None if lon_lat is None else lon_lat.reshape(rings_m.shape).tolist(),
            "polygon_m": rings_m.tolist(),
            "base_m": sides[:, 0, 2],
            "height_m": sides[:, 1, 2] - sides[:, 0, 2],
        },
        schema_overrides={"global_id": pl.String, "polygon": _RING, "polygon_m": _RING},
    )


def _corners(meshes: Meshes) -> npt.NDArray[np.float64]:
    """(meshes, 8, 3): corners of each mesh's box, the four of its lower side first, around."""
    found = np.zeros((meshes.count, 8, 3))
    for mesh in range(meshes.count):
        vertices, _ = meshes.of(mesh)
        (x, y, z), (x2, y2, z2) = vertices.min(axis=0), vertices.max(axis=0)
        found[mesh] = [(a, b, c) for c in (z, z2) for a, b in ((x, y), (x2, y), (x2, y2), (x, y2))]
    return found


def _rings(placed: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(n, 5, 2): an upright box's lower side as it is turned; of one that lies otherwise the box around it in plan."""
    sides = placed[:, :4, :2]
    low, high = placed[:, :, :2].min(axis=1), placed[:, :, :2].max(axis=1)
    around = np.stack(
        [low, np.column_stack([high[:, 0], low[:, 1]]), high, np.column_stack([low[:, 0], high[:, 1]])], 1
    )
    is_upright = np.abs(sides - placed[:, 4:, :2]).max(axis=(1, 2), initial=0.0) < _UPRIGHT_M
    ring = np.where(is_upright[:, None, None], sides, around)
    closed: npt.NDArray[np.float64] = np.concatenate([ring, ring[:, :1]], axis=1)
    return closed
