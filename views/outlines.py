"""What of a building model is drawn: outlines of storeys and dwellings in degrees, whatever the file could give."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:  # a loaded model is handed in
    from bim.model import BuildingModel

METRES_PER_DEGREE = 111_320.0

NEAR_DEG = 0.02
"""A model further than this from its site (some 2 km) does not belong on the city's map."""

Place = tuple[float, float]
"""Longitude, latitude: where a model stands that does not say it itself."""


def storeys(model: BuildingModel, place: Place) -> pl.DataFrame:
    """Storeys, lowest first: storey_id, name, order (0: the ground floor), polygon, base_m, height_m, homes.

    One row an outline ring; a storey without an outline of its own takes that of its slab, then of its spaces.
    """
    named = model.storeys.select("storey_id", "name", "elevation_m", "storey_order")
    prints = model.footprints.filter(pl.col("kind").is_in(["storey", "slab", "space"]))
    best = pl.col("kind").replace_strict({"storey": 0, "slab": 1, "space": 2}, return_dtype=pl.Int32)
    first = best.min().over("storey_id")
    chosen = prints.filter(best == first).drop_nulls("storey_id")
    homes = model.dwellings.group_by("storey_id").agg(homes=pl.len())
    drawn = _placed(chosen, place).join(named, "storey_id").join(homes, "storey_id", how="left")
    ground = drawn.filter(pl.col("base_m") >= -0.01)["storey_order"].min() or 0
    return drawn.select(
        "storey_id",
        "name",
        order=pl.col("storey_order") - ground,
        polygon="polygon",
        base_m="base_m",
        height_m="height_m",
        homes=pl.col("homes").fill_null(0),
    ).sort("order", "storey_id")


def dwellings(model: BuildingModel, place: Place) -> pl.DataFrame:
    """Dwellings: dwelling_id, name, dwelling_type, area_m2, rooms, storey_id, storey, order, polygon, base_m, height_m.

    One row an outline ring; one row with polygon null where none was drawn.
    """
    floors = storeys(model, place).select("storey_id", "order").unique("storey_id")
    named = model.storeys.select("storey_id", storey="name", storey_order="storey_order")
    outlines = _placed(model.footprints.filter(pl.col("kind") == "dwelling"), place)
    prints = outlines.select(pl.col("entity_id").alias("dwelling_id"), "polygon", "base_m", "height_m")
    joined = model.dwellings.join(named, "storey_id", how="left").join(floors, "storey_id", how="left")
    return (
        joined.join(prints, "dwelling_id", how="left")
        .with_columns(pl.col("order").fill_null(0))
        .select(
            *("dwelling_id", "name", "dwelling_type", "area_m2", "rooms", "storey_id", "storey", "order"),
            *("polygon", "base_m", "height_m"),
        )
        .sort("order", "name", "dwelling_id")
    )


def commons(model: BuildingModel, place: Place) -> pl.DataFrame:
    """Spaces that belong to no dwelling: space_id, name, order, polygon, base_m, height_m; corridors, shops, plant."""
    floors = storeys(model, place).select("storey_id", "order").unique("storey_id")
    shared = model.spaces.filter(pl.col("dwelling_id").is_null())
    named = shared.select("space_id", name=pl.coalesce("long_name", "name"), storey_id="storey_id")
    prints = _placed(model.footprints.filter(pl.col("kind") == "space"), place)
    joined = prints.select(pl.col("entity_id").alias("space_id"), "polygon", "base_m", "height_m").join(
        named, "space_id"
    )
    return joined.join(floors, "storey_id").drop("storey_id").sort("order", "space_id")


def near(drawn: pl.DataFrame, place: Place) -> pl.DataFrame:
    """The outlines that lie within NEAR_DEG of a place; a model may carry the coordinates of another country."""
    first = pl.col("polygon").list.first()
    away = [(first.list.get(n) - place[n]).abs() <= NEAR_DEG for n in (0, 1)]
    return drawn.filter(away[0] & away[1])


def _placed(prints: pl.DataFrame, place: Place) -> pl.DataFrame:
    """Outlines in degrees; without a georeference local metres are laid around the place, x to the east."""
    longitude, latitude = place
    per_lon = METRES_PER_DEGREE * math.cos(math.radians(latitude))
    x, y = pl.element().list.get(0) / per_lon + longitude, pl.element().list.get(1) / METRES_PER_DEGREE + latitude
    local = pl.col("polygon_m").list.eval(pl.concat_list(x, y))
    return prints.with_columns(polygon=pl.coalesce("polygon", local)).filter(pl.col("polygon").list.len() >= 4)
