"""Everything that a model holds as one table, comparable between two revisions, and which is which.

`things` columns: thing_id, ifc_class, storey_id, dwelling_id, then what is compared: `ATTRIBUTES` (text) and `MEASURES`
(metres, of the drawn shape: its place and the size of its own box).
"""

from __future__ import annotations

import numpy as np
import polars as pl

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

_KEYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("serial", ("ifc_class", "serial")),
    ("tag", ("ifc_class", "tag")),
    ("name, type and placement", ("ifc_class", "name", "type_name", "at")),
    ("name and storey", ("ifc_class", "name", "storey")),
    ("placement and size", ("ifc_class", "at", "box")),
    ("only one of its class", ("the_one",)),
)
_ONE_A_FILE = ("IfcProject", "IfcSite", "IfcBuilding")
_NULLABLE = ("type_name", "storey")


def things(model: BuildingModel) -> pl.DataFrame:
    """Storeys, spaces, dwellings (that are no spaces), elements, and whatever else says something of itself."""
    storeys = model.storeys.select("storey_id", pl.col("name").alias("storey"))
    dwellings = model.dwellings.select("dwelling_id", pl.col("name").alias("dwelling"))
    devices = model.devices.join(dwellings, on="dwelling_id", how="left").select(
        pl.col("device_id").alias("thing_id"), "kind", "serial", "dwelling"
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


def matched(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """(old_id, new_id, matched_by) of every thing that is in both: by GlobalId, else by the first key that is unique in
    both. A key with a null in it matches nothing (a type or a storey may be missing)."""
    same = old.join(new, on="thing_id", how="inner", maintain_order="left")["thing_id"]
    pairs = [pl.DataFrame({"old_id": same, "new_id": same}).with_columns(matched_by=pl.lit("GlobalId"))]
    left = _keyed(old.filter(~pl.col("thing_id").is_in(same.implode())))
    right = _keyed(new.filter(~pl.col("thing_id").is_in(same.implode())))
    for reason, key in _KEYS:
        found = _unique(left, key).join(_unique(right, key), on=list(key), how="inner", nulls_equal=True, suffix="_new")
        found = found.select(old_id="thing_id", new_id="thing_id_new", matched_by=pl.lit(reason)).sort("old_id")
        pairs.append(found)
        left = left.filter(~pl.col("thing_id").is_in(found["old_id"].implode()))
        right = right.filter(~pl.col("thing_id").is_in(found["new_id"].implode()))
    return pl.concat(pairs)


def _others(model: BuildingModel, known: pl.Series) -> pl.DataFrame:
    """The project, sites, buildings, systems and groups: things that attributes alone tell of."""
    stated = model.tables["attributes"].filter(~pl.col("entity_id").is_in(known.implode()))
    name = pl.col("value").filter(pl.col("attribute") == "Name").first().alias("name")
    found = stated.group_by("entity_id", "ifc_class", maintain_order=True).agg(name)
    return found.rename({"entity_id": "thing_id"})


def _zones(model: BuildingModel) -> pl.DataFrame:
    zones = model.dwellings.filter(~pl.col("dwelling_id").is_in(model.spaces["space_id"].implode()))
    return zones.rename({"dwelling_id": "thing_id", "dwelling_type": "long_name"}).with_columns(
        ifc_class=pl.lit("IfcZone")
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
        ]
    )
    frame = pl.DataFrame(numbers, schema=list(MEASURES), orient="row")
    ids = pl.Series("thing_id", meshes.entity_id.astype(str).tolist(), pl.String)
    return frame.with_columns(ids)


def _keyed(part: pl.DataFrame) -> pl.DataFrame:
    """With place and size as texts, to the centimetre: keys, not measures."""

    def text(names: tuple[str, ...]) -> pl.Expr:
        return pl.concat_str([pl.col(name).round(2) + 0.0 for name in names], separator=" ")

    the_one = pl.when(pl.col("ifc_class").is_in(_ONE_A_FILE)).then("ifc_class")
    return part.with_columns(at=text(PLACE[:3]), box=text(SIZE), the_one=the_one)


def _unique(part: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    stated = part.drop_nulls([name for name in key if name not in _NULLABLE])
    return stated.filter(~pl.struct(key).is_duplicated()).select("thing_id", *key)
