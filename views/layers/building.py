"""One building in 3D: storeys as thin plates, dwellings as blocks coloured by a quantity."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import polars as pl

from views import theme
from views.layers.deck import MATERIAL, Camera, layer, told
from views.layers.ground import centre
from views.layers.sites import zoom_for

PLATE_M = 0.25
PLATE: theme.Colour = (52, 68, 88)
FROM_THE_SIDE_DEG = 24.0
"""The long side is looked at from so far aside."""

COMMON: theme.Colour = (78, 92, 110)
BLOCK_SHARE = 0.8
"""Height of a dwelling's block by its own, so that storeys stay apart to the eye."""


def blocks(dwellings: pl.DataFrame, chosen: str | None, gap_m: float) -> Any:
    """Dwellings: dwelling_id, polygon, base_m, height_m, order (of the storey), colour, tip."""
    return layer(
        "SolidPolygonLayer",
        "dwellings",
        [_block(r, chosen, gap_m) for r in dwellings.iter_rows(named=True)],
        get_polygon="polygon",
        get_elevation="height",
        get_fill_color="colour",
        extruded=True,
        material=MATERIAL,
        pickable=True,
        auto_highlight=True,
    )


def outline(dwellings: pl.DataFrame, chosen: str | None, gap_m: float) -> Any:
    """The chosen dwelling's edges, seen through everything before it."""
    own = dwellings.filter(pl.col("dwelling_id") == (chosen or ""))
    return layer(
        "PathLayer",
        "chosen",
        [{"path": path} for row in own.iter_rows(named=True) for path in _edges(_block(row, chosen, gap_m))],
        get_path="path",
        get_color=[*theme.TEXT],
        width_min_pixels=2,
        width_max_pixels=2,
        parameters={"depthCompare": "always"},
        pickable=False,
    )


def commons(spaces: pl.DataFrame, gap_m: float) -> Any:
    """Spaces of no dwelling, from the ground up: name, polygon, base_m, height_m, order."""
    above = spaces.filter(pl.col("base_m") >= -0.01)
    return layer(
        "SolidPolygonLayer",
        "commons",
        [_common(r, gap_m) for r in above.iter_rows(named=True)],
        get_polygon="polygon",
        get_elevation="height",
        get_fill_color=[*COMMON],
        extruded=True,
        material=MATERIAL,
        pickable=True,
    )


def plates(storeys: pl.DataFrame, gap_m: float) -> Any:
    """Storeys from the ground up as thin plates: polygon, base_m, order."""
    return layer(
        "SolidPolygonLayer",
        "storeys",
        [_plate(r, gap_m) for r in storeys.filter(pl.col("base_m") >= -0.01).iter_rows(named=True)],
        get_polygon="polygon",
        get_elevation="height",
        get_fill_color="colour",
        extruded=True,
        material=MATERIAL,
        pickable=False,
    )


def camera(storeys: pl.DataFrame, gap_m: float, towards: list[list[float]] | None) -> Camera:
    """A view of the whole building on its long side, its middle in the picture's; on that side that a ring lies on."""
    above = storeys.filter(pl.col("base_m") >= -0.01)
    tops = above.select(pl.col("base_m") + pl.col("height_m") + gap_m * pl.col("order")).to_series().to_list()
    top = max([10.0, *tops])
    ring = max(above["polygon"].to_list(), key=len)
    longitude, latitude = centre(ring)
    width_m = (max(p[0] for p in ring) - min(p[0] for p in ring)) * 101_000
    depth_m = (max(p[1] for p in ring) - min(p[1] for p in ring)) * 111_000
    zoom = min(zoom_for(max(top, 12.0) * 1.12, 490), zoom_for(max(width_m, depth_m) * 1.25, 700))
    side = _long_side(ring)
    behind = towards is not None and _left_of(side, (longitude, latitude), centre(towards))
    bearing = (side + (90.0 if behind else -90.0) + FROM_THE_SIDE_DEG + 180.0) % 360.0 - 180.0
    return Camera(longitude, latitude, round(zoom, 2), 64.0, round(bearing, 1), round(top * 0.46, 1))


def _long_side(ring: list[list[float]]) -> float:
    """Direction of the longest edge, degrees from north by east."""
    edges = [((x1 - x0) * 101_000, (y1 - y0) * 111_000) for (x0, y0), (x1, y1) in pairwise(ring)]
    east, north = max(edges, key=lambda e: math.hypot(*e))
    return math.degrees(math.atan2(east, north)) % 180.0


def _left_of(direction_deg: float, origin: tuple[float, float], point: list[float]) -> bool:
    """Whether a point lies to the left of a line through the origin."""
    east, north = (point[0] - origin[0]) * 101_000, (point[1] - origin[1]) * 111_000
    turn = math.radians(direction_deg)
    return math.sin(turn) * north - math.cos(turn) * east > 0


def _edges(block: dict[str, Any]) -> list[list[list[float]]]:
    """Bottom and top ring of a block, and its uprights."""
    bottom = block["polygon"]
    top = [[x, y, z + block["height"]] for x, y, z in bottom]
    return [bottom, top, *([low, high] for low, high in zip(bottom, top, strict=True))]


def _block(row: dict[str, Any], chosen: str | None, gap_m: float) -> dict[str, Any]:
    base = row["base_m"] + gap_m * row["order"]
    dim = chosen is not None and row["dwelling_id"] != chosen
    return {
        "id": row["dwelling_id"],
        "polygon": [[*point, round(base, 2)] for point in row["polygon"]],
        "height": row["height_m"] * BLOCK_SHARE,
        "colour": [round(c * 0.7) for c in row["colour"]] if dim else row["colour"],
        "tip": row["tip"],
    }


def _common(row: dict[str, Any], gap_m: float) -> dict[str, Any]:
    base = row["base_m"] + gap_m * row["order"]
    return {
        "polygon": [[*point, round(base, 2)] for point in row["polygon"]],
        "height": row["height_m"] * BLOCK_SHARE,
        "tip": told(row["name"] or ""),
    }


def _plate(row: dict[str, Any], gap_m: float) -> dict[str, Any]:
    base = row["base_m"] + gap_m * row["order"]
    return {
        "polygon": [[*point, round(base - PLATE_M, 2)] for point in row["polygon"]],
        "height": PLATE_M,
        "colour": [*PLATE],
    }
