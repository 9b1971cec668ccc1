"""Whether two shapes are the same surface, however it was cut into triangles: a digest with a tolerance.

Shapes are (vertices in metres, faces as rows of vertices). A re-export changes the order of vertices, their last
digits and the triangles, not the surface: compared are boxes and areas first, then whether every corner and the middle
of every triangle of the one lies on the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Points = npt.NDArray[np.float64]
Faces = npt.NDArray[np.int32]

TOLERANCE_M = 0.001
"""Places and sizes closer than this are the same."""

_SINGLE_PRECISION = 4e-7
_AREA_SHARE = 2e-3
_AREA_M2 = 1e-4
_MOST_PAIRS = 30_000_000
_CHUNK = 400_000


@dataclass(frozen=True)
class Surface:
    """A shape; without faces its corners alone."""

    vertices: Points
    faces: Faces

    @property
    def box(self) -> tuple[Points, Points]:
        """Lowest and highest corner, of what faces use."""
        used = self.vertices[np.unique(self.faces)] if len(self.faces) else self.vertices
        return used.min(axis=0), used.max(axis=0)

    @property
    def area_m2(self) -> float:
        """Area of all faces."""
        return float(np.linalg.norm(_crosses(self), axis=1).sum() / 2)

    @property
    def volume_m3(self) -> float:
        """What the faces enclose, if they enclose anything."""
        first = self.vertices[self.faces[:, 0]] - self.box[0]
        return float(np.einsum("ij,ij->i", first, _crosses(self)).sum() / 6)

    def moved(self, by: Points) -> Surface:
        """The same shape elsewhere."""
        return Surface(self.vertices + by, self.faces)


def same(one: Surface, other: Surface) -> bool:
    """Whether the two are one surface within the tolerance."""
    if not len(one.vertices) or not len(other.vertices):
        return len(one.vertices) == len(other.vertices)
    near = tolerance(one, other)
    is_drawn_alike = one.vertices.shape == other.vertices.shape and np.array_equal(one.faces, other.faces)
    if is_drawn_alike and np.abs(one.vertices - other.vertices).max() <= near:
        return True
    if max(np.abs(a - b).max() for a, b in zip(one.box, other.box, strict=True)) > near:
        return False
    area, area_other = one.area_m2, other.area_m2
    if abs(area - area_other) > _AREA_SHARE * max(area, area_other) + _AREA_M2:
        return False
    return _lies_on(one, other, near) and _lies_on(other, one, near)


def turned_by(one: Surface, other: Surface) -> float | None:
    """Degrees by which `one` was turned to become `other`, both drawn alike; None where no turn makes it that."""
    if one.vertices.shape != other.vertices.shape or not np.array_equal(one.faces, other.faces):
        return None
    centre, centre_other = one.vertices.mean(axis=0), other.vertices.mean(axis=0)
    u, _, v = np.linalg.svd((one.vertices - centre).T @ (other.vertices - centre_other))
    right_handed = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ v))])
    turn = u @ right_handed @ v
    apart = np.abs((one.vertices - centre) @ turn + centre_other - other.vertices).max()
    if apart > tolerance(one, other):
        return None
    return float(np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1.0, 1.0))))


def tolerance(one: Surface, other: Surface) -> float:
    """A millimetre; more where single precision, in which meshes are kept, cannot tell a millimetre."""
    far = max(np.abs(one.vertices).max(initial=0.0), np.abs(other.vertices).max(initial=0.0))
    return max(TOLERANCE_M, _SINGLE_PRECISION * float(far))


def _crosses(surface: Surface) -> Points:
    a, b, c = (surface.vertices[surface.faces[:, at]] for at in range(3))
    crosses: Points = np.cross(b - a, c - a)
    return crosses


def _lies_on(one: Surface, other: Surface, near: float) -> bool:
    """Whether each corner, and the middle of each triangle, of the one is on the other."""
    corners = one.vertices[np.unique(one.faces)] if len(one.faces) else one.vertices
    far = _from_nearest(corners, other.vertices, near) > near
    if not len(other.faces) or not len(one.faces):
        return not far.any()
    wide = np.linalg.norm(_crosses(one), axis=1) > near * near
    asked = np.concatenate([corners[far], one.vertices[one.faces[wide]].mean(axis=1)])
    middles = other.vertices[other.faces].mean(axis=1)
    asked = asked[_from_nearest(asked, middles, near) > near]
    if len(asked) * len(other.faces) > _MOST_PAIRS:
        return False
    step = max(1, _CHUNK // len(other.faces))
    return all((_distance(asked[at : at + step], other) <= near).all() for at in range(0, len(asked), step))


def _from_nearest(points: Points, others: Points, near: float) -> Points:
    """Distance of each point from the nearest of the others; infinite where none is near."""
    return np.asarray(cKDTree(others).query(points, distance_upper_bound=near)[0], dtype=np.float64)


def _distance(points: Points, surface: Surface) -> Points:
    """Of each point from the nearest triangle."""
    a, b, c = (surface.vertices[surface.faces[:, at]] for at in range(3))
    edges = np.minimum(np.minimum(_from_edge(points, a, b), _from_edge(points, b, c)), _from_edge(points, c, a))
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal, axis=1)
    normal = normal / np.where(length > 0, length, 1.0)[:, None]
    from_a = points[:, None] - a
    height = np.einsum("pfi,fi->pf", from_a, normal)
    inside = np.ones(height.shape, dtype=bool)
    for start, end in ((a, b), (b, c), (c, a)):
        inward = np.cross(normal, end - start)
        inside &= np.einsum("pfi,fi->pf", points[:, None] - start, inward) >= 0
    found: Points = np.where(inside & (length > 0), np.abs(height), edges).min(axis=1)
    return found


def _from_edge(points: Points, start: Points, end: Points) -> Points:
    along = end - start
    square = np.einsum("fi,fi->f", along, along)
    share = np.einsum("pfi,fi->pf", points[:, None] - start, along) / np.where(square > 0, square, 1.0)
    nearest = start + np.clip(share, 0.0, 1.0)[..., None] * along
    found: Points = np.linalg.norm(points[:, None] - nearest, axis=2)
    return found
