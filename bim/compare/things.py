"""Everything that a model holds as one table, comparable between two revisions.

`things` columns: thing_id, ifc_class, storey_id, dwelling_id, then what is compared: `ATTRIBUTES` (text) and `MEASURES`
(metres, of the drawn shape: its place and the size of its own box).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from bim.meshes import Meshes
from bim.model import BuildingModel

ATTRIBUTES = (
    "name", "long_name", "tag", "object_type", "predefined_type", "type_name", "storey", "dwelling", "kind", "serial",
    "area_m2", "elevation_m", "overall_width_m", "rooms",
)  # fmt: skip
"""Compared as text; numbers as printed with three decimals."""

ROUNDED = ("area_m2", "elevation_m", "overall_width_m")
"""Those of them that are numbers, to the millimetre."""

PLACE = ("x_m", "y_m", "z_m", "ahead_x", "ahead_y", "up_z")
SIZE = ("width_m", "depth_m", "height_m")
MEASURES = (*PLACE, *SIZE)

CENTRE = ("centre_x", "centre_y", "centre_z")
"""Of the box around the shape as it stands, metres; of what is not drawn that of its corners, or its placement."""


def things(model: BuildingModel) -> pl.DataFrame:
    """Storeys, spaces, dwellings (that are no spaces), elements, and whatever else says something of itself."""
    storeys = model.storeys.select("storey_id", pl.col("name").alias("storey"))
    dwellings = model.dwellings.select("dwelling_id", pl.col("name").alias("dwelling"))
    devices = model.devices.join(dwellings, on="dwelling_id", how="left").select(
        pl.col("device_id").alias("thing_id"), "kind", "serial", "dwelling", "dwelling_id"
    )
    elements = model.elements.rename({"element_id": "thing_id"}).join(devices, on="thing_id", how="left")
    spaces = model.spaces.rename({"space_id": "thing_id"}).join(dwellings, on="dwelling_id", how="left")
    parts = [
        model.storeys.rename({"storey_id": "thing_id"}).with_columns(ifc_class=pl.lit("IfcBuildingStorey")),
        _on_storey(spaces.with_columns(ifc_class=pl.lit("IfcSpace")), storeys),
        _on_storey(_zones(model), storeys),
        _on_storey(elements, storeys),
    ]
    columns = ["thing_id", "ifc_class", "storey_id", "dwelling_id", *ATTRIBUTES]
    known = pl.concat([_as_text(part, columns) for part in parts])
    everything = pl.concat([known, _as_text(_others(model, known["thing_id"]), columns)])
    return everything.join(_drawn(model), on="thing_id", how="left", maintain_order="left")


def everything(model: BuildingModel) -> pl.DataFrame:
    """`things`, and openings and types; what no kernel drew at the place that its description says."""
    known = things(model)
    storeys = model.storeys.select("storey_id", pl.col("name").alias("storey"))
    others = _as_text(_on_storey(model.tables["others"], storeys), [*known.columns[: 4 + len(ATTRIBUTES)]])
    fresh = others.filter(~pl.col("thing_id").is_in(known["thing_id"].implode()))
    both = pl.concat([known, fresh], how="diagonal")
    places = _undrawn(model.tables["places"])
    there = both.join(places, left_on="thing_id", right_on="entity_id", how="left", maintain_order="left", suffix="_of")
    return there.with_columns(pl.coalesce(name, f"{name}_of") for name in CENTRE).select(both.columns)


def _others(model: BuildingModel, known: pl.Series) -> pl.DataFrame:
    """The project, sites, buildings, systems and groups: things that attributes alone tell of."""
    stated = model.tables["attributes"].filter(~pl.col("entity_id").is_in(known.implode()))
    name = pl.col("value").filter(pl.col("attribute") == "Name").first().alias("name")
    found = stated.group_by("entity_id", "ifc_class", maintain_order=True).agg(name)
    return found.rename({"entity_id": "thing_id"})


def _zones(model: BuildingModel) -> pl.DataFrame:
    zones = model.dwellings.filter(~pl.col("dwelling_id").is_in(model.spaces["space_id"].implode()))
    of_class = model.tables["attributes"].select(dwelling_id="entity_id", ifc_class="ifc_class").unique()
    classed = zones.join(of_class, on="dwelling_id", how="left", maintain_order="left")
    return classed.rename({"dwelling_id": "thing_id", "dwelling_type": "long_name"}).with_columns(
        pl.col("ifc_class").fill_null("IfcZone")
    )


def _on_storey(part: pl.DataFrame, storeys: pl.DataFrame) -> pl.DataFrame:
    return part.join(storeys, on="storey_id", how="left", maintain_order="left")


def _as_text(part: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    return part.select(
        (pl.col(name).round(3) if part.schema[name].is_float() else pl.col(name)).cast(pl.String)
        if name in part.columns
        else pl.lit(None, pl.String).alias(name)
        for name in columns
    )


def _drawn(model: BuildingModel) -> pl.DataFrame:
    meshes = model.meshes
    boxes = np.array([np.ptp(meshes.of(mesh)[0], axis=0) for mesh in range(meshes.count)]).reshape(-1, 3)
    place = meshes.placement
    numbers = np.column_stack(
        [
            place[:, 0, 3],
            place[:, 1, 3],
            place[:, 2, 3],
            place[:, 0, 0],
            place[:, 1, 0],
            place[:, 2, 2],
            boxes[meshes.mesh],
            _centres(meshes),
        ]
    )
    frame = pl.DataFrame(numbers, schema=[*MEASURES, *CENTRE], orient="row")
    ids = pl.Series("thing_id", meshes.entity_id.astype(str).tolist(), pl.String)
    return frame.with_columns(ids)


def _centres(meshes: Meshes) -> npt.NDArray[np.float64]:
    """Of the box around each instance as it stands: whatever frame its coordinates are in."""
    found = np.zeros((len(meshes.mesh), 3))
    order = np.argsort(meshes.mesh, kind="stable")
    for of_mesh in np.split(order, np.flatnonzero(np.diff(meshes.mesh[order])) + 1) if len(order) else ():
        vertices, _ = meshes.of(int(meshes.mesh[of_mesh[0]]))
        placement = meshes.placement[of_mesh]
        if len(of_mesh) == 1:
            turned = vertices.astype(np.float64) @ placement[0, :3, :3].T
            found[of_mesh[0]] = (turned.min(axis=0) + turned.max(axis=0)) / 2 + placement[0, :3, 3]
            continue
        hull = _extremes(vertices.astype(np.float64))
        turned = np.einsum("nij,kj->nki", placement[:, :3, :3], hull)
        found[of_mesh] = (turned.min(axis=1) + turned.max(axis=1)) / 2 + placement[:, :3, 3]
    return found


def _extremes(vertices: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The vertices, each once: boxes of many instances need no more."""
    return np.unique(np.round(vertices, 6), axis=0)


def _undrawn(places: pl.DataFrame) -> pl.DataFrame:
    """(entity_id, CENTRE): of the corners, else of the placement."""
    corners = (
        places.select("entity_id", "corners")
        .explode("corners")
        .drop_nulls()
        .select("entity_id", *(pl.col("corners").list.get(at).alias(name) for at, name in enumerate(CENTRE)))
        .group_by("entity_id")
        .agg((pl.col(name).min() + pl.col(name).max()) / 2 for name in CENTRE)
    )
    joined = places.select("entity_id", *PLACE[:3]).join(corners, on="entity_id", how="left", maintain_order="left")
    return joined.select("entity_id", *(pl.coalesce(c, p).alias(c) for c, p in zip(CENTRE, PLACE[:3], strict=True)))
