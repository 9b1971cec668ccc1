"""Plan outlines of drawn products: where their undersides lie, as polygons in local metres with a base and a height."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
import shapely.affinity

from bim.meshes import Meshes

Floats = npt.NDArray[np.float64]

_DOWNWARD = -0.3
_MIN_AREA_M2 = 0.05
_GRID_M = 0.001
_UPRIGHT = 1e-6


@dataclass(frozen=True)
class Outline:
    """A plan area (shapely polygon or multipolygon, metres) between two heights."""

    area: Any
    base_m: float
    top_m: float


class Outliner:
    """Outlines of a model's instances; a mesh that many of them share is projected once."""

    def __init__(self, meshes: Meshes) -> None:
        self._meshes = meshes
        self._of_mesh: dict[int, Outline] = {}

    def outline(self, instance: int) -> Outline:
        """The outline of one instance."""
        placement = self._meshes.placement[instance]
        if abs(placement[2, 2] - 1.0) > _UPRIGHT:
            _, faces = self._meshes.of(int(self._meshes.mesh[instance]))
            return projected(self._meshes.placed(instance), faces)
        own = self._own(int(self._meshes.mesh[instance]))
        turned = shapely.affinity.affine_transform(
            own.area, [*placement[0, :2], *placement[1, :2], placement[0, 3], placement[1, 3]]
        )
        return Outline(turned, own.base_m + placement[2, 3], own.top_m + placement[2, 3])

    def _own(self, mesh: int) -> Outline:
        if mesh not in self._of_mesh:
            vertices, faces = self._meshes.of(mesh)
            self._of_mesh[mesh] = projected(vertices.astype(np.float64), faces)
        return self._of_mesh[mesh]


def projected(vertices: Floats, faces: npt.NDArray[np.int32]) -> Outline:
    """Outline of one mesh: the union of its downward faces, or its hull where it has none worth the name."""
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    downward = normals[:, 2] < _DOWNWARD * np.where(lengths > 0, lengths, np.inf)
    area = shapely.union_all(shapely.polygons(corners[downward][:, :, :2]), grid_size=_GRID_M)
    if area.area < _MIN_AREA_M2:
        area = shapely.MultiPoint(vertices[:, :2]).convex_hull
    return Outline(area, float(vertices[:, 2].min()), float(vertices[:, 2].max()))


def joined(outlines: list[Outline], gap_m: float) -> Outline | None:
    """The outline around several, gaps up to `gap_m` (walls between rooms) closed; None of none."""
    parts = [part for each in outlines for part in shapely.get_parts(each.area) if part.geom_type == "Polygon"]
    if not parts:
        return None
    grown = shapely.multipolygons(parts).buffer(gap_m / 2, join_style="mitre")
    base_m, top_m = min(each.base_m for each in outlines), max(each.top_m for each in outlines)
    return Outline(grown.buffer(-gap_m / 2, join_style="mitre"), base_m, top_m)


def rings(area: Any) -> list[Floats]:
    """Outer rings of a polygon or multipolygon, (n, 2) metres, closed and counter-clockwise, slivers left out."""
    parts = [each for each in shapely.get_parts(area) if each.geom_type == "Polygon"]
    kept = [each for each in parts if each.area >= _MIN_AREA_M2]
    return [_ring(each) for each in kept]


def _ring(polygon: Any) -> Floats:
    ring: Floats = shapely.get_coordinates(shapely.simplify(polygon, 0.01).exterior)
    signed = float(np.sum(ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1]))
    return ring if signed > 0 else ring[::-1]
