"""Moments of what a closed surface encloses: the same however it is cut into triangles.

Skins without thickness, which kernels leave where an opening ends in a face, cancel: their two sides face each other.
"""

from __future__ import annotations

from math import factorial

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Faces = npt.NDArray[np.int32]

_DIRECTIONS = np.array(
    [[0.36, 0.48, 0.80], [-0.60, 0.64, 0.48], [0.28, -0.96, 0.0], [0.64, 0.60, -0.48], [-0.80, 0.0, 0.60],
     [0.0, 0.28, 0.96]]
)  # fmt: skip
"""No axes of anything that is built, nor of each other's symmetries."""

_DEGREES = (3, 5, 8)
"""A pattern that repeats around an axis, of bolts or legs, shows in the moments of as many degrees only."""


def moments(vertices: Points, faces: Faces, middle: Points) -> Points:
    """Volume, its first moments and its second ones (xx, yy, zz, xy, yz, zx) about a point.

    Law: a tetrahedron with a corner at the point and the others at a, b, c has the volume V = a·(b×c)/6, first moments
    V (a+b+c)/4 and second ones V/20 (Σ p⊗p + s⊗s), s = a+b+c.
    """
    a, b, c, volume = _tetrahedra(vertices, faces, middle)
    total = a + b + c
    second = sum(each[:, :, None] * each[:, None, :] for each in (a, b, c, total))
    tensor = (volume[:, None, None] * second / 20).sum(axis=0)
    first = (volume[:, None] * total / 4).sum(axis=0)
    found: Points = np.concatenate([[volume.sum()], first, tensor[[0, 1, 2, 0, 1, 2], [0, 1, 2, 1, 2, 0]]])
    return found


def high_moments(vertices: Points, faces: Faces, middle: Points, reach: float) -> Points:
    """Of some degrees along some directions, lengths as shares of `reach`.

    Law: the integral of a linear form to the k over a tetrahedron is V k! 3!/(k+3)! h(k), h the complete homogeneous
    polynomial of the form's values at the corners.
    """
    a, b, c, volume = _tetrahedra(vertices, faces, middle)
    found = [
        (volume[:, None] * share * _homogeneous([each @ _DIRECTIONS.T / reach for each in (a, b, c)], degree)).sum(
            axis=0
        )
        for degree in _DEGREES
        for share in (factorial(degree) * 6 / factorial(degree + 3),)
    ]
    joined: Points = np.concatenate(found)
    return joined


def _tetrahedra(vertices: Points, faces: Faces, middle: Points) -> tuple[Points, Points, Points, Points]:
    a, b, c = (vertices[faces[:, at]] - middle for at in range(3))
    return a, b, c, np.einsum("ij,ij->i", a, np.cross(b, c)) / 6


def _homogeneous(values: list[Points], degree: int) -> Points:
    """The sum of all products of `degree` of the values."""
    sums = [np.ones_like(values[0])] + [np.zeros_like(values[0]) for _ in range(degree)]
    for value in values:
        for at in range(1, degree + 1):
            sums[at] = sums[at] + value * sums[at - 1]
    return sums[degree]
