"""The table `footprints`: spaces, dwellings, slabs and storeys as polygons that a map can extrude."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely

from bim.facts import Step
from bim.georeference import Georeference
from bim.meshes import Meshes
from bim.outlines import Floats, Outline, Outliner, joined, rings
from bim.tables import SCHEMAS, empty
from bim.tree import Tree

_WALL_GAP_M = 0.6
_STOREY_HEIGHT_M = 3.0


@dataclass(frozen=True)
class _Row:
    entity_id: str
    kind: str
    storey_id: str | None
    outline: Outline


def footprints_table(
    tree: Tree,
    meshes: Meshes,
    instance_of: dict[Step, int],
    spaces: pl.DataFrame,
    storeys: pl.DataFrame,
    where: Georeference,
) -> pl.DataFrame:
    """One row per outline ring of every drawn space and slab, and of the dwellings and storeys around them."""
    outliner = Outliner(meshes)
    drawn = _drawn(tree, outliner, instance_of)
    dwellings = _grouped(drawn, dict(spaces.select("space_id", "dwelling_id").iter_rows()))
    around = _storeys(drawn, storeys, _element_boxes(tree, meshes, instance_of))
    return _table([*drawn, *dwellings, *around], where)


def space_areas(footprints: pl.DataFrame) -> pl.DataFrame:
    """(entity_id, area_m2) of the spaces' outlines."""
    rings_m = footprints.filter(pl.col("kind") == "space").select("entity_id", "polygon_m")
    rows = [(key, shapely.Polygon(ring).area) for key, ring in rings_m.iter_rows()]
    frame = pl.DataFrame(rows, schema={"entity_id": pl.String, "area_m2": pl.Float64}, orient="row")
    return frame.group_by("entity_id", maintain_order=True).agg(pl.col("area_m2").sum())


def _drawn(tree: Tree, outliner: Outliner, instance_of: dict[Step, int]) -> list[_Row]:
    rows = []
    for kind, classes in (("space", ("IfcSpace",)), ("slab", ("IfcSlab",))):
        for each in tree.of_class(*classes):
            if (instance := instance_of.get(each.step)) is not None:
                outline = outliner.outline(instance)
                rows.append(_Row(tree.ids.id_of[each.step], kind, tree.storey_id(each.step), outline))
    return rows


def _grouped(drawn: list[_Row], dwelling_of: dict[str, str | None]) -> list[_Row]:
    """One row per dwelling and storey: a maisonette has two."""
    rooms: dict[tuple[str, str | None], list[Outline]] = defaultdict(list)
    for row in drawn:
        dwelling = dwelling_of.get(row.entity_id) if row.kind == "space" else None
        if dwelling is not None:
            rooms[dwelling, row.storey_id].append(row.outline)
    return [
        _Row(dwelling, "dwelling", storey, outline)
        for (dwelling, storey), outlines in rooms.items()
        if (outline := joined(outlines, _WALL_GAP_M)) is not None
    ]


def _storeys(drawn: list[_Row], storeys: pl.DataFrame, boxes: dict[str, list[Floats]]) -> list[_Row]:
    parts: dict[str | None, list[_Row]] = defaultdict(list)
    for row in drawn:
        parts[row.storey_id].append(row)
    rows = []
    elevations = storeys["elevation_m"].to_list()
    for order, storey_id in enumerate(storeys["storey_id"]):
        outline = _storey_outline(parts[storey_id], boxes.get(storey_id, []))
        if outline is None:
            continue
        height_m = _storey_height(elevations, order, outline)
        rows.append(
            _Row(storey_id, "storey", storey_id, Outline(outline.area, outline.base_m, outline.base_m + height_m))
        )
    return rows


def _storey_outline(parts: list[_Row], boxes: list[Floats]) -> Outline | None:
    spaces = [row.outline for row in parts if row.kind == "space"]
    outline = joined([row.outline for row in parts], _WALL_GAP_M)
    if outline is not None:
        return Outline(outline.area, min(each.base_m for each in spaces) if spaces else outline.base_m, outline.top_m)
    if not boxes:
        return None
    corners = np.concatenate(boxes)
    return Outline(shapely.convex_hull(shapely.multipoints(corners[:, :2])), corners[:, 2].min(), corners[:, 2].max())


def _storey_height(elevations: list[float | None], order: int, outline: Outline) -> float:
    """To the next storey; the top one as high as its rooms."""
    own = elevations[order]
    above = [each for each in elevations[order + 1 :] if each is not None and own is not None and each > own]
    if above and own is not None:
        return float(above[0] - own)
    return outline.top_m - outline.base_m if outline.top_m > outline.base_m else _STOREY_HEIGHT_M


def _element_boxes(tree: Tree, meshes: Meshes, instance_of: dict[Step, int]) -> dict[str, list[Floats]]:
    """Corners of the bounding boxes of each storey's drawn elements."""
    corners_of = {mesh: _corners(meshes.of(mesh)[0].astype(np.float64)) for mesh in range(meshes.count)}
    found: dict[str, list[Floats]] = defaultdict(list)
    for each in tree.of_class("IfcElement"):
        instance, storey_id = instance_of.get(each.step), tree.storey_id(each.step)
        if instance is not None and storey_id is not None:
            placement = meshes.placement[instance]
            corners = corners_of[int(meshes.mesh[instance])]
            found[storey_id].append(corners @ placement[:3, :3].T + placement[:3, 3])
    return found


def _corners(vertices: Floats) -> Floats:
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    return np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])


def _table(rows: Iterable[_Row], where: Georeference) -> pl.DataFrame:
    parts = [(row, part, ring) for row in rows for part, ring in enumerate(rings(row.outline.area))]
    if not parts:
        return empty("footprints")
    lengths = [len(ring) for _, _, ring in parts]
    local = np.concatenate([ring for _, _, ring in parts])
    lon_lat = where.lon_lat(local)
    frame = pl.DataFrame(
        {
            "entity_id": [row.entity_id for row, _, _ in parts],
            "kind": [row.kind for row, _, _ in parts],
            "storey_id": [row.storey_id for row, _, _ in parts],
            "part": [part for _, part, _ in parts],
            "polygon": None if lon_lat is None else _ring_column(lon_lat, lengths),
            "polygon_m": _ring_column(local, lengths),
            "base_m": [row.outline.base_m for row, _, _ in parts],
            "height_m": [row.outline.top_m - row.outline.base_m for row, _, _ in parts],
        }
    )
    return frame.cast(SCHEMAS["footprints"])


def _ring_column(corners: Floats, lengths: list[int]) -> pl.Series:
    """Rings laid end to end as a column of lists of [x, y], without a Python object per corner."""
    flat = pl.DataFrame({"ring": np.repeat(np.arange(len(lengths)), lengths), "x": corners[:, 0], "y": corners[:, 1]})
    points = flat.select("ring", corner=pl.concat_list("x", "y"))
    return points.group_by("ring", maintain_order=True).agg("corner")["corner"]
