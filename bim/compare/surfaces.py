"""Whether two shapes are the same surface, however it was cut into triangles: a digest with a tolerance.

Shapes are (vertices in metres, faces as rows of vertices). A re-export changes the order of vertices, their last
digits and the triangles, not the surface. Two are the same when their boxes are, every corner of the one lies on the
other, and what they enclose has the same volume, centre and inertia; or, where they enclose nothing, when their areas
are the same and the middle of every triangle of the one lies on the other too. What is enclosed does not see the skins
without thickness that kernels leave, now here and now there, where an opening ends in a face.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from bim.compare.moments import Faces, Points, high_moments, moments

TOLERANCE_M = 0.001
"""Places and sizes closer than this are the same."""

_SINGLE_PRECISION = 4e-7
_WELD_M = 1e-5
_BALANCED = 1e-5
_SKIN_M = 3e-6
"""Bodies that differ by less than a skin so thick all over differ in nothing but the last digits."""

_LAST_DIGITS_M = 1e-7
_THIN = 1e-4
"""Of area times reach: what encloses less encloses nothing."""

_AREA_SHARE = 2e-3
_AREA_M2 = 1e-4
_MOST_PAIRS = 30_000_000
_CHUNK = 400_000


@dataclass(frozen=True)
class Surface:
    """A shape; without faces its corners alone."""

    vertices: Points
    faces: Faces

    @cached_property
    def corners(self) -> Points:
        """The vertices of its faces, each once, but for those of skins alone: triangles around these face one way as
        much as the other."""
        if not len(self.faces):
            return self.vertices
        places, vertex = np.unique(np.round(self.vertices / _WELD_M), axis=0, return_inverse=True)
        normals = _crosses(self)
        areas = np.linalg.norm(normals, axis=1)
        of_face = vertex.reshape(-1)[self.faces].ravel()
        sums = np.zeros((len(places), 3))
        np.add.at(sums, of_face, np.repeat(normals, 3, axis=0))
        total = np.bincount(of_face, np.repeat(areas, 3), len(places))
        is_used = np.bincount(of_face, minlength=len(places)) > 0
        kept = is_used & (np.linalg.norm(sums, axis=1) > _BALANCED * total)
        found: Points = places[kept] * _WELD_M
        return found if len(found) else self.vertices

    @property
    def box(self) -> tuple[Points, Points]:
        """Lowest and highest corner."""
        return self.corners.min(axis=0), self.corners.max(axis=0)

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
    if len(one.faces) and len(other.faces) and _is_one_body(one, other):
        return True
    if max(np.abs(a - b).max() for a, b in zip(one.box, other.box, strict=True)) > near:
        return False
    if not len(one.faces) or not len(other.faces):
        return _corners_lie_on(one, other, near) and _corners_lie_on(other, one, near)
    area, area_other = one.area_m2, other.area_m2
    is_full = _encloses_alike(one, other, near)
    if not is_full and abs(area - area_other) > _AREA_SHARE * max(area, area_other) + _AREA_M2:
        return False
    if not (_corners_lie_on(one, other, near) and _corners_lie_on(other, one, near)):
        return False
    return is_full or (_middles_lie_on(one, other, near) and _middles_lie_on(other, one, near))


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


def _encloses_alike(one: Surface, other: Surface, near: float) -> bool:
    """Whether volume, first and second moments about one middle are the same, to where a skin of `_SKIN_M` lies."""
    low, high = one.box
    middle, reach = (low + high) / 2, float(np.linalg.norm(high - low)) / 2
    skin_m3 = max(_SKIN_M, near * _SKIN_M / TOLERANCE_M) * max(one.area_m2, other.area_m2)
    has, other_has = (moments(each.vertices, each.faces, middle) for each in (one, other))
    if abs(has[0]) < _THIN * reach * max(one.area_m2, other.area_m2):
        return False
    scale = np.array([1.0, *[reach] * 3, *[reach * reach] * 6])
    return bool((np.abs(has - other_has) <= skin_m3 * scale).all())


def _is_one_body(one: Surface, other: Surface) -> bool:
    """Whether all moments are the same to the last digits, wherever the corners are: of some walls kernels draw
    triangles beyond the wall and back."""
    middle, reach = one.vertices.mean(axis=0), float(np.abs(np.ptp(one.vertices, axis=0)).max()) or 1.0
    area = max(one.area_m2, other.area_m2)
    has, other_has = (high_moments(each.vertices, each.faces, middle, reach) for each in (one, other))
    low, other_low = (moments(each.vertices, each.faces, middle) for each in (one, other))
    if abs(low[0]) < _THIN * reach * area:
        return False
    scale = np.array([1.0, *[reach] * 3, *[reach * reach] * 6])
    near = _LAST_DIGITS_M * area
    return bool((np.abs(has - other_has) <= near).all() and (np.abs(low - other_low) <= near * scale).all())


def _corners_lie_on(one: Surface, other: Surface, near: float) -> bool:
    corners = one.corners
    far = corners[_from_nearest(corners, other.vertices, near) > near]
    return not len(far) if not len(other.faces) else _lie_on(far, other, near)


def _middles_lie_on(one: Surface, other: Surface, near: float) -> bool:
    wide = np.linalg.norm(_crosses(one), axis=1) > near * near
    middles = one.vertices[one.faces[wide]].mean(axis=1)
    others = other.vertices[other.faces].mean(axis=1)
    return _lie_on(middles[_from_nearest(middles, others, near) > near], other, near)


def _lie_on(points: Points, surface: Surface, near: float) -> bool:
    """Whether each point is on the surface; of too many it is not found out, and said that they are not."""
    if len(points) * len(surface.faces) > _MOST_PAIRS:
        return False
    step = max(1, _CHUNK // len(surface.faces))
    return all((_distance(points[at : at + step], surface) <= near).all() for at in range(0, len(points), step))


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
