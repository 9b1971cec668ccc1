"""Rooms that are open to each other: they meet where no wall stands between them.

Exporters seldom relate an archway or an open kitchen to the rooms on its sides. Outlines that meet without a gap along
`OPEN_M` or more, with no wall's outline over that line, are taken for open; the passage is marked as inferred.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from bim.model import BuildingModel
from bim.outlines import Outliner

OPEN_M = 0.8
"""Shorter meetings are corners, or gaps that the modeller left."""

MEET_M = 0.05
"""Outlines this close meet; the thinnest wall of the files seen is 0.06 m."""

HELD = 0.5
"""A space that shares more than this of the smaller one's outline holds it: they are no neighbours."""

_BARRIERS = ("IfcWall", "IfcWallStandardCase", "IfcCurtainWall", "IfcWindow", "IfcRailing")


def adjoining(model: BuildingModel) -> Iterator[tuple[str, str, float]]:
    """(space, space, metres open between them) of the pairs on one storey that no wall parts; each once, sorted."""
    barriers = _barriers(model)
    spaces = model.footprints.filter(kind="space", part=0).sort("entity_id")
    for storey_id, on_storey in spaces.group_by("storey_id", maintain_order=True):
        keys = on_storey["entity_id"].to_list()
        areas = [shapely.Polygon(ring).buffer(0) for ring in on_storey["polygon_m"]]
        heights = list(on_storey.select("base_m", "height_m").iter_rows())
        tree = STRtree(areas)
        for one, other in sorted(zip(*tree.query(areas, "dwithin", MEET_M).tolist(), strict=True)):
            if one < other and _share_a_height(heights[one], heights[other]):
                length_m = _open_m(areas[one], areas[other], barriers.get(storey_id[0]))
                if length_m >= OPEN_M and not holds(areas[one], areas[other]):
                    yield keys[one], keys[other], round(length_m, 3)


def holds(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Whether the larger of two outlines holds the smaller one: a dwelling and its room, both drawn as spaces."""
    return bool(one.intersection(other).area > HELD * min(one.area, other.area))


def _share_a_height(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether a person walks from one to the other: their floors are a step apart at most."""
    return abs(one[0] - other[0]) <= 0.2


def _open_m(one: BaseGeometry, other: BaseGeometry, barriers: BaseGeometry | None) -> float:
    meeting = one.boundary.intersection(other.buffer(MEET_M))
    return float((meeting if barriers is None else meeting.difference(barriers)).length)


def _barriers(model: BuildingModel) -> dict[str | None, BaseGeometry]:
    """Storey → what one cannot walk through: outlines of walls and the like, a hand's breadth wider than they are."""
    outliner = Outliner(model.meshes)
    drawn = model.elements.filter(pl.col("ifc_class").is_in(_BARRIERS)).drop_nulls("instance")
    found: dict[str | None, list[BaseGeometry]] = {}
    for storey_id, instance in drawn.select("storey_id", "instance").iter_rows():
        found.setdefault(storey_id, []).append(outliner.outline(instance).area)
    return {storey_id: shapely.union_all(areas).buffer(MEET_M) for storey_id, areas in found.items()}
