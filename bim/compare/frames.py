"""Where things stand that no kernel draws: their placements, multiplied up to the model's zero, in metres.

Runs in the parsing process. A placement that is no local one (along a grid or an alignment) or goes in a circle has no
frame.
"""

from __future__ import annotations

from math import hypot, sqrt
from typing import Any

Vector = tuple[float, float, float]
Frame = tuple[Vector, Vector, Vector, Vector]
"""Directions of x, y and z, and the origin."""

UNMOVED: Frame = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, 0.0))


class Frames:
    """Frames of a file's placements, each computed once; `metre`: metres per unit of length."""

    def __init__(self, metre: float) -> None:
        self._metre = metre
        self._known: dict[int, Frame | None] = {}

    def of(self, placement: Any) -> Frame | None:
        """The frame of an IfcLocalPlacement; None where it has none."""
        chain = []
        while placement is not None and placement.id() not in self._known:
            if not placement.is_a("IfcLocalPlacement"):
                self._known[placement.id()] = None
                break
            self._known[placement.id()] = None  # until it is known: a circle ends here
            chain.append(placement)
            placement = placement[0]
        frame = UNMOVED if placement is None else self._known[placement.id()]
        for each in reversed(chain):
            own = axes(each[1], self._metre)
            frame = None if frame is None or own is None else within(frame, own)
            self._known[each.id()] = frame
        return frame


def axes(placement: Any, metre: float) -> Frame | None:
    """The frame of an IfcAxis2Placement3D or 2D."""
    if placement is None:
        return UNMOVED
    origin = point(placement[0], metre)
    if origin is None:
        return None
    if placement.is_a("IfcAxis2Placement2D"):
        return _frame(origin, (0.0, 0.0, 1.0), direction(placement[1], (1.0, 0.0, 0.0)))
    return _frame(origin, direction(placement[1], (0.0, 0.0, 1.0)), direction(placement[2], (1.0, 0.0, 0.0)))


def point(located: Any, metre: float) -> Vector | None:
    """An IfcCartesianPoint in metres, a plane's with z 0."""
    if located is None or not located.is_a("IfcCartesianPoint"):
        return None
    x, y, z = (*(each * metre for each in located[0]), 0.0, 0.0)[:3]
    return x, y, z


def direction(given: Any, default: Vector) -> Vector:
    """The ratios of an IfcDirection."""
    if given is None:
        return default
    x, y, z = (*given[0], 0.0, 0.0)[:3]
    return x, y, z


def within(outer: Frame, inner: Frame) -> Frame:
    """The frame `inner`, which is stated in `outer`."""
    x, y, z = (turned(outer, each) for each in inner[:3])
    return x, y, z, placed(outer, inner[3])


def placed(frame: Frame, at: Vector) -> Vector:
    """A point of a frame in the frame's surroundings."""
    x, y, z = turned(frame, at)
    return x + frame[3][0], y + frame[3][1], z + frame[3][2]


def turned(frame: Frame, along: Vector) -> Vector:
    """A direction of a frame in the frame's surroundings."""
    (ax, ay, az), (bx, by, bz), (cx, cy, cz), _ = frame
    x, y, z = along
    return ax * x + bx * y + cx * z, ay * x + by * y + cy * z, az * x + bz * y + cz * z


def _frame(origin: Vector, up: Vector, ahead: Vector) -> Frame:
    """Law (ISO 16739-1, IfcBuildAxes): z is the axis, x the reference direction less its part along z."""
    z = _unit(up)
    along = sum(a * b for a, b in zip(ahead, z, strict=True))
    flat = (ahead[0] - along * z[0], ahead[1] - along * z[1], ahead[2] - along * z[2])
    if hypot(*flat) == 0.0:
        flat = (0.0, -z[2], z[1]) if abs(z[0]) > 1 / sqrt(2) else (1 - z[0] * z[0], -z[0] * z[1], -z[0] * z[2])
    x = _unit(flat)
    y = (z[1] * x[2] - z[2] * x[1], z[2] * x[0] - z[0] * x[2], z[0] * x[1] - z[1] * x[0])
    return x, y, z, origin


def _unit(along: Vector) -> Vector:
    length = hypot(*along) or 1.0
    return along[0] / length, along[1] / length, along[2] / length
